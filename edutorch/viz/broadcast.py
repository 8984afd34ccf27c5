"""The broadcasting viewer: shapes lined up from the right, and which of their axes stretch."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from .controls import panel
from .svg import COLOR, INK, LINE, MUTED, PAPER, TINT, Canvas, Drawing, text_width

_SMALL = 11


def show_broadcast(*operands, names: Sequence[str] = "abcdefgh") -> Drawing:
    """Line shapes up from the right, as a broadcast does, and say which axes stretch or why it fails.

    Args:
        operands: two or more shapes (tuples) or tensors.
        names: what to call them.

    Example:
        >>> print(show_broadcast((3, 1), (4,)))
        broadcast (3, 1) with (4,)
        axis         0       1
        a            3  1 -> 4
        b       . -> 3       4
        result       3       4
        a stretches along axis 1
        b gets a new axis 0 and stretches along it
        result (3, 4): 12 elements out of 3 + 4 stored
        >>> print(show_broadcast((3, 4), (3,)))
        broadcast (3, 4) with (3,)
        axis         0  1
        a            3  4
        b       . -> 3  3
        result       3  ?
        fails at axis 1: a has 4, b has 3, and neither is 1
        b.view(3, 1) would fit: result (3, 4)
    """
    shapes = [tuple(operand) if isinstance(operand, tuple | list) else tuple(operand.shape) for operand in operands]
    plan = _Plan(shapes, names)
    canvas = Canvas("broadcast " + " with ".join(map(str, shapes)), _broadcast_in_words(plan))
    bottom = _draw_alignment(canvas, plan)
    if plan.works and len(plan.result) in (1, 2) and max(plan.result) <= 8 and min(plan.result) >= 1:
        with canvas.group(0, bottom + 30):
            _draw_grids(canvas, plan)
    return canvas.drawing()


class _Plan:
    """How shapes meet in a broadcast: a column for each axis of the result."""

    def __init__(self, shapes: Sequence[tuple[int, ...]], names: Sequence[str]):
        self.shapes = list(shapes)
        self.names = list(names[: len(shapes)])
        rank = max(map(len, shapes))
        # None stands where a shape has no axis.
        self.table = [(None,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
        lengths = [
            {length for length in column if length is not None and length != 1}
            for column in zip(*self.table, strict=True)
        ]
        self.result = tuple(max(found, default=1) for found in lengths)
        self.conflicts = [axis for axis, found in enumerate(lengths) if len(found) > 1]
        self.works = not self.conflicts

    def entry(self, operand: int, axis: int) -> str:
        """Write what becomes of one axis: "3", "1 -> 4" (stretched) or ". -> 4" (added, then stretched)."""
        length, target = self.table[operand][axis], self.length(axis)
        if length is None:
            return f". -> {target}"
        return f"1 -> {target}" if length == 1 and target not in ("1", "?") else str(length)

    def length(self, axis: int) -> str:
        """Write the length of the result along one axis, "?" where it has none."""
        return "?" if axis in self.conflicts else str(self.result[axis])

    def remedy(self) -> str:
        """Find the operand that would fit if axes of length 1 were added behind it."""
        for operand, shape in reversed(list(enumerate(self.shapes))):
            for extra in range(1, len(self.result) - len(shape) + 1):
                padded = shape + (1,) * extra
                other = _Plan([*self.shapes[:operand], padded, *self.shapes[operand + 1 :]], self.names)
                if other.works:
                    return f"{self.names[operand]}.view{padded} would fit: result {other.result}"
        return ""

    def verdict(self) -> list[str]:
        """Say in sentences what happens."""
        if self.conflicts:
            axis = self.conflicts[-1]
            lengths = ", ".join(
                f"{name} has {row[axis]}"
                for name, row in zip(self.names, self.table, strict=True)
                if row[axis] not in (None, 1)
            )
            none = "neither is 1" if lengths.count("has") == 2 else "none is 1"
            return [line for line in (f"fails at axis {axis}: {lengths}, and {none}", self.remedy()) if line]
        lines = []
        for name, row in zip(self.names, self.table, strict=True):
            added = [str(axis) for axis, length in enumerate(row) if length is None]
            stretched = [str(axis) for axis, length in enumerate(row) if length == 1 and self.result[axis] != 1]
            if added:
                them = "it" if len(added) == 1 else "them"
                lines.append(f"{name} gets {_axes('a new axis', 'new axes', added)} and stretches along {them}")
            if stretched:
                lines.append(f"{name} stretches along {_axes('axis', 'axes', stretched)}")
        stored = " + ".join(str(math.prod(shape)) for shape in self.shapes)
        total = math.prod(self.result)
        return [*lines, f"result {self.result}: {total} element{'s' * (total != 1)} out of {stored} stored"]


def _axes(one: str, many: str, numbers: list[str]) -> str:
    return f"{one if len(numbers) == 1 else many} {', '.join(numbers)}"


def _broadcast_in_words(plan: _Plan) -> str:
    axes = range(len(plan.result))
    rows = [["axis", *map(str, axes)]]
    rows += [[name, *(plan.entry(i, axis) for axis in axes)] for i, name in enumerate(plan.names)]
    rows.append(["result", *map(plan.length, axes)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in [*lines, *plan.verdict()])


def _draw_alignment(canvas: Canvas, plan: _Plan) -> float:
    """Draw the table of axes with its verdict; return how far down it reaches."""
    height, gap = 30, 10
    entries = [
        [plan.entry(i, axis).replace("->", "→").replace(".", "none") for axis in range(len(plan.result))]
        for i in range(len(plan.shapes))
    ]
    width = max([74.0, *(text_width(entry, 12, mono=True) + 14 for row in entries for entry in row)])
    notes = [f"{name} {shape}" for name, shape in zip(plan.names, plan.shapes, strict=True)] + ["result"]
    left = max(text_width(note, 13, mono=True) for note in notes) + 18
    place = lambda axis: left + axis * (width + gap)  # noqa: E731
    for axis in range(len(plan.result)):
        canvas.text(place(axis) + width / 2, 0, f"axis {axis}", size=_SMALL, fill=MUTED)
    y = 14.0
    for operand, note in enumerate(notes[:-1]):
        canvas.text(0, y + height / 2, note, anchor="start", mono=True)
        for axis, length in enumerate(plan.table[operand]):
            entry = entries[operand][axis]
            stretched = "→" in entry
            clash = axis in plan.conflicts and length not in (None, 1)
            fill = TINT["orange"] if clash else TINT["gold"] if stretched else TINT["blue"]
            canvas.box(
                place(axis),
                y,
                width,
                height,
                entry,
                size=12,
                mono=True,
                fill=fill,
                stroke=COLOR["orange"] if clash else INK,
                stroke_width=2.5 if clash else 1,
                dash="4 3" if stretched else "",
                radius=4,
            )
        y += height + 8
    canvas.line([(0, y), (place(len(plan.result)) - gap, y)], stroke=LINE)
    y += 8
    canvas.text(0, y + height / 2, "result", anchor="start", mono=True, bold=True)
    for axis in range(len(plan.result)):
        clash = axis in plan.conflicts
        canvas.box(
            place(axis),
            y,
            width,
            height,
            "clash" if clash else plan.length(axis),
            mono=True,
            bold=True,
            radius=4,
            fill=PAPER if clash else TINT["green"],
            stroke=COLOR["orange"] if clash else INK,
        )
    y += height + 22
    for line in plan.verdict():
        canvas.text(
            0,
            y,
            line,
            anchor="start",
            size=13,
            fill=INK if plan.works else COLOR["orange"],
            bold=not plan.works,
        )
        y += 20
    return y


def _draw_grids(canvas: Canvas, plan: _Plan) -> None:
    """Draw every operand at the size of the result: stored elements solid, repeated ones dashed and pale."""
    side = 30
    left = 0.0
    rows, columns = (1, *plan.result)[-2:]
    for name, row in [*zip(plan.names, plan.table, strict=True), ("result", plan.result)]:
        canvas.text(left + columns * side / 2, 0, name, mono=True, bold=True)
        own = [1 if length is None else length for length in (None, *row)[-2:]]
        for i, j in itertools.product(range(rows), range(columns)):
            stored = i < own[0] and j < own[1]
            source = ",".join(map(str, (min(i, own[0] - 1), min(j, own[1] - 1))[2 - len(plan.result) :]))
            fill = TINT["green"] if name == "result" else TINT["blue"] if stored else PAPER
            canvas.box(
                left + j * side,
                14 + i * side,
                side,
                side,
                source,
                size=_SMALL,
                mono=True,
                fill=fill,
                ink=INK if stored else MUTED,
                stroke=INK if stored else LINE,
                dash="" if stored else "3 3",
            )
        left += columns * side + 28
    note = "solid: stored once; dashed: the same element again, by a stride of 0"
    canvas.text(0, 14 + rows * side + 18, note, anchor="start", size=_SMALL, fill=MUTED)


def explore_broadcast(a: str = "3, 1", b: str = "4"):
    """Type two shapes, and see how (or why not) they broadcast.

    Returns:
        The widget; leave it as the last line of a cell.
    """
    import ipywidgets as widgets

    pairs = ["3, 1 | 4", "3, 4 | 3", "1797, 8, 8 | 8, 8", "1797, 8, 8 | 1797", "5, 1 | 5"]
    examples = [("choose one", ""), *((pair.replace(" | ", "  with  "), pair) for pair in pairs)]
    wide = {"style": {"description_width": "7em"}, "layout": widgets.Layout(width="22em")}
    boxes = [
        widgets.Text(value=value, description=f"shape of {name}", placeholder="for instance 3, 1", **wide)
        for name, value in (("a", a), ("b", b))
    ]
    example = widgets.Dropdown(options=examples, description="examples", **wide)
    picture = widgets.HTML()

    def choose(change):
        if change["new"]:
            boxes[0].value, boxes[1].value = change["new"].split(" | ")

    def draw(_=None):
        try:
            shapes = [_parse_shape(box.value) for box in boxes]
        except ValueError as error:
            picture.value = f"<p>{error}</p>"
            return
        picture.value = show_broadcast(*shapes).svg

    example.observe(choose, "value")
    for box in boxes:
        box.observe(draw, "value")
    draw()
    return panel(example, *boxes, picture)


def _parse_shape(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.strip("()[] ").split(",") if part.strip()]
    if not all(part.isdecimal() for part in parts) or len(parts) > 6:
        raise ValueError("a shape is up to six whole numbers with commas between them, for instance 3, 1")
    return tuple(map(int, parts))
