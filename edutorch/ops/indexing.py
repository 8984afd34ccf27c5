"""Reading with square brackets: `x[0]`, `x[:, 1:3]`, `x[mask]`, `x[rows, columns]`. (Writing is in `assignment.py`.)

An index is taken in two steps, as in PyTorch. The basic part (numbers, slices, None, Ellipsis) gives a view and costs
nothing. What is left, tensors of positions and masks, gathers a copy: the dimensions that the tensors index become
one block, which stands where they stood, or in front if something stood between them.
"""

from __future__ import annotations

import numpy as np

from .. import dtypes
from ..backends import expect_inside, like, on_host
from ..errors import type_name, with_remedy
from ..op import Array, op
from ..tensor import Tensor, method
from .accumulate import add_at
from .layout import row_by_row, take_slices

__all__: list[str] = []

_ALL = slice(None)


# ---------------------------------------------------------------- the basic part: a view


def step_name(input, index):
    """Return PyTorch's name for the last step of a basic index; it takes a view for each entry that does something."""
    if Ellipsis not in index:  # a single slice, even one of everything
        return "SliceBackward0"
    name, axis = "AliasBackward0", 0
    for entry in index:
        if entry is None:
            name = "UnsqueezeBackward0"
        elif entry is Ellipsis:
            axis += input.ndim - sum(type(e) in (int, slice) for e in index)
        else:
            if type(entry) is int:
                name = "SelectBackward0"
            elif entry.indices(input.shape[axis]) != (0, input.shape[axis], 1):
                name = "SliceBackward0"
            axis += 1
    return name


@op(cast=None, view=True, method=False, node=step_name)
def getitem(input: Array, index):
    """Take a part of a tensor without copying: a view. `index` is a tuple of ints, slices, None and Ellipsis.

    Shape:    input (n, ...) -> out: an int drops its dimension, a slice shortens it, None adds one of size 1
    Math:     y = x[index]
    Gradient: dL/dx is 0, but for dL/dx[index] = g
    Raises:   IndexError for a number out of range, or more numbers than dimensions
    """
    try:
        return input[index]
    except IndexError:
        raise explained(input, index) from None


@op(cast=None, method=False, out=False, node="SliceBackward0")
def place(xp, input: Array, shape_, index):
    """Set a part of a tensor of zeros: the gradient of `getitem`.

    Shape:    input, of the shape of out[index] -> out, of the given shape
    Math:     y[index] = x, 0 elsewhere
    Gradient: dL/dx = g[index]
    """
    out = xp.zeros(shape_, input.dtype)
    out[index] = input
    return out


getitem.grad(input=lambda g, shape, index: place.both(g, shape, index))
place.grad(input=lambda g, index: getitem.both(g, index))


def explained(array, index):
    """Return PyTorch's error for an index that NumPy refused."""
    used = sum(type(entry) in (int, slice) for entry in index)
    if used <= array.ndim:
        return _number_out_of_range(array, index, array.ndim - used)
    if array.ndim or used > 1 or len(index) > 2:
        return IndexError(with_remedy(
            f"too many indices for tensor of dimension {array.ndim}",
            f"The tensor has shape {array.shape}; the index names {used} dimensions."))  # fmt: skip
    if index[0] is Ellipsis:
        return IndexError("too many indices for tensor of dimension 0")
    if type(index[0]) is slice:
        return IndexError("slice() cannot be applied to a 0-dim tensor.")
    return IndexError("invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to "
                      "convert a 0-dim tensor to a number")  # fmt: skip


def _number_out_of_range(array, index, skipped):
    """Return PyTorch's error for a number that is too large; it counts dimensions by the entries of the index."""
    numbers, axis = [], 0
    for position, entry in enumerate(index):
        if type(entry) is int:
            numbers.append((entry, position, array.shape[axis]))
        axis += skipped if entry is Ellipsis else entry is not None
    number, position, size = next((k, p, n) for k, p, n in numbers if not -n <= k < n)
    if abs(number) >= 2**63:
        return ValueError("Overflow when unpacking long long")
    sentence = f"index {number} is out of bounds for dimension {position} with size {size}"
    return IndexError(with_remedy(sentence, _range_of(size)))


