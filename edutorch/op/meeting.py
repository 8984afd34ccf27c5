"""Operands on several devices: a single number from the CPU goes to where the others are, as in PyTorch; more may not.

An operator looks at devices only after its kernel failed, so nothing here costs a program that keeps its tensors
together.
"""

from __future__ import annotations

import functools

import numpy as np

from ..backends import DEVICE_TYPE, backend_of
from ..errors import different_devices
from ..tensor import Tensor


def mixed(arrays):
    """Whether arrays lie on several devices."""
    return len({(type(a), backend_of(a).index_of(a)) for a in arrays if type(a) in DEVICE_TYPE}) > 1


def on_one_device(values):
    """Return an operator's operands with single numbers from the CPU brought to the device of the other operands.

    Raises:
        RuntimeError: PyTorch's, if there are operands on different devices that are no such numbers.
    """
    tensors = [t for v in values for t in (v if isinstance(v, (list, tuple)) else [v]) if isinstance(t, Tensor)]
    common = next(t.device for t in tensors if t.is_cuda)
    for t in tensors:
        if t.device != common and (t.is_cuda or t.array.ndim):
            raise different_devices(common, t.device)

    def move(value):
        if isinstance(value, (list, tuple)):
            return [move(v) for v in value]
        return value.to(common) if isinstance(value, Tensor) else value

    return [move(v) for v in values]


def with_plain_numbers(forward):
    """Return a forward that is given Python numbers in the place of the 0-d arrays that `typed` made for NumPy."""

    def plain(value):
        typed = type(value) is np.ndarray and not value.ndim and not value.flags.writeable
        return value.item() if typed else value

    @functools.wraps(forward, updated=())
    def run(*args, **kwargs):
        return forward(*map(plain, args), **{name: plain(value) for name, value in kwargs.items()})

    return run
