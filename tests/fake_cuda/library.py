"""The stand-in for the module `cupy`: NumPy's functions under CuPy's names, with CuPy's arguments and refusals."""

from __future__ import annotations

import numpy as np

from . import arrays, capture, runtime
from .arrays import CURRENT, FakeArray, computed, into, kind_of, unwrap
from .counts import count
from .names import TABLE, check_arguments


def _words(text):
    return frozenset(text.split())


_MAKING = _words("""
    arange empty eye full identity linspace logspace ones tri tril_indices triu_indices zeros diag_indices
    indices broadcast_shapes result_type promote_types can_cast isscalar issubdtype min_scalar_type
""")
_FROM_HOST = _words("array asarray asanyarray ascontiguousarray asfortranarray")
_JOINING = _words("concatenate concat stack hstack vstack dstack column_stack")
_WAITS = _words("""
    nonzero flatnonzero argwhere unique bincount compress extract delete trim_zeros union1d intersect1d
    setdiff1d histogram unique_all unique_counts unique_inverse unique_values
""")
_WRITING = _words("copyto put putmask place fill_diagonal put_along_axis")
_LIBRARY = _words("dot vdot inner outer tensordot einsum kron matmul")


def accepts(value):
    """Whether CuPy's elementwise functions take a value: its arrays, and single numbers."""
    return type(value) is FakeArray or isinstance(value, (bool, int, float, complex, np.generic))


class Ufunc:
    """An elementwise function."""

    def __init__(self, name):
        self.name, self._numpy = name, _found(np, name)

    def __call__(self, *args, out=None, dtype=None, casting="same_kind", **kwargs):
        if kwargs:
            raise TypeError(f"Wrong arguments {kwargs}")
        for value in args:
            if not accepts(value):
                raise TypeError(f"Unsupported type {type(value)}")
        if not any(type(value) is FakeArray for value in args):
            pass  # numbers alone are computed on the device too
        given = {} if dtype is None else {"dtype": dtype, "casting": "unsafe"}
        inner = [unwrap(value) for value in args]
        kind = "library" if self.name == "matmul" else "launch"

        def compute():
            return self._numpy(*inner, **given)

        if out is None:
            return computed(compute, None, kind)
        with np.errstate(all="ignore"):
            result = compute()
        if not np.can_cast(result.dtype, out.dtype, casting):
            raise TypeError(f"output (typecode '{out.dtype.char}') could not be coerced to provided output parameter")
        count(kind)
        target = unwrap(out)
        capture.do(lambda: target.__setitem__(..., compute()))
        return out

    def at(self, a, indices, b=None):
        scatter = {"add": "scatter_add", "maximum": "scatter_max", "minimum": "scatter_min"}.get(self.name)
        if scatter is None:
            raise NotImplementedError(f"`{self.name}.at` is not supported yet")
        getattr(a, scatter)(indices, b)

    def reduce(self, array, axis=0, dtype=None, out=None, keepdims=False):
        method = self._only({"add": "sum", "multiply": "prod"}, "reduce")
        return getattr(array, method)(axis=axis, dtype=dtype, out=out, keepdims=keepdims)

    def accumulate(self, array, axis=0, dtype=None, out=None):
        method = self._only({"add": "cumsum", "multiply": "cumprod"}, "accumulate")
        return getattr(array, method)(axis=axis, dtype=dtype, out=out)

    def reduceat(self, array, indices, axis=0, dtype=None, out=None):
        self._only({"add": ""}, "reduceat")
        array, indices = unwrap(array), unwrap(indices)
        return computed(lambda: np.add.reduceat(array, indices, axis, dtype))

    def outer(self, A, B, **kwargs):
        return self(A.reshape(A.shape + (1,) * B.ndim), B, **kwargs)

    def _only(self, known, method):
        if self.name not in known:
            raise NotImplementedError(f"`{self.name}.{method}` is not supported yet")
        return known[self.name]


def _found(space, name):
    for part in name.split("."):
        space = getattr(space, part)
    return space


