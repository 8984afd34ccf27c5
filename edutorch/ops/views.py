"""Other shapes for the same memory: `view`, `reshape`, `transpose`, `squeeze` and their relatives.

Nothing here computes. The results share the memory of their input: only sizes and strides change. (`reshape` copies
where no strides can do it.)
"""

from __future__ import annotations

from math import prod

from .. import dtypes
from ..autograd.versions import storage_of, tick
from ..autograd.views import before_write
from ..errors import with_remedy
from ..modes import enable_grad
from ..op import Array, Sizes, op
from ..tensor import Tensor, method, wrap
from .axes import axis_of
from .convert import contiguous
from .dialect import speak
from .layout import shares_memory

__all__ = [
    "adjoint",
    "flatten",
    "moveaxis",
    "movedim",
    "permute",
    "ravel",
    "reshape",
    "squeeze",
    "swapaxes",
    "swapdims",
    "t",
    "transpose",
    "unflatten",
    "unsqueeze",
]


# ---------------------------------------------------------------- the same elements in another shape


@op(cast=None, view=True)
def view(input: Array, size: Sizes):
    """Look at the same memory in another shape. One size may be -1: it is inferred.

    Shape:    input (*), n elements -> out (size), n elements
    Math:     the elements in row-major order stay the same
    Gradient: dL/dx = g, in the shape of x
    Raises:   RuntimeError if the number of elements differs, or if only a copy has the shape: use reshape
    """
    out = reshaped("view", input, size)
    if not shares_memory(out, input):
        raise RuntimeError(with_remedy(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            "contiguous subspaces). Use .reshape(...) instead.",
            f"The tensor of shape {input.shape} does not lie row by row in memory: reshape copies it."))  # fmt: skip
    return out


view.grad(input=lambda g, shape: g.reshape(shape))


def _reshape_name(input, y):
    if y.base is None:
        return "UnsafeViewBackward0"  # a copy
    return "ViewBackward0" if input.array.flags.c_contiguous else "ReshapeAliasBackward0"


@op(cast=None, view=True, node=_reshape_name)
def reshape(input: Array, shape: Sizes):
    """Give the elements another shape: a view where strides can do it, else a copy. One size may be -1: it is inferred.

    Shape:    input (*), n elements -> out (shape), n elements
    Math:     the elements in row-major order stay the same
    Gradient: dL/dx = g, in the shape of x
    Raises:   RuntimeError if the number of elements differs
    """
    return reshaped("reshape", input, shape)


reshape.grad(input=lambda g, shape: g.reshape(shape))


def reshaped(name, array, size):
    """Reshape an array, with PyTorch's errors."""
    try:
        out = array.reshape(size)
    except (ValueError, TypeError):
        raise _wrong_shape(name, array, size) from None
    if out.shape != size and (type(size) is int or any(n < -1 for n in size)):  # NumPy takes any negative size for -1
        raise _wrong_shape(name, array, size)
    return out


def _wrong_shape(name, array, size):
    """Return PyTorch's error for a shape that an array cannot take."""
    if not isinstance(size, (tuple, list)):
        return TypeError(f"{name}(): argument 'shape' (position 2) must be tuple of ints, not {type(size).__name__}")
    for i, n in enumerate(size):
        if not hasattr(n, "__index__"):
            return TypeError(f"{name}(): argument 'shape' (position 2) must be tuple of ints, but found element of "
                             f"type {type(n).__name__} at pos {i}")  # fmt: skip
    size = [n.__index__() for n in size]
    if size.count(-1) > 1:
        return RuntimeError("only one dimension can be inferred")
    for i, n in enumerate(size):
        if n < -1:
            return RuntimeError(f"invalid shape dimension {n} at index {i} of shape {size}")
    if -1 in size and not array.size and 0 in size:
        return RuntimeError(f"cannot reshape tensor of 0 elements into shape {size} because the unspecified dimension "
                            "size -1 can be any value and is ambiguous")  # fmt: skip
    return RuntimeError(with_remedy(
        f"shape '{size}' is invalid for input of size {array.size}",
        f"The tensor has shape {array.shape}: the sizes must multiply to {array.size}."))  # fmt: skip


