"""From a list of samples to one batch: `default_collate`, and `default_convert` for samples that are not batched.

A batch of pairs becomes a pair of batches, and so on inwards, until tensors, arrays or numbers are reached: those are
stacked into one tensor.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence

import numpy as np

from .... import dtypes
from ....ops.from_data import as_tensor, tensor
from ....ops.join import stack
from ....tensor import Tensor

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]

_REFUSAL = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"
_NOT_NUMBERS = "SUO"  # NumPy's kinds of bytes, text and objects


def default_collate(batch):
    """Make one batch of a list of samples.

    Args:
        batch: samples of the same structure.

    Returns:
        Tensors and NumPy arrays are stacked along a new first dimension; numbers become a tensor (Python floats in
        float64, as in PyTorch); strings and bytes stay a list. Mappings, named tuples and sequences keep their
        structure, with a batch in the place of each entry; a plain tuple becomes a list.

    Raises:
        TypeError: for anything else. RuntimeError: if shapes or lengths differ.

    Example:
        >>> from edutorch.utils.data import default_collate
        >>> default_collate([{"x": [1, 2], "name": "a"}, {"x": [3, 4], "name": "b"}])
        {'x': [tensor([1, 3]), tensor([2, 4])], 'name': ['a', 'b']}
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def collate(batch, *, collate_fn_map=None):
    """Make one batch of a list of samples, with functions of one's own for the innermost types.

    Args:
        batch: samples of the same structure.
        collate_fn_map: from a type, or a tuple of types, to the function that makes a batch of such values; it is
            called as `function(batch, collate_fn_map=collate_fn_map)`.

    Raises:
        TypeError: for types that are no collections and not in the map.
    """
    first = batch[0]
    kind = type(first)
    functions = collate_fn_map or {}
    function = functions.get(kind)
    if function is None:
        function = next((made for types, made in functions.items() if isinstance(first, types)), None)
    if function is not None:
        return function(batch, collate_fn_map=collate_fn_map)

    def together(values):
        return collate(values, collate_fn_map=collate_fn_map)

    if isinstance(first, Mapping):
        return _like_mapping(first, {key: together([sample[key] for sample in batch]) for key in first})
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return kind(*map(together, zip(*batch, strict=False)))
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [together(values) for values in zip(*batch, strict=True)]
        return columns if isinstance(first, tuple) else _like_sequence(first, columns)
    raise TypeError(_REFUSAL.format(kind))


def default_convert(data):
    """Turn the NumPy arrays and scalars in a sample into tensors, and leave the rest as it is.

    Example:
        >>> from edutorch.utils.data import default_convert
        >>> import numpy as np
        >>> default_convert({"x": np.arange(3), "name": "a"})
        {'x': tensor([0, 1, 2]), 'name': 'a'}
    """
    if isinstance(data, Tensor):
        return data
    if isinstance(data, np.ndarray | np.generic) and not isinstance(data, np.str_):
        return data if isinstance(data, np.ndarray) and data.dtype.kind in _NOT_NUMBERS else as_tensor(data)
    if isinstance(data, Mapping):
        return _like_mapping(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        entries = [default_convert(entry) for entry in data]
        return entries if isinstance(data, tuple) else _like_sequence(data, entries)
    return data


def _like_mapping(model, entries):
    """Return a dictionary's entries in a mapping of the model's own type, where such a type lets itself be made."""
    try:
        if not isinstance(model, MutableMapping):
            return type(model)(entries)
        own = copy.copy(model)  # it may hold more than its entries
        own.update(entries)
        return own
    except TypeError:
        return entries


def _like_sequence(model, entries):
    """Return a list's entries in a sequence of the model's own type, where such a type lets itself be made."""
    if type(model) is list:
        return entries
    try:
        if not isinstance(model, MutableSequence):
            return type(model)(entries)
        own = copy.copy(model)
        for i, entry in enumerate(entries):
            own[i] = entry
        return own
    except TypeError:
        return entries


# ---------------------------------------------------------------- the innermost values


def collate_tensor_fn(batch, *, collate_fn_map=None):
    """Stack tensors."""
    return stack(batch, 0)


def collate_numpy_array_fn(batch, *, collate_fn_map=None):
    """Stack NumPy arrays as a tensor."""
    dtype = batch[0].dtype
    if dtype.kind in _NOT_NUMBERS:
        raise TypeError(_REFUSAL.format(dtype))
    return collate([as_tensor(array) for array in batch], collate_fn_map=collate_fn_map)


def collate_numpy_scalar_fn(batch, *, collate_fn_map=None):
    """Make a tensor of NumPy's numbers, in their own dtype."""
    return as_tensor(np.array(batch) if len({*map(type, batch)}) == 1 else batch)


def collate_float_fn(batch, *, collate_fn_map=None):
    """Make a tensor of Python floats, in double precision."""
    return tensor(batch, dtype=dtypes.float64)


def collate_int_fn(batch, *, collate_fn_map=None):
    """Make a tensor of Python integers or booleans."""
    return tensor(batch)


def collate_str_fn(batch, *, collate_fn_map=None):
    """Leave strings and bytes as they are."""
    return batch


default_collate_fn_map = {
    Tensor: collate_tensor_fn,
    np.ndarray: collate_numpy_array_fn,
    (np.bool_, np.number, np.object_): collate_numpy_scalar_fn,
    float: collate_float_fn,
    int: collate_int_fn,
    str: collate_str_fn,
    bytes: collate_str_fn,
}
