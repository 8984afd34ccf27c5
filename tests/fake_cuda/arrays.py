"""The stand-in for `cupy.ndarray`: a NumPy array inside, CuPy's manners outside."""

from __future__ import annotations

import warnings

import numpy as np

from . import capture, memory
from .counts import count
from .names import TABLE, check_arguments

CURRENT = [0]  # the number of the current device

_WAITS = {"nonzero", "item", "tolist", "get", "dump", "dumps", "tobytes", "tofile"}
_LIBRARY = {"dot"}
_WRITES = {"sort", "partition", "put"}
_THRUST = {"sort", "argsort", "lexsort", "partition", "argpartition", "sort_complex", "msort"}


def unwrap(value, inside=False):
    """Return what NumPy computes with in the place of an argument.

    Raises:
        TypeError: for NumPy arrays, which CuPy's functions refuse. ValueError: for arrays on another device.
    """
    if type(value) is FakeArray:
        if value.index != CURRENT[0]:
            raise ValueError(
                f"The device where the array resides ({value.index}) is different from the current device "
                f"({CURRENT[0]}). Peer access is unavailable between these devices."
            )
        return value.inner
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)([unwrap(v, True) for v in value])
    return value


def wrap(result, source=None, kind="launch"):
    """Return what CuPy gives for NumPy's result: an array, also for a single number; counted unless it is a view."""
    if isinstance(result, (tuple, list)):
        shapes = tuple if isinstance(result, tuple) else list
        found = shapes([wrap(r, source, None) for r in result])
        if kind and any(type(f) is FakeArray and f.base is None for f in found):
            count(kind)
        return found
    if not isinstance(result, (np.ndarray, np.generic)):
        return result
    array = np.asarray(result)
    base = None
    if source is not None and (array is source.inner or root(array) is root(source.inner)):
        base = source if source.base is None else source.base
        if not array.flags.writeable:  # CuPy's views can be written
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                array.flags.writeable = True
    elif kind:
        count(kind)
    return FakeArray(array, CURRENT[0] if source is None else source.index, base)


def computed(compute, source=None, kind="launch"):
    """Return what CuPy gives for a result of NumPy, which `compute` computes: now, and at each launch of a graph."""
    with np.errstate(all="ignore"):
        result = compute()
    array = wrap(result, source, kind)
    if type(array) is FakeArray:
        if array.base is None:
            capture.made(compute, array.inner)
    elif isinstance(array, (tuple, list)):
        for i, one in enumerate(array):
            if type(one) is FakeArray and one.base is None:
                capture.made(lambda i=i: compute()[i], one.inner)
    return array


def into(out, compute):
    """Write what `compute` computes to an array, and return that array."""
    count("launch")
    inner = unwrap(out)
    capture.do(lambda: inner.__setitem__(..., compute()))
    return out


def kind_of(name, library=False):
    """Return what a call counts as: taking memory is no launch; thrust waits for what it sorts, unless captured."""
    if name in ("empty", "empty_like"):
        return None
    return "library" if library else "sync" if name in _THRUST and capture.now() is not None else "launch"


def root(array):
    """Return the NumPy array that owns the memory."""
    owner = array
    while array is not None:
        owner = array if isinstance(array, np.ndarray) else owner
        array = getattr(array, "base", None)
    return owner


class Flags:
    """Like `cupy.ndarray.flags`, which has fewer names than NumPy's."""

    def __init__(self, array):
        self._array = array

    def __getattr__(self, name):
        if name not in TABLE["flag"]:
            raise AttributeError(f"'cupy._core.flags.Flags' object has no attribute '{name}'")
        if name == "owndata":
            return self._array.base is None
        return getattr(self._array.inner.flags, name)


class Memory:
    """Like `cupy.cuda.MemoryPointer`."""

    def __init__(self, array):
        memory.note(root(array.inner))
        self.ptr, self.device_id = array.inner.__array_interface__["data"][0], array.index
        self.mem = root(array.inner)


