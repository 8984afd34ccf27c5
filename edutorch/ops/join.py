"""Joining tensors: `cat`, `stack` and their relatives."""

from __future__ import annotations

from ..errors import with_remedy
from ..op import Array, Arrays, op
from ..tensor import method
from .axes import axis_of
from .dialect import speak

__all__ = ["cat", "concat", "concatenate", "stack"]


@op(method=False, extras=("sizes",))
def cat(xp, tensors: Arrays, dim=0):
    """Join tensors along an existing dimension.

    Shape:    tensors (..., n_i, ...), equal but for `dim` -> out (..., sum of n_i, ...)
    Math:     y = [x_0, x_1, ...]
    Gradient: dL/dx_i = the part of g that x_i became
    Raises:   RuntimeError if the other sizes differ
    """
    joined = [t for t in tensors if t.shape != (0,)] or tensors  # PyTorch skips its first "empty tensor"
    try:
        out = xp.concatenate(joined, dim)
    except ValueError:
        raise _cannot_join(tensors, joined, dim) from None
    return out, [t.shape[dim] if t.ndim == out.ndim else 0 for t in tensors]


cat.grad(tensors=lambda g, shape, dim, sizes: list(_pieces(g, shape, dim, sizes)))


def _pieces(g, shapes, dim, sizes):
    """Yield the parts of `g` that the tensors became; None for those that need no gradient."""
    place, start = [slice(None)] * g.ndim, 0
    for shape, size in zip(shapes, sizes, strict=True):
        if shape is None:
            yield None
        else:
            place[dim] = slice(start, start + size)
            piece = g[tuple(place)]
            yield piece if piece.ndim == len(shape) else piece.reshape(shape)
        start += size


def _cannot_join(tensors, joined, dim):
    """Return PyTorch's error for tensors that cannot be joined."""
    if not tensors:
        return RuntimeError("torch.cat(): expected a non-empty list of Tensors")
    for i, t in enumerate(tensors):
        if not t.ndim:
            return RuntimeError(with_remedy(
                f"zero-dimensional tensor (at position {i}) cannot be concatenated", "stack() makes a dimension for them."))  # fmt: skip
    first, dim = joined[0], axis_of(joined[0].ndim, dim)
    for i, t in enumerate(tensors):
        if t.shape == (0,):
            continue
        if t.ndim != first.ndim:
            return RuntimeError(with_remedy(
                f"Tensors must have same number of dimensions: got {first.ndim} and {t.ndim}",
                f"Their shapes are {first.shape} and {t.shape}."))  # fmt: skip
        for axis, (n, m) in enumerate(zip(first.shape, t.shape, strict=True)):
            if n != m and axis != dim:
                return RuntimeError(with_remedy(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {n} but got size {m} for tensor number "
                    f"{i} in the list.", f"Their shapes are {first.shape} and {t.shape}."))  # fmt: skip
    return RuntimeError("cat() could not join these tensors")


@op(method=False)
def stack(xp, tensors: Arrays, dim=0):
    """Join tensors of one shape along a new dimension.

    Shape:    n tensors (*) -> out (..., n, ...), the new dimension at `dim`
    Math:     y[i] = x_i
    Gradient: dL/dx_i = g[i]
    Raises:   RuntimeError if the shapes differ
    """
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    for i, t in enumerate(tensors):
        if t.shape != tensors[0].shape:
            raise RuntimeError(with_remedy(
                f"stack expects each tensor to be equal size, but got {list(tensors[0].shape)} at entry 0 and {list(t.shape)} at "
                f"entry {i}", "cat() joins tensors of different sizes along an existing dimension."))  # fmt: skip
    return xp.stack(tensors, dim)


stack.grad(tensors=lambda g, dim: [g[i] for i in range(g.shape[0])] if dim == 0 else list(_layers(g, dim)))


def _layers(g, dim):
    place = (slice(None),) * axis_of(g.ndim, dim)
    for i in range(g.shape[dim]):
        yield g[(*place, i)]


def concat(tensors, dim=0, *, out=None):
    """Join tensors along an existing dimension: another name of `cat`."""
    return cat(tensors, dim, out=out)


concatenate = concat

speak(
    concatenate=lambda arrays, axis=0: cat(arrays, axis),
    stack=lambda arrays, axis=0: stack(arrays, axis),
)