# ---------------------------------------------------------------- the advanced part: a copy


@op(cast=None, method=False, out=False, node="IndexBackward0")
def gather_at(input: Array, indices):
    """Gather elements at positions. `indices` is a tuple of integer arrays, masks, and full slices.

    Shape:    input (n, *), indices (I) each, broadcast together -> out (I, *), where one index is given
    Math:     y[i, ...] = x[index[i], ...]
    Gradient: dL/dx[j, ...] = the sum of g[i, ...] over all i with index[i] = j
    Raises:   IndexError for positions out of range, masks of another shape, positions that do not broadcast
    """
    last = indices[-1]
    expect_positions(input, indices)
    try:
        if last.dtype.kind != "b" and all(type(i) is slice for i in indices[:-1]):
            return take_slices(input, last, len(indices) - 1)
        return row_by_row(input[indices])
    except IndexError:
        check_positions(input, indices)
        raise


@op(cast=None, method=False, out=False, node="IndexPutBackward0")
def scatter_at(xp, input: Array, shape_, indices):
    """Add elements up at positions in a tensor of zeros: the gradient of `gather_at`.

    Shape:    input, of the shape of out[indices] -> out, of the given shape
    Math:     y[j, ...] = the sum of x[i, ...] over all i with index[i] = j
    Gradient: dL/dx[i, ...] = g[index[i], ...]
    """
    return add_at(xp, shape_, indices, input)


gather_at.grad(input=lambda g, shape, indices: scatter_at.both(g, shape, indices))
scatter_at.grad(input=lambda g, indices: gather_at.both(g, indices))


def check_positions(array, indices):
    """Raise PyTorch's error where positions are out of range or do not fit together."""
    axis, number, shapes = 0, 0, []  # PyTorch counts the indexed dimensions alone
    for index in indices:
        if type(index) is slice:
            axis += 1
        elif index.dtype.kind == "b":
            for k, n in enumerate(index.shape):
                if array.shape[axis + k] != n:
                    raise IndexError(with_remedy(
                        f"The shape of the mask {list(index.shape)} at index {k} does not match the shape of the "
                        f"indexed tensor {list(array.shape)} at index {axis + k}",
                        "A mask has the sizes of the dimensions it selects from."))  # fmt: skip
            axis, number = axis + index.ndim, number + index.ndim
            shapes.append([int(index.sum())])
        else:
            check_range(index, number, array.shape[axis])
            axis, number = axis + 1, number + 1
            shapes.append(list(index.shape))
    if len(shapes) > 1:
        try:
            np.broadcast_shapes(*shapes)
        except ValueError:
            raise IndexError(
                "shape mismatch: indexing tensors could not be broadcast together with shapes "
                + ", ".join(map(str, shapes))
            ) from None


def expect_positions(array, indices):
    """Let the next wait for a device raise an error where positions are out of range; NumPy looks by itself."""
    if on_host(array):
        return
    axis = 0
    for index in indices:
        if type(index) is not slice and index.dtype.kind != "b":
            check_range(index, axis, array.shape[axis])
        axis += 1 if type(index) is slice or index.dtype.kind != "b" else index.ndim


def check_range(index, axis, size, kind: type[Exception] = IndexError, wrap=True, prefix=""):
    """Raise an error of the given kind if a position is not in [-size, size), or without `wrap` in [0, size)."""
    lowest = -size if wrap else 0
    if not index.size:
        return
    if not size and wrap:
        raise kind("index is out of bounds for dimension with size 0")
    if not on_host(index):
        expect_inside(index, lowest, size, f"{prefix}an index is out of bounds for dimension {axis} with size {{size}}")
        return
    if wrap:
        inside = lowest <= index.min() and index.max() < size
    else:  # one pass will do: as unsigned numbers, the negative ones are huge
        inside = index.view(f"u{index.itemsize}").max() < size
    if inside:
        return
    wrong = index[(index < lowest) | (index >= size)].flat[0]
    sentence = f"{prefix}index {wrong} is out of bounds for dimension {axis} with size {size}"
    raise kind(with_remedy(sentence, _range_of(size) if wrap else f"Indices run from 0 to {size - 1}."))