def _function(name, signature):
    numpy_function = _broadcast if name == "broadcast_arrays" else _found(np, name)
    last = name.rpartition(".")[2]
    library = last in _LIBRARY or name.startswith("linalg.")

    def call(*args, **kwargs):
        check_arguments(name, signature, args, kwargs)
        if name in _FROM_HOST:
            return _from_host(name, *args, **kwargs)
        if name not in _MAKING:
            _need_arrays(name, args or tuple(kwargs.values()))
        if name in _WAITS or (name == "where" and len(args) == 1):
            count("sync")
        out = kwargs.pop("out", None)
        source = next((a for a in args if type(a) is FakeArray), None)
        args, kwargs = _adapted(last, list(args), kwargs)
        inner, named = [unwrap(a) for a in args], {k: unwrap(v) for k, v in kwargs.items()}
        if last in _WRITING:
            count("launch")
            return capture.do(lambda: numpy_function(*inner, **named))
        if out is not None:
            return into(out, lambda: numpy_function(*inner, **named))
        return computed(lambda: numpy_function(*inner, **named), source, kind_of(last, library))

    call.__name__ = last
    return call


def _broadcast(*arrays):
    shape = np.broadcast_shapes(*[a.shape for a in arrays])
    return [np.broadcast_to(a, shape) for a in arrays]


def _adapted(name, args, kwargs):
    """Return arguments by which NumPy does what CuPy does without them."""
    if name in ("sort", "argsort"):
        kwargs["kind"] = "stable"
    if name in ("take", "put"):  # out of range wraps around
        kwargs["mode"] = "wrap"
        if isinstance(args[1], np.ndarray):
            raise TypeError(f"Unsupported type {type(args[1])}")
    if name in ("take_along_axis", "put_along_axis"):
        array, index, axis = args[0], args[1], args[-1] if len(args) > 2 else kwargs.get("axis")
        size = array.size if axis is None else array.shape[axis]
        inner = unwrap(index)
        args[1] = computed(lambda: inner % max(size, 1), None, None)
    if name == "repeat" and not isinstance(args[1], (int, list, tuple)):
        raise ValueError("`repeats` should be int or sequence: cupy.ndarray cannot be specified as `repeats` argument.")
    if name == "full" and type(args[1]) is np.ndarray and not args[1].ndim:
        args[1] = args[1][()]
    return args, kwargs


def _need_arrays(name, args):
    first = args[0] if name not in ("einsum",) else args[1]
    if name in _JOINING:
        if not isinstance(first, (list, tuple)) or not all(type(a) is FakeArray for a in first):
            raise TypeError("Only cupy arrays can be concatenated")
    elif name == "lexsort" and isinstance(first, tuple):
        raise TypeError("keys must be an array")
    elif type(first) is not FakeArray and not (isinstance(first, (list, tuple)) and name == "meshgrid"):
        raise TypeError(f"cupy.{name}: Unsupported type {type(first)}")


def _from_host(name, obj, *args, **kwargs):
    dtype = args[0] if args else kwargs.get("dtype")
    if type(obj) is FakeArray:
        if name in ("array", "ascontiguousarray", "asfortranarray") or (dtype is not None and obj.dtype != dtype):
            options = {k: v for k, v in kwargs.items() if k in ("copy", "order", "ndmin")}
            inner = unwrap(obj)
            return computed(lambda: getattr(np, name)(inner, dtype, **options), obj)
        return obj
    if isinstance(obj, (list, tuple)) and any(type(o) is FakeArray for o in obj):
        inner = [unwrap(o) for o in obj]
        return computed(lambda: np.array(inner, dtype))
    count("copy")
    order = kwargs.get("order") or "K"
    return FakeArray(np.array(obj, dtype, order=order), CURRENT[0])


class Space:
    """A part of the module: `cupy.linalg`."""

    def __init__(self, prefix):
        self._prefix = prefix

    def __getattr__(self, last):
        name = self._prefix + last
        if last.startswith("_"):
            raise AttributeError(name)
        if name in TABLE["value"]:
            made = _found(np, name)
        elif name in TABLE["ufunc"]:
            made = Ufunc(name)
        elif name in TABLE["function"] and hasattr(_space(np, self._prefix), last):
            made = _function(name, TABLE["function"][name])
        else:
            raise AttributeError(f"module 'cupy' has no attribute '{name}'")
        setattr(self, last, made)
        return made


def _space(module, prefix):
    return _found(module, prefix.rstrip(".")) if prefix else module


cupy = Space("")
cupy.ndarray = FakeArray
cupy.newaxis = None
cupy.linalg = Space("linalg.")
cupy.lib = Space("lib.")
cupy.lib.stride_tricks = Space("lib.stride_tricks.")
cupy.cuda = runtime
cupy.get_default_memory_pool = runtime.MemoryPool
cupy.shares_memory = lambda a, b: np.shares_memory(unwrap(a), unwrap(b))
arrays.cupy = cupy
