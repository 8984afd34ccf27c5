"""A small deterministic SVG writer: every drawing of `edutorch.viz` is made with it.

    >>> canvas = Canvas("One box", "A box that holds the number 7.")
    >>> _ = canvas.box(0, 0, 40, 30, "7", fill=TINT["blue"])
    >>> figure = canvas.drawing()
    >>> print(figure)                       # what a screen reader, a diff and a terminal see
    One box
    A box that holds the number 7.

In a notebook `figure` shows itself. The same calls give the same characters on every machine: no
ids, no dates, numbers rounded to a hundredth. The canvas grows with what is drawn on it, so nothing can be
cut off, and it stands on a white card, so it reads on a light and on a dark page.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import NamedTuple
from urllib.parse import quote

# The one palette of the pictures and of what stands beside them. It keeps three promises, proven in
# tests/viz/test_colours.py: every colour of text has a contrast of 4.5 : 1 or more on the white card, every line that
# says something 3 : 1, and the colours of COLOR stay apart for readers who lack one of the three kinds of cones.
INK = "#1b1b1b"
MUTED = "#5f6368"
LINE = "#878e95"
PAPER = "#ffffff"
COLOR = {
    "blue": "#0072b2",
    "orange": "#c25400",
    "green": "#076038",
    "purple": "#9a1a70",
    "brown": "#643f00",
    "gray": MUTED,
}
# Light enough to carry dark text, and so too near each other to mean anything alone: where a tint says something, a
# border, a dash or a word says it as well.
TINT = {
    "blue": "#d3e6f3",
    "orange": "#fbe0cc",
    "green": "#cdebe1",
    "purple": "#f0dcea",
    "gold": "#fff0b8",
    "sky": "#dff1fb",
    "gray": "#eceef0",
}

SANS = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"
MONO = "DejaVu Sans Mono, Menlo, Consolas, monospace"

# Advance widths in em of DejaVu Sans, the widest of the fonts named above: an estimate is never too short.
_WIDTHS = {
    0.29: "'ijlIJ",
    0.34: ",. ·/:;\\|f-",
    0.41: "t()[]!²r",
    0.50: '"*_`–',
    0.56: "sz∂?cL",
    0.61: "kFvxyPaoTYe",
    0.65: "bdghnpquES0123456789${}µKα",
    0.70: "AVBRXZC",
    0.79: "UHNDG&OQ",
    0.86: "w#+<=>^~×→←↑↓≤≥≠−M",
    1.00: "%mW@…",
}
_WIDTH = {character: width for width, characters in _WIDTHS.items() for character in characters}
_MONO_WIDTH = 0.603


def text_width(string: str, size: float = 13, *, mono: bool = False, bold: bool = False) -> float:
    """Estimate how many pixels wide `string` is, from above: in the named fonts it is never wider.

    Example:
        >>> text_width("il") < text_width("WM")
        True
        >>> round(text_width("[3, 4]", 10, mono=True), 1)
        36.2
    """
    if mono:
        return len(string) * _MONO_WIDTH * size
    return sum(_WIDTH.get(character, 1.0) for character in string) * size * (1.12 if bold else 1.0)


class Box(NamedTuple):
    """A rectangle on the canvas: left, top, right and bottom edge."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        """Say whether the two rectangles share some area (a shared edge is not an overlap)."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


class Label(NamedTuple):
    """A piece of text that was drawn, and the room that it takes: tests look here for collisions."""

    string: str
    box: Box


class Drawing:
    """A finished picture: SVG for the eye, plain text for everything else.

    Args:
        svg: the whole `<svg>` element.
        title: what the picture is, in a few words.
        text: what the picture says, complete enough to do without it.
        labels: every text in it with its place.
    """

    def __init__(self, svg: str, title: str, text: str, labels: Sequence[Label] = ()):
        self.svg = svg
        self.title = title
        self.text = text
        self.labels = tuple(labels)

    def _repr_html_(self) -> str:
        # As an <img>, not as bare SVG: JupyterLab gives SVG no alternative text, and hides it in a notebook
        # that was opened but not run yet.
        address = quote(self.svg, safe=" <>=/:;,.()-'!?*+@[]{}|~$&")
        return f'<img alt="{escape(str(self))}" src="data:image/svg+xml;charset=utf-8,{escape(address)}">'

    def __str__(self) -> str:
        return f"{self.title}\n{self.text}" if self.text else self.title

    __repr__ = __str__

    def save(self, path: str) -> None:
        """Write the picture to an `.svg` file."""
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.svg)


