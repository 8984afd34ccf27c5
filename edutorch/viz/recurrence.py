"""A recurrent network over time: its hidden states, and the gradient on its way back through them.

>>> import edutorch as torch
>>> weight = torch.tensor([[0.0, -1.0], [1.0, 0.0]])           # a quarter turn: spectral radius 1
>>> print(show_fading(weight, torch.ones(4, 2), radius=0.5, activation="none"))
4 steps of h = W h + x, spectral radius of W 0.5
hidden states from 0.25 to 1.5
gradient of the loss by h, step 1 to 4: 0.1482 0.2965 0.5929 1.186
from the last step to the first it shrinks by a factor of 8
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from .axes import Axes, Scale, digits, floats
from .cells import mark_negatives, signed
from .controls import panel
from .svg import COLOR, MUTED, Canvas, Drawing

ACTIVATIONS = ("tanh", "none")
PLOT = 480  # pixels: the width of the frame, which all steps share


def spectral_radius(weight) -> float:
    """Return the largest absolute value among the eigenvalues of a square matrix.

    Example:
        >>> round(spectral_radius([[0.0, -2.0], [2.0, 0.0]]), 6)     # the eigenvalues are 2i and -2i
        2.0
    """
    import numpy as np

    return float(abs(np.linalg.eigvals(weight.tolist() if hasattr(weight, "tolist") else weight)).max())


def states_and_gradients(weight, inputs, activation: str = "tanh"):
    """Run h_t = activation(W h_(t-1) + x_t) from zero, and the sum of the squared last state / 2 back.

    Args:
        weight: (H, H), a tensor of either framework. inputs: (steps, H).
        activation: one of `ACTIVATIONS`.

    Returns:
        the states h_1 to h_T, and the gradient of the loss with respect to each: two lists of lists.
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, not {activation!r}")
    h = inputs[0].detach() * 0
    states = []
    for x in inputs:
        h = h @ weight.detach().T + x.detach()
        h = h.tanh() if activation == "tanh" else h
        if not states:
            h.requires_grad_()  # from here the tape runs
        h.retain_grad()
        states.append(h)
    (h @ h / 2).backward()
    return [h.tolist() for h in states], [h.grad.tolist() for h in states]


def show_fading(weight, inputs, *, radius: float = 1.0, steps: int | None = None, activation: str = "tanh") -> Drawing:
    """Draw the hidden states of a recurrent network over time, and below how long the gradient is at each.

    The states are blue above zero, orange with a minus sign below. The dashed line is what the spectral radius alone
    would do.

    Args:
        weight, inputs, activation: as for `states_and_gradients`.
        radius: the weight is scaled to this spectral radius first.
        steps: use only so many inputs.
    """
    inputs = inputs[: len(inputs) if steps is None else steps]
    count = len(inputs)
    if not count:
        raise ValueError("there must be at least one step")
    states, gradients = states_and_gradients(weight * (radius / spectral_radius(weight)), inputs, activation)
    lengths = [math.sqrt(math.fsum(v * v for v in gradient)) for gradient in gradients]
    values = floats(states)
    formula = "tanh(W h + x)" if activation == "tanh" else "W h + x"
    canvas = Canvas(
        f"{count} step{'s' * (count > 1)} of h = {formula}, spectral radius of W {digits(radius)}",
        "\n".join(
            [
                f"hidden states from {digits(min(values))} to {digits(max(values))}",
                f"gradient of the loss by h, step 1 to {count}: {' '.join(f'{v:.4g}' for v in lengths)}",
                _change(lengths),
            ]
        ),
    )
    pixel = PLOT / count
    height = min(pixel, 12.0)  # of a unit's row
    canvas.text(0, -14, f"h, {len(states[0])} units over {count} steps", anchor="start", bold=True)
    most = max(map(abs, values)) or 1.0
    _draw_states(canvas, states, pixel, height, most)
    with canvas.group(0, len(states[0]) * height + 60):
        _draw_lengths(canvas, lengths, radius)
    return canvas.drawing()


def _change(lengths: Sequence[float]) -> str:
    first, last = lengths[0], lengths[-1]
    if len(lengths) == 1 or not (first > 0 and last > 0 and math.isfinite(first)):
        return "there is no way back to compare"
    if first <= last:
        return f"from the last step to the first it shrinks by a factor of {digits(last / first)}"
    return f"from the last step to the first it grows by a factor of {digits(first / last)}"


def _draw_states(canvas: Canvas, states, pixel: float, height: float, most: float) -> None:
    for t, state in enumerate(states):
        for k, value in enumerate(state):
            canvas.rect(t * pixel, k * height, pixel, height, fill=signed(value / most), stroke="none")
    mark_negatives(canvas, [*zip(*states, strict=True)], pixel, height, most)
    canvas.rect(0, 0, PLOT, len(states[0]) * height, fill="none")


def _draw_lengths(canvas: Canvas, lengths: Sequence[float], radius: float) -> None:
    count = len(lengths)
    alone = [lengths[-1] * radius ** (count - t) for t in range(1, count + 1)]
    up = Scale.around([v for v in [*lengths, *alone] if v > 0], 200, 0, log=True)
    across = Scale(0.5, count + 0.5, 0, PLOT)
    axes = Axes(canvas, across, up, xlabel="step t", ylabel="length of the gradient dL/dh at step t")
    steps = [float(t) for t in range(1, count + 1)]
    axes.line(list(zip(steps, alone, strict=True)), stroke=MUTED, dash="6 4")
    axes.line(list(zip(steps, lengths, strict=True)), stroke=COLOR["blue"], stroke_width=2)
    for t, length in zip(steps, lengths, strict=True):
        if length > 0:
            axes.marker(t, length, "circle", COLOR["blue"], size=2.5)
    canvas.text(PLOT + 12, 12, "circles: measured", anchor="start", size=12, fill=COLOR["blue"])
    canvas.text(PLOT + 12, 30, "dashed: radius alone", anchor="start", size=12, fill=MUTED)


def explore_fading(weight, inputs):
    """Return controls over `show_fading`: spectral radius, number of steps, and activation."""
    import ipywidgets
    from IPython.display import display

    wide = {"style": {"description_width": "110px"}, "layout": {"width": "460px"}}
    controls = {
        "radius": ipywidgets.FloatSlider(0.9, min=0.2, max=2.0, step=0.05, description="spectral radius", **wide),
        "steps": ipywidgets.IntSlider(len(inputs), min=2, max=len(inputs), description="steps", **wide),
        "activation": ipywidgets.Dropdown(options=ACTIVATIONS, description="activation", **wide),
    }

    def show(radius, steps, activation):
        display(show_fading(weight, inputs, radius=round(radius, 2), steps=steps, activation=activation))

    return panel(*controls.values(), ipywidgets.interactive_output(show, controls))
