"""The strides viewer: a tensor drawn over the memory that its elements are read from."""

from __future__ import annotations

import itertools
import math
from typing import Any

from .controls import panel
from .svg import COLOR, INK, LINE, MUTED, PAPER, TINT, Canvas, Drawing, text_width

_ROW_TINTS = [TINT[name] for name in ("blue", "orange", "green", "purple", "gold", "sky")]
_MOST_CELLS = 36
_MOST_ELEMENTS = 72
_SMALL = 11


def show_strides(tensor, memory=None, name: str = "tensor") -> Drawing:
    """Draw which memory cell each element of `tensor` is read from.

    The upper strip is the memory, one cell after the other; the arrows are the jumps that the strides
    prescribe (solid: one step along the last dimension; dashed and dotted: along the dimensions before it).
    Below stands the tensor, and under each value the number of its cell.

    Args:
        tensor: of any dtype, 0 to 3 dimensions; an edutorch or a PyTorch tensor.
        memory: a contiguous tensor that begins at the first cell and shows the cells that `tensor` skips;
            without it they are drawn empty.
        name: how the picture calls the tensor, for instance the expression that made it.

    Raises:
        ValueError: if the tensor is too big to be drawn.

    Example:
        >>> import edutorch as torch
        >>> x = torch.arange(6).view(2, 3)
        >>> print(show_strides(x.t(), memory=x, name="x.t()"))
        x.t()
        shape (3, 2), stride (1, 3), offset 0, not contiguous
        element [i, j] lies in cell 0 + 1*i + 3*j
        memory: 6 cells, 6 of them used
        [0, :] reads cells 0 3
        [1, :] reads cells 1 4
        [2, :] reads cells 2 5
    """
    layout = _Layout(tensor, memory)
    canvas = Canvas(name, _strides_in_words(layout))
    canvas.text(0, 0, name, anchor="start", size=15, bold=True, mono=True)
    canvas.text(0, 23, "   ".join(layout.facts()), anchor="start", mono=True)
    with canvas.group(0, 78):
        bottom = _draw_memory(canvas, layout)
    with canvas.group(0, 78 + bottom + 26):
        _draw_elements(canvas, layout)
    return canvas.drawing()


class _Layout:
    """What a tensor's header says about its memory."""

    def __init__(self, tensor, memory):
        self.shape = tuple(tensor.shape)
        self.stride = tuple(tensor.stride())
        self.contiguous = tensor.is_contiguous()
        # An offset is counted from the start of the storage, where `memory` need not begin.
        self.offset = tensor.storage_offset() - (0 if memory is None else memory.storage_offset())
        if len(self.shape) > 3 or math.prod(self.shape) > _MOST_ELEMENTS:
            raise ValueError(
                f"show_strides draws up to 3 dimensions and {_MOST_ELEMENTS} elements; got shape {self.shape}"
            )
        self.cell_of = {
            index: self.offset + sum(i * s for i, s in zip(index, self.stride, strict=True))
            for index in itertools.product(*map(range, self.shape))
        }
        values = _flat(tensor.tolist(), len(self.shape))
        self.value_of = dict(zip(self.cell_of, map(_short, values), strict=True))
        self.cells = {cell: self.value_of[index] for index, cell in reversed(self.cell_of.items())}
        if memory is not None:
            if not memory.is_contiguous():
                raise ValueError("memory must be a contiguous tensor: its elements are taken for the cells")
            cells = map(_short, _flat(memory.tolist(), len(memory.shape)))
            self.cells = {**dict(enumerate(cells)), **self.cells}
        if min(self.cells, default=0) < 0:
            raise ValueError("the tensor begins before the memory that was given")
        self.size = max(self.cells, default=-1) + 1
        if self.size > _MOST_CELLS:
            raise ValueError(f"show_strides draws up to {_MOST_CELLS} memory cells; got {self.size}")

    def facts(self) -> list[str]:
        """The notes themselves, each in words."""
        contiguity = "contiguous" if self.contiguous else "not contiguous"
        return [f"shape {self.shape}", f"stride {self.stride}", f"offset {self.offset}", contiguity]

    def row_of(self, index: tuple[int, ...]) -> int:
        """Number the rows through all blocks: the tint of an element."""
        row = 0
        for i, length in zip(index[:-1], self.shape[:-1], strict=True):
            row = row * length + i
        return row

    def tints(self) -> dict[int, str]:
        """Give each used cell the tint of the first row that reads it."""
        tints: dict[int, str] = {}
        for index, cell in self.cell_of.items():
            tints.setdefault(cell, _ROW_TINTS[self.row_of(index) % len(_ROW_TINTS)])
        return tints