def _range_of(size):
    return f"Indices run from 0 to {size - 1}, or from -{size} to -1 counted from the end." if size else "It is empty."


# ---------------------------------------------------------------- what the brackets hold

_BASIC = frozenset((int, type(None), type(Ellipsis)))
_BOUND = frozenset((int, type(None)))
_PLAIN = frozenset((dtypes.INT64, dtypes.BOOL))
_KEPT = (int, slice, type(None), type(Ellipsis))


def basic_index(index):
    """Return the tuple for an index with a basic part alone, or None."""
    kind = type(index)
    if kind is int:
        return (index, Ellipsis)  # the Ellipsis makes NumPy return a 0-d view instead of a number
    for entry in index if kind is tuple else (index,):
        if type(entry) is slice:  # steps, and bounds that are tensors, are looked at in `_entry`
            if entry.step is not None or type(entry.start) not in _BOUND or type(entry.stop) not in _BOUND:
                return None
        elif type(entry) not in _BASIC:
            return None
    if kind is tuple:
        ellipses = index.count(Ellipsis)
        return (*index, Ellipsis) if not ellipses else index if ellipses == 1 else None
    return (index,) if index is Ellipsis or kind is slice else (None, Ellipsis)


def split_index(tensor, index):
    """Split an index into its basic part, and what is left for the view that the basic part gives.

    Returns:
        The basic index, or None if it would change nothing; and a tuple of positions, masks, full slices, or None.
    """
    kind = type(tensor.array)
    plain = type(index) is Tensor and type(index.array) is kind and index.array.dtype in _PLAIN
    if plain and 0 < index.array.ndim <= tensor.array.ndim:
        return None, (index.array,)
    if type(index) is tuple and len(index) <= tensor.array.ndim and all(_are_positions(e, kind) for e in index):
        return None, tuple(e.array for e in index)
    entries = list(index) if isinstance(index, tuple) or _is_tuple_like(index) else [index]
    entries = [_entry(e) for e in entries]
    entries = [e if isinstance(e, _KEPT) or type(e) is kind else _brought(e, tensor) for e in entries]
    while sum(e is Ellipsis for e in entries) > 1 and entries[-1] is Ellipsis:
        entries.pop()  # PyTorch accepts more of them, if nothing follows
    consumed = sum(_dimensions(e) for e in entries)
    if consumed > tensor.ndim:
        raise IndexError(with_remedy(
            f"too many indices for tensor of dimension {tensor.ndim}",
            f"The tensor has shape {tuple(tensor.shape)}; the index names {consumed} dimensions."))  # fmt: skip
    if not any(e is Ellipsis for e in entries):
        entries.append(Ellipsis)
    basic, positions = [], []  # the second runs over the dimensions of the view that the first gives
    for entry in entries:
        if not isinstance(entry, _KEPT):
            if entry.ndim == 0:  # a single boolean: a new dimension of size 1, kept or emptied
                basic.append(None)
                entry = entry.reshape(1)
            else:
                basic += [_ALL] * _dimensions(entry)
            positions.append(entry)
        else:
            basic.append(entry)
            if entry is Ellipsis:
                positions += [_ALL] * (tensor.ndim - consumed)
            elif type(entry) is not int:
                positions.append(_ALL)
    while positions and type(positions[-1]) is slice:
        positions.pop()
    if positions and all(e is Ellipsis or e == _ALL for e in basic):
        return None, tuple(positions)
    return tuple(basic), tuple(positions) or None