class FakeArray:
    """An array on the stand-in device."""

    __slots__ = ("inner", "index", "base", "__weakref__")
    __array_priority__ = 100
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, inner, index=0, base=None):
        self.inner, self.index, self.base = inner, index, base

    def __del__(self, freed=capture.freed):
        if self.base is None:
            freed(self.inner)

    shape = property(lambda self: self.inner.shape)
    dtype = property(lambda self: self.inner.dtype)
    ndim = property(lambda self: self.inner.ndim)
    size = property(lambda self: self.inner.size)
    itemsize = property(lambda self: self.inner.itemsize)
    nbytes = property(lambda self: self.inner.nbytes)
    strides = property(lambda self: self.inner.strides)
    flags = property(Flags)
    data = property(Memory)
    T = property(lambda self: wrap(self.inner.T, self))
    mT = property(lambda self: wrap(self.inner.mT, self))

    def __array__(self, *args, **kwargs):
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct a NumPy array "
            "explicitly."
        )

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        from .library import cupy

        if method != "__call__":
            return NotImplemented
        if isinstance(kwargs.get("out"), tuple):
            (kwargs["out"],) = kwargs["out"]
        return getattr(cupy, ufunc.__name__)(*inputs, **kwargs)

    def __array_function__(self, function, types, args, kwargs):
        from .library import cupy

        return getattr(cupy, function.__name__)(*args, **kwargs)

    def __repr__(self):
        return f"FakeArray({self.inner!r}, device={self.index})"

    def __len__(self):
        return len(self.inner)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    # ---- the host waits

    def get(self, stream=None, order="C", out=None, blocking=True):
        count("sync")
        return self.inner.copy(order=order)

    def item(self):
        return self.get().item()

    def tolist(self):
        return self.get().tolist()

    def __bool__(self):
        return bool(self.get())

    def __int__(self):
        return int(self.get())

    def __float__(self):
        return float(self.get())

    # ---- indexing

    def __getitem__(self, index):
        found, advanced = _index(self, index)
        if not advanced:
            result = self.inner[found()]
            if isinstance(result, np.generic):
                index = found()
                result = self.inner[(*index, ...)] if isinstance(index, tuple) else self.inner[index, ...]
            return wrap(result, self)
        inner = self.inner
        return computed(lambda: inner[found()])

    def __setitem__(self, index, value):
        count("launch")
        found, _ = _index(self, index, type(value) is FakeArray and value.size != 1)
        inner = self.inner
        if type(value) is not FakeArray:
            if isinstance(value, np.ndarray) and value.shape:
                raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
            if isinstance(value, (list, tuple)):
                raise TypeError(f"Unsupported type {type(value)}")
        else:
            value = unwrap(value)
        capture.do(lambda: inner.__setitem__(found(), value))

    def scatter_add(self, slices, value):
        _scatter(np.add, self, slices, value)

    def scatter_max(self, slices, value):
        _scatter(np.maximum, self, slices, value)

    def scatter_min(self, slices, value):
        _scatter(np.minimum, self, slices, value)

    # ---- as NumPy's, with CuPy's arguments

    def view(self, dtype=None, type=None):
        return wrap(self.inner.view() if dtype is None else self.inner.view(dtype), self)

    def astype(self, dtype, order="K", casting=None, subok=None, copy=True):
        if not copy and self.dtype == dtype:
            return self
        inner = self.inner
        return computed(lambda: inner.astype(dtype, order=order))

    def take(self, indices, axis=None, out=None):
        from .library import cupy

        return cupy.take(self, indices, axis)

    def repeat(self, repeats, axis=None):
        from .library import cupy

        return cupy.repeat(self, repeats, axis)

    def fill(self, value):
        self[...] = value

    def set(self, arr, stream=None):
        if type(arr) is not np.ndarray or (arr.dtype, arr.shape) != (self.dtype, self.shape):
            raise TypeError(f"{type(arr)} cannot be set to a {self.dtype} array of shape {self.shape}")
        if not (self.flags.c_contiguous or self.flags.f_contiguous):
            raise RuntimeError("Cannot set to non-contiguous array")
        inner = unwrap(self)
        if capture.now() is None:
            count("copy")
            inner[...] = arr
        else:  # CUDA takes it, says nothing, and copies at each launch what lies in the host's memory by then
            count("launch")
            capture.do(lambda: capture.poison(inner))


