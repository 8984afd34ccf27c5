"""An LSTM while it reads: how far its gates are open at each step, and what its cell holds.

The gates are worked out from the layer's own weights, by the formula of one step.
"""

from __future__ import annotations

from collections.abc import Sequence

from .cells import grey, ink_on, signed
from .controls import panel
from .svg import COLOR, MUTED, PAPER, Canvas, Drawing, text_width

ROWS = {
    "input gate i": "how far open, 0 to 1",
    "forget gate f": "how much is kept, 0 to 1",
    "candidate g": "what could be written, -1 to 1",
    "cell c": "f times the old c, plus i times g",
    "output gate o": "how much is shown, 0 to 1",
    "hidden state h": "o times tanh(c)",
}


def gates_of(lstm, inputs) -> dict[str, list[list[float]]]:
    """Return the gates and states of an LSTM's first layer at each step, by the names of `ROWS`.

    Args:
        lstm: an `nn.LSTM` of either framework, without projection.
        inputs: (steps, input_size).

    Example:
        >>> import edutorch as torch
        >>> lstm = torch.nn.LSTM(3, 2)
        >>> gates = gates_of(lstm, torch.ones(5, 3))
        >>> len(gates["cell c"]), len(gates["cell c"][0])
        (5, 2)
    """
    w_ih, w_hh = lstm.weight_ih_l0.detach(), lstm.weight_hh_l0.detach()
    bias = lstm.bias_ih_l0.detach() + lstm.bias_hh_l0.detach() if lstm.bias else 0.0
    size = lstm.hidden_size
    h = c = w_hh[0, :size] * 0
    seen: dict[str, list[list[float]]] = {name: [] for name in ROWS}
    for x in inputs.detach():
        sums = w_ih @ x + w_hh @ h + bias
        i, f, g, o = (sums[k * size : (k + 1) * size] for k in range(4))
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        c = f * c + i * g
        h = o * c.tanh()
        for name, value in zip(ROWS, (i, f, g, c, o, h), strict=True):
            seen[name].append(value.tolist())
    return seen


def show_gates(lstm, inputs, words: Sequence[str], *, unit: int = 0, step: int | None = None) -> Drawing:
    """Draw what one unit of an LSTM does at each step, up to a step that is framed.

    Gates are the darker the wider they are open. What has a sign is blue above zero and orange below.

    Args:
        lstm, inputs: as for `gates_of`.
        words: what is read at each step, in a few letters.
        unit: which unit of the layer.
        step: the last step shown, from 0; by default the last.

    Raises:
        ValueError: if there is no such unit or step, or the words are not as many as the steps.
    """
    count = len(inputs)
    step = count - 1 if step is None else step
    if len(words) != count:
        raise ValueError(f"got {len(words)} words for {count} steps")
    if not 0 <= unit < lstm.hidden_size:
        raise ValueError(f"the layer has {lstm.hidden_size} units: there is no unit {unit}")
    if not 0 <= step < count:
        raise ValueError(f"there are {count} steps: there is no step {step}")
    rows = {name: [state[unit] for state in states] for name, states in gates_of(lstm, inputs).items()}
    lines = [f"step {step + 1} of {count}, reading {words[step]!r}"]
    lines += [f"{name}: " + " ".join(_short(v) for v in values[: step + 1]) for name, values in rows.items()]
    canvas = Canvas(f"Unit {unit} of an LSTM, reading {' '.join(words)}", "\n".join(lines))
    wide = [max(40.0, text_width(word, 12) + 10) for word in words]
    lefts = [sum(wide[:t]) for t in range(count)]
    for word, left, width in zip(words, lefts, wide, strict=True):
        canvas.text(left + width / 2, -14, word, size=12)
    for k, (name, values) in enumerate(rows.items()):
        y = 32 * k
        canvas.text(-10, y + 15, name, anchor="end", size=13, bold=True)
        open_or_shut = "gate" in name
        most = 1.0 if open_or_shut else max(1e-9, *map(abs, values))
        for t, (left, width) in enumerate(zip(lefts, wide, strict=True)):
            share = values[t] / most
            known = t <= step
            fill = (grey(share) if open_or_shut else signed(share)) if known else PAPER
            said = _short(values[t]) if known else ""
            canvas.box(left, y, width, 30, said, size=11, fill=fill, ink=ink_on(fill))
    for k, meaning in enumerate(ROWS.values()):
        canvas.text(sum(wide) + 10, 32 * k + 15, meaning, anchor="start", size=11, fill=MUTED)
    frame = {"stroke": COLOR["orange"], "stroke_width": 3, "fill": "none"}
    canvas.rect(lefts[step] - 1, -2, wide[step] + 2, 32 * len(rows) + 2, **frame)
    return canvas.drawing(widest=1100)


def _short(value: float) -> str:
    """Write a number with two decimals, and never as -0.00."""
    return f"{0.0 if abs(value) < 0.005 else value:.2f}"


def explore_gates(lstm, sequences, names: Sequence[Sequence[str]]):
    """Return controls over `show_gates`: which sequence, which unit, and how far it has read.

    Args:
        lstm: an `nn.LSTM`. sequences: a tensor (steps, input_size) for each. names: the words of each.
    """
    import ipywidgets
    from IPython.display import display

    wide = {"style": {"description_width": "80px"}, "layout": {"width": "420px"}}
    options = [(" ".join(words), i) for i, words in enumerate(names)]
    which = ipywidgets.Dropdown(options=options, description="sequence", **wide)
    unit = ipywidgets.IntSlider(0, min=0, max=lstm.hidden_size - 1, description="unit", **wide)
    last = len(names[0])
    step = ipywidgets.IntSlider(last, min=1, max=last, description="read up to", **wide)

    def fit(change):
        step.max = len(names[int(change["new"])])

    which.observe(fit, "value")

    def show(which: int, unit: int, step: int):
        last = min(step, len(names[which])) - 1
        display(show_gates(lstm, sequences[which], names[which], unit=unit, step=last))

    picture = ipywidgets.interactive_output(show, {"which": which, "unit": unit, "step": step})
    choices = [which, unit, step] if lstm.hidden_size > 1 else [which, step]  # nothing to choose from one unit
    return panel(*choices, picture)
