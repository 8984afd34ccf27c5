"""Draw the graph that autograd recorded behind a tensor.

    show_graph(loss, {"w": w, "b": b, "loss": loss})

The picture shows what `loss.grad_fn` reaches by `next_functions`, and nothing else: an input that needs no
gradient was not recorded, so it is not there.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .layered import Layout, layered_layout
from .svg import COLOR, INK, MUTED, TINT, Canvas, Drawing, text_width

LINE_HEIGHT = 17
MARGIN = 9
COLUMN_GAP = 46
ROW_GAP = 46
WIDEST = 1150  # pixels: a wider picture, shrunk to a page, would be too small to read
LABEL_SIZE = 12
CAPTION_LINE = 20


@dataclass(frozen=True)
class TapeNode:
    """One box: an operation on the tape, or a leaf that collects its gradient in `.grad`."""

    fn: Any
    name: str
    op: str
    shape: tuple[int, ...]
    tensor: Any = None  # the tensor itself, where it is known: leaves and named results

    @property
    def is_leaf(self) -> bool:
        """Whether backward ends here, in a `.grad`."""
        return hasattr(self.fn, "variable")


@dataclass(frozen=True)
class TapeEdge:
    """`source` (output number `output`) was input to `target`; gradients travel from target to source."""

    source: int
    target: int
    slot: int
    output: int


@dataclass(frozen=True)
class Tape:
    """The recorded graph: nodes with inputs before results, the result last."""

    nodes: list[TapeNode]
    edges: list[TapeEdge]


def read_tape(output: Any, names: Mapping[str, Any] | None = None) -> Tape:
    """Read the graph behind `output` through PyTorch's public interface.

    Args:
        output: a tensor with a `grad_fn`.
        names: tensors by name; leaves and results found here carry that name, the others `t1`, `t2`, ….

    Raises:
        ValueError: `output` was not computed from a tensor that requires a gradient.

    Example:
        >>> import edutorch as torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> [(node.name, node.op) for node in read_tape(x * x, {"x": x}).nodes]
        [('x', 'leaf'), ('t1', 'MulBackward0')]
    """
    if output.grad_fn is None:
        raise ValueError("this tensor has no grad_fn: nothing on its way was recorded")
    fns = _inputs_first(output.grad_fn)
    number = {fn: i for i, fn in enumerate(fns)}
    named = {
        tensor.grad_fn: (name, tensor)
        for name, tensor in (names or {}).items()
        if getattr(tensor, "grad_fn", None) is not None
    }
    leaf_names = {
        id(tensor): name for name, tensor in (names or {}).items() if getattr(tensor, "grad_fn", None) is None
    }
    nodes, edges, unnamed = [], [], 0
    for target, fn in enumerate(fns):
        if hasattr(fn, "variable"):
            name, tensor, op = leaf_names.get(id(fn.variable)), fn.variable, "leaf"
            shape = tuple(tensor.shape)
        else:
            name, tensor = named.get(fn, (None, output if fn is output.grad_fn else None))
            op = fn.name()
            shape = _result_shape(fn)
        if name is None:
            unnamed += 1
            name = f"t{unnamed}"
        nodes.append(TapeNode(fn, name, op, shape, tensor))
        for slot, (source, out) in enumerate(fn.next_functions):
            if source is not None:
                edges.append(TapeEdge(number[source], target, slot, out))
    return Tape(nodes, edges)


def _result_shape(fn: Any) -> tuple[int, ...]:
    # PyTorch keeps the shape under this name, edutorch's nodes say it themselves.
    return tuple(fn._input_metadata[0].shape if hasattr(fn, "_input_metadata") else fn.shape)


def _inputs_first(root: Any) -> list[Any]:
    """Every function that `root` reaches, each after all that it depends on; no recursion, so any depth."""
    order, seen, stack = [], {root}, [(root, iter(root.next_functions))]
    while stack:
        fn, inputs = stack[-1]
        for source, _ in inputs:
            if source is not None and source not in seen:
                seen.add(source)
                stack.append((source, iter(source.next_functions)))
                break
        else:
            order.append(fn)
            stack.pop()
    return order


def shape_text(shape: Sequence[int]) -> str:
    """Name a shape as PyTorch prints it, a 0-d one in a word.

    Example:
        >>> shape_text((2, 3)), shape_text(())
        ('(2, 3)', 'scalar')
    """
    return str(tuple(shape)) if len(shape) else "scalar"


def show_graph(output: Any, names: Mapping[str, Any] | None = None, *, title: str = "Autograd graph") -> Drawing:
    """Draw the graph behind a tensor: leaves at the left, the tensor at the right, arrows as data flowed.

    Args:
        output: a tensor with a `grad_fn`.
        names: tensors by name, for the boxes (`dict(model.named_parameters())` is one such).
        title: names the picture.

    Returns:
        A `Drawing`; its text lists the tape line by line, inputs first.

    Example:
        >>> import edutorch as torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> print(show_graph(x * x + x, {"x": x}))
        Autograd graph
        x   leaf                 scalar
        t1  MulBackward0(x, x)   scalar
        t2  AddBackward0(t1, x)  scalar
    """
    tape = read_tape(output, names)
    canvas = Canvas(title, tape_text(tape))
    texts = [[node.name, node.op, shape_text(node.shape)] for node in tape.nodes]
    layout = place_nodes(tape, texts, column_gap=COLUMN_GAP)
    for edge in range(len(tape.edges)):
        draw_route(canvas, layout, edge)
    for i in range(len(tape.nodes)):
        draw_node(canvas, tape, layout, i, texts[i])
    return canvas.drawing()


def tape_text(tape: Tape) -> str:
    """List the tape like a program: result, operation(inputs), shape."""
    inputs: dict[int, list[str]] = {}
    for edge in tape.edges:
        inputs.setdefault(edge.target, []).append(tape.nodes[edge.source].name)
    rows = [
        (node.name, node.op + (f"({', '.join(inputs.get(i, []))})" if not node.is_leaf else ""), node.shape)
        for i, node in enumerate(tape.nodes)
    ]
    first, second = (max(len(row[k]) for row in rows) for k in (0, 1))
    return "\n".join(f"{name:{first}}  {op:{second}}  {shape_text(shape)}" for name, op, shape in rows)


def place_nodes(tape: Tape, texts: Sequence[Sequence[str]], column_gap: int) -> Layout:
    """Lay the tape out from left to right, or downward if that would be too wide for a page."""
    sizes = [
        (
            round(max(_width(line, i) for i, line in enumerate(lines))) + 2 * MARGIN,
            LINE_HEIGHT * len(lines) + MARGIN,
        )
        for lines in texts
    ]
    edges = [(edge.source, edge.target) for edge in tape.edges]
    level = layered_layout(sizes, edges, column_gap)
    if level.width <= WIDEST:
        return level
    return layered_layout([(height, width) for width, height in sizes], edges, ROW_GAP).turned()


def _width(line: str, row: int) -> float:
    return text_width(line, 13, bold=True) if row == 0 else text_width(line, 12)


def draw_node(
    canvas: Canvas, tape: Tape, layout: Layout, i: int, lines: Sequence[str], *, stroke: str = "", width=1.5
) -> None:
    """Draw one box: leaves square and green, operations round and blue, the first line bold."""
    node, place = tape.nodes[i], layout.boxes[i]
    canvas.rect(
        place.x,
        place.y,
        place.width,
        place.height,
        fill=TINT["green" if node.is_leaf else "blue"],
        stroke=stroke or COLOR["green" if node.is_leaf else "blue"],
        stroke_width=width,
        radius=0 if node.is_leaf else 9,
    )
    for row, line in enumerate(lines):
        canvas.text(
            place.x + place.width / 2,
            place.y + MARGIN / 2 + LINE_HEIGHT * (row + 0.5),
            line,
            size=13 if row == 0 else 12,
            bold=row == 0,
            fill=MUTED if row == 1 else INK,
        )


def draw_route(
    canvas: Canvas,
    layout: Layout,
    edge: int,
    *,
    backward: bool = False,
    stroke: str = MUTED,
    stroke_width: float = 1.5,
    dash: str = "",
) -> None:
    """Draw an edge along its route, with the arrow head at its end or, going backward, at its start."""
    *way, last = reversed(layout.routes[edge]) if backward else layout.routes[edge]
    style: dict[str, Any] = {"stroke": stroke, "stroke_width": stroke_width, "dash": dash}
    for (x1, y1), (x2, y2) in pairwise(way):
        if layout.downward:
            controls = f"{x1},{(y1 + y2) / 2:g} {x2},{(y1 + y2) / 2:g}"
        else:
            controls = f"{(x1 + x2) / 2:g},{y1} {(x1 + x2) / 2:g},{y2}"
        bounds = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
        canvas.path(f"M{x1},{y1}C{controls} {x2},{y2}", bounds, **style)
    canvas.arrow(*way[-1], *last, bend="y" if layout.downward else "x", head=6 + 1.5 * stroke_width, **style)


def draw_edge_labels(
    canvas: Canvas, layout: Layout, labels: Mapping[int, str], *, strong: Collection[int | None] = ()
) -> None:
    """Write labels on edges, near the box they lead to; one that would touch another moves on.

    Args:
        canvas: where to draw.
        layout: the placed tape.
        labels: text by place of the edge in `tape.edges`.
        strong: the edges whose label is bold.
    """
    height = LABEL_SIZE + 6
    free: dict[int, float] = {}  # by gap between two columns (or rows): how far it is taken
    for edge in sorted(labels, key=lambda edge: (layout.spots[edge][not layout.downward], edge)):
        x, y = layout.spots[edge]
        width = text_width(labels[edge], LABEL_SIZE, bold=True) + 8
        if layout.downward:
            gap, x = y, max(x, free.get(y, -math.inf) + width / 2)
            free[gap] = x + width / 2 + 2
        else:
            gap, y = x, max(y, free.get(x, -math.inf) + height / 2)
            free[gap] = y + height / 2 + 2
        now = edge in strong
        canvas.box(
            x - width / 2,
            y - height / 2,
            width,
            height,
            labels[edge],
            size=LABEL_SIZE,
            bold=now,
            fill=TINT["orange" if now else "gray"],
            stroke=COLOR["orange"] if now else MUTED,
            radius=4,
        )


def draw_caption(canvas: Canvas, lines: Sequence[str]) -> None:
    """Write lines of text above a graph, the first one bold."""
    for row, line in enumerate(lines):
        y = (row - len(lines)) * CAPTION_LINE - CAPTION_LINE / 2
        canvas.text(0, y, line, anchor="start", bold=row == 0)
