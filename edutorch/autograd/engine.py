"""The backward pass: from the roots of the graph to its leaves.

`run_backward` walks the graph once, from the youngest node to the oldest: a producer is always older than its
consumers. There is no recursion: depth is no limit.
"""

from __future__ import annotations

import contextlib
import warnings
from heapq import heappop, heappush, heappushpop
from operator import attrgetter
from sys import getrefcount

import numpy as np

from ..backends import DEVICE_TYPE, XP, backend_of, read_only
from ..modes import grad_mode, is_anomaly_check_nan_enabled, is_anomaly_enabled
from ..summation import add_up
from ..tensor import Tensor, wrap
from .graph import as_tensor, edge_of, owner

MANY = 2**14  # elements from which on memory counts more than one call


def references(arrays, key):
    """Return how many references there are to an array of a dictionary, seen from here."""
    array = arrays[key]
    return getrefcount(array)


def references_to_base(view):
    """Return how many references there are to the array whose memory a view shows, seen from here."""
    return getrefcount(view.base)


HELD_BY_NOBODY_ELSE = references({0: np.empty(0)}, 0)
HELD_BY_ITS_VIEW = references_to_base(np.empty(1).reshape(1, 1))


def add_to(arrived, edge, d):
    """Add a large gradient to what arrived at an edge, in place if no one else holds that array, as after a residual
    connection: new memory is slower than memory in use.
    """
    if references(arrived, edge) == HELD_BY_NOBODY_ELSE and arrived[edge].base is None:
        arrived[edge] += d
    else:
        arrived[edge] = arrived[edge] + d


def leading_to(edges, targets):
    """Return the nodes and leaves on a path from the edges to one of the targets, targets included."""
    seen = {owner(edge) for edge in edges if edge.role != "leaf"}
    stack = list(seen)
    while stack:
        for edge in stack.pop().edges:
            if edge is not None and edge.role != "leaf" and owner(edge) not in seen:
                seen.add(owner(edge))
                stack.append(owner(edge))
    wanted = {owner(target) for target in targets}
    for node in sorted(seen, key=attrgetter("stamp")):
        if any(edge is not None and owner(edge) in wanted for edge in node.edges):  # its producers were decided before
            wanted.add(node)
    return wanted


def run_backward(roots, seeds, retain, create, targets=None):
    """Carry gradients from the roots to the leaves.

    A node is ready when everything that used its output is done, and all of that is younger than the node: so
    taking the youngest node that has a gradient, again and again, visits each node once, when it is complete.

    Args:
        roots: tracked tensors. seeds: the gradient of each, as a tensor of the same shape.
        retain: keep what nodes saved. create: record the backward pass itself.
        targets: None to add to the leaves' `.grad`; else the edges whose gradients are wanted instead.

    Returns:
        A dictionary from target edge to gradient (arrays, or Tensors if `create`).
    """
    edges = [edge_of(root) for root in roots]
    wanted = None if targets is None else leading_to(edges, targets)
    captured = {}
    arrived = {}  # node -> its gradient so far, or a list of them if it has several outputs
    youngest = []  # the same nodes as a heap, by birth
    leaves = {}  # leaf -> its gradient so far
    for edge, seed in zip(edges, seeds, strict=True):
        add(edge, seed if create else seed.array, arrived, youngest, leaves)
    recording = grad_mode.set(create)
    try:
        with np.errstate(all="ignore"), _place_of(roots, create):  # a gradient may be inf or nan: that is no news
            while youngest:
                node = heappop(youngest)[1]
                while node is not None:
                    g = arrived.pop(node)
                    if node.notes is not None or targets is not None or type(g) is list:
                        g = receive(node, g, create, captured, targets or ())
                        if wanted is not None and node not in wanted:
                            break
                    gradients = node.gradients(g, create)
                    if node.notes is not None:
                        gradients = after_node(node, gradients, g, create)
                    new = None  # a producer that this node is the first to reach
                    for edge, d in zip(node.edges, gradients):  # noqa: B905 (strict costs time in the hottest loop of all)
                        if d is None or (wanted is not None and owner(edge) not in wanted):
                            continue
                        # `add`, written out for the common cases
                        role = edge.role
                        if role == "node" and d.shape == edge.shape and d.dtype is edge.dtype:
                            if edge in arrived:
                                if create or d.size < MANY:
                                    arrived[edge] = arrived[edge] + d
                                else:
                                    add_to(arrived, edge, d)
                            else:
                                arrived[edge] = d
                                if new is not None:
                                    heappush(youngest, new)
                                new = (-edge.stamp, edge)
                        elif (
                            role == "leaf"
                            and d.shape == (a := edge.array).shape
                            and d.dtype is a.dtype
                            and edge not in leaves
                        ):
                            leaves[edge] = d
                        else:
                            add(edge, d, arrived, youngest, leaves)
                    if not retain and node.frees and node.saved:
                        node.saved = None
                    # The youngest of all is next; in a chain that is the one just reached, and the heap stays empty.
                    node = None if new is None else heappushpop(youngest, new)[1]
            gradients = d = None  # hold no reference: `.grad` may then keep the arrays themselves
            while leaves:
                leaf, g = leaves.popitem()
                if leaf.hooks:
                    g = run_hooks(leaf.hooks, g, create)
                if targets is None:
                    accumulate(leaf, g, create)
                else:
                    captured[leaf] = g
    finally:
        grad_mode.reset(recording)
    return captured