def _strides_in_words(layout: _Layout) -> str:
    letters = "ijk"[: len(layout.shape)]
    terms = [str(layout.offset), *(f"{s}*{i}" for i, s in zip(letters, layout.stride, strict=True))]
    used = len(set(layout.cell_of.values()))
    lines = [
        ", ".join(layout.facts()),
        f"element [{', '.join(letters)}] lies in cell {' + '.join(terms)}",
        f"memory: {layout.size} cells, {used} of them used",
    ]
    rows: dict[tuple[int, ...], list[int]] = {}
    for index, cell in layout.cell_of.items():
        rows.setdefault(index[:-1], []).append(cell)
    for row, cells in rows.items():
        where = ", ".join([*map(str, row), ":"][: len(layout.shape)])
        lines.append(f"[{where}] reads cell{'s' * (len(cells) > 1)} {' '.join(map(str, cells))}")
    return "\n".join(lines)


def _draw_memory(canvas: Canvas, layout: _Layout) -> float:
    """Draw the strip of cells and the jumps along it; return how far down it reaches."""
    width = max([30.0, *(text_width(value, 13, mono=True) + 10 for value in layout.cells.values())])
    height = 40
    tints, start = layout.tints(), layout.offset
    for cell in range(layout.size):
        used = cell in tints
        canvas.rect(
            cell * width,
            0,
            width,
            height,
            fill=tints.get(cell, PAPER),
            stroke=INK if used else LINE,
            dash="" if used else "3 3",
        )
        ink = INK if used else MUTED
        canvas.text((cell + 0.5) * width, 13, layout.cells.get(cell, ""), mono=True, fill=ink)
        canvas.text((cell + 0.5) * width, 30, str(cell), size=_SMALL - 1, fill=MUTED)
    canvas.text(layout.size * width + 10, 13, "memory", anchor="start", size=_SMALL, fill=MUTED)
    canvas.text(layout.size * width + 10, 30, "cell number", anchor="start", size=_SMALL, fill=MUTED)
    if tints:
        canvas.rect(start * width, 0, width, height, fill="none", stroke=INK, stroke_width=3)
    bottom = float(height)
    lanes = zip(reversed(range(len(layout.shape))), ("", "6 3", "2 3"), ("blue", "orange", "purple"), strict=False)
    for lane, (dim, dash, color) in enumerate(lanes):
        if layout.shape[dim] > 1 and tints:
            edge, reach = (0, -16) if lane == 0 else (height, height + 16 + 24 * (lane - 1))
            _draw_jumps(canvas, layout, dim, width, edge, reach, stroke=COLOR[color], dash=dash)
            bottom = max(bottom, reach + 16)
    return bottom


def _draw_jumps(canvas, layout, dim, width, edge, reach, *, stroke, dash):
    """Draw the walk along one dimension from the first element: brackets from cell to cell."""
    stride, aside = layout.stride[dim], 5

    def centre(cell):
        return (cell + 0.5) * width

    jumps = layout.shape[dim] - 1 if stride else 1
    for jump in range(jumps):
        cell = layout.offset + jump * stride
        leave, arrive = centre(cell) + aside, centre(cell + stride) - aside
        canvas.line([(leave, edge), (leave, reach), (arrive, reach)], stroke=stroke, dash=dash)
        canvas.arrow(arrive, reach, arrive, edge, stroke=stroke, head=6)
    label = f"dim {dim}: +{stride}" if stride else f"dim {dim}: +0, the same cell again"
    left = centre(layout.offset) + aside + 5  # clear of the lines that leave for the lanes further out
    canvas.text(
        left,
        reach + (-10 if reach < edge else 10),
        label,
        anchor="start",
        size=_SMALL,
        fill=stroke,
        bold=True,
    )


