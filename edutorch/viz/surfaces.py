"""Loss surfaces over two weights: their contours, paths down them, and what the learning rate does.

>>> import torch
>>> bowl = Surface(lambda w: w[0] ** 2 + 3 * w[1] ** 2, torch.tensor([1.0, 1.0]), (-2, 2), (-2, 2))
>>> path = bowl.descend(lr=0.1, steps=3)
>>> print(f"{path.losses[0]:.1f} -> {path.losses[-1]:.4f}; {path.verdict}")
4.0 -> 0.2744; too slow: after 3 steps the slope is still 17 % of what it was
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from .axes import Axes, Point, Scale, Style, digits, end_labels, floats, style
from .controls import panel
from .svg import COLOR, INK, LINE, MUTED, PAPER, Canvas, Drawing, text_width


class Path(NamedTuple):
    """A walk over a surface.

    Attributes:
        points: where it stood, the start first.
        losses: the height there.
        slopes: the length of the gradient there.
    """

    points: list[Point]
    losses: list[float]
    slopes: list[float]

    @property
    def verdict(self) -> str:
        """Say in one line how the walk went: diverges, oscillates, too slow or arrives."""
        steps = len(self.points) - 1
        if not math.isfinite(self.losses[-1]) or self.losses[-1] > self.losses[0]:
            return "diverges: each step overshoots by more than the one before"
        rest = self.slopes[-1] / self.slopes[0] if self.slopes[0] else 0.0
        if self.turns > steps / 2:
            return f"oscillates: {self.turns} of {steps} steps turned back, but each overshoots less"
        if rest > 0.05:
            return f"too slow: after {steps} steps the slope is still {100 * rest:.0f} % of what it was"
        share = f"{100 * rest:.1f} %" if rest >= 0.001 else "less than 0.1 %"
        return f"arrives: after {steps} steps the slope is {share} of what it was"

    def steps_to(self, level: float) -> int | None:
        """Count the steps until the loss was first at most `level`; None if it never was."""
        return next((i for i, loss in enumerate(self.losses) if loss <= level), None)

    @property
    def turns(self) -> int:
        """Count the steps that went against the step before; steps too small to see do not count."""
        moves = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(self.points)]
        visible = 1e-3 * max((math.hypot(*move) for move in moves), default=0.0)
        pairs = pairwise(moves)
        return sum(a[0] * b[0] + a[1] * b[1] < 0 and math.hypot(*b) > visible for a, b in pairs)


class Surface:
    """A loss as a landscape over two weights.

    Args:
        loss: any differentiable function of a tensor with two elements that returns a tensor with one.
        start: a tensor with two elements, where walks begin; float64 gives the same picture everywhere.
        x, y: the interval of each weight that is shown.
        names: what the two weights are called.
        cells: the grid on which contours are found has `cells` by `cells` squares.
    """

    def __init__(
        self,
        loss: Callable,
        start,
        x: tuple[float, float],
        y: tuple[float, float],
        *,
        names: tuple[str, str] = ("first weight", "second weight"),
        cells: int = 40,
    ):
        self.loss, self.start, self.x, self.y, self.names = loss, start, x, y, names
        self.cells = cells
        self._grid: list[list[float]] | None = None

    @property
    def grid(self) -> list[list[float]]:
        """The loss at the corners of the squares, `grid[row][column]`, worked out once."""
        if self._grid is None:
            self._grid = [[self.height(x, y) for x in self._ticks(self.x)] for y in self._ticks(self.y)]
        return self._grid

    def _ticks(self, interval: tuple[float, float]) -> list[float]:
        low, high = interval
        return [low + (high - low) * i / self.cells for i in range(self.cells + 1)]

    def height(self, x: float, y: float) -> float:
        """Return the loss at a point."""
        return self.loss(self.start.new_tensor([x, y])).item()

    def slope(self, x: float, y: float) -> tuple[float, Point]:
        """Return the loss and its gradient at a point, the gradient by autograd."""
        weights = self.start.new_tensor([x, y]).requires_grad_()
        loss = self.loss(weights)
        loss.backward()
        dx, dy = weights.grad.tolist()
        return loss.item(), (dx, dy)

    def descend(self, lr: float, steps: int, momentum: float = 0.0) -> Path:
        """Walk down by gradient descent: `steps` times, go `lr` times the gradient downhill.

        With momentum, go `lr` times the running sum of gradients, in which the past fades by that factor.
        A walk that leaves all bounds (beyond 1e12) stops there.
        """
        x, y = floats(self.start)
        vx = vy = 0.0
        path = Path([], [], [])
        for step in range(steps + 1):
            loss, (dx, dy) = self.slope(x, y)
            path.points.append((x, y))
            path.losses.append(loss)
            path.slopes.append(math.hypot(dx, dy))
            if step == steps or max(abs(x), abs(y)) > 1e12:
                break
            vx, vy = momentum * vx + dx, momentum * vy + dy
            x, y = x - lr * vx, y - lr * vy
        return path

    def walk(self, make: Callable, steps: int) -> Path:
        """Walk with an optimizer: `make([weights])` builds it, for instance `partial(optim.Adam, lr=0.1)`.

        A walk that leaves all bounds (beyond 1e12) stops there.
        """
        weights = self.start.clone().requires_grad_()
        optimizer = make([weights])
        path = Path([], [], [])
        for step in range(steps + 1):
            optimizer.zero_grad()
            loss = self.loss(weights)
            loss.backward()
            x, y = weights.tolist()
            path.points.append((x, y))
            path.losses.append(loss.item())
            path.slopes.append(math.hypot(*weights.grad.tolist()))
            if step == steps or not max(abs(x), abs(y)) <= 1e12:
                break
            optimizer.step()
        return path

    def lowest(self) -> Point:
        """Return the corner of the grid where the loss is least."""
        cells = [(value, i, j) for i, row in enumerate(self.grid) for j, value in enumerate(row)]
        _, i, j = min(cells)
        return self._ticks(self.x)[j], self._ticks(self.y)[i]

    def contours(self, levels: Sequence[float]) -> list[list[list[Point]]]:
        """Return, for each level, the lines along which the loss has that height (marching squares)."""
        xs, ys = self._ticks(self.x), self._ticks(self.y)
        return [_join(_cut(self.grid, xs, ys, level)) for level in levels]

    def levels(self, count: int = 9) -> list[float]:
        """Choose heights for contours: closer together near the bottom, where the walks end."""
        values = [v for row in self.grid for v in row if math.isfinite(v)]
        low, high = min(values), max(values)
        return [low + (high - low) * (i / count) ** 2 for i in range(1, count)]


def show_contours(
    surface: Surface,
    paths: Mapping[str, Path] | None = None,
    *,
    title: str = "",
    size: int = 340,
) -> Drawing:
    """Draw the contours of a surface, with walks over it.

    Each walk has its own colour, dash pattern and marker; a ring is its start, its name stands at the right.
    """
    paths = dict(paths or {})
    canvas = Canvas(
        title or f"The loss over {surface.names[0]} and {surface.names[1]}",
        "\n".join([_valley(surface), *(f"{name}: {_walk(path)}" for name, path in paths.items())]),
    )
    axes = draw_landscape(canvas, surface, size, list(paths.values()), title)
    names, ends, colors = [], [], []
    for i, (name, path) in enumerate(paths.items()):
        end = draw_walk(axes, path, style(i))
        if end:
            names.append(name)
            ends.append(end)
            colors.append(style(i).color)
    end_labels(axes, names, ends, colors)
    return canvas.drawing()


def show_learning_rate(
    surface: Surface, lr: float, steps: int = 20, *, momentum: float = 0.0, size: int = 300
) -> Drawing:
    """Draw one walk of gradient descent: on the left over the contours, on the right its loss by step."""
    path = surface.descend(lr, steps, momentum)
    name = f"learning rate {digits(lr)}" + (f", momentum {digits(momentum)}" if momentum else "")
    shown = [digits(loss) for loss in path.losses[:12]] + ["…"] * (len(path.losses) > 12)
    canvas = Canvas(
        f"Gradient descent with {name}",
        "\n".join(
            [
                path.verdict,
                _valley(surface),
                f"loss by step: {', '.join(shown)}",
                f"after {len(path.points) - 1} steps: {_walk(path)}",
            ]
        ),
    )
    canvas.text(0, -52, name, size=15, anchor="start", bold=True)
    canvas.text(0, -34, path.verdict, size=13, anchor="start")
    axes = draw_landscape(canvas, surface, size, [path])
    draw_walk(axes, path, style(0))
    with canvas.group(size + 90, 0):
        low = min(v for row in surface.grid for v in row)
        across = Scale(0, max(1, steps), 0, 250)
        start = path.losses[0]
        up = Scale.around([low, low + 1.5 * (start - low)], size, 0)
        right = Axes(canvas, across, up, xlabel="step", ylabel="loss")
        points = [(float(i), v) for i, v in enumerate(path.losses)]
        right.line([(0, low), (across.high, low)], stroke=MUTED, dash="3 3")
        right.line(points, stroke=COLOR["blue"], stroke_width=2)
        for x, y in points:
            right.marker(x, y, "circle", COLOR["blue"], size=3, fill=COLOR["blue"])
        end_labels(right, ["lowest in view"], [(right.right, up(low))], [MUTED])
    return canvas.drawing()


def explore_learning_rate(surface: Surface, *, lrs: tuple[float, float] = (0.01, 0.8), steps: int = 20):
    """Return sliders for learning rate, momentum and steps over `show_learning_rate`."""
    import ipywidgets
    from IPython.display import display

    wide = {"style": {"description_width": "110px"}, "layout": {"width": "460px"}}
    low, high = lrs
    rate = ipywidgets.FloatSlider(low, min=low, max=high, step=0.01, description="learning rate", **wide)
    momentum = ipywidgets.FloatSlider(0.0, min=0.0, max=0.95, step=0.05, description="momentum", **wide)
    count = ipywidgets.IntSlider(steps, min=1, max=60, description="steps", **wide)

    def show(lr, momentum, steps):
        display(show_learning_rate(surface, lr, steps, momentum=momentum))

    controls = {"lr": rate, "momentum": momentum, "steps": count}
    return panel(rate, momentum, count, ipywidgets.interactive_output(show, controls))


def _valley(surface: Surface) -> str:
    values = [v for row in surface.grid for v in row]
    x, y = surface.lowest()
    return (
        f"surface: from {digits(min(values))} near ({digits(x)}, {digits(y)}) "
        f"up to {digits(max(values))} in the part shown"
    )


def _walk(path: Path) -> str:
    (a, b), (x, y) = path.points[0], path.points[-1]
    return (
        f"from ({digits(a)}, {digits(b)}), loss {digits(path.losses[0])}, "
        f"to ({digits(x)}, {digits(y)}), loss {digits(path.losses[-1])}"
    )


def draw_landscape(canvas: Canvas, surface: Surface, size: int, paths: Sequence[Path], title: str = "") -> Axes:
    """Draw frame and contours; every second contour carries its height, written away from the walks."""
    across, up = Scale(*surface.x, 0, size), Scale(*surface.y, size, 0)
    axes = Axes(canvas, across, up, xlabel=surface.names[0], ylabel=surface.names[1], title=title)
    levels = surface.levels()
    labels: list[tuple[float, float, str]] = []
    taken = [p for path in paths for piece in axes.visible(path.points) for p in piece]
    for i, (level, lines) in enumerate(zip(levels, surface.contours(levels), strict=True)):
        for line in lines:
            axes.line(line, stroke=LINE, stroke_width=1)
        if i % 2 == 0 and lines:
            place = _label_place(axes, max(lines, key=len), taken)
            if place:
                taken.append(place)
                labels.append((*place, f"{level:.2g}"))
    for x, y, string in labels:
        width = text_width(string, 11) + 4
        canvas.rect(x - width / 2, y - 7, width, 14, fill=PAPER, stroke="none")
        canvas.text(x, y, string, size=11, fill=MUTED)
    return axes


def _label_place(axes: Axes, line: list[Point], taken: Sequence[Point]) -> Point | None:
    """Find the point of a contour that is farthest from all that is taken, and well inside the frame."""
    best, found = 20.0, None
    for x, y in line[:: max(1, len(line) // 40)]:
        px, py = axes.x(x), axes.y(y)
        inside = min(px - axes.left - 12, axes.right - px - 12, py - axes.top, axes.bottom - py)
        if inside < 12:
            continue
        apart = min([60.0 + inside, *(math.hypot(px - a, py - b) for a, b in taken)])
        if apart > best + 1:  # a tie, up to rounding, keeps the first
            best, found = apart, (px, py)
    return found


def draw_walk(axes: Axes, path: Path, look: Style, apart: float = 0.0) -> Point | None:
    """Draw a walk: a line, a marker at each step, a ring at the start; return its last visible pixel.

    With `apart`, a step has a marker only if it is that many pixels away from the marker before.
    """
    color, dash, marker = look
    pieces = axes.visible(path.points)
    for piece in pieces:
        axes.canvas.line(piece, stroke=color, stroke_width=2, dash=dash)
    marked = path.points[0]
    for x, y in path.points[1:]:
        if math.hypot(axes.x.exact(x) - axes.x.exact(marked[0]), axes.y.exact(y) - axes.y.exact(marked[1])) >= apart:
            axes.marker(x, y, marker, color, size=3, fill=color)
            marked = x, y
    axes.marker(*path.points[0], "circle", INK, size=7, fill="none")
    axes.marker(*path.points[0], "circle", color, size=3, fill=color)
    return pieces[-1][-1] if pieces else None


def _cut(grid: list[list[float]], xs: Sequence[float], ys: Sequence[float], level: float) -> list[tuple[Point, Point]]:
    """Return the pieces of one contour, one or two in each square that it crosses."""
    pieces = []
    for i in range(len(ys) - 1):
        for j in range(len(xs) - 1):
            corners = [(j, i), (j + 1, i), (j + 1, i + 1), (j, i + 1)]
            heights = [grid[b][a] - level for a, b in corners]
            if not all(map(math.isfinite, heights)):
                continue
            crossings = []
            for k in range(4):
                (a, b), (c, d) = corners[k], corners[(k + 1) % 4]
                h, g = heights[k], heights[(k + 1) % 4]
                if (h < 0) != (g < 0):
                    t = h / (h - g)
                    crossings.append((xs[a] + t * (xs[c] - xs[a]), ys[b] + t * (ys[d] - ys[b])))
            # Two crossings make a line; four (a saddle) are paired as they come.
            pieces += [(crossings[k], crossings[k + 1]) for k in range(0, len(crossings), 2)]
    return pieces


def _join(pieces: list[tuple[Point, Point]]) -> list[list[Point]]:
    """Join pieces that share an end into long lines."""

    def key(point: Point) -> tuple[float, float]:
        return round(point[0], 9), round(point[1], 9)

    pieces = [(a, b) for a, b in pieces if key(a) != key(b)]  # a contour through a corner leaves dots there
    ends: dict[tuple[float, float], list[int]] = {}
    for i, piece in enumerate(pieces):
        for point in piece:
            ends.setdefault(key(point), []).append(i)
    used = [False] * len(pieces)

    def follow(point: Point) -> list[Point]:
        track = []
        while True:
            ahead = [i for i in ends[key(point)] if not used[i]]
            if not ahead:
                return track
            used[ahead[0]] = True
            a, b = pieces[ahead[0]]
            point = b if key(a) == key(point) else a
            track.append(point)

    lines = []
    for i, (a, b) in enumerate(pieces):
        if not used[i]:
            used[i] = True
            forth, back = follow(b), follow(a)
            lines.append([*reversed(back), a, b, *forth])
    return lines