_ON_THE_CPU = contextlib.nullcontext()


def _place_of(roots, create):
    """Return a context manager in which formulas make arrays, and Tensors if `create`, where the roots lie."""
    return _ON_THE_CPU if not roots or type(roots[0].array) is np.ndarray else _on_device(roots[0], create)


@contextlib.contextmanager
def _on_device(root, create):
    with backend_of(root.array).on(root.device.index), root.device if create else _ON_THE_CPU:
        yield


def add(edge, d, arrived, youngest, leaves):
    """Add a gradient to what has arrived at an edge, brought to the edge's shape and dtype."""
    role = edge.role
    if role == "leaf":
        shape, dtype = edge.array.shape, edge.array.dtype
    else:
        shape, dtype = edge.shape, edge.dtype
    if d.shape != shape:
        d = sum_to(d, shape)
    if (d.array if type(d) is Tensor else d).dtype is not dtype:
        d = d.astype(dtype)
    if role == "leaf":
        leaves[edge] = leaves[edge] + d if edge in leaves else d
        return
    node = owner(edge)
    if node not in arrived:
        arrived[node] = [None] * node.outputs if role == "output" else d
        heappush(youngest, (-node.stamp, node))
        if role == "node":
            return
    if role == "output":
        slots, i = arrived[node], edge.index
        slots[i] = d if slots[i] is None else slots[i] + d
    else:
        arrived[node] = arrived[node] + d


def receive(node, g, create, captured, targets):
    """Run what is attached to a node's outputs, note gradients that are wanted, and complete several outputs' list."""
    if type(g) is not list:
        if node.notes is not None:
            g = run_node_hooks(node.notes, g, create)
        if node in targets:
            captured[node] = g
        return g
    for i, d in enumerate(g):
        if d is not None and node.notes is not None:
            g[i] = run_node_hooks(node.notes, d, create, i)
    for target in targets:
        if target.role == "output" and target.node is node and g[target.index] is not None:
            captured[target] = g[target.index]
    return tuple(node.zeros(i, create) if d is None else d for i, d in enumerate(g))


def sum_to(g, shape):
    """Sum a gradient over the axes along which its input was broadcast."""
    lead = g.ndim - len(shape)
    if lead == 1 and g.shape[1:] == shape:  # the bias of a layer
        return add_up(g, (0,))
    if lead > 0:
        g = add_up(g, tuple(range(lead)))
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] != 1)
    return add_up(g, axes, keepdims=True) if axes else g


