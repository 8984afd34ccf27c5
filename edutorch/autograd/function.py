"""`Function`: write your own operation, forward and backward, and put it on the tape.

    class Cube(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 3 * x**2

    y = Cube.apply(x)

The library's own operators use formulas instead (`edutorch/op`): they save less and cost less. A `Function` can do
anything, which is why PyTorch offers it too.
"""

from __future__ import annotations

import functools

from ..backends import XP
from ..errors import with_remedy
from ..modes import is_grad_enabled, no_grad
from ..tensor import Tensor, wrap
from .engine import sum_to
from .graph import Node, Output, as_tensor, edge_of
from .versions import bump, modified, storage_of, tick
from .views import sync

__all__ = ["Function", "once_differentiable"]


class FunctionNode(Node):
    """The node of a user's Function; to its forward and backward it is `ctx`, and carries what they put there."""

    function: type[Function]
    many = False
    outputs = 1

    def __init__(self, edges, needs):
        super().__init__(edges, None, (), None)
        self.needs_input_grad = needs
        self.to_save = self.dirty = self.not_differentiable = ()
        self.materialize = True

    def __repr__(self):
        return f"<torch.autograd.function.{self.name()} object at {id(self):#x}>"

    def save_for_backward(self, *tensors):
        """Keep tensors for `backward`, which finds them in `ctx.saved_tensors`; writes to them are noticed."""
        for t in tensors:
            if t is not None and not isinstance(t, Tensor):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument 0 is of type {type(t).__name__}"
                )
        self.to_save = tensors

    def mark_dirty(self, *tensors):
        """Say which inputs `forward` changed in place."""
        self.dirty = tensors

    def mark_non_differentiable(self, *tensors):
        """Say which outputs have no gradient."""
        self.not_differentiable = tensors

    def set_materialize_grads(self, value):
        """Choose whether gradients that did not arrive are zeros (True, the default) or None."""
        self.materialize = value

    @property
    def next_functions(self):
        """As for every node; arguments that were no tensors do not count."""
        pairs = zip(super().next_functions, self.is_tensor, strict=True)
        return tuple(pair for pair, is_tensor in pairs if is_tensor)

    @property
    def saved_tensors(self):
        """The tensors given to `save_for_backward`, with their history.

        Raises:
            RuntimeError: if the graph was freed, or one of them was written since.
        """
        self.require_saved()
        found = []
        for t, output in self.saved:
            if t is not None:
                storage = t.storage if t.base is None else t.base.storage
                if storage is not None and storage.stamp > self.stamp:
                    raise modified(t, self, None if t.node is None else t.node.name())
            if output is not None and t is not None:
                t = wrap(t.array)
                t.node, t.tracked = (self if self.outputs == 1 else self.made[output]), True
            found.append(t)
        return tuple(found)

    def zeros(self, i, create):
        """Return what stands for a gradient that did not arrive."""
        if not self.materialize:
            return None
        shape, dtype, kind = self.metas[i]
        zero = XP[kind].zeros(shape, dtype)
        return wrap(zero) if create else zero

    def gradients(self, g, create):
        """Call the user's backward and check what it returns."""
        if self.saved is None:
            self.require_saved()
        arrived = g if isinstance(g, tuple) else (g,)
        arrived = [v if v is None or create else as_tensor(v) for v in arrived]
        given = self.function.backward(self, *arrived)
        given = list(given) if isinstance(given, (tuple, list)) else [given]
        wanted = len(self.edges)
        while len(given) > wanted and given[-1] is None:
            given.pop()
        if len(given) != wanted:
            raise RuntimeError(
                with_remedy(
                    f"function {self.name()} returned an incorrect number of gradients (expected {wanted}, got"
                    f" {len(given)})",
                    "backward returns one gradient for each argument of forward, None for those that need none.",
                )
            )
        return [self._checked(i, d, create) for i, d in enumerate(given)]

    def _checked(self, i, d, create):
        if d is not None and not isinstance(d, Tensor):
            raise RuntimeError(f"expected Variable or None (got {type(d).__name__})")
        if d is None:
            return None
        if not self.is_tensor[i]:
            raise RuntimeError(
                f"function {self.name()} returned a gradient different than None at position {i + 1}, but the "
                "corresponding forward input was not a Variable"
            )
        edge = self.edges[i]
        if edge is None:
            return None
        shape = edge.array.shape if edge.role == "leaf" else edge.shape
        if d.array.shape != shape:
            fits = d.ndim >= len(shape) and all(
                a in (1, b) for a, b in zip(shape[::-1], d.array.shape[::-1], strict=False)
            )
            if not fits:
                raise RuntimeError(
                    f"Function {self.name()} returned an invalid gradient at index {i} - got {list(d.shape)} but "
                    f"expected shape compatible with {list(shape)}"
                )
            d = sum_to(d, shape)
        return d if create else d.array