def number(value: float) -> str:
    """Write a coordinate with at most two decimals, and never as `-0`.

    Example:
        >>> number(3.0), number(0.125), number(-0.001)
        ('3', '0.12', '0')
    """
    rounded = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if rounded == "-0" else rounded


class Canvas:
    """Collects shapes, knows how much room they take, and becomes a `Drawing`.

    Coordinates are pixels, x to the right and y down, and may be negative. Later shapes lie over earlier.

    Args:
        title: names the picture (the `<title>` that a pointer and a screen reader find).
        text: the text alternative; may be set later as `canvas.text_alternative`.

    Example:
        >>> canvas = Canvas("Two nodes", "a feeds b.")
        >>> left, right = canvas.box(0, 0, 60, 30, "a"), canvas.box(120, 0, 60, 30, "b")
        >>> canvas.arrow(60, 15, 120, 15)
        >>> canvas.drawing().svg.count("<rect")           # the card and the two boxes
        3
    """

    def __init__(self, title: str, text: str = ""):
        self.title = title
        self.text_alternative = text
        self.labels: list[Label] = []
        self._parts: list[str] = []
        self._origin = (0.0, 0.0)
        self._bounds: Box | None = None

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str = PAPER,
        stroke: str = LINE,
        stroke_width: float = 1,
        radius: float = 0,
        dash: str = "",
        tip: str = "",
    ) -> Box:
        """Draw a rectangle; `dash="4 3"` makes its border dashed, `tip` shows under a resting pointer."""
        shape = (
            f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
            + (f' rx="{number(radius)}"' if radius else "")
            + _paint(fill, stroke, stroke_width, dash)
        )
        self._parts.append(shape + (f"><title>{escape(tip)}</title></rect>" if tip else "/>"))
        return self._grow(x, y, x + width, y + height)

    def text(
        self,
        x: float,
        y: float,
        string: str,
        *,
        size: float = 13,
        anchor: str = "middle",
        fill: str = INK,
        bold: bool = False,
        mono: bool = False,
    ) -> Box:
        """Write one line, vertically centred on y; `anchor` says what of it is at x: start, middle or end."""
        width = text_width(string, size, mono=mono, bold=bold)
        left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * width
        self._parts.append(
            # A fixed shift instead of dominant-baseline, which not every SVG renderer knows.
            f'<text x="{number(x)}" y="{number(y + 0.35 * size)}" font-size="{number(size)}" fill="{fill}"'
            + (f' text-anchor="{anchor}"' if anchor != "start" else "")
            + (' font-weight="bold"' if bold else "")
            + (f' font-family="{MONO}"' if mono else "")
            + f' xml:space="preserve">{escape(string, quote=False)}</text>'
        )
        box = self._grow(left, y - 0.6 * size, left + width, y + 0.6 * size)
        self.labels.append(Label(string, box))
        return box

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        string: str = "",
        *,
        size: float = 13,
        mono: bool = False,
        bold: bool = False,
        ink: str = INK,
        **style,
    ) -> Box:
        """Draw a rectangle with `string` in its middle; `style` goes to `rect`. A `\\n` starts a new line."""
        place = self.rect(x, y, width, height, **style)
        lines = string.split("\n") if string else []
        first = y + height / 2 - (len(lines) - 1) * 0.6 * size
        for i, line in enumerate(lines):
            self.text(x + width / 2, first + i * 1.2 * size, line, size=size, mono=mono, bold=bold, fill=ink)
        return place

    def circle(
        self, x: float, y: float, r: float, *, fill: str = PAPER, stroke: str = LINE, stroke_width: float = 1
    ) -> Box:
        """Draw a circle around (x, y)."""
        self._parts.append(
            f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(r)}"{_paint(fill, stroke, stroke_width)}/>'
        )
        return self._grow(x - r, y - r, x + r, y + r)

    def line(
        self,
        points: Sequence[tuple[float, float]],
        *,
        stroke: str = MUTED,
        stroke_width: float = 1.5,
        fill: str = "none",
        dash: str = "",
        closed: bool = False,
    ) -> Box:
        """Draw straight lines from point to point; `closed=True` with a `fill` makes a polygon."""
        track = "L".join(f"{number(x)},{number(y)}" for x, y in points)
        self._parts.append(f'<path d="M{track}{"Z" if closed else ""}"{_paint(fill, stroke, stroke_width, dash)}/>')
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return self._grow(min(xs), min(ys), max(xs), max(ys))

    def path(
        self,
        d: str,
        bounds: tuple[float, float, float, float],
        *,
        stroke: str = "none",
        stroke_width: float = 1.5,
        fill: str = "none",
        dash: str = "",
    ) -> Box:
        """Draw an SVG path given by its `d` attribute; the caller says what room it takes."""
        self._parts.append(f'<path d="{d}"{_paint(fill, stroke, stroke_width, dash)}/>')
        return self._grow(*bounds)

    def arrow(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        *,
        bend: str = "",
        stroke: str = MUTED,
        stroke_width: float = 1.5,
        dash: str = "",
        head: float = 7,
    ) -> None:
        """Draw an arrow, straight or, with `bend="x"` or `"y"`, as an S that starts and ends along that axis.

        The head is a plain triangle: an SVG marker would need an id, and two drawings would share it.
        """
        if bend == "x":
            middle, toward = (x1 + x2) / 2, (math.copysign(1, x2 - x1), 0.0)
            controls = ((middle, y1), (middle, y2))
        elif bend == "y":
            middle, toward = (y1 + y2) / 2, (0.0, math.copysign(1, y2 - y1))
            controls = ((x1, middle), (x2, middle))
        else:
            length = math.hypot(x2 - x1, y2 - y1) or 1.0
            toward, controls = ((x2 - x1) / length, (y2 - y1) / length), None
        ux, uy = toward
        foot = (x2 - head * ux, y2 - head * uy)
        wing = 0.45 * head
        if controls is None:
            self.line([(x1, y1), foot], stroke=stroke, stroke_width=stroke_width, dash=dash)
        else:
            (ax, ay), (bx, by) = controls
            curve = f"M{number(x1)},{number(y1)}C{number(ax)},{number(ay)} {number(bx)},{number(by)} "
            self.path(
                curve + f"{number(foot[0])},{number(foot[1])}",
                (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)),
                stroke=stroke,
                stroke_width=stroke_width,
                dash=dash,
            )
        corners = [
            (x2, y2),
            (foot[0] - wing * uy, foot[1] + wing * ux),
            (foot[0] + wing * uy, foot[1] - wing * ux),
        ]
        self.line(corners, stroke="none", fill=stroke, closed=True)

    @contextmanager
    def group(self, x: float, y: float) -> Iterator[None]:
        """Shift everything drawn inside the `with` block by (x, y); groups may be nested."""
        old = self._origin
        self._origin = (old[0] + x, old[1] + y)
        self._parts.append(f'<g transform="translate({number(x)},{number(y)})">')
        try:
            yield
        finally:
            self._parts.append("</g>")
            self._origin = old

    @property
    def bounds(self) -> Box:
        """The rectangle around everything drawn so far."""
        return self._bounds or Box(0, 0, 0, 0)

    def drawing(self, *, padding: float = 14, widest: float = 900) -> Drawing:
        """Put what was drawn on a card and return the finished picture, shrunk to at most `widest` pixels.

        900 pixels are what a notebook has room for; a wider picture would be cut off.
        """
        left, top = self.bounds.left - padding, self.bounds.top - padding
        width, height = self.bounds.right + padding - left, self.bounds.bottom + padding - top
        size = f'width="{number(width)}" height="{number(height)}"'
        shrink = min(1.0, widest / width)
        head = (
            '<svg xmlns="http://www.w3.org/2000/svg" '
            f'width="{number(width * shrink)}" height="{number(height * shrink)}" '
            f'viewBox="{number(left)} {number(top)} {number(width)} {number(height)}" '
            f'style="max-width:100%;height:auto" font-family="{SANS}" role="img">'
            f"<title>{escape(self.title)}</title><desc>{escape(self.text_alternative)}</desc>"
        )
        card = f'<rect x="{number(left)}" y="{number(top)}" {size} rx="10" fill="{PAPER}" stroke="none"/>'
        return Drawing("\n".join([head, card, *self._parts, "</svg>"]), self.title, self.text_alternative, self.labels)

    def _grow(self, left: float, top: float, right: float, bottom: float) -> Box:
        x, y = self._origin
        box = Box(left + x, top + y, right + x, bottom + y)
        old = self._bounds or box
        self._bounds = Box(
            min(old.left, box.left),
            min(old.top, box.top),
            max(old.right, box.right),
            max(old.bottom, box.bottom),
        )
        return box


def _paint(fill: str, stroke: str, stroke_width: float, dash: str = "") -> str:
    paint = f' fill="{fill}"'
    if stroke != "none":
        paint += f' stroke="{stroke}"' + (f' stroke-width="{number(stroke_width)}"' if stroke_width != 1 else "")
        paint += f' stroke-dasharray="{dash}"' if dash else ""
    return paint