def view_dtype(input, numpy_dtype):
    """Read the same bytes as another dtype; the last dimension grows or shrinks with the element size. No gradient.

    Raises:
        RuntimeError: where the last dimension does not fit.
    """
    array = input.array
    old, new = array.itemsize, numpy_dtype.itemsize
    if old != new:
        kinds = input.dtype.legacy, dtypes.of_numpy(numpy_dtype).legacy
        names = f"to view {kinds[0]} as {kinds[1]} (different element sizes)"
        if not array.ndim:
            raise RuntimeError(f"self.dim() cannot be 0 {names}")
        if array.shape[-1] * old % new:
            raise RuntimeError(f"self.size(-1) must be divisible by {new // old} {names}, but got {array.shape[-1]}")
        if array.strides[-1] != old:
            raise RuntimeError(f"self.stride(-1) must be 1 {names}, but got {array.strides[-1] // old}")
    out = wrap(array.view(numpy_dtype))
    out.storage = storage_of(input)
    return out


_view_sizes = Tensor.view


def _view(self, *size, dtype=None):
    if size and type(size[0]) is dtypes.dtype:
        dtype = size[0]
    return _view_sizes(self, *size) if dtype is None else view_dtype(self, dtype.numpy)


_view.__name__, _view.__doc__ = "view", view.__doc__
Tensor.view = _view  # type: ignore[assignment]


@method
def view_as(self, other):
    """Look at the same memory in the shape of another tensor."""
    return view(self, other.array.shape)


@method
def reshape_as(self, other):
    """Give the elements the shape of another tensor: a view where strides can do it, else a copy."""
    return reshape(self, other.array.shape)


@method
def flatten(input, start_dim=0, end_dim=-1):
    """Join the dimensions from `start_dim` to `end_dim` into one: a view where strides can do it, else a copy.

    Example:
        >>> import edutorch as torch
        >>> torch.zeros(32, 3, 8, 8).flatten(1).shape
        torch.Size([32, 192])
    """
    shape = input.array.shape
    first, last = axis_of(len(shape), start_dim), axis_of(len(shape), end_dim)
    if first > last:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if first == last and shape:
        return input
    return reshape(input, (*shape[:first], prod(shape[first : last + 1]), *shape[last + 1 :]))


@method
def ravel(input):
    """Return the elements in one dimension: a view where strides can do it, else a copy."""
    return view(contiguous(input), (-1,))


@method
def unflatten(input, dim, sizes):
    """Split one dimension into several: a view. One of the sizes may be -1.

    Example:
        >>> import edutorch as torch
        >>> torch.zeros(6, 4).unflatten(0, (2, -1)).shape
        torch.Size([2, 3, 4])
    """
    shape, sizes = input.array.shape, tuple(sizes)
    dim = axis_of(len(shape), dim)
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    known = prod(n for n in sizes if n != -1)
    if sizes.count(-1) > 1:
        raise RuntimeError("unflatten got an unexpected error:\nonly one dimension can be inferred")
    if shape[dim] != known and not (-1 in sizes and known and shape[dim] % known == 0):
        raise RuntimeError(f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} "
                           f"({shape[dim]}) in the input tensor")  # fmt: skip
    return view(input, (*shape[:dim], *sizes, *shape[dim + 1 :]))


# ---------------------------------------------------------------- dimensions in another order


@op(cast=None, view=True)
def transpose(input: Array, dim0, dim1):
    """Exchange two dimensions.

    Shape:    input (..., n, ..., m, ...) -> out (..., m, ..., n, ...)
    Math:     y[.., j, .., i, ..] = x[.., i, .., j, ..]
    Gradient: dL/dx = g with the same two dimensions exchanged
    """
    if not input.ndim:
        for dim in (dim0, dim1):
            axis_of(0, dim)
        return input[...]
    return input.swapaxes(dim0, dim1)


