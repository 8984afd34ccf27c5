"""Grids of coloured cells: shades for amounts, two hues for what is above and below zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .svg import COLOR, INK, LINE, PAPER, Canvas, number


def grey(share: float) -> str:
    """Return a colour from white (0) to black (1).

    Example:
        >>> grey(0), grey(1), grey(0.5)
        ('#ffffff', '#000000', '#808080')
    """
    return _mix(share, 0, 0, 0)


def signed(share: float) -> str:
    """Return a colour from orange (-1) over white (0) to blue (1).

    Example:
        >>> signed(-1), signed(0), signed(1)
        ('#c25400', '#ffffff', '#0072b2')
    """
    color = COLOR["blue"] if share > 0 else COLOR["orange"]
    return _mix(abs(share), *(int(color[k : k + 2], 16) for k in (1, 3, 5)))


def _mix(share: float, *ends: int) -> str:
    share = round(min(1.0, max(0.0, share)), 2)
    return "#" + "".join(f"{round(255 + share * (end - 255)):02x}" for end in ends)


def ink_on(fill: str) -> str:
    """Return the colour of text that reads best on a fill: black or white.

    With pure black and pure white one of both has a contrast of 4.5 : 1 or more, whatever the fill; with a softer
    black neither has it on some greys in the middle.

    Example:
        >>> ink_on("#ffffff"), ink_on("#808080"), ink_on("#0072b2")
        ('#000000', '#000000', '#ffffff')
    """
    shares = [int(fill[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    # The relative luminance of WCAG 2.2; black and white are equally readable at 0.179.
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return "#000000" if 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.179 else PAPER


def frame(canvas: Canvas, x: float, y: float, width: float, height: float, **paint) -> None:
    """Draw a border around what already lies there."""
    canvas.line([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], closed=True, **paint)


def draw_cells(
    canvas: Canvas,
    grid: Sequence[Sequence[float]],
    pixel: float,
    most: float,
    color: Callable[[float], str] = grey,
) -> None:
    """Draw a grid of colours without numbers; `color` turns a share of `most` into one, and white is left out.

    Cells below zero carry a minus sign: nobody needs to tell orange from blue.
    """
    for i, line in enumerate(grid):
        for j, value in enumerate(line):
            fill = color(value / most)
            if fill != "#ffffff":
                frame(canvas, j * pixel, i * pixel, pixel, pixel, stroke="none", fill=fill)
    mark_negatives(canvas, grid, pixel, pixel, most)
    frame(canvas, 0, 0, len(grid[0]) * pixel, len(grid) * pixel, stroke=LINE, stroke_width=1)


def mark_negatives(canvas: Canvas, grid: Sequence[Sequence[float]], width: float, height: float, most: float) -> None:
    """Write a minus sign into the cells below zero, as far as their colour shows (from -5 % of `most` on)."""
    signs = [
        f"M{number((j + 0.25) * width)},{number((i + 0.5) * height)}h{number(width / 2)}"
        for i, line in enumerate(grid)
        for j, value in enumerate(line)
        if value / most < -0.05
    ]
    if signs:
        bounds = (0, 0, len(grid[0]) * width, len(grid) * height)
        canvas.path("".join(signs), bounds, stroke=INK, stroke_width=max(1, min(width, height) / 10))
