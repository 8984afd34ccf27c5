"""The graph and the backward pass.

Every tracked operation leaves a `Node`. Its edges lead to the producers of its inputs; a leaf tensor stands for
itself. `run_backward` walks the graph once, from the youngest node to the oldest: a producer is always older than its
consumers. There is no recursion: depth is no limit.
"""

from __future__ import annotations

import traceback
import warnings
from heapq import heappop, heappush, heappushpop
from operator import attrgetter
from sys import getrefcount

import numpy as np

from ..backends import DEVICE_TYPE, XP
from ..dtypes import FLOAT32, HALVES
from ..modes import grad_mode, is_anomaly_check_nan_enabled, is_anomaly_enabled
from ..summation import add_up
from ..tensor import Tensor, wrap
from .versions import modified, tick


class Node:
    """A recorded operation. Each operator makes its own subclass, named as in PyTorch: `MulBackward0`.

    Attributes:
        edges: for each input, the node that produced it, a leaf tensor, or None if it needs no gradient.
        saved: what the gradient formulas need, and nothing else; None once the graph was freed.
        shape, dtype: of the output; what flows in as gradient has them too.
        stamp: the time of birth.
    """

    __slots__ = ("edges", "saved", "shape", "dtype", "stamp", "notes", "__weakref__")
    role = "node"
    index = 0  # which output of its operation it stands for
    frees = True  # whether what it saved is worth freeing: values, not just parameters

    def __init__(self, edges, saved, shape, dtype):
        self.edges, self.saved, self.shape, self.dtype = edges, saved, shape, dtype
        self.stamp = tick()
        self.notes = None
        if is_anomaly_enabled():
            self.trace()

    def trace(self):
        """Remember where the node was made, for the message of anomaly mode."""
        self.note("trace", traceback.format_stack()[:-2])

    def gradients(self, g, create):
        """Return the gradient for each edge, given the output's: arrays, or Tensors if `create`."""
        raise NotImplementedError

    def name(self):
        """Return the node's name, as printed by `tensor.grad_fn`."""
        return type(self).__name__

    def require_saved(self):
        """Raise PyTorch's error if the graph was freed."""
        if self.saved is None:
            raise RuntimeError(
                "Trying to backward through the graph a second time (or directly access saved tensors after they have "
                "already been freed). Saved intermediate values of the graph are freed when you call .backward() or "
                "autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or "
                "if you need to access saved tensors after calling backward."
            )

    def note(self, kind, value):
        """Attach something rare to the node (hooks, a trace, retained outputs); returns the list of its kind."""
        if self.notes is None:
            self.notes = {}
        self.notes.setdefault(kind, []).append(value)
        return self.notes[kind]

    @property
    def next_functions(self):
        """The (node, output number) pairs that the edges lead to, as in PyTorch; (None, 0) for a constant."""
        return tuple(
            (None, 0) if e is None else (function_of(e), e.index if e.role == "output" else 0) for e in self.edges
        )

    @property
    def metadata(self):
        """A dictionary for the user's own notes."""
        return (self.notes or {}).get("metadata", [None])[0] or self.note("metadata", {})[0]

    def register_hook(self, hook):
        """Call `hook(grad_inputs, grad_outputs)` after the node's gradients were computed; it may replace them."""
        return Handle(self.note("hook", hook), hook)

    def register_prehook(self, hook):
        """Call `hook(grad_outputs)` before the node's gradients are computed; it may replace them."""
        return Handle(self.note("prehook", hook), hook)

    def __repr__(self):
        return f"<{self.name().removeprefix('torch::autograd::')} object at {id(self):#x}>"


class Output:
    """One of several outputs of a node, as an edge: which node, and which output."""

    __slots__ = ("node", "index", "shape", "dtype")
    role = "output"

    def __init__(self, node, index, shape, dtype):
        self.node, self.index, self.shape, self.dtype = node, index, shape, dtype

    def name(self):
        """Return the node's name."""
        return self.node.name()

    def note(self, kind, value):
        """Attach a tensor hook or a retained tensor to this output."""
        return self.node.note((kind, self.index), value)

    def __eq__(self, other):
        return isinstance(other, Output) and other.node is self.node and other.index == self.index

    def __hash__(self):
        return hash((id(self.node), self.index))


