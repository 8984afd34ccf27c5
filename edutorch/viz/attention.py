"""Where a model looks: the attention weights of one head, as a map and as a shaded text."""

from __future__ import annotations

from collections.abc import Sequence

from .cells import draw_cells, frame, ink_on, signed
from .controls import panel
from .svg import COLOR, MUTED, Canvas, Drawing, text_width


def visible(token: str) -> str:
    """Write a token so that blanks can be seen.

    Example:
        >>> visible(" the"), visible("\\n")
        ('·the', '¶')
    """
    return token.replace(" ", "·").replace("\n", "¶").replace("\t", "→")


def show_attention(
    weights, tokens: Sequence[str], *, layer: int = 0, head: int = 0, position: int = -1, most: int = 4
) -> Drawing:
    """Draw what one head of one layer looks at from one position.

    On the left the whole map: a row for each position that looks, a column for each it may look at, darker for more
    weight. On the right the text with the same weights, a frame around the position that looks.

    Args:
        weights: a tensor (layers, heads, length, length), each row summing to one.
        tokens: the text, one string for each position.
        layer, head, position: whose weights; negative ones count from the end.
        most: how many places are named in words.

    Raises:
        ValueError: if the weights are not those of such a text.
        IndexError: if there is no such layer, head or position.
    """
    layers, heads, rows, columns = weights.shape
    if not rows == columns == len(tokens):
        raise ValueError(f"{len(tokens)} tokens need weights (layers, heads, {len(tokens)}, {len(tokens)})")
    asked = {"layer": (layer, layers), "head": (head, heads), "position": (position, rows)}
    for what, (index, count) in asked.items():
        if not -count <= index < count:
            raise IndexError(f"there is no {what} {index}: there are {count}")
    layer, head, position = (index % count for index, count in asked.values())
    table = weights[layer, head].tolist()
    row = table[position]
    best = sorted(range(rows), key=lambda j: (-row[j], j))[:most]
    title = f"Layer {layer}, head {head}: where {visible(tokens[position])!r} at position {position} looks"
    seen = [f"{100 * row[j]:.0f} % at {visible(tokens[j])!r}, {_distance(position - j)}" for j in best]
    canvas = Canvas(title, "\n".join(seen))
    canvas.text(0, -44, title, anchor="start", size=15, bold=True)
    pixel = max(3.0, min(14.0, round(2 * 300 / rows) / 2))
    canvas.text(0, -14, "all positions: a row looks at columns", anchor="start", size=12, fill=MUTED)
    draw_cells(canvas, table, pixel, 1.0, signed)
    stroke = {"stroke": COLOR["orange"], "stroke_width": 2}
    frame(canvas, 0, position * pixel, columns * pixel, pixel, **stroke)
    with canvas.group(max(columns * pixel, 250.0) + 40, 0):
        bottom = _draw_text(canvas, tokens, row, position)
        for i, line in enumerate(seen):
            canvas.text(0, bottom + 24 + 19 * i, line, anchor="start", size=13, bold=i == 0)
    return canvas.drawing()


def _distance(back: int) -> str:
    return "itself" if back == 0 else f"{abs(back)} {'back' if back > 0 else 'ahead'}"


def _draw_text(canvas: Canvas, tokens: Sequence[str], row: Sequence[float], position: int, wide: float = 470) -> float:
    """Write the tokens in lines, each shaded by its weight; return where the last line ends."""
    canvas.text(0, -14, "the same row over the text", anchor="start", size=12, fill=MUTED)
    x, y, height = 0.0, 0.0, 24.0
    for j, token in enumerate(tokens):
        string = visible(token)
        width = max(14.0, text_width(string, 13, mono=True) + 6)
        if x + width > wide:
            x, y = 0.0, y + height + 4
        fill = signed(round(row[j], 2))
        canvas.box(x, y, width, height, string, mono=True, ink=ink_on(fill), fill=fill, stroke="none")
        if j == position:
            frame(canvas, x, y, width, height, stroke=COLOR["orange"], stroke_width=2)
        x += width
    return y + height


def explore_attention(weights, tokens: Sequence[str]):
    """Return widgets over `show_attention`: choose a layer and a head, and move the position that looks."""
    import ipywidgets
    from IPython.display import display

    layers, heads, length = weights.shape[:3]
    wide = {"style": {"description_width": "70px"}, "layout": {"width": "420px"}}
    layer = ipywidgets.Dropdown(options=[*range(layers)], description="layer", **wide)
    head = ipywidgets.Dropdown(options=[*range(heads)], description="head", **wide)
    position = ipywidgets.IntSlider(length - 1, min=0, max=length - 1, description="position", **wide)

    def show(layer, head, position):
        display(show_attention(weights, tokens, layer=layer, head=head, position=position))

    picture = ipywidgets.interactive_output(show, {"layer": layer, "head": head, "position": position})
    return panel(layer, head, position, picture)