def _scatter(ufunc, array, slices, value):
    if array.dtype.kind not in "fiu" or array.dtype.itemsize < 2 or array.dtype == np.int16:
        raise TypeError(
            f"scatter_{ufunc.__name__} supports only int32, int64, uint32, uint64, float16, float32, float64"
        )
    count("launch")
    (found, _), inner, value = _index(array, slices, True), array.inner, unwrap(value)
    capture.do(lambda: ufunc.at(inner, found(), value))


def _index(array, index, needs_size=True):
    """Return what gives an index for NumPy, and whether it names positions or masks.

    It reads positions when it is called; those out of range wrap around, as in CuPy.
    """
    unwrap(array)
    entries = list(index) if isinstance(index, tuple) else [index]
    advanced, axis, wrapping = False, 0, {}
    for i, entry in enumerate(entries):
        if isinstance(entry, np.ndarray) and not isinstance(entry, np.generic):
            raise TypeError(f"Unsupported type {type(entry)}")  # CuPy would copy it to the device each time
        if isinstance(entry, list):
            count("copy")
            entries[i], advanced = np.asarray(entry, np.int64 if not entry else None), True
        elif type(entry) is FakeArray:
            advanced = True
            entries[i] = unwrap(entry)
            if entry.dtype == bool:
                axis += entry.ndim - 1
                if needs_size:
                    count("sync")
            elif entry.dtype.kind not in "iu":
                raise IndexError("arrays used as indices must be of integer or boolean type.")
            elif Ellipsis not in [e for e in entries[:i] if e is Ellipsis]:
                wrapping[i] = max(array.shape[axis], 1)
        axis += entry is not None and entry is not Ellipsis

    def found():
        place = [entry % wrapping[i] if i in wrapping else entry for i, entry in enumerate(entries)]
        return tuple(place) if isinstance(index, tuple) else place[0]

    return found, advanced


def _method(name, signature):
    def call(self, *args, **kwargs):
        check_arguments(f"ndarray.{name}", signature, args, kwargs)
        count("sync") if name in _WAITS else None
        out = kwargs.pop("out", None)
        if "kind" in kwargs or name in ("sort", "argsort"):
            kwargs["kind"] = "stable"
        method = getattr(unwrap(self), name)
        inner, named = [unwrap(a) for a in args], {k: unwrap(v) for k, v in kwargs.items()}
        if name in _WRITES:
            count("sync" if name in _THRUST and capture.now() else "launch")
            return capture.do(lambda: method(*inner, **named))
        if out is not None:
            return into(out, lambda: method(*inner, **named))
        return computed(lambda: method(*inner, **named), self, kind_of(name, name in _LIBRARY))

    call.__name__ = name
    return call


for _name, _signature in TABLE["method"].items():
    if _name not in vars(FakeArray) and hasattr(np.ndarray, _name):
        setattr(FakeArray, _name, _method(_name, _signature))


def _operator(name):
    ufunc_method = getattr(np.ndarray, name)

    def apply(self, *others):
        from .library import accepts

        for other in others:
            if not accepts(other):
                if isinstance(other, np.ndarray):
                    raise TypeError(f"Unsupported type {type(other)}")
                return NotImplemented
        inner, operands = unwrap(self), [unwrap(o) for o in others]
        if name.startswith("__i") and name != "__invert__":
            count("library" if "matmul" in name else "launch")
            capture.do(lambda: ufunc_method(inner, *operands), check=lambda: ufunc_method(inner.copy(), *operands))
            return self
        return computed(lambda: ufunc_method(inner, *operands), None, "library" if "matmul" in name else "launch")

    return apply


for _name in TABLE["operator"]:
    if _name not in vars(FakeArray) and hasattr(np.ndarray, _name):
        setattr(FakeArray, _name, _operator(_name))