def _are_positions(entry, kind):
    if type(entry) is not Tensor or type(entry.array) is not kind:
        return False
    return entry.array.dtype is dtypes.INT64 and entry.array.ndim > 0


def _brought(positions, tensor):
    """Return positions where the tensor lies.

    Raises:
        RuntimeError: if the tensor lies on the CPU, and they do not.
    """
    if on_host(tensor.array):
        raise RuntimeError("indices should be either on cpu or on the same device as the indexed tensor (cpu)")
    return like(positions, tensor.array)


def _is_tuple_like(index):
    """Whether a list is read as a tuple, as old NumPy did: it holds slices, None, tensors or further lists."""
    told_by = (slice, Tensor, list, tuple, range, np.ndarray, type(None), type(Ellipsis))
    return type(index) is list and len(index) < 32 and any(isinstance(e, told_by) for e in index)


def _dimensions(entry):
    """Return how many dimensions an entry uses up."""
    if entry is None or entry is Ellipsis:
        return 0
    return entry.ndim if not isinstance(entry, _KEPT) and entry.dtype.kind == "b" else 1


def _entry(entry):
    """Return an index entry as an int, a slice of ints, None, Ellipsis, or an array of positions or booleans."""
    kind = type(entry)
    if kind in _BASIC:
        return entry
    if kind is slice:
        return _slice(entry)
    if kind is bool:
        return np.array(entry)
    if isinstance(entry, Tensor):
        return _positions(entry.array)
    if isinstance(entry, np.ndarray):
        return _positions(np.asarray(entry, np.int64) if entry.dtype.kind == "f" else entry)
    if isinstance(entry, (list, tuple, range, str)):
        return _from_list(entry)
    if hasattr(entry, "__index__") and not isinstance(entry, np.bool):
        return entry.__index__()
    raise IndexError("only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
                     f"(got {type_name(entry)})")  # fmt: skip


def _slice(entry):
    bounds = []
    for bound in (entry.start, entry.stop, entry.step):
        if bound is not None and not hasattr(bound, "__index__"):
            raise TypeError("slice indices must be integers or None or have an __index__ method")
        bounds.append(None if bound is None else bound.__index__())
    if bounds[2] == 0:
        raise ValueError("slice step cannot be zero")
    if bounds[2] is not None and bounds[2] < 0:
        raise ValueError(with_remedy("step must be greater than zero", "To reverse a dimension: x.flip(dim)."))
    return slice(*bounds)


def _positions(array):
    """Return an index array as booleans, positions, or (0-d) an int."""
    if array.dtype == np.uint8:
        array = array != 0  # bytes were PyTorch's first masks
    if array.dtype.kind == "b":
        return array
    if array.dtype not in (np.int64, np.int32):
        raise IndexError(with_remedy(
            "tensors used as indices must be long, int, byte or bool tensors",
            f"This one is torch.{array.dtype.name}: use index.long()."))  # fmt: skip
    return array if array.ndim else int(array)


def _from_list(values):
    array = np.array([v.tolist() if isinstance(v, Tensor) else v for v in values])
    if array.dtype.kind not in "iubf":
        raise TypeError(f"new(): invalid data type '{type(values[0]).__name__}'")
    return array if array.dtype.kind == "b" else array.astype(np.int64)


# ---------------------------------------------------------------- reading


@method
def __getitem__(self, index):
    """Return the part of the tensor that an index names: a view for numbers and slices, a copy for lists and masks."""
    basic = basic_index(index)
    if basic is not None:
        return getitem(self, basic)
    basic, positions = split_index(self, index)
    part = self if basic is None else getitem(self, basic)
    return part if positions is None else gather_at(part, kept(part, positions))


def kept(tensor, positions):
    """Return positions that the backward pass can rely on, even if the user writes to the index meanwhile."""
    if not tensor.tracked:
        return positions
    return tuple(p if type(p) is slice else p.copy() for p in positions)
