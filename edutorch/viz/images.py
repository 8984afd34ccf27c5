"""Grey images drawn pixel by pixel, for the eye as SVG and for everyone else as characters."""

from __future__ import annotations

from collections.abc import Sequence

from .svg import LINE, Canvas, Drawing, number, text_width

_LEVELS = 16
_CHARACTERS = ".:-=+*#%@"


def show_images(
    images,
    titles: Sequence[str] | None = None,
    *,
    name: str = "images",
    columns: int = 10,
    pixel: float = 8,
    low: float | None = None,
    high: float | None = None,
) -> Drawing:
    """Draw grey images as ink on paper: the lowest value is white, the highest black.

    Up to ten images are also given as rows of characters in the text alternative, darker for higher values.

    Args:
        images: a tensor of shape (height, width) or (count, height, width).
        titles: one caption for each image.
        name: names the picture.
        columns: how many images stand side by side.
        pixel: the side of a pixel.
        low, high: the values that are drawn white and black; by default the lowest and highest that occur.

    Raises:
        ValueError: if the shape is another one, or the captions are not as many as the images.

    Example:
        >>> import edutorch as torch
        >>> print(show_images(torch.eye(3), ["eye"]))
        images
        1 image of 3 × 3 pixels, white is 0, black is 1
        eye
        @..
        .@.
        ..@
    """
    stack = [images.tolist()] if len(images.shape) == 2 else images.tolist()
    if len(images.shape) not in (2, 3) or 0 in tuple(images.shape):
        raise ValueError(f"images must have shape (height, width) or (count, height, width); got {tuple(images.shape)}")
    if titles is not None and len(titles) != len(stack):
        raise ValueError(f"got {len(titles)} titles for {len(stack)} images")
    captions = ["" for _ in stack] if titles is None else [str(title) for title in titles]
    values = [value for image in stack for row in image for value in row]
    low = min(values) if low is None else low
    high = max(values) if high is None else high
    shades = [[[_shade(value, low, high) for value in row] for row in image] for image in stack]
    canvas = Canvas(name, _images_in_words(shades, captions, low, high))
    height, width = len(stack[0]), len(stack[0][0])
    cell_width = max([width * pixel, *(text_width(caption, 12) for caption in captions)]) + 12
    cell_height = height * pixel + (30 if titles is not None else 12)
    for i, (image, caption) in enumerate(zip(shades, captions, strict=True)):
        with canvas.group(i % columns * cell_width, i // columns * cell_height):
            _draw_image(canvas, image, pixel)
            if caption:
                canvas.text(width * pixel / 2, height * pixel + 11, caption, size=12)
    return canvas.drawing()


def _shade(value: float, low: float, high: float) -> int:
    if high <= low:
        return 0
    return round(_LEVELS * min(1.0, max(0.0, (value - low) / (high - low))))


def _draw_image(canvas: Canvas, image: list[list[int]], pixel: float) -> None:
    """Draw one path for each shade: a path of many squares is a tenth of the size of many rectangles."""
    width, height = len(image[0]) * pixel, len(image) * pixel
    side = number(pixel)
    for shade in range(1, _LEVELS + 1):
        squares = [
            f"M{number(x * pixel)},{number(y * pixel)}h{side}v{side}h-{side}z"
            for y, row in enumerate(image)
            for x, value in enumerate(row)
            if value == shade
        ]
        if squares:
            grey = 255 - round(255 * shade / _LEVELS)
            canvas.path("".join(squares), (0, 0, width, height), fill=f"#{grey:02x}{grey:02x}{grey:02x}")
    canvas.rect(0, 0, width, height, fill="none", stroke=LINE)


def _images_in_words(shades: list, captions: Sequence[str], low: float, high: float) -> str:
    height, width = len(shades[0]), len(shades[0][0])
    count = f"{len(shades)} image{'s' * (len(shades) > 1)}"
    lines = [f"{count} of {height} × {width} pixels, white is {low:.4g}, black is {high:.4g}"]
    if len(shades) > 10:
        return "\n".join([*lines, "  ".join(filter(None, captions))]).rstrip()
    # As many images stand side by side as a line of a terminal holds.
    room = max(width, *map(len, captions))
    per_line = max(1, 80 // (room + 2))
    for first in range(0, len(shades), per_line):
        some = range(first, min(first + per_line, len(shades)))
        if any(captions[i] for i in some):
            lines.append("  ".join(captions[i].ljust(room) for i in some).rstrip())
        for y in range(height):
            row = ("".join(map(_character, shades[i][y])).ljust(room) for i in some)
            lines.append("  ".join(row).rstrip())
    return "\n".join(lines)


def _character(shade: int) -> str:
    return _CHARACTERS[round(shade * (len(_CHARACTERS) - 1) / _LEVELS)]