def accumulate(leaf, g, create):
    """Add a complete gradient to a leaf's `.grad`."""
    if leaf._grad is None:
        leaf._grad = g if create else wrap(own(g))
    elif create:
        leaf._grad = leaf._grad + g
    else:
        leaf._grad.array += g
    for hook in leaf.accumulated_hooks or ():
        hook(leaf)


def own(array):
    """Return an array that `.grad` may keep: memory that others use, too, or only a part of, is copied."""
    if type(array) not in DEVICE_TYPE:
        return XP[type(array)].asarray(array)
    # 4 references are ours: run_backward's, accumulate's, own's, and getrefcount's
    if getrefcount(array) > 4 or not array.flags.c_contiguous or (array.base is not None and not shows_all(array)):
        return array.copy()
    return array


def shows_all(view):
    """Whether a view is the only one of its array and shows all of it, as after a change of shape."""
    if type(view.base) is not type(view) or view.base.size != view.size or read_only(view):
        return False
    return references_to_base(view) == HELD_BY_ITS_VIEW


# ---------------------------------------------------------------- hooks and anomalies


def run_hooks(hooks, g, create):
    """Pass a gradient through tensor hooks; each may return a replacement."""
    g = g if create else as_tensor(g)
    for hook in list(hooks):
        replaced = hook(g)
        if replaced is not None:
            if not isinstance(replaced, Tensor):
                raise TypeError(f"expected Variable, but hook returned '{type(replaced).__name__}'")
            if replaced.array.shape != g.array.shape:
                raise RuntimeError(f"hook '{getattr(hook, '__name__', hook)}' has changed the size of value")
            g = replaced
    return g if create else g.array


def run_node_hooks(notes, g, create, index=None):
    """Run what was attached to an output: tensor hooks, then the node's prehooks, then retained gradients."""

    def attached(kind):
        return notes.get(kind if index is None else (kind, index), ())

    g = run_hooks(attached("tensor_hook"), g, create)
    for hook in attached("prehook"):
        replaced = hook((g if create else as_tensor(g),))
        if replaced is not None:
            g = replaced[0] if create else replaced[0].array
    for ref in attached("retain"):
        tensor = ref()
        if tensor is not None:
            kept = g if create else as_tensor(g.copy())
            tensor._grad = kept if tensor._grad is None else tensor._grad + kept
    return g


def after_node(node, gradients, g, create):
    """Run a node's hooks on the gradients it computed, and look for NaN if anomaly detection is on."""
    hooks = node.notes.get("hook", ())
    if hooks:

        def as_tensors(values):
            return tuple(v if v is None or create else as_tensor(v) for v in values)

        gradients = [_summed(d, edge) for d, edge in zip(gradients, node.edges, strict=True)]
        inputs, outputs = as_tensors(gradients), as_tensors(g if isinstance(g, tuple) else (g,))
        for hook in list(hooks):
            replaced = hook(inputs, outputs)
            if replaced is not None:
                inputs = replaced
        gradients = [v if v is None or create else v.array for v in inputs]
    if is_anomaly_enabled() and is_anomaly_check_nan_enabled():
        check_nan(node, gradients)
    return gradients


def _summed(d, edge):
    """Bring a gradient to its edge's shape before a hook sees it, as PyTorch does."""
    if d is None or edge is None:
        return d
    shape = edge.array.shape if edge.role == "leaf" else edge.shape
    return d if tuple(d.shape) == shape else sum_to(d, shape)


def check_nan(node, gradients):
    """Raise if a node returned NaN, after a warning that shows where the forward pass made the node."""
    for i, d in enumerate(gradients):
        raw = d.array if isinstance(d, Tensor) else d
        if raw is not None and XP[type(raw)].isnan(raw).any():
            trace = (
                "".join(node.notes["trace"][0])
                if "trace" in (node.notes or {})
                else "(no trace: made outside anomaly mode)"
            )
            warnings.warn(
                f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n{trace}",
                stacklevel=4,
            )
            raise RuntimeError(f"Function '{node.name()}' returned nan values in its {i}th output.")
