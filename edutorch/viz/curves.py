"""Curves and points: losses over time, weights over penalties, a line through data, and what it leaves over.

Every function takes tensors (edutorch's or PyTorch's), arrays or lists, and returns a `Drawing`:

    >>> losses = {"train": [1.0, 0.6, 0.5], "validation": [1.1, 0.7, 0.8]}
    >>> figure = show_curves(losses, xlabel="epoch", ylabel="loss")
    >>> print(figure)
    loss over epoch
    train: from 1 to 0.5
    validation: from 1.1 to 0.8, lowest 0.7 at epoch 1
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby

from .axes import Axes, NoTicks, Point, Scale, digits, draw_marker, end_labels, floats, snap, style
from .controls import panel
from .svg import COLOR, INK, MUTED, Canvas, Drawing


def show_curves(
    series: Mapping[str, Sequence[float]],
    *,
    x: Sequence[float] | None = None,
    xlabel: str = "step",
    ylabel: str = "value",
    title: str = "",
    xlog: bool = False,
    ylog: bool = False,
    ylim: tuple[float, float] | None = None,
    levels: Mapping[str, float] | None = None,
    names_left: bool = False,
    width: int = 520,
    height: int = 300,
) -> Drawing:
    """Draw lines that differ in colour, dash pattern and marker, each with its name at its end.

    Args:
        series: name -> the y values of one line. A value that is not finite leaves a gap.
        x: the x values that the lines share; 0, 1, 2, … when left out.
        xlabel, ylabel, title: what is drawn; the text alternative uses them too.
        xlog, ylog: logarithmic axes.
        ylim: the lowest and highest y shown; what lies beyond is cut off.
        levels: name -> y of a horizontal line to compare with.
        names_left: write the names on the left, for lines that run together on the right.
        width, height: size of the frame in pixels.
    """
    lines = {name: floats(values) for name, values in series.items()}
    longest = max((len(values) for values in lines.values()), default=0)
    xs = floats(x) if x is not None else [float(i) for i in range(longest)]
    for name, values in lines.items():
        if len(values) > len(xs):
            raise ValueError(f"series {name!r} has {len(values)} values, but x has only {len(xs)}")
    levels = dict(levels or {})
    text = [_describe(name, xs, values, xlabel) for name, values in lines.items()]
    text += [f"level {name}: {digits(value)}" for name, value in levels.items()]
    canvas = Canvas(title or f"{ylabel} over {xlabel}", "\n".join(text))
    everything = [v for values in lines.values() for v in values] + list(levels.values())
    across = Scale.around(xs, 0, width, xlog, count=8)
    if len(xs) > 1:
        across = Scale(xs[0], xs[-1], 0, width, xlog)
    up = Scale.around(everything, height, 0, ylog, count=height // 60)
    if ylim:
        up = Scale(*ylim, height, 0, ylog)
    axes = Axes(canvas, across, up, xlabel=xlabel, ylabel=ylabel, title=title, ticks_right=names_left)
    names, ends, colors = [], [], []
    for name, value in levels.items():
        axes.line([(across.low, value), (across.high, value)], stroke=MUTED, dash="3 3", stroke_width=1.5)
        if axes.top <= up(value) <= axes.bottom:
            names.append(name)
            ends.append((axes.left if names_left else axes.right, up(value)))
            colors.append(MUTED)
    for i, (name, values) in enumerate(lines.items()):
        color, dash, marker = style(i)
        points = _thin(list(zip(xs, values, strict=False)), across)
        pieces = axes.visible(points)
        for piece in pieces:
            canvas.line(piece, stroke=color, stroke_width=2, dash=dash)
        for px, py in _marked(points, across, i):
            axes.marker(px, py, marker, color)
        if pieces:
            names.append(name)
            ends.append(pieces[0][0] if names_left else pieces[-1][-1])
            colors.append(color)
    end_labels(axes, names, ends, colors, left=names_left)
    return canvas.drawing()


def _describe(name: str, xs: Sequence[float], values: Sequence[float], xlabel: str) -> str:
    """Say in one line how a curve runs: its ends, a lowest point inside, where it stops being finite."""
    finite = [(x, v) for x, v in zip(xs, values, strict=False) if math.isfinite(v)]
    if not finite:
        return f"{name}: no finite value"
    first, last = finite[0][1], finite[-1][1]
    said = f"{name}: from {digits(first)} to {digits(last)}"
    low = min(v for _, v in finite)
    near = 1e-3 * (max(v for _, v in finite) - low)
    if low < min(first, last) - near:
        said += f", lowest {digits(low)} at {xlabel} {digits(next(x for x, v in finite if v <= low + near))}"
    if len(finite) < len(values):
        at = next(x for x, v in zip(xs, values, strict=False) if not math.isfinite(v))
        said += f", not finite from {xlabel} {digits(at)}"
    return said


def _thin(points: list[Point], across: Scale) -> list[Point]:
    """Of every four pixels keep only a line's lowest and highest point, so that peaks stay to be seen."""
    kept = []
    for _, stretch in groupby(points, key=lambda point: across.exact(point[0]) // 4):
        stretch = list(stretch)
        if all(math.isfinite(y) for _, y in stretch):
            ends = {min(stretch, key=lambda p: p[1]), max(stretch, key=lambda p: p[1])}
            kept += sorted(ends, key=lambda p: across.exact(p[0]))
        else:
            kept += stretch
    return kept


def _marked(points: list[Point], across: Scale, i: int, count: int = 8) -> list[Point]:
    """Choose about `count` points, evenly along the axis, and other ones for each line."""
    gap = (across.stop - across.start) / count
    chosen, wanted = [], across.start + (i * gap / 3) % gap
    for point in points:
        if across.exact(point[0]) >= wanted - 1:
            chosen.append(point)
            wanted = across.exact(point[0]) + gap
    return chosen


def show_line(
    x: Sequence[float],
    y: Sequence[float],
    slope: float,
    intercept: float,
    *,
    xlabel: str = "x",
    ylabel: str = "y",
    width: int = 480,
    height: int = 320,
) -> Drawing:
    """Draw points, the line `slope * x + intercept`, and each point's miss as a stick from it to the line.

    The mean of the squared lengths of the sticks, the loss, stands beside the title.
    """
    xs, ys = floats(x), floats(y)
    misses = [slope * a + intercept - b for a, b in zip(xs, ys, strict=True)]
    loss = sum(miss * miss for miss in misses) / len(misses)
    sign = "-" if intercept < 0 else "+"
    formula = f"{ylabel} = {digits(slope)} · {xlabel} {sign} {digits(abs(intercept))}"
    canvas = Canvas(
        f"A line through {len(xs)} points",
        f"line: {formula}\nmean squared miss: {digits(loss)}\n"
        f"points below the line: {sum(miss > 0 for miss in misses)} of {len(xs)}",
    )
    across = Scale.around(xs, 0, width, count=8)
    up = Scale.around(ys, height, 0)
    axes = Axes(canvas, across, up, xlabel=xlabel, ylabel=ylabel, title=f"mean squared miss {digits(loss)}")
    for a, b, miss in zip(xs, ys, misses, strict=True):
        axes.line([(a, b), (a, b + miss)], stroke=COLOR["orange"], stroke_width=0.5)
    for a, b in zip(xs, ys, strict=True):
        axes.marker(a, b, "circle", COLOR["blue"], size=2.5)
    ends = [(v, slope * v + intercept) for v in (across.low, across.high)]
    axes.line(ends, stroke=COLOR["orange"], stroke_width=3)
    return canvas.drawing()


def explore_line(x: Sequence[float], y: Sequence[float], *, xlabel: str = "x", ylabel: str = "y"):
    """Return sliders for slope and intercept over `show_line`: find the least loss by hand."""
    import ipywidgets
    from IPython.display import display

    wide = {"style": {"description_width": "80px"}, "layout": {"width": "460px"}}
    slope = ipywidgets.FloatSlider(0.0, min=-1.5, max=1.5, step=0.05, description="slope", **wide)
    intercept = ipywidgets.FloatSlider(0.0, min=-1.5, max=1.5, step=0.05, description="intercept", **wide)

    def show(slope, intercept):
        display(show_line(x, y, slope, intercept, xlabel=xlabel, ylabel=ylabel))

    picture = ipywidgets.interactive_output(show, {"slope": slope, "intercept": intercept})
    return panel(slope, intercept, picture)


def show_residuals(
    predicted: Sequence[float],
    measured: Sequence[float],
    *,
    unit: str = "",
    width: int = 480,
    height: int = 300,
) -> Drawing:
    """Draw what a model leaves over, measured minus predicted, against its prediction.

    A good model leaves a cloud without shape around zero. The dashed lines stand one root mean square away.
    """
    guesses, truths = floats(predicted), floats(measured)
    left = [truth - guess for truth, guess in zip(truths, guesses, strict=True)]
    rms = math.sqrt(sum(v * v for v in left) / len(left))
    inside = sum(abs(v) <= rms for v in left)
    suffix = f" {unit}" if unit else ""
    canvas = Canvas(
        "Residuals: measured minus predicted",
        f"points: {len(left)}\nroot mean square: {digits(rms)}{suffix}\n"
        f"mean: {digits(round(sum(left) / len(left), 6))}{suffix}\n"
        f"within one root mean square: {inside} of {len(left)}\n"
        f"largest: {digits(max(left))}, smallest: {digits(min(left))}",
    )
    reach = max(abs(v) for v in left)
    across = Scale.around(guesses, 0, width, count=8)
    axes = Axes(
        canvas,
        across,
        Scale.around([-reach, reach], height, 0),
        xlabel=f"predicted{f' ({unit})' if unit else ''}",
        ylabel="measured minus predicted",
    )
    ends = (across.low, across.high)
    axes.line([(v, 0.0) for v in ends], stroke=INK, stroke_width=1.5)
    for level in (rms, -rms):
        axes.line([(v, level) for v in ends], stroke=COLOR["orange"], dash="6 4", stroke_width=1.5)
    for guess, v in zip(guesses, left, strict=True):
        axes.marker(guess, v, "circle", COLOR["blue"], size=3)
    edge = axes.right
    levels = [(edge, axes.y(v)) for v in (rms, 0.0, -rms)]
    names = [f"+{digits(rms)}", "no miss", f"-{digits(rms)}"]
    end_labels(axes, names, levels, [COLOR["orange"], INK, COLOR["orange"]])
    return canvas.drawing()


def show_intervals(
    names: Sequence[str],
    values: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    *,
    xlabel: str = "value",
    title: str = "",
    width: int = 420,
) -> Drawing:
    """Draw each value as a dot with the range it may lie in as a bar, against a line at zero.

    A filled dot says that the whole range lies on one side of zero, a hollow one that it holds zero.
    """
    rows = list(zip(names, floats(values), floats(low), floats(high), strict=True))
    row = 24
    canvas = Canvas(
        title or f"{xlabel}, with ranges",
        "\n".join(
            f"{name}: {digits(value)}, from {digits(a)} to {digits(b)}{' (holds zero)' * (a <= 0 <= b)}"
            for name, value, a, b in rows
        ),
    )
    across = Scale.around([0.0, *(v for _, *three in rows for v in three)], 0, width, count=6)
    height = row * len(rows)
    axes = Axes(canvas, across, NoTicks(0, 1, height, 0), xlabel=xlabel, title=title)
    canvas.line([(across(0), axes.top), (across(0), axes.bottom)], stroke=INK, stroke_width=1, dash="2 3")
    for i, (name, value, a, b) in enumerate(rows):
        y = (i + 0.5) * row
        sure = not a <= 0 <= b
        color = COLOR["blue"] if sure else MUTED
        canvas.text(-8, y, name, anchor="end", size=12.5, bold=sure)
        canvas.line([(across(a), y), (across(b), y)], stroke=color, stroke_width=2)
        for end in (a, b):
            canvas.line([(across(end), y - 4), (across(end), y + 4)], stroke=color, stroke_width=2)
        if sure:
            draw_marker(canvas, snap(across.exact(value)), y, "circle", color, size=4.5, fill=color)
        else:
            draw_marker(canvas, snap(across.exact(value)), y, "circle", color, size=4.5)
    return canvas.drawing()