class Function:
    """An operation with a forward and a backward of your own. Subclass it, and call `YourFunction.apply(...)`.

    `forward(ctx, *args)` computes (nothing is recorded inside); `backward(ctx, *grads)` gets one gradient per output
    and returns one per argument. `ctx` offers `save_for_backward`, `saved_tensors`, `needs_input_grad`, `mark_dirty`,
    `mark_non_differentiable`, `set_materialize_grads`, and takes any attribute. With a `setup_context(ctx, inputs,
    output)`, `forward` takes no `ctx`. If `backward` is made of differentiable operations, so is the gradient.
    """

    _node_class: type[FunctionNode]

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls._node_class = type(f"{cls.__name__}Backward", (FunctionNode,), {"function": cls})

    @staticmethod
    def forward(*args, **kwargs):
        """Compute the result; to be overridden."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def backward(ctx, *grads):
        """Compute the gradients of the arguments; to be overridden."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use "
            "it with backward mode AD."
        )

    @classmethod
    def apply(cls, *args, **kwargs):
        """Run the forward and, if an input requires grad, leave a node on the tape."""
        for a in args:
            if isinstance(a, Tensor) and a.base is not None and a.base.storage is not None:
                sync(a)
        needs = tuple(isinstance(a, Tensor) and a.tracked for a in args)
        recording = is_grad_enabled() and any(needs)
        ctx = cls._node_class(tuple(edge_of(a) if isinstance(a, Tensor) else None for a in args), needs)
        ctx.is_tensor = tuple(isinstance(a, Tensor) for a in args)
        with no_grad():
            if hasattr(cls, "setup_context"):
                result = cls.forward(*args, **kwargs)
                cls.setup_context(ctx, args, result)
            else:
                result = cls.forward(ctx, *args, **kwargs)
        outputs = list(result) if isinstance(result, (tuple, list)) else [result]
        outputs = [_finish(ctx, y, args, recording) for y in outputs]
        ctx.stamp = tick()  # saved now: what forward itself wrote does not count
        if recording:
            _record(ctx, outputs)
        return type(result)(outputs) if isinstance(result, (tuple, list)) else outputs[0]


def _finish(ctx, y, args, recording):
    """Return an output that is safe to link: an input that was returned becomes an alias, or is the one written."""
    if not isinstance(y, Tensor):
        return y
    if any(y is d for d in ctx.dirty):
        if recording and y.tracked and y.node is None:
            raise RuntimeError("a leaf Variable that requires grad has been used in an in-place operation.")
        bump(y)
        return y
    if any(y is a for a in args):
        alias = wrap(y.array)
        if any(y is n for n in ctx.not_differentiable):
            alias.storage = storage_of(y)
            ctx.not_differentiable = (*ctx.not_differentiable, alias)
        else:
            alias.base, alias.origin = y if y.base is None else y.base, "function"
            alias.linked = storage_of(y).stamp
        return alias
    return y


def _record(ctx, outputs):
    tensors = [y for y in outputs if isinstance(y, Tensor)]
    ctx.metas = [(y.array.shape, y.array.dtype, type(y.array)) for y in tensors]
    ctx.shape, ctx.dtype = ctx.metas[0][:2] if tensors else ((), None)
    ctx.outputs = len(tensors)
    ctx.made = [Output(ctx, i, y.array.shape, y.array.dtype) for i, y in enumerate(tensors)]
    saved = []
    for t in ctx.to_save:
        output = next((i for i, y in enumerate(tensors) if y is t), None)
        if output is not None:  # an output leads to this node: keep its memory only, or the two would hold each other
            alias = wrap(t.array)
            alias.storage = storage_of(t)
            t = alias
        saved.append((t, output))
    ctx.saved, ctx.to_save = tuple(saved), ()
    for y, output in zip(tensors, ctx.made, strict=True):
        if any(y is n for n in ctx.not_differentiable) or not y.is_floating_point():
            continue
        y.node, y.tracked = (ctx if ctx.outputs == 1 else output), True


class _Twice(Node):
    """Where a gradient leads that was computed by a once-differentiable backward: nowhere."""

    __slots__ = ()

    def name(self):
        """Return the name PyTorch prints."""
        return "Error"

    def gradients(self, g, create):
        """Refuse."""
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")


def once_differentiable(backward):
    """Say that a `backward` is not itself differentiable: differentiating its result raises, instead of being wrong."""

    @functools.wraps(backward)
    def once(ctx, *grads):
        with no_grad():
            given = backward(ctx, *grads)
        tracked = [g for g in grads if isinstance(g, Tensor) and g.tracked]
        if not (is_grad_enabled() and tracked):
            return given
        several = isinstance(given, tuple)
        marked = []
        for d in given if several else (given,):
            if isinstance(d, Tensor):
                d = d.detach()
                d.node = _Twice(tuple(edge_of(g) for g in tracked), (), d.array.shape, d.array.dtype)
                d.tracked = True
            marked.append(d)
        return tuple(marked) if several else marked[0]

    return once
