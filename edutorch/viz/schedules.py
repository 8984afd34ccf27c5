"""Learning rates that change over time, and what that does to a walk in noise.

>>> import torch
>>> figure = show_schedule(torch.optim, torch.zeros(1), "cosine", peak=0.5, warmup=10, steps=100)
>>> print(figure.text.splitlines()[0])
rate: 0.05 at step 0, highest 0.5 at step 10, 0.0001523 at the last step
"""

from __future__ import annotations

from collections.abc import Sequence

from .axes import Axes, Scale, digits, end_labels, round_off
from .controls import panel
from .svg import COLOR, MUTED, Canvas, Drawing

SCHEDULES = ("constant", "step", "linear", "cosine", "one-cycle")


def plan(shape: str, peak: float, warmup: int, steps: int) -> list[tuple[str, dict]]:
    """Return the schedulers that make a schedule, in their order: the name of each and its arguments.

    Example:
        >>> plan("cosine", peak=0.5, warmup=10, steps=100)
        [('LinearLR', {'start_factor': 0.1, 'total_iters': 10}), ('CosineAnnealingLR', {'T_max': 90})]
    """
    if shape not in SCHEDULES:
        raise ValueError(f"shape must be one of {', '.join(SCHEDULES)}, not {shape!r}")
    if not 0 <= warmup < steps:
        raise ValueError(f"warmup must be at least 0 and less than the {steps} steps, not {warmup}")
    if shape == "one-cycle":
        share = {"pct_start": round(max(warmup, 2) / steps, 4)}  # at least two steps lead up
        return [("OneCycleLR", {"max_lr": peak, "total_steps": steps, **share})]
    rest = steps - warmup
    name, arguments = {
        "constant": ("ConstantLR", {"factor": 1.0}),
        "step": ("StepLR", {"step_size": max(1, rest // 3), "gamma": 0.1}),
        "linear": ("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": rest}),
        "cosine": ("CosineAnnealingLR", {"T_max": rest}),
    }[shape]
    rise = [("LinearLR", {"start_factor": round(1 / warmup, 4), "total_iters": warmup})] if warmup > 1 else []
    return [*rise, (name, arguments)]


def rates(optim, start, shape: str, peak: float, warmup: int, steps: int) -> list[float]:
    """Return the learning rate of each step, as the library's own schedulers set it."""
    optimizer = optim.SGD([start.clone().requires_grad_()], lr=peak)
    stages = plan(shape, peak, warmup, steps)
    made = [getattr(optim.lr_scheduler, name)(optimizer, **arguments) for name, arguments in stages]
    scheduler = made[0] if len(made) == 1 else optim.lr_scheduler.SequentialLR(optimizer, made, [warmup])
    used = []
    for step in range(steps):
        used.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        if step < steps - 1:
            scheduler.step()
    return used


def expected_losses(
    rates: Sequence[float], noise: float, curvatures: Sequence[float] = (1.0, 0.05), distance: float = 3.0
) -> list[float]:
    """Return the mean loss, over all luck, before each step of descent on a quadratic with noisy gradients.

    A direction with curvature c, at distance e from the lowest point, has the loss c e² / 2 and the gradient
    c e + noise. Its mean squared distance m then goes, at the rate lr, exactly by

        m <- (1 - lr c)² m + lr² noise²

    Example:
        >>> expected_losses([0.5, 0.5], noise=1.0, curvatures=[1.0], distance=2.0)
        [2.0, 0.625, 0.28125]
    """
    squares = [distance**2 for _ in curvatures]
    losses = [sum(c * m / 2 for c, m in zip(curvatures, squares, strict=True))]
    for lr in rates:
        squares = [(1 - lr * c) ** 2 * m + (lr * noise) ** 2 for c, m in zip(curvatures, squares, strict=True)]
        losses.append(sum(c * m / 2 for c, m in zip(curvatures, squares, strict=True)))
    return losses


def show_schedule(
    optim,
    start,
    shape: str = "cosine",
    *,
    peak: float = 0.5,
    warmup: int = 0,
    steps: int = 200,
    noise: float = 1.0,
    width: int = 300,
    height: int = 220,
) -> Drawing:
    """Draw a schedule: on the left its rates, on the right the mean loss of a noisy descent with it.

    Below stand the calls that make it in PyTorch. The dashed curve keeps the highest rate all the time.

    Args:
        optim: the module whose schedulers are asked, `torch.optim`.
        start: any tensor of floats: a scheduler needs an optimizer, and that needs a parameter.
        shape: one of `SCHEDULES`.
        peak: the highest rate. warmup: how many steps lead up to it. steps: how many in all.
        noise: the standard deviation of the gradient, see `expected_losses`.
        width, height: size of each frame in pixels.
    """
    used = rates(optim, start, shape, peak, warmup, steps)
    scheduled, constant = expected_losses(used, noise), expected_losses([peak] * steps, noise)
    stages = plan(shape, peak, warmup, steps)
    calls = [f"{name}(optimizer, {', '.join(f'{k}={v}' for k, v in kw.items())})" for name, kw in stages]
    if len(calls) > 1:
        calls = ["SequentialLR(optimizer, [", *(f"    {call}," for call in calls), f"], milestones=[{warmup}])"]
    at = max(range(steps), key=lambda i: used[i])
    canvas = Canvas(
        f"A learning rate schedule: {shape}" + (f" with {warmup} steps of warm-up" if warmup else ""),
        "\n".join(
            [
                f"rate: {digits(used[0])} at step 0, highest {digits(used[at])} at step {at}, "
                f"{digits(used[-1])} at the last step",
                f"mean loss after {steps} steps with noise {digits(noise)}: {digits(scheduled[-1])}, "
                f"with the rate always {digits(peak)}: {digits(constant[-1])}",
                *calls,
            ]
        ),
    )
    across = Scale(0, steps, 0, width)
    left = Axes(canvas, across, Scale.around([0, *used], height, 0), xlabel="step", ylabel="learning rate")
    left.line([(float(i), lr) for i, lr in enumerate(used)], stroke=COLOR["blue"], stroke_width=2)
    with canvas.group(width + 80, 0):
        up = Scale.around([*scheduled, *constant], height, 0, log=True)
        right = Axes(canvas, across, up, xlabel="step", ylabel="mean loss")
        series = (("schedule", scheduled, COLOR["blue"], ""), ("constant", constant, MUTED, "6 4"))
        names, ends, colors = [], [], []
        for name, losses, color, dash in series:
            points = [(float(i), loss) for i, loss in enumerate(losses)]
            pieces = right.visible(points)
            for piece in pieces:
                canvas.line(piece, stroke=color, stroke_width=2, dash=dash)
            if pieces:
                names.append(name)
                ends.append(pieces[-1][-1])
                colors.append(color)
        end_labels(right, names, ends, colors)
    for i, line in enumerate(calls):
        canvas.text(0, height + 64 + 17 * i, line, size=12, anchor="start", mono=True)
    return canvas.drawing()


def explore_schedule(optim, start, *, steps: int = 200):
    """Return controls over `show_schedule`: shape, highest rate, warm-up and noise."""
    import ipywidgets
    from IPython.display import display

    wide = {"style": {"description_width": "110px"}, "layout": {"width": "460px"}}
    controls = {
        "shape": ipywidgets.Dropdown(options=SCHEDULES, value="constant", description="schedule", **wide),
        "peak": ipywidgets.FloatLogSlider(
            0.5, min=-2, max=0.4, step=0.05, description="highest rate", readout_format=".2g", **wide
        ),
        "warmup": ipywidgets.IntSlider(0, min=0, max=steps // 2, step=5, description="warm-up steps", **wide),
        "noise": ipywidgets.FloatSlider(1.0, min=0.0, max=3.0, step=0.1, description="noise", **wide),
    }

    def show(shape, peak, warmup, noise):
        display(show_schedule(optim, start, shape, peak=round_off(peak), warmup=warmup, steps=steps, noise=noise))

    return panel(*controls.values(), ipywidgets.interactive_output(show, controls))
