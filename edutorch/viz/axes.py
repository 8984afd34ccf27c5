"""Axes: from numbers to pixels, with round ticks, a frame, and lines that stop at the frame."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .svg import COLOR, LINE, MUTED, PAPER, TINT, Canvas, text_width

Point = tuple[float, float]


class Style(NamedTuple):
    """How one series looks. No two of the first ten share a colour and a dash, nor a colour and a marker."""

    color: str
    dash: str
    marker: str


_COLORS = ("blue", "orange", "green", "purple", "brown")
_DASHES = ("", "7 4", "2 3", "9 3 2 3", "14 4", "5 2", "1 4")
_MARKERS = ("circle", "square", "triangle", "diamond", "cross", "plus", "wedge")


def style(i: int) -> Style:
    """Return the look of series number `i`: colour, dash pattern and marker all change from one to the next.

    Example:
        >>> style(0).marker, style(1).marker, style(0).dash == style(1).dash
        ('circle', 'square', False)
    """
    return Style(COLOR[_COLORS[i % 5]], _DASHES[i % 7], _MARKERS[i % 7])


def floats(values) -> list[float]:
    """Turn a tensor of either library, an array or a sequence into a flat list of Python floats.

    Example:
        >>> floats([1, 2.5]), floats([[1], [2]])
        ([1.0, 2.5], [1.0, 2.0])
    """
    if hasattr(values, "tolist"):
        values = values.tolist()
    if not isinstance(values, Iterable):
        return [float(values)]
    return [number for value in values for number in floats(value)]


def digits(value: float) -> str:
    """Write a number with four significant digits, the precision that every machine agrees on.

    What is below 1e-12 is taken for rounding error and written as 0.

    Example:
        >>> digits(0.123456), digits(12345.6), digits(-5e-17), digits(float("inf"))
        ('0.1235', '1.235e+04', '0', 'inf')
    """
    return "0" if abs(value) < 1e-12 else f"{value:.4g}"


def round_off(value: float) -> float:
    """Keep two significant digits: a logarithmic slider stops at odd numbers.

    Example:
        >>> round_off(0.5011872336), round_off(39.81)
        (0.5, 40.0)
    """
    return float(f"{value:.2g}")


def snap(pixel: float) -> float:
    """Round to half a pixel, so that a last digit that differs from machine to machine moves nothing.

    The small shift keeps exact values (a weight of 0, a loss of 1) away from the border between two halves.
    """
    return round(2 * pixel + 0.1) / 2


class Scale:
    """Maps an interval of numbers to an interval of pixels, straight or logarithmic.

    Args:
        low, high: the interval of numbers.
        start, stop: the pixels of `low` and `high` (start > stop turns the axis upside down, as for y).
        log: equal ratios, not equal differences, are equally far apart.

    Example:
        >>> y = Scale(0, 10, 100, 0)
        >>> y(0), y(2.5), y(10)
        (100.0, 75.0, 0.0)
    """

    def __init__(self, low: float, high: float, start: float, stop: float, log: bool = False):
        self.low, self.high, self.start, self.stop, self.log = low, high, start, stop, log

    @classmethod
    def around(cls, values: Sequence[float], start: float, stop: float, log: bool = False, count: int = 5) -> Scale:
        """Choose round limits that hold all the finite `values` (on a log scale: the positive ones)."""
        values = [v for v in values if math.isfinite(v) and (v > 0 or not log)]
        if not values:
            values = [1.0] if log else [0.0]
        low, high = min(values), max(values)
        if log:
            low, high = _round_log(low, math.floor), _round_log(high, math.ceil)
            return cls(low, high if high > low else 10 * low, start, stop, log=True)
        if high - low <= 1e-12 * max(abs(high), abs(low)):  # one value: show a unit around it
            low, high = low - 0.5, high + 0.5
        step = _round_step((high - low) / count)
        # A limit that is a tick up to rounding error stays where it is.
        return cls(math.floor(low / step + 1e-6) * step, math.ceil(high / step - 1e-6) * step, start, stop)

    def exact(self, value: float) -> float:
        """Return the pixel of a number, not rounded."""
        if self.log:
            part = math.log(value / self.low) / math.log(self.high / self.low) if value > 0 else -math.inf
        else:
            part = (value - self.low) / (self.high - self.low)
        return self.start + part * (self.stop - self.start)

    def __call__(self, value: float) -> float:
        return snap(self.exact(value))

    def ticks(self, count: int = 5) -> list[tuple[float, str]]:
        """Return round numbers in the interval, about `count` of them, each with its label."""
        if self.log:
            few = self.high / self.low < 150
            exponents = range(math.floor(math.log10(self.low) + 1e-9), math.ceil(math.log10(self.high) - 1e-9) + 1)
            skip = max(1, round(len(exponents) / 7))
            marks = [m * 10.0**e for e in exponents[::skip] for m in ((1, 2, 5) if few else (1,))]
            return [(v, f"{v:g}") for v in marks if 0.999 * self.low <= v <= 1.001 * self.high]
        step = _round_step((self.high - self.low) / count)
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        first, last = math.ceil(self.low / step - 1e-6), math.floor(self.high / step + 1e-6)
        return [(i * step, f"{i * step + 0.0:.{decimals}f}") for i in range(first, last + 1)]


class NoTicks(Scale):
    """A scale for rows that carry names instead of numbers."""

    def ticks(self, count: int = 5) -> list[tuple[float, str]]:
        return []


def _round_step(about: float) -> float:
    power = 10.0 ** math.floor(math.log10(about))
    return min((1, 2, 5, 10), key=lambda m: abs(math.log(m * power / about))) * power


def _round_log(value: float, toward) -> float:
    """Return the nearest 1, 2 or 5 times a power of ten below (floor) or above (ceil)."""
    exponent = math.floor(math.log10(value) + 1e-9)
    choices = [m * 10.0**exponent for m in (1, 2, 5, 10)]
    if toward is math.floor:
        return max(c for c in choices if c <= value * (1 + 1e-9))
    return min(c for c in choices if c >= value * (1 - 1e-9))


class Axes:
    """A frame with two scales on a canvas.

    Args:
        canvas: what to draw on.
        x, y: the two scales; their pixels are the frame.
        xlabel, ylabel: what is measured; the y label stands above the frame, where it can be read upright.
        title: stands over the frame.
        ticks_right: write the numbers of the y axis on the right, when the left is wanted for names.
    """

    def __init__(
        self,
        canvas: Canvas,
        x: Scale,
        y: Scale,
        *,
        xlabel: str = "",
        ylabel: str = "",
        title: str = "",
        ticks_right: bool = False,
    ):
        self.canvas, self.x, self.y = canvas, x, y
        self.left, self.right = min(x.start, x.stop), max(x.start, x.stop)
        self.top, self.bottom = min(y.start, y.stop), max(y.start, y.stop)
        width, height = self.right - self.left, self.bottom - self.top
        canvas.rect(self.left, self.top, width, height, fill=PAPER, stroke=LINE)
        for value, label in y.ticks(max(2, int(height / 55))):
            at = y(value)
            canvas.line([(self.left, at), (self.right, at)], stroke=TINT["gray"], stroke_width=1)
            if ticks_right:
                canvas.text(self.right + 6, at, label, size=12, anchor="start", fill=MUTED)
            else:
                canvas.text(self.left - 6, at, label, size=12, anchor="end", fill=MUTED)
        for value, label in _thin(x):
            at = x(value)
            canvas.line([(at, self.bottom), (at, self.bottom + 4)], stroke=LINE, stroke_width=1)
            canvas.text(at, self.bottom + 16, label, size=12, fill=MUTED)
        if xlabel:
            canvas.text((self.left + self.right) / 2, self.bottom + 36, xlabel, size=13)
        if ylabel:
            canvas.text(self.left, self.top - 14, ylabel, size=13, anchor="start")
        if title:
            canvas.text(self.left, self.top - (38 if ylabel else 16), title, size=15, anchor="start", bold=True)

    def line(self, points: Sequence[Point], **paint) -> None:
        """Draw straight lines from point to point (numbers, not pixels), cut off at the frame."""
        for piece in self.visible(points):
            self.canvas.line(piece, **paint)

    def marker(self, x: float, y: float, kind: str, color: str, *, size: float = 4, fill: str = PAPER) -> None:
        """Draw a marker at a point, if the point lies inside the frame."""
        if math.isfinite(x) and math.isfinite(y):
            px, py = self.x.exact(x), self.y.exact(y)
            if self.left - 0.5 <= px <= self.right + 0.5 and self.top - 0.5 <= py <= self.bottom + 0.5:
                draw_marker(self.canvas, snap(px), snap(py), kind, color, size=size, fill=fill)

    def visible(self, points: Sequence[Point]) -> list[list[Point]]:
        """Return the pieces of a line, in pixels, that lie inside the frame; NaN and infinity break it."""
        pieces: list[list[Point]] = []
        last: Point | None = None
        for x, y in points:
            if not (math.isfinite(x) and math.isfinite(y)):
                last = None
                continue
            here = (self.x.exact(x), self.y.exact(y))
            if last is not None:
                segment = self._clip(last, here)
                if segment:
                    a, b = ((snap(p), snap(q)) for p, q in segment)
                    if pieces and pieces[-1][-1] == a:
                        if b != a:
                            pieces[-1].append(b)
                    else:
                        pieces.append([a, b])
            last = here
        return pieces

    def _clip(self, a: Point, b: Point) -> tuple[Point, Point] | None:
        """Cut a segment at the frame (Liang and Barsky); None if nothing is inside."""
        a, b = _bounded(a), _bounded(b)
        dx, dy = b[0] - a[0], b[1] - a[1]
        enter, leave = 0.0, 1.0
        for speed, room in (
            (-dx, a[0] - self.left),
            (dx, self.right - a[0]),
            (-dy, a[1] - self.top),
            (dy, self.bottom - a[1]),
        ):
            if speed == 0:
                if room < 0:
                    return None
            elif speed < 0:
                enter = max(enter, room / speed)
            else:
                leave = min(leave, room / speed)
        if enter > leave:
            return None
        return (a[0] + enter * dx, a[1] + enter * dy), (a[0] + leave * dx, a[1] + leave * dy)


def _bounded(point: Point, far: float = 1e7) -> Point:
    """Pull a point at 1e300 pixels so near that differences still have digits."""
    return max(-far, min(far, point[0])), max(-far, min(far, point[1]))


def _thin(scale: Scale) -> list[tuple[float, str]]:
    """Return the ticks of a horizontal axis with so many left out that labels keep apart."""
    ticks = scale.ticks(max(2, int(abs(scale.stop - scale.start) / 70)))
    widest = max((text_width(label, 12) for _, label in ticks), default=0) + 8
    skip = 1
    while skip < len(ticks) and any(
        abs(scale.exact(b[0]) - scale.exact(a[0])) < widest
        for a, b in zip(ticks[::skip], ticks[skip::skip], strict=False)
    ):
        skip += 1
    return ticks[::skip]


def draw_marker(
    canvas: Canvas, x: float, y: float, kind: str, color: str, *, size: float = 4, fill: str = PAPER
) -> None:
    """Draw a marker around the pixel (x, y): circle, square, triangle, diamond, cross, plus or wedge."""
    s = size
    if kind == "circle":
        canvas.circle(x, y, s, fill=fill, stroke=color, stroke_width=1.5)
        return
    if kind in ("cross", "plus"):
        arms = ((s, s), (s, -s)) if kind == "cross" else ((1.3 * s, 0), (0, 1.3 * s))
        for dx, dy in arms:
            canvas.line([(x - dx, y - dy), (x + dx, y + dy)], stroke=color, stroke_width=2)
        return
    corners = {
        "square": [(-s, -s), (s, -s), (s, s), (-s, s)],
        "triangle": [(0, -1.2 * s), (1.2 * s, s), (-1.2 * s, s)],
        "wedge": [(0, 1.2 * s), (1.2 * s, -s), (-1.2 * s, -s)],
        "diamond": [(0, -1.4 * s), (1.4 * s, 0), (0, 1.4 * s), (-1.4 * s, 0)],
    }[kind]
    shape = [(x + dx, y + dy) for dx, dy in corners]
    canvas.line(shape, stroke=color, stroke_width=1.5, fill=fill, closed=True)


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move positions so that neighbours are at least `gap` apart, no farther than needed, within [low, high].

    Where there is not room enough for all, they run over `high`.

    Example:
        >>> spread([10, 11, 50], 8, 0, 100)
        [10, 18, 50]
        >>> spread([97, 99], 8, 0, 100)
        [92, 100]
    """
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    placed = list(wanted)
    floor = low
    for i in order:
        placed[i] = floor = max(placed[i], floor)
        floor += gap
    ceiling = high
    for i in reversed(order):
        if low + gap * (len(order) - 1) <= high:
            placed[i] = min(placed[i], ceiling)
        ceiling = placed[i] - gap
    return placed


def end_labels(
    axes: Axes, names: Sequence[str], ends: Sequence[Point], colors: Sequence[str], *, left: bool = False
) -> None:
    """Write each name beside the end (in pixels) of its line, apart from each other, with a leader."""
    canvas, edge, toward = axes.canvas, (axes.left if left else axes.right), (-1 if left else 1)
    heights = spread([y for _, y in ends], 16, axes.top + 6, axes.bottom - 4)
    for name, (x, y), height, color in zip(names, ends, heights, colors, strict=True):
        leader = [(x, y), (edge + 4 * toward, y), (edge + 18 * toward, snap(height))]
        canvas.line(leader, stroke=color, stroke_width=1, dash="1 2")
        canvas.text(edge + 22 * toward, snap(height), name, size=12, anchor="end" if left else "start", fill=color)
