"""The graph: what every recorded operation leaves behind.

A `Node` remembers its operation's inputs through its edges: each leads to the node that produced the input, or to a
leaf tensor, which stands for itself. `engine.py` walks the graph.
"""

from __future__ import annotations

from ..backends import DEVICE_TYPE, XP
from ..dtypes import FLOAT32, HALVES
from ..modes import is_anomaly_enabled
from ..tensor import wrap
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
        import traceback

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
        found = (self.notes or {}).get("metadata") or self.note("metadata", {})
        return found[0]

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

    def intact(self, i):
        """Return the saved output `i` as an array, or None if somebody wrote to it, or could have."""
        storage = self.saved[i].storage
        return self.saved[i].array if storage.watched and storage.stamp <= self.stamp else None

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

    def as_saved(self, i):
        """Return saved tensor `i` in its own dtype."""
        return super().array(i)  # type: ignore[misc]

    def list_item(self, t, create):
        """Return one tensor of a saved list, in float32."""
        return widen(super().list_item(t, create))  # type: ignore[misc]


def widen(value):
    """Return a half-precision array (or each of a list) in float32, anything else as it is."""
    if isinstance(value, (list, tuple)):
        return type(value)([widen(v) for v in value])
    return value.astype(FLOAT32) if getattr(value, "dtype", None) in HALVES else value


def edge_of(tensor):
    """Return what gradients of this tensor flow to: its node, itself if it is a leaf, None if not tracked."""
    return (tensor.node or tensor) if tensor.tracked is True else None


def owner(edge):
    """Return the node or leaf that an edge leads to."""
    return edge.node if edge.role == "output" else edge


def as_tensor(g):
    """Wrap a gradient as a tensor; NumPy's 0-d results are scalars and become arrays again."""
    return wrap(g if type(g) in DEVICE_TYPE else XP[type(g)].asarray(g))
