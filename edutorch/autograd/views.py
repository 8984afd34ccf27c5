"""Views with history: tensors that share memory, and what a write through one means for the others.

A differentiable view remembers its base and how to take it again (`replay`). A write through a view becomes one
step on the base ("copy these values into that slice"); the next time another view of the base is used, it takes
its history from the base anew. This is what PyTorch calls `CopySlices`.
"""

from __future__ import annotations

import numpy as np

from ..backends import XP, backend_of
from ..dtypes import category
from ..errors import with_remedy
from ..modes import enable_grad, is_grad_enabled, is_inference_mode_enabled
from ..tensor import APPARENT, Tensor, wrap
from .engine import run_backward
from .graph import Node, as_tensor, edge_of
from .versions import bump, storage_of


class Way:
    """How a view was taken of its base, without the view itself, and how the base lies in memory."""

    def __init__(self, view):
        array = view.base.array
        self.replay, self.shape, self.dtype, self.xp = view.replay, array.shape, array.dtype, XP[type(array)]
        self.order = None  # the base's dimensions from the slowest to the fastest, if they are not in order
        if not array.flags.c_contiguous:
            self.order = sorted(range(array.ndim), key=lambda axis: -array.strides[axis])

    def take(self, base):
        """Take the same view of another tensor that lies in memory as the base does."""
        steps, link = [], self.replay
        while link is not None:
            function, arguments, link = link
            steps.append((function, arguments))
        for function, arguments in reversed(steps):
            base = function(base, *arguments)
        return base

    def lay_out(self, tensor):
        """Return a tensor of the base's shape with the elements in memory as the base has them."""
        if self.order is None:
            return tensor.contiguous()
        back = [self.order.index(axis) for axis in range(len(self.order))]
        return tensor.permute(self.order).contiguous().permute(back)


def sync(view):
    """Bring a view's history in line with its base, if the memory was written since it was last looked at.

    Raises:
        RuntimeError: for a view that PyTorch gives no new history: one of several, or one made under `no_grad`.
    """
    base = view.base
    if base.storage.stamp <= view.linked or not is_grad_enabled():
        return
    if base.tracked:
        if view.origin is not None:
            raise _refused(view, "its base or another view of its base has been")
        refuse_reshaped(view)
        view.node = AsStridedBackward0((edge_of(base),), (Way(view),), view.array.shape, view.array.dtype)
        view.tracked = True
    view.linked = base.storage.stamp


def refuse_reshaped(view):
    """Raise if a view is older than its base's present shape: the way it was taken no longer leads to it."""
    if view.node is not None and view.base.reshaped > view.node.stamp:
        raise RuntimeError(
            "This view was taken before its base changed its shape in place (t_, unsqueeze_, …), and cannot follow a "
            "write. Take the view again, or reshape out of place."
        )


def mark_unrecorded(view, source):
    """Mark a view made while nothing is recorded: it seems to require grad where its source does."""
    if view.base is None:  # it turned out to be a copy
        view.inference = is_inference_mode_enabled()
    else:
        view.origin, view.inference = "no_grad", source.inference
        view.tracked = source.tracked and APPARENT


class AsStridedBackward0(Node):
    """The view of a base that was written meanwhile: the steps that led to the view are taken anew.

    PyTorch gives such a view one node of this name, whatever the steps were.
    """

    __slots__ = ()

    def gradients(self, g, create):
        """Return the gradient of the base: what flows back through the steps, tried on an empty base."""
        (way,) = self.saved
        base = wrap(way.xp.empty(way.shape, way.dtype))
        base.tracked = True
        with enable_grad():
            view = way.take(way.lay_out(base))
        seed = g if create else as_tensor(g)
        return (run_backward([view], [seed], retain=False, create=create, targets={base})[base],)


class CopySlices(Node):
    """The write of a value into a view of a base: the base's gradient is zero where the value went."""

    __slots__ = ()

    def name(self):
        """Return PyTorch's name, which is longer than the one it prints."""
        return "torch::autograd::CopySlices"

    def gradients(self, g, create):
        """Split the gradient of the written base into what is left of the old base, and the value's part."""
        (way,) = self.saved
        g = g if create else as_tensor(g)
        rest = value = None
        if self.edges[0] is not None:
            rest = way.lay_out(g.clone())
            way.take(rest).zero_()
        if self.edges[1] is not None:
            value = way.take(way.lay_out(g)).clone()
        return [d if d is None or create else d.array for d in (rest, value)]


