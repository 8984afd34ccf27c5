"""Devices: `torch.device("cuda:0")`, the one that new tensors go to, and what is behind its name."""

from __future__ import annotations

import contextlib
import functools
from contextvars import ContextVar

from .arrays import BACKENDS, HOST

_TYPES = ("cpu", "cuda", "mps", "meta")


class device:
    """Where a tensor's memory lies: `device("cpu")`, `device("cuda", 0)`, `device("cuda:0")`.

    In a `with` block it is the device that new tensors go to, if none is named.
    """

    def __init__(self, type, index=None):
        if isinstance(type, device):
            type, index = type.type, type.index
        elif isinstance(type, int):
            type, index = "cuda", type
        elif ":" in type:
            type, _, number = type.partition(":")
            if not number.isdigit():
                raise RuntimeError(f"Invalid device string: '{type}:{number}'")
            index = int(number)
        if type not in _TYPES:
            raise RuntimeError(
                "Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy,"
                f" vulkan, mps, meta, hpu, mtia, privateuseone device type at start of device string: {type}\nThe usual"
                " ones are cpu and cuda."
            )
        self.type, self.index = type, index

    def __repr__(self):
        return f"device(type='{self.type}'" + (")" if self.index is None else f", index={self.index})")

    def __str__(self):
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other):
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self):
        return hash((self.type, self.index))

    def __reduce__(self):
        return device, (self.type, self.index)

    def __enter__(self):
        _outer.set((*_outer.get(), _default.get()))
        _default.set(self)
        return self

    def __exit__(self, *exception):
        *outer, before = _outer.get()
        _outer.set(tuple(outer))
        _default.set(before)


CPU = device("cpu")
_default: ContextVar[device | None] = ContextVar("default_device", default=None)
_outer: ContextVar[tuple] = ContextVar("outer_default_devices", default=())  # what holds again behind each `with`


def set_default_device(device):
    """Let new tensors go to a device, where none is named; None: to the CPU.

    Example:
        >>> import edutorch as torch
        >>> torch.set_default_device("cpu")
        >>> torch.zeros(1).device
        device(type='cpu')
    """
    _default.set(None if device is None else _device(device))


def get_default_device():
    """Return the device that new tensors go to, where none is named."""
    where = _default.get()
    if where is None:
        return CPU
    return _device(where.type, BACKENDS["cuda"].current()) if where.type == "cuda" and where.index is None else where


_device = device  # for functions with a parameter of that name


def requested(where):
    """Return the device that a function was asked for, or the default one: a name or a device; None for the CPU."""
    return _default.get() if where is None else where


def place(where=None):
    """Return the backend of a device (None: the default one), and the number of the device, None for the current one.

    Raises:
        AssertionError, RuntimeError: when the device is not at hand.
    """
    if where is None:
        where = _default.get()
        if where is None:
            return HOST, None
    elif type(where) is not device:
        where = device(where)
    if where.type == "cpu":
        return HOST, None
    if where.type != "cuda":
        raise RuntimeError(f"device '{where}' is not available here: use device='cpu'")
    backend = cuda_backend()
    if backend is None:
        raise AssertionError(
            "Torch not compiled with CUDA enabled\nNo GPU that edutorch can use was found: use device='cpu', or see "
            "`python -m edutorch doctor`."
        )
    if where.index is not None and where.index >= backend.count():
        raise RuntimeError(f"CUDA error: invalid device ordinal\nThere are {backend.count()} devices, counted from 0.")
    return backend, where.index


def array_module(where=None):
    """Return the module that makes arrays on a device (None: the default one).

    Raises:
        AssertionError, RuntimeError: when the device is not at hand.
    """
    return place(where)[0].xp


def making_on(where):
    """Return a context manager in which arrays are made on a device that is named, or on the current one."""
    backend, index = place(where)
    return contextlib.nullcontext() if index is None else backend.on(index)


def cuda_backend():
    """Return the backend of CUDA devices, or None where there are none: CuPy is loaded when this is first asked."""
    return BACKENDS.get("cuda") or _load_cupy()


@functools.cache
def _load_cupy():
    from importlib.util import find_spec

    if find_spec("cupy") is None:
        return None
    from .cupy import load

    return load()