transpose.grad(input=lambda g, dim0, dim1: transpose.both(g, dim0, dim1))


@method
def swapaxes(input, axis0, axis1):
    """Exchange two dimensions: another name of `transpose`."""
    return transpose(input, axis0, axis1)


@method
def swapdims(input, dim0, dim1):
    """Exchange two dimensions: another name of `transpose`."""
    return transpose(input, dim0, dim1)


@op(cast=None, view=True, node="TBackward0")
def t(input: Array):
    """Transpose a matrix; fewer dimensions stay as they are.

    Shape:    input (n, m) -> out (m, n)
    Math:     y[j, i] = x[i, j]
    Gradient: dL/dx = the transpose of g
    """
    if input.ndim > 2:
        raise RuntimeError(with_remedy(
            f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D",
            "For a batch of matrices: x.mT, or x.transpose(dim0, dim1)."))  # fmt: skip
    return input.T


t.grad(input=lambda g: t.both(g))


@op(cast=None, view=True)
def permute(input: Array, dims: Sizes):
    """Put the dimensions into another order.

    Shape:    input (n_0, n_1, ...) -> out (n_dims[0], n_dims[1], ...)
    Math:     the strides are permuted; no element moves
    Gradient: dL/dx = g, permuted back
    Raises:   RuntimeError unless each dimension is named exactly once
    """
    try:
        return input.transpose(dims)
    except ValueError:
        raise _not_a_permutation(input.ndim, dims) from None


permute.grad(input=lambda g, dims: permute.both(g, inverse_order(dims)))


def inverse_order(dims):
    """Return the order of dimensions that undoes another."""
    n = len(dims)
    back = [0] * n
    for i, dim in enumerate(dims):
        back[dim % n] = i
    return back


def _not_a_permutation(ndim, dims):
    if len(dims) != ndim:
        return RuntimeError(with_remedy(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {ndim} is not equal to len(dims) = {len(dims)}",
            f"Name each of the {ndim} dimensions once."))  # fmt: skip
    for dim in dims:
        axis_of(ndim, dim)
    return RuntimeError("permute(): duplicate dims are not allowed.")


@method
def movedim(input, source, destination):
    """Move dimensions to other places; the others keep their order.

    Args:
        source, destination: a dimension, or equally many of each.

    Example:
        >>> import edutorch as torch
        >>> torch.zeros(2, 3, 4).movedim(0, -1).shape
        torch.Size([3, 4, 2])
    """
    one = isinstance(source, int)
    source, destination = (source,) if one else tuple(source), (destination,) if one else tuple(destination)
    if len(source) != len(destination):
        raise RuntimeError(f"movedim: Invalid source or destination dims: source ({list(source)} dims) should contain "
                           f"the same number of dims as destination ({list(destination)} dims)")  # fmt: skip
    ndim = input.array.ndim
    places = [axis_of(ndim, d) for d in destination]
    moved = [axis_of(ndim, d) for d in source]
    for name, given, dims in (("source", source, moved), ("destination", destination, places)):
        if len(set(dims)) < len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({list(given)})")
    if not ndim:
        return permute(input, ())
    order = [d for d in range(ndim) if d not in moved]
    for place, d in sorted(zip(places, moved, strict=True)):
        order.insert(place, d)
    return permute(input, tuple(order))


@method
def moveaxis(input, source, destination):
    """Move dimensions to other places: another name of `movedim`."""
    return movedim(input, source, destination)


def _matrix_property(name, kind, view):
    def get(self):
        if not self.array.ndim:
            return self
        if self.array.ndim < 2:
            raise RuntimeError(
                f"tensor.{name} is only supported on matrices or batches of matrices. Got {self.array.ndim}-D tensor."
            )
        return view(self)

    get.__doc__ = kind
    setattr(Tensor, name, property(get))


