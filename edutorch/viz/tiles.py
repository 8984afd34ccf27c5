"""A matrix product tile by tile: which parts of A and B a block of threads holds in shared memory."""

from __future__ import annotations

from .cells import frame
from .controls import panel
from .svg import COLOR, LINE, MUTED, PAPER, TINT, Canvas, Drawing


def global_loads(n: int, tile: int = 1) -> int:
    """Count the elements of A and B that a product of two n × n matrices reads from global memory.

    Each of the (n/tile)² blocks reads a row of tiles of A and a column of tiles of B: 2 · tile · n elements.

    Example:
        >>> global_loads(32), global_loads(32, tile=16)
        (65536, 4096)
    """
    if n % tile:
        raise ValueError(f"tiles of {tile} do not fill {n}")
    return (n // tile) ** 2 * 2 * tile * n


def show_tiles(n: int = 16, tile: int = 4, *, block: int = 0, step: int = 0) -> Drawing:
    """Draw A, B and C = A @ B, and in them what one block of threads needs in one step.

    Args:
        n: rows and columns of each matrix. tile: of each tile, and of a block's threads; it divides n.
        block: the number of the block, row by row. step: which tiles of A and B it holds now.

    Example:
        >>> print(show_tiles(16, 4, block=6, step=2))
        Block 6 computes rows 4 to 7, columns 8 to 11 of C
        step 2 of 0 to 3: columns 8 to 11 of A, rows 8 to 11 of B
        elements read from global memory, by all blocks: 2,048; without tiles 8,192, 4 times as many
    """
    side = n // tile
    loads, plain = global_loads(n, tile), global_loads(n)
    if not (0 <= block < side * side and 0 <= step < side):
        raise ValueError(f"blocks go from 0 to {side * side - 1} and steps to {side - 1}, got {block} and {step}")
    i, j = block // side * tile, block % side * tile
    k = step * tile

    def span(start):
        return f"{start} to {start + tile - 1}" if tile > 1 else str(start)

    canvas = Canvas(
        f"Block {block} computes rows {span(i)}, columns {span(j)} of C",
        f"step {step} of 0 to {side - 1}: columns {span(k)} of A, rows {span(k)} of B\n"
        f"elements read from global memory, by all blocks: {loads:,}; without tiles {plain:,}, "
        f"{plain // loads} times as many",
    )
    canvas.text(0, -62, canvas.title, anchor="start", size=15, bold=True)
    for row, line in enumerate(canvas.text_alternative.split("\n")):
        canvas.text(0, -40 + 20 * row, line, anchor="start", size=12.5)
    pixel = 208 / n
    places = {"A": (0, 252), "B": (252, 20), "C": (252, 252)}

    def draw(row, column, **style):
        frame(canvas, column * pixel, row * pixel, tile * pixel, tile * pixel, **style)

    done = {"A": [(i, t * tile) for t in range(step)], "B": [(t * tile, j) for t in range(step)], "C": []}
    now = {"A": (i, k), "B": (k, j), "C": (i, j)}
    for name, (x, y) in places.items():
        with canvas.group(x, y):
            frame(canvas, 0, 0, n * pixel, n * pixel, stroke=LINE, stroke_width=1, fill=PAPER)
            for row, column in done[name]:
                draw(row, column, stroke=MUTED, stroke_width=1, fill=TINT["gray"], dash="3 2")
            paint = COLOR["orange"] if name == "C" else COLOR["blue"]
            tint = TINT["orange"] if name == "C" else TINT["blue"]
            draw(*now[name], stroke=paint, stroke_width=3, fill=tint)
            for line in range(tile, n, tile):
                canvas.line([(line * pixel, 0), (line * pixel, n * pixel)], stroke=LINE, stroke_width=0.5)
                canvas.line([(0, line * pixel), (n * pixel, line * pixel)], stroke=LINE, stroke_width=0.5)
            canvas.text(-14, 10, name, size=16, bold=True)
    legend = (
        ("thick, blue: in shared memory now", COLOR["blue"]),
        ("thick, orange: what the block computes", COLOR["orange"]),
        ("dashed, grey: used in earlier steps", MUTED),
    )
    for row, (text, ink) in enumerate(legend):
        canvas.text(-6, 130 + 22 * row, text, anchor="start", size=11.5, fill=ink)
    return canvas.drawing()


def explore_tiles(n: int = 16):
    """Return controls over `show_tiles`: size of the tiles, block and step."""
    import ipywidgets
    from IPython.display import display

    wide = {"style": {"description_width": "90px"}, "layout": {"width": "440px"}}
    sizes = [t for t in (1, 2, 4, 8, 16) if n % t == 0 and t < max(n, 2)]
    first = min(4, sizes[-1])
    blocks, steps = (n // first) ** 2, n // first
    tile = ipywidgets.Dropdown(options=sizes, value=first, description="tile", **wide)
    block = ipywidgets.IntSlider(min(6, blocks - 1), min=0, max=blocks - 1, description="block", **wide)
    step = ipywidgets.IntSlider(0, min=0, max=steps - 1, description="step", **wide)

    def fit(change):
        block.max, step.max = (n // change["new"]) ** 2 - 1, n // change["new"] - 1

    tile.observe(fit, "value")

    def show(tile, block, step):
        side = n // tile  # a slider that is about to shrink may still be beyond its end
        display(show_tiles(n, tile, block=min(block, side * side - 1), step=min(step, side - 1)))

    picture = ipywidgets.interactive_output(show, {"tile": tile, "block": block, "step": step})
    return panel(tile, block, step, picture)
