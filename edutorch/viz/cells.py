"""Grids of coloured cells: shades for amounts, two hues for what is above and below zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .svg import COLOR, LINE, Canvas


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
    """Draw a grid of colours without numbers; `color` turns a share of `most` into one, and white is left out."""
    for i, line in enumerate(grid):
        for j, value in enumerate(line):
            fill = color(value / most)
            if fill != "#ffffff":
                frame(canvas, j * pixel, i * pixel, pixel, pixel, stroke="none", fill=fill)
    frame(canvas, 0, 0, len(grid[0]) * pixel, len(grid) * pixel, stroke=LINE, stroke_width=1)