def _draw_elements(canvas: Canvas, layout: _Layout) -> None:
    """Draw the tensor itself: a grid for each block along the first of three dimensions."""
    rows, columns = (1, 1, *layout.shape)[-2:]
    blocks = layout.shape[0] if len(layout.shape) == 3 else 1
    if not layout.cell_of:
        canvas.text(0, 10, "no elements", anchor="start", fill=MUTED)
        return
    width = max([52.0, *(text_width(value, 14, mono=True) + 12 for value in layout.value_of.values())])
    height, margin = 42, 34
    dims = len(layout.shape)
    for block in range(blocks):
        left = margin + block * (columns * width + margin + 26)
        if blocks > 1:
            canvas.text(left, -1, f"[{block}]", anchor="start", size=12, mono=True, bold=True)
        top = 34 if blocks > 1 else 14
        if dims >= 1:
            for column in range(columns):
                canvas.text(left + (column + 0.5) * width, top - 8, str(column), size=_SMALL, fill=MUTED)
        for row in range(rows):
            if dims >= 2:
                canvas.text(left - 8, top + (row + 0.5) * height, str(row), size=_SMALL, anchor="end", fill=MUTED)
            for column in range(columns):
                index = (block, row, column)[3 - dims :]
                x, y = left + column * width, top + row * height
                tint = _ROW_TINTS[layout.row_of(index) % len(_ROW_TINTS)]
                canvas.rect(x, y, width, height, fill=tint, stroke=INK)
                canvas.text(x + width / 2, y + 15, layout.value_of[index], size=14, mono=True)
                canvas.text(x + width / 2, y + 32, f"cell {layout.cell_of[index]}", size=_SMALL - 1, fill=MUTED)


def _flat(nested, depth: int) -> list:
    if depth == 0:
        return [nested]
    return [value for inner in nested for value in _flat(inner, depth - 1)]


def _short(value) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def explore_strides(x):
    """Choose a shape, a slice and a transpose with widgets, and see where in memory the result lies.

    Args:
        x: a contiguous tensor of 2 to 36 elements.

    Returns:
        The widget; leave it as the last line of a cell.
    """
    import ipywidgets as widgets

    count = math.prod(x.shape)
    shapes = [(rows, count // rows) for rows in range(1, count + 1) if count % rows == 0]
    start = min(shapes, key=lambda shape: (abs(shape[0] - shape[1]), shape[0]))
    wide = {"style": {"description_width": "9em"}, "layout": widgets.Layout(width="28em")}
    shape: Any = widgets.Dropdown(options=[(str(s), s) for s in shapes], value=start, description="view as", **wide)
    rows = widgets.IntRangeSlider(description="rows from-to", **wide)
    columns = widgets.IntRangeSlider(description="columns from-to", **wide)
    row_step = widgets.IntSlider(value=1, min=1, max=3, description="row step", **wide)
    column_step = widgets.IntSlider(value=1, min=1, max=3, description="column step", **wide)
    transpose = widgets.Checkbox(value=False, description="then transpose: .t()", indent=False)
    picture = widgets.HTML()

    def fit(_=None):
        for slider, length in zip((rows, columns), shape.value, strict=True):
            slider.max = length
            slider.value = (0, length)

    def draw(_=None):
        code, view = f"x.view{shape.value}", x.view(*shape.value)
        pieces = [slice(*span.value, step.value) for span, step in ((rows, row_step), (columns, column_step))]
        if any(piece != slice(0, length, 1) for piece, length in zip(pieces, shape.value, strict=True)):
            code, view = f"{code}[{', '.join(map(_slice_code, pieces))}]", view[pieces[0], pieces[1]]
        if transpose.value:
            code, view = f"{code}.t()", view.t()
        picture.value = show_strides(view, memory=x, name=code).svg

    fit()
    shape.observe(fit, "value")
    for control in (shape, rows, columns, row_step, column_step, transpose):
        control.observe(draw, "value")
    draw()
    controls = [
        widgets.HBox([shape, transpose]),
        widgets.HBox([rows, row_step]),
        widgets.HBox([columns, column_step]),
    ]
    return panel(*controls, picture)


def _slice_code(piece: slice) -> str:
    return f"{piece.start}:{piece.stop}" + (f":{piece.step}" if piece.step != 1 else "")
