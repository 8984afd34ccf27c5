"""The chain rule as a picture: multiply along each path, add over all paths.

show_chain_rule(loss, {"x": x, "w": w, "loss": loss}, "x")
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any

from .controls import panel
from .graph import (
    LABEL_SIZE,
    Tape,
    draw_caption,
    draw_edge_labels,
    draw_node,
    draw_route,
    place_nodes,
)
from .stepper import ARROW_ROOM, BackwardTrace, four_digits, value_text
from .svg import COLOR, LINE, Canvas, Drawing, text_width

MOST_PATHS = 8


def show_chain_rule(output: Any, names: Mapping[str, Any], wrt: str) -> Drawing:
    """Draw every path from `output` back to one leaf, with the local derivative on each edge.

    Args:
        output: a 0-d tensor, computed from 0-d tensors.
        names: tensors by name.
        wrt: name of the leaf ("with respect to").

    Returns:
        A `Drawing`; its text lists the paths, their products and the sum (from the ninth path on, their
        number only).

    Raises:
        ValueError: `wrt` names no leaf of this graph, a tensor has more than one element, or some gradient
            is zero (the local derivatives behind it cannot be read off then).

    Example:
        >>> import edutorch as torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> y = x * x + x
        >>> print(show_chain_rule(y, {"x": x, "y": y}, "x"))
        Chain rule: d y / d x
        y → t1 → x:  1 × 3 = 3
        y → t1 → x:  1 × 3 = 3
        y → x:  1 = 1
        Sum over 3 paths: 7
    """
    trace = BackwardTrace(output, names)
    tape, local = trace.tape, _local_derivatives(trace)
    leaf = next((i for i, node in enumerate(tape.nodes) if node.is_leaf and node.name == wrt), None)
    if leaf is None:
        raise ValueError(f"{wrt!r} is not the name of a leaf in this graph")
    sums = _sums(tape, leaf, local)
    on_path = {e for e, edge in enumerate(tape.edges) if sums[edge.source][0]}
    count, total = sums[-1]
    listed = count if count <= MOST_PATHS else MOST_PATHS - 1
    lines = [_line(tape, path, local) for path in islice(_paths(tape, leaf, on_path), listed)]
    if listed < count:
        lines.append(f"… and {count - listed:,} more paths")
    lines.append(f"Sum over {count:,} path{'s' * (count != 1)}: {four_digits(total)}")
    title = f"Chain rule: d {tape.nodes[-1].name} / d {wrt}"

    canvas = Canvas(title, "\n".join(lines))
    labels = {edge: four_digits(local[edge]) for edge in sorted(on_path)}
    texts = [
        [node.name, node.op, f"value {value_text(node.tensor)}" if node.tensor is not None else "scalar"]
        for node in tape.nodes
    ]
    room = ARROW_ROOM + max(text_width(label, LABEL_SIZE, bold=True) for label in labels.values())
    layout = place_nodes(tape, texts, round(room))
    for edge in range(len(tape.edges)):
        if edge in on_path:
            draw_route(canvas, layout, edge, backward=True, stroke=COLOR["blue"], stroke_width=2.5)
        else:
            draw_route(canvas, layout, edge, backward=True, stroke=LINE, dash="4 4")
    for i in range(len(tape.nodes)):
        draw_node(canvas, tape, layout, i, texts[i], width=3.5 if i == leaf else 1.5)
    draw_edge_labels(canvas, layout, labels)
    draw_caption(canvas, [title, *lines])
    return canvas.drawing()


def explore_chain_rule(output: Any, names: Mapping[str, Any]) -> Any:
    """Choose a leaf and see every path to it (ipywidgets).

    Args:
        output: a 0-d tensor, computed from 0-d tensors.
        names: tensors by name; the leaves among them can be chosen.

    Returns:
        The widget, ready to be the last line of a cell.
    """
    import ipywidgets as widgets

    leaves = [name for name, tensor in names.items() if tensor.requires_grad and tensor.is_leaf]
    leaf = widgets.Dropdown(options=leaves, description="Paths to")
    picture = widgets.HTML()

    def show(_change: Any = None) -> None:
        picture.value = show_chain_rule(output, names, str(leaf.value)).svg

    leaf.observe(show, "value")
    show()
    return panel(leaf, picture)


def _local_derivatives(trace: BackwardTrace) -> dict[int, float]:
    """By edge: what it carried, divided by what had arrived where it starts."""
    local = {}
    for step in trace.steps:
        if step.contribution.numel() != 1:
            raise ValueError("the chain rule is drawn for 0-d tensors only: this graph has larger ones")
        if step.arriving.item() == 0:
            name = trace.tape.nodes[trace.tape.edges[step.edge].target].name if step.edge is not None else ""
            raise ValueError(f"the gradient of {name} is zero: its local derivatives do not show")
        if step.edge is not None:
            local[step.edge] = step.contribution.item() / step.arriving.item()
    return local


def _sums(tape: Tape, leaf: int, local: Mapping[int, float]) -> list[tuple[int, float]]:
    """For each node: how many paths lead from it to `leaf`, and the sum of their products.

    Every edge is used once, so a graph with more paths than can be walked is no problem.
    """
    sums = [(int(i == leaf), float(i == leaf)) for i in range(len(tape.nodes))]
    for e, edge in enumerate(tape.edges):  # in the order of their targets, so sources are complete
        paths, total = sums[edge.source]
        sums[edge.target] = (sums[edge.target][0] + paths, sums[edge.target][1] + local[e] * total)
    return sums


def _paths(tape: Tape, leaf: int, on_path: Collection[int]) -> Iterator[list[int]]:
    """Every way from the output to `leaf`, as lists of edges, one after the other."""
    below: dict[int, list[int]] = {}
    for e in sorted(on_path, reverse=True):
        below.setdefault(tape.edges[e].target, []).append(e)
    stack: list[tuple[int, list[int]]] = [(len(tape.nodes) - 1, [])]
    while stack:
        node, path = stack.pop()
        if node == leaf:
            yield path
        stack += [(tape.edges[e].source, [*path, e]) for e in below.get(node, [])]


def _line(tape: Tape, path: list[int], local: Mapping[int, float]) -> str:
    factors = [local[e] for e in path]
    stations = [tape.nodes[-1].name] + [tape.nodes[tape.edges[e].source].name for e in path]
    product = " × ".join(map(four_digits, factors))
    return f"{' → '.join(stations)}:  {product} = {four_digits(math.prod(factors))}"
