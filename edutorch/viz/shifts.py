"""A picture that moves over its page, and what several networks say to it.

Models are anything that can be called with a batch (1, 1, height, width) and returns a score for each class.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from .cells import draw_cells
from .controls import panel
from .feature_maps import at_rest
from .svg import COLOR, INK, MUTED, PAPER, TINT, Canvas, Drawing, text_width


def shifted(images, right: int = 0, down: int = 0):
    """Move pictures (…, height, width) over their page; what leaves it is lost, what comes in is 0.

    Example:
        >>> import edutorch as torch
        >>> shifted(torch.tensor([[1, 2, 3], [4, 5, 6]]), right=1, down=-1)
        tensor([[0, 4, 5],
                [0, 0, 0]])
    """
    height, width = images.shape[-2:]
    moved = images * 0
    kept = (..., slice(max(0, -down), height - max(0, down)), slice(max(0, -right), width - max(0, right)))
    goal = (..., slice(max(0, down), height - max(0, -down)), slice(max(0, right), width - max(0, -right)))
    moved[goal] = images[kept]
    return moved


def show_shifted(models: Mapping[str, Callable], image, *, right: int = 0, down: int = 0) -> Drawing:
    """Draw a picture that was moved, and beside it how sure each model is of each class.

    Args:
        models: name -> model.
        image: a tensor (height, width).
        right, down: how many pixels it is moved.
    """
    page = shifted(image, right, down)
    batch = page.reshape(1, 1, *page.shape)
    shares = {name: _shares(model, batch) for name, model in models.items()}
    where = f"{right} to the right, {down} down"
    canvas = Canvas(f"Moved {where}", "\n".join(f"{name}: {_verdict(some)}" for name, some in shares.items()))
    grid = page.tolist()
    pixel = 180 / len(grid)
    canvas.text(0, -14, f"moved {where}", anchor="start", size=12, fill=MUTED)
    draw_cells(canvas, grid, pixel, max(v for line in grid for v in line) or 1.0)
    x = max(len(grid[0]) * pixel, text_width(f"moved {where}", 12)) + 40
    for name, some in shares.items():
        with canvas.group(x, 0):
            x += _draw_shares(canvas, name, some, 180) + 40
    return canvas.drawing()


def _shares(model, batch) -> list[float]:
    """Return the softmax of a model's scores, and leave the model as it was."""
    if hasattr(model, "modules"):
        with at_rest(model):
            scores = model(batch).detach().tolist()[0]
    else:
        scores = model(batch).detach().tolist()[0]
    powers = [math.exp(score - max(scores)) for score in scores]
    return [power / sum(powers) for power in powers]


def _verdict(shares: Sequence[float]) -> str:
    first, second = sorted(range(len(shares)), key=lambda k: -shares[k])[:2]
    return f"{first} ({100 * shares[first]:.0f} %), then {second} ({100 * shares[second]:.0f} %)"


def _draw_shares(canvas: Canvas, name: str, shares: Sequence[float], height: float) -> float:
    """Draw a bar for each class, the longest with its share; return the width that was used."""
    row, length = height / len(shares), 120.0
    best = max(range(len(shares)), key=lambda k: shares[k])
    canvas.text(0, -14, name, anchor="start", size=13, bold=True)
    for k, share in enumerate(shares):
        y = (k + 0.5) * row
        canvas.text(0, y, str(k), anchor="start", size=12, bold=k == best)
        color = COLOR["blue"] if k == best else COLOR["gray"]
        canvas.rect(16, y - 0.35 * row, max(1.0, round(share * length)), 0.7 * row, fill=color, stroke="none")
        if k == best:
            canvas.text(22 + round(share * length), y, f"{100 * share:.0f} %", anchor="start", size=12)
    return max(16 + length + 46, text_width(name, 13, bold=True))


def explore_shifted(models: Mapping[str, Callable], images, *, most: int = 2, names: Sequence[str] | None = None):
    """Return sliders over `show_shifted`: push a picture over its page and watch the answers."""
    import ipywidgets
    from IPython.display import display

    wide = {"style": {"description_width": "70px"}, "layout": {"width": "320px"}}
    names = [str(i) for i in range(len(images))] if names is None else names
    which = ipywidgets.Dropdown(options=[(name, i) for i, name in enumerate(names)], description="picture", **wide)
    right = ipywidgets.IntSlider(0, min=-most, max=most, description="right", **wide)
    down = ipywidgets.IntSlider(0, min=-most, max=most, description="down", **wide)

    def show(which, right, down):
        display(show_shifted(models, images[which], right=right, down=down))

    picture = ipywidgets.interactive_output(show, {"which": which, "right": right, "down": down})
    return panel(which, right, down, picture)


def show_tables(
    tables: Mapping[str, Sequence[Sequence[float]]],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str,
    per_line: int = 3,
) -> Drawing:
    """Draw tables of shares (0 to 1) as percentages on tiles, the fuller the share the darker.

    Args:
        tables: name -> a share for each row and column.
        rows, columns: what the rows and columns are.
        title: what is shown; the text alternative begins with it.
        per_line: how many tables stand side by side.
    """
    words = []
    for name, table in tables.items():
        words.append(f"{name}: " + " / ".join(" ".join(f"{100 * v:.0f}" for v in line) for line in table))
    canvas = Canvas(title, "\n".join(words))
    cell, margin = 42, max([20.0, *(text_width(name, 11) + 10 for name in rows)])
    size = (margin + cell * len(columns) + 34, cell * 0.8 * len(rows) + 74)
    canvas.text(0, -34, title, anchor="start", size=14, bold=True)
    for k, (name, table) in enumerate(tables.items()):
        with canvas.group(k % per_line * size[0], k // per_line * size[1]):
            canvas.text(margin, -8, name, anchor="start", size=13, bold=True)
            for j, column in enumerate(columns):
                canvas.text(margin + (j + 0.5) * cell, 10, column, size=11, fill=MUTED)
            for i, line in enumerate(table):
                y = 20 + i * cell * 0.8
                canvas.text(margin - 6, y + 0.4 * cell, rows[i], anchor="end", size=11, fill=MUTED)
                for j, value in enumerate(line):
                    strong = value > 0.75
                    fill = COLOR["blue"] if strong else TINT["blue"] if value > 0.4 else PAPER
                    place = (margin + j * cell, y, cell, 0.8 * cell)
                    canvas.box(*place, f"{100 * value:.0f}", fill=fill, ink=PAPER if strong else INK, size=12)
    return canvas.drawing()
