"""Tensors in files: which memory they lie in, and where in it.

A tensor is saved as a call of `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)`, so that views
stay views and memory is written once. Rebuilding checks every number before it touches memory.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict

import numpy as np

from .. import dtypes
from ..backends import XP, backend_of, on_host, to_host
from ..nn.parameter import Buffer, Parameter
from ..tensor import Tensor, memory_of, wrap
from .refusal import senseless, shown
from .storages import TYPED, UNTYPED, Storage

_BEYOND = 1 << 48  # no memory has so many elements: larger numbers would overflow NumPy's


# ---- reading


def rebuild_tensor(storage, offset, size, stride, requires_grad, hooks, metadata=None):
    """Return a tensor in a storage of its dtype (`torch._utils._rebuild_tensor_v2`)."""
    if not isinstance(storage, Storage) or storage.dtype is None:
        raise senseless("a tensor's storage has no dtype")
    return _tensor(storage, storage.dtype, offset, size, stride, requires_grad)


def rebuild_untyped(storage, offset, size, stride, requires_grad, hooks, dtype, metadata=None):
    """Return a tensor in a storage of bytes (`torch._utils._rebuild_tensor_v3`)."""
    if not isinstance(storage, Storage) or not isinstance(dtype, dtypes.dtype):
        raise senseless("a tensor lacks its storage or its dtype")
    if dtype is dtypes.bool:  # of a storage of its own dtype, each byte was made 0 or 1
        raise senseless("a tensor of booleans in a storage without dtype")
    return _tensor(storage, dtype, offset, size, stride, requires_grad)


def _tensor(storage, dtype, offset, size, stride, requires_grad):
    size, stride = _sizes(size), _sizes(stride)
    (offset,) = _sizes((offset,))
    if len(size) != len(stride) or len(size) > 64:
        raise senseless(f"a tensor of {len(size)} sizes and {len(stride)} strides is not possible")
    if not isinstance(requires_grad, bool) or (requires_grad and not dtype.is_floating_point):
        raise senseless(f"a tensor of {dtype} cannot have requires_grad={shown(requires_grad)}")
    available = storage.nbytes() // dtype.itemsize
    needed = 0 if 0 in size else offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True)) + 1
    if needed > available:
        raise senseless(
            f"a tensor of size {size}, stride {stride} and offset {offset} reaches beyond its storage of {available} "
            "elements"
        )
    step = dtype.itemsize
    start, steps = offset * step if needed else 0, [n * step for n in stride]
    if on_host(storage.bytes):
        t = wrap(np.ndarray(size, dtype.numpy, storage.bytes, start, steps))
    else:
        elements = storage.bytes[start : needed * step].view(dtype.numpy)
        t = wrap(XP[type(elements)].lib.stride_tricks.as_strided(elements, size, steps))
    t.tracked = requires_grad
    return t


def _sizes(numbers):
    if not isinstance(numbers, (tuple, list)) or not all(type(n) is int and 0 <= n < _BEYOND for n in numbers):
        raise senseless("sizes, strides and offsets of tensors must be whole numbers, not negative and not huge")
    return tuple(numbers)


def rebuild_parameter(data, requires_grad, hooks):
    """Return a parameter (`torch._utils._rebuild_parameter`)."""
    if not isinstance(data, Tensor) or not isinstance(requires_grad, bool):
        raise senseless("a parameter is not made of a tensor")
    if requires_grad and not data.is_floating_point():
        raise senseless(f"a parameter of {data.dtype} cannot require grad")
    return Parameter(data, requires_grad)


def rebuild_parameter_with_state(data, requires_grad, hooks, state):
    """Return a parameter with attributes of its own (`torch._utils._rebuild_parameter_with_state`)."""
    return _with_attributes(rebuild_parameter(data, requires_grad, hooks), state)


def rebuild_with_state(function, kind, arguments, state):
    """Return a tensor of a class of its own, or with attributes (`torch._tensor._rebuild_from_type_v2`)."""
    known = any(function is f for f in (rebuild_tensor, rebuild_untyped, rebuild_parameter))
    if not known or not isinstance(arguments, tuple):
        raise senseless("a tensor with attributes is not made of a tensor")
    if not (isinstance(kind, type) and issubclass(kind, Tensor)):
        raise senseless("a tensor with attributes has a class that is none of tensors")
    t = function(*arguments)
    if isinstance(state, dict) and state.get("_is_buffer"):
        t = Buffer(t, persistent=bool(state.get("persistent", True)))
        state = {name: value for name, value in state.items() if name not in ("_is_buffer", "persistent")}
    elif type(t) is not kind:
        own = object.__new__(kind)
        vars(own).update(vars(t))
        t = own
    return _with_attributes(t, state)


def _with_attributes(t, state):
    """Give a tensor the attributes its maker gave it, and none of those that make it a tensor."""
    if state is not None and not isinstance(state, dict):
        raise senseless("the attributes of a tensor are no dictionary")
    for name, value in (state or {}).items():
        if not isinstance(name, str) or _is_engines(name):
            raise senseless(f"{shown(name)} is not an attribute that a file may set on a tensor")
        vars(t)[name] = value
    return t


def _is_engines(name):
    """Whether an attribute is one of those that make a tensor what it is."""
    return name == "array" or name.startswith("__") or hasattr(Tensor, name)


# ---- writing


class Memory:
    """Which memory tensors lie in: each piece has a name, a number, and is kept alive until it is written.

    Attributes:
        pieces: the name of each, and (array of uint8, dtype).
    """

    def __init__(self):
        self.pieces = {}
        self.names = {}  # (address, size, kind of array) -> name
        self.kept = []  # arrays on devices: what is written is a copy, and their addresses must stay theirs

    def place(self, array):
        """Return (name of the memory, its elements, offset, strides) of an array.

        Raises:
            RuntimeError: if a tensor of another dtype lies in the same memory.
        """
        array, root, offset = _in_memory(array)
        dtype = dtypes.of(array)
        key = backend_of(root).address(root), root.nbytes, type(root)
        name = self.names.setdefault(key, str(len(self.names)))
        if name not in self.pieces:
            self.pieces[name] = to_host(root).ravel(order="K").view(np.uint8), dtype
            if not on_host(root):
                self.kept.append(root)
        elif self.pieces[name][1] is not dtype:
            raise RuntimeError("Cannot save multiple tensors or storages that view the same data as different types")
        return name, root.nbytes // array.itemsize, offset, wrap(array).stride()


def _in_memory(array):
    """Return (array, array that owns its memory, elements in memory before its first one).

    An array in memory of another kind (with gaps, or elements of another size, or read backwards) becomes a copy.
    """
    root = memory_of(array)
    address = backend_of(array).address
    before = address(array) - address(root)
    fits = (
        root.flags.forc
        and not (root.nbytes % array.itemsize or before % array.itemsize)
        and all(step >= 0 and step % array.itemsize == 0 for step in array.strides)
    )
    if array.size and fits:
        return array, root, before // array.itemsize
    copy = array.copy("C")
    return copy, copy, 0


class Place:
    """A piece of memory, as the pickle names it: the pickler writes it as a persistent id."""

    def __init__(self, kind, name, location, numel):
        self.id = ("storage", kind, name, location, numel)


def reduce_tensor(t, memory):
    """Return how a tensor is made again: (function, arguments), and its attributes as part of the arguments."""
    if t.hooks:
        for hook in t.hooks:
            warnings.warn(f"backward hook {hook!r} on tensor will not be serialized.", stacklevel=6)
    state = {name: value for name, value in vars(t).items() if not _is_engines(name)}
    if type(t) is Parameter:
        arguments = (t.data, t.requires_grad, OrderedDict())
        return (rebuild_parameter_with_state, (*arguments, state)) if state else (rebuild_parameter, arguments)
    function, arguments = _reduce_plain(t, memory)
    kind = type(t)
    if kind is Buffer:
        kind, state = Tensor, {**state, "persistent": t.persistent, "_is_buffer": True}
    if kind is Tensor and not state:
        return function, arguments
    return rebuild_with_state, (function, kind, arguments, state)


def _reduce_plain(t, memory):
    location, kind = str(t.device), TYPED.get(f"{t.dtype.legacy}Storage", UNTYPED)
    name, numel, offset, stride = memory.place(t.array)
    place = Place(kind, name, location, numel if kind.dtype else numel * t.itemsize)
    arguments = (place, offset, tuple(t.array.shape), stride, t.requires_grad, OrderedDict())
    return (rebuild_tensor, arguments) if kind.dtype else (rebuild_untyped, (*arguments, t.dtype))