_matrix_property("mT", "The matrix, or each matrix of a batch, transposed.", lambda x: transpose(x, -2, -1))
_matrix_property("mH", "The same as `mT` for real numbers.", lambda x: transpose(x, -2, -1))


def _reversed(self):
    """The tensor with its dimensions in reverse order; of a matrix, the transpose."""
    return permute(self, tuple(range(self.array.ndim - 1, -1, -1)))


def _hermitian(self):
    """The same as `T` for a matrix of real numbers."""
    if self.array.ndim not in (0, 2):
        raise RuntimeError(f"tensor.H is only supported on matrices (2-D tensors). Got {self.array.ndim}-D tensor.")
    return transpose(self, 0, 1) if self.array.ndim else self


Tensor.T, Tensor.H = property(_reversed), property(_hermitian)  # type: ignore[assignment]


@method
def adjoint(input):
    """Transpose each matrix of a batch (and conjugate: nothing to do for real numbers)."""
    return transpose(input, -2, -1)


# ---------------------------------------------------------------- dimensions of size one


def _squeeze_name(dim):
    return "SqueezeBackward0" if dim is None else "SqueezeBackward1" if isinstance(dim, int) else "SqueezeBackward2"


@op(cast=None, view=True, node=_squeeze_name)
def squeeze(input: Array, dim=None):
    """Drop dimensions of size 1: all of them, or those named that are.

    Shape:    input (a, 1, b, 1) -> out (a, b)
    Math:     no element moves
    Gradient: dL/dx = g, in the shape of x
    """
    shape, ndim = input.shape, input.ndim
    if dim is None:
        return input.reshape([n for n in shape if n != 1])
    dims = [axis_of(ndim, d) for d in ((dim,) if isinstance(dim, int) else dim)]
    if len(set(dims)) < len(dims):
        raise RuntimeError(
            f"dim {next(d for d in dims if dims.count(d) > 1)} appears multiple times in the list of dims"
        )
    return input.reshape([n for i, n in enumerate(shape) if n != 1 or i not in dims])


squeeze.grad(input=lambda g, shape: g.reshape(shape))


@op(cast=None, view=True)
def unsqueeze(input: Array, dim):
    """Add a dimension of size 1 at `dim`.

    Shape:    input (a, b) -> out (1, a, b), (a, 1, b) or (a, b, 1)
    Math:     no element moves
    Gradient: dL/dx = g, in the shape of x
    """
    return input[(*[slice(None)] * axis_of(input.ndim + 1, dim), None)]


unsqueeze.grad(input=lambda g, shape: g.reshape(shape))


# ---------------------------------------------------------------- in place


def reshaping_form(call, name):
    """Return the method that gives a tensor itself another shape: `x.unsqueeze_(0)`. No element moves."""

    def form(self, *args, **kwargs):
        before = before_write(self)
        with enable_grad():  # the node must fit the shape, whatever is recorded
            after = call(before, *args, **kwargs)
        self.array = after.array
        if self.base is None:
            self.reshaped = tick()
        else:
            self.replay = (lambda base: call(base, *args, **kwargs), (), self.replay)
        if after.tracked:
            self.node, self.tracked = after.node, True
        storage_of(self).version += 1  # but no new stamp: the values are the same, and views of it stay good
        return self

    form.__name__ = form.__qualname__ = name
    form.__doc__ = f"In-place form of `{name[:-1]}`: this tensor takes the new shape, and is returned."
    setattr(Tensor, name, form)


for _call in (squeeze, unsqueeze, transpose, swapaxes, swapdims, t):
    reshaping_form(_call, _call.__name__ + "_")


speak(
    reshape=lambda a, shape: reshape(a, shape if isinstance(shape, tuple) else (shape,)),
    swapaxes=transpose,
    moveaxis=movedim,
    transpose=lambda a, axes=None: a.T if axes is None else permute(a, axes),
    expand_dims=unsqueeze,
    squeeze=lambda a, axis=None: squeeze(a, axis),
    ravel=ravel,
)