class AccumulateGrad:
    """How a leaf shows in `next_functions`: the place where its gradient is added to `.grad`."""

    def __init__(self, variable):
        self.variable = variable

    next_functions = ()

    def name(self):
        """Return PyTorch's name."""
        return "torch::autograd::AccumulateGrad"

    def register_hook(self, hook):
        """Call `hook(grad_inputs, grad_outputs)` after the gradient was accumulated."""
        variable = self.variable
        return variable.register_post_accumulate_grad_hook(lambda _: hook((), (variable.grad,)))

    def __eq__(self, other):
        return isinstance(other, AccumulateGrad) and other.variable is self.variable

    def __hash__(self):
        return hash(id(self.variable))

    def __repr__(self):
        return f"<AccumulateGrad object at {id(self.variable):#x}>"


def function_of(edge):
    """Return what PyTorch shows for an edge: the node, or a leaf's AccumulateGrad."""
    return edge if edge.role == "node" else edge.node if edge.role == "output" else AccumulateGrad(edge)


class Handle:
    """What a `register_…` method returns: `remove()` takes the hook off; as a context manager, at the block's end."""

    def __init__(self, hooks, hook):
        self._hooks, self._hook = hooks, hook

    def remove(self):
        """Take the hook off."""
        if self._hook in self._hooks:
            self._hooks.remove(self._hook)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.remove()


class FormulaNode(Node):
    """A node of an operator with one gradient formula per input (`edutorch/op/nodes.py` makes the subclasses)."""

    __slots__ = ()

    def gradients(self, g, create):
        """Return the gradient for each edge; written for each operator by `edutorch/op/nodes.py`."""
        raise NotImplementedError

    def array(self, i):
        """Return saved tensor `i` as an array, after checking that nobody wrote to it."""
        t = self.saved[i]
        storage = t.storage if t.base is None else t.base.storage
        if storage is not None and storage.stamp > self.stamp:
            raise modified(t, self, self._producer(i))
        return t.array

    def tensor(self, i):
        """Return saved tensor `i` with its history, for a backward pass that is itself recorded."""
        self.array(i)
        return self.saved[i]

    def list_item(self, t, create):
        """Return one tensor of a saved list, checked like `array`, as a Tensor if `create`."""
        storage = t.storage if t.base is None else t.base.storage
        if storage is not None and storage.stamp > self.stamp:
            raise modified(t, self, None)
        return t if create else t.array

    def out_tensor(self, i):
        """Return the saved output as the tensor it was: the node itself is its history."""
        t = wrap(self.array(i))
        t.node, t.tracked = self, True
        return t

    def _producer(self, i):
        if type(self).kept[i] == "out":
            return self.name()
        node = self.saved[i].node  # whoever wrote to the tensor last: the culprit
        return None if node is None else node.name()


class HalfNode:
    """Mixed into the nodes of float16 and bfloat16 operations: gradients are computed in float32, then rounded."""

    __slots__ = ()

    def array(self, i):
        """Return saved tensor `i` in float32."""
        return widen(super().array(i))  # type: ignore[misc]

    def list_item(self, t, create):
        """Return one tensor of a saved list, in float32."""
        return widen(super().list_item(t, create))  # type: ignore[misc]


def widen(value):
    """Return a half-precision array (or each of a list) in float32, anything else as it is."""
    if isinstance(value, (list, tuple)):
        return type(value)([widen(v) for v in value])
    return value.astype(FLOAT32) if getattr(value, "dtype", None) in HALVES else value


# ---------------------------------------------------------------- the backward pass


def edge_of(tensor):
    """Return what gradients of this tensor flow to: its node, itself if it is a leaf, None if not tracked."""
    return (tensor.node or tensor) if tensor.tracked else None


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


def owner(edge):
    """Return the node or leaf that an edge leads to."""
    return edge.node if edge.role == "output" else edge


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
        with np.errstate(all="ignore"):  # a gradient may be inf or nan: that is no news
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
                        if (
                            edge.role == "node" and d.shape == edge.shape and d.dtype is edge.dtype
                        ):  # `add`, the common case
                            if edge in arrived:
                                arrived[edge] = arrived[edge] + d
                            else:
                                arrived[edge] = d
                                if new is not None:
                                    heappush(youngest, new)
                                new = (-edge.stamp, edge)
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


def as_tensor(g):
    """Wrap a gradient as a tensor; NumPy's 0-d results are scalars and become arrays again."""
    return wrap(g if type(g) in DEVICE_TYPE else XP[type(g)].asarray(g))


def own(array):
    """Return an array that `.grad` may keep: a view of something, or the very array another leaf got, is copied."""
    if type(array) not in DEVICE_TYPE:
        return XP[type(array)].asarray(array)
    # 4 references are ours: run_backward's, accumulate's, own's, and getrefcount's
    if array.base is not None or getrefcount(array) > 4 or not array.flags.c_contiguous:
        return array.copy()
    return array


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