def before_write(tensor, operands=()):
    """Check that a tensor may be written in place, and return its present value with its history.

    Args:
        tensor: what is written. operands: what the new value is computed from, besides the tensor itself.

    Raises:
        RuntimeError: PyTorch's errors for leaves, views of leaves, views that share elements, inference tensors.
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"only a tensor can be changed in place, not {type(tensor).__name__}")
    if type(tensor.array) is np.ndarray and not tensor.array.flags.writeable:
        raise _shared_elements()
    if tensor.inference and not is_inference_mode_enabled():
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed."
            "You can make a clone to get a normal tensor before doing inplace update."
        )
    if is_grad_enabled():
        refuse_leaf(tensor, operands)
        if tensor.base is not None:
            refuse_reshaped(tensor)
    if tensor.base is not None and tensor.base.storage is not None:
        sync(tensor)
    old = wrap(tensor.array)
    old.node, old.tracked = tensor.node, tensor.tracked
    return old


def refuse_leaf(tensor, operands=()):
    """Raise if writing the tensor would change a leaf that requires grad, or a view whose history cannot change."""
    base = tensor.base
    tracked = tensor.tracked or (base is not None and base.tracked)
    if not tracked:
        for operand in operands:
            if isinstance(operand, Tensor) and operand.tracked:
                break
        else:
            return
    remedy = "Write inside `with torch.no_grad():`, or compute a new tensor instead."
    if base is not None:
        if tensor.origin is not None:
            raise _refused(tensor, "is being")
        if tracked and base.node is None:
            raise RuntimeError(
                with_remedy(
                    "a view of a leaf Variable that requires grad is being used in an in-place operation.", remedy
                )
            )
    elif tracked and tensor.node is None:
        raise RuntimeError(
            with_remedy("a leaf Variable that requires grad is being used in an in-place operation.", remedy)
        )


def _refused(view, what):
    """Build PyTorch's error for the write of a view, or of its base, that cannot go into the view's history."""
    output = ""
    if view.node is not None:
        name = view.node.name().removesuffix("0").removesuffix("Backward")
        output = f"Output {view.node.index} of {name} is a view"
    if view.origin == "many" and output:
        return RuntimeError(
            f"{output} and {what} modified inplace. This view is the output of a function that returns multiple views. "
            "Such functions do not allow the output views to be modified inplace. You should replace the inplace "
            "operation by an out-of-place one."
        )
    if view.origin == "function":
        return RuntimeError(
            f"{output} and {what} modified inplace. This view was created inside a custom Function (or because an "
            "input was returned as-is) and the autograd logic to handle view+inplace would override the custom "
            "backward associated with the custom Function, leading to incorrect gradients. This behavior is "
            "forbidden. You can fix this by cloning the output of the custom Function."
        )
    made = f"{output} of a view which was created in" if output else "A view was created in"
    return RuntimeError(
        f"{made} no_grad mode and {what} modified inplace with grad mode enabled. Given that this use case is "
        "ambiguous and error-prone, it is forbidden. You can clarify your code by moving both the view and the inplace "
        "either both inside the no_grad block (if you don't want the inplace to be tracked) or both outside (if you "
        "want the inplace to be tracked)."
    )


def write(tensor, old, result):
    """Put a computed result into a tensor's memory, and let the history say so.

    Args:
        tensor: what is written. old: what `before_write` returned. result: the new values, a tensor.
    """
    array = tensor.array
    if result.array.shape != array.shape:
        raise RuntimeError(
            with_remedy(
                f"output with shape {list(array.shape)} doesn't match the broadcast shape {list(result.array.shape)}",
                "Writing in place cannot change a shape: compute a new tensor instead, as in x = x + y.",
            )
        )
    if result.array.dtype != array.dtype:
        refuse_cast(result.dtype, tensor.dtype)
        result = result.to(tensor.dtype)
    if result.node is None:  # nothing was recorded, so nothing was saved
        array[...] = result.array
        bump(tensor)
    else:
        _write_saved(tensor, old, result)
    if (tensor.tracked or result.tracked) and is_grad_enabled():
        _link(tensor, result)
    return tensor


def _write_saved(tensor, old, result):
    """Write a recorded result: what its node saved of this memory must stay true, or be known to be stale."""
    array, node = tensor.array, result.node
    saved = [v for v in node.saved or () if isinstance(v, Tensor)] if node.role == "node" else []
    if any(value is old for value in saved):
        old.array = array.copy()  # the gradient needs the value as it was
    array[...] = result.array
    storage = storage_of(tensor)
    elsewhere = any(v is not old and v.array is not result.array and storage_of(v) is storage for v in saved)
    bump(tensor)
    for value in saved:
        if value.array is result.array and not elsewhere:
            value.array, value.storage = array, storage  # the saved output is this memory now, written just now:
            node.stamp = storage.stamp  # only a later write makes it stale


def _link(tensor, result):
    if tensor.base is None:
        tensor.node, tensor.tracked = result.node, result.tracked
        return
    base = tensor.base
    base.node = CopySlices((edge_of(base), edge_of(result)), (Way(tensor),), base.array.shape, base.array.dtype)
    base.tracked = True
    sync(tensor)


def refuse_cast(source, target):
    """Raise if a result of one dtype may not be written into a tensor of another: float into int, int into bool."""
    if category(source.numpy) > category(target.numpy):
        raise RuntimeError(
            with_remedy(
                f"result type {source.legacy} can't be cast to the desired output type {target.legacy}",
                "Writing in place cannot change a dtype: convert the tensor first, or compute a new one, as in "
                "x = x + y.",
            )
        )


def assign(tensor, compute, *args, **kwargs):
    """Run an operator and write its result into its first operand: what `x.add_(y)` does."""
    old = before_write(tensor, args)
    name = compute.__name__
    if 0 in tensor.array.strides and name not in _ANYWHERE:
        refuse_shared_elements(tensor.array)
    for other in args:
        if isinstance(other, Tensor) and not name.startswith(_ASIDE):
            refuse_overlap(tensor, other, same=name in _ELSEWHERE)
    return write(tensor, old, compute(old, *args, **kwargs))


# How PyTorch's in-place forms treat memory. These give all elements one value, whatever memory they share:
_ANYWHERE = frozenset(("zero", "fill"))
# these compute aside first, so that an operand may share memory with what is written:
_ASIDE = ("addmm", "addmv", "addr", "baddbmm", "addbmm", "masked", "index_fill")
# these read operands in another order than they write: not even the same memory will do.
_ELSEWHERE = frozenset(("scatter", "scatter_add", "index_add", "index_copy", "put", "put_at"))


def refuse_overlap(tensor, other, same):
    """Raise if an operand shares some cells with the tensor that is written; all of them, it may without `same`.

    Here the result is computed before it is written, and would be right; in PyTorch a half-written operand would be
    read, so it refuses, and a program that ran here would fail there.
    """
    owner = tensor if tensor.base is None else tensor.base
    of_other = other if other.base is None else other.base
    if owner is not of_other and (owner.storage is None or owner.storage is not of_other.storage):
        return
    a, b = tensor.array, other.array
    if not (a.size and b.size and _dense(a) and _dense(b)):
        return
    a_low, b_low = backend_of(a).address(a), backend_of(b).address(b)
    a_high, b_high = a_low + a.nbytes, b_low + b.nbytes
    equal = (a_low, a_high) == (b_low, b_high) and a.strides == b.strides
    if (same or not equal) and a_low < b_high and b_low < a_high:
        raise RuntimeError(
            "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
            "memory location. Please clone() the tensor before performing the operation."
        )


def _dense(array):
    """Whether an array fills its piece of memory, each cell once, in whatever order of axes."""
    step = array.itemsize
    for stride, size in sorted(zip(array.strides, array.shape, strict=True)):
        if size > 1:
            if stride != step:
                return False
            step *= size
    return True


def refuse_shared_elements(array):
    """Raise if two elements of an array lie in one memory cell, as after `expand`."""
    repeats = any(stride == 0 and size > 1 for stride, size in zip(array.strides, array.shape, strict=True))
    if array.size and repeats:
        raise _shared_elements()


def _shared_elements():
    return RuntimeError(
        with_remedy(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation.",
            "An expanded tensor, or one over a read-only NumPy array, cannot be written.",
        )
    )
