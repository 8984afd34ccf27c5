"""What a profile notes of a call besides its time: shapes, memory, products, the line it came from, and time on a GPU.

A GPU works on its own while the program goes on. Its time is taken with events: marks in the line of work, before and
after a call. They are read when the profile ends, so nothing waits in between. From mark to mark the device may also
have waited for the next launch: where a program is too slow to keep it busy, that is in the figure.
"""

from __future__ import annotations

import math
import os
import sys
from typing import Any

import numpy as np

from ..backends import DEVICE_TYPE
from ..tensor import Tensor, memory_of

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_SIMPLE = frozenset((int, float, bool, str, type(None)))


class Measure:
    """Notes what a profile was asked for.

    Args:
        backend: the CUDA devices, if their time is asked for. Where it has a method `launches`, how many kernels were
            started until now, they are counted too; CuPy does not know.
    """

    def __init__(self, shapes=False, memory=False, flops=False, stack=False, backend=None):
        self.shapes, self.memory, self.flops, self.stack = shapes, memory, flops, stack
        self.backend: Any = backend
        self.count = getattr(backend, "launches", None)
        self.origins = []
        self.arguments = {}  # what calls are given, each kept once

    def restart(self):
        """Mark the moment that times on the devices are counted from."""
        if self.backend is not None:
            self.origins = [self._mark(index) for index in range(self.backend.count())]

    def before(self, record, args, kwargs):
        """Note what is known before a call."""
        if self.shapes:
            given = tuple(
                [
                    a.array.shape if isinstance(a, Tensor) else (type(a), a) if type(a) in _SIMPLE else None
                    for a in ((*args, *kwargs.values()) if kwargs else args)
                ]
            )
            record.given = self.arguments.setdefault(given, given)
        if self.stack:
            record.stack = _callers()
        if self.backend is not None:
            device = self._device(args, kwargs)
            if device is not None:
                record.device, record.before = device, self._mark(device)
            if self.count is not None:
                record.launches = -self.count()

    def after(self, record, args, kwargs, result):
        """Note what is known after a call."""
        if self.backend is not None:
            if self.count is not None:
                record.launches += self.count()
            if hasattr(record, "before"):
                record.after = self._mark(record.device)
        if self.memory:
            self._weigh(record, args, kwargs, result)
        if self.flops and (count := FLOPS.get(record.about.name)) and isinstance(result, Tensor):
            record.flops = count(list(_arrays((*args, *kwargs.values()))), result.array)

    def _weigh(self, record, args, kwargs, result):
        """Count the memory of results that was not there before."""
        if type(result) is Tensor and type(array := result.array) is np.ndarray and array.base is None:
            for a in args:  # the common case: one result, which is its own memory
                if isinstance(a, Tensor) and a.array is array:
                    return
            if not kwargs:
                record.cpu_bytes = array.nbytes
                return
        known = [memory_of(a) for a in _arrays((*args, *kwargs.values()))]
        for array in _arrays((result,)):
            memory = memory_of(array)
            if not any(memory is k for k in known):
                known.append(memory)
                name = "cpu_bytes" if type(array) is np.ndarray else "device_bytes"
                setattr(record, name, getattr(record, name, 0) + array.nbytes)

    def read(self, records):
        """Wait for the devices, once, and read the marks."""
        if self.backend is None:
            return
        for index in range(self.backend.count()):
            self.backend.synchronize(index)
        elapsed = self.backend.xp.cuda.get_elapsed_time
        for record in records:
            if hasattr(record, "after"):  # a call that failed has none
                record.device_start = 1e3 * elapsed(self.origins[record.device], record.before)
                record.device_time = 1e3 * elapsed(record.before, record.after)

    def _mark(self, index):
        with self.backend.on(index):
            event = self.backend.xp.cuda.Event()
            event.record()
        return event

    def _device(self, args, kwargs):
        """Return the number of the device that a call concerns; the current one if it was given no tensors."""
        if self.backend.xp.cuda.get_current_stream().is_capturing():
            return None  # a graph is made: nothing runs now, and a mark would become a part of it
        inputs = list(_arrays((*args, *kwargs.values())))
        for array in inputs:
            if type(array) is self.backend.kind:
                return self.backend.index_of(array)
        return None if inputs else self.backend.current()


def _arrays(values):
    for value in values:
        if isinstance(value, Tensor):
            yield value.array
        elif type(value) in DEVICE_TYPE:
            yield value
        elif isinstance(value, (list, tuple)):
            yield from _arrays(value)


def _callers():
    """Return the lines of the program that led here, the innermost first; the library's own are left out."""
    lines, frame = [], sys._getframe(3)
    while frame is not None:
        code = frame.f_code
        if not code.co_filename.startswith((_PACKAGE, "<edutorch ")):
            lines.append(f"{code.co_filename}({frame.f_lineno}): {code.co_name}")
        frame = frame.f_back
    return lines


# ---------------------------------------------------------------- how much is computed


def _product(inputs, out):
    """Each element of the result is a sum of products, and each product counts as two."""
    a, b = inputs[-2:] if inputs[-1].ndim > 1 else inputs[:2]
    return 2 * out.size * a.shape[-1] if a.ndim > 1 and b.ndim > 1 else 0


def _linear(inputs, out):
    return 2 * out.size * inputs[0].shape[-1]


def _first(inputs, out):
    return inputs[0].size


FLOPS = {
    "aten::mul": _first,
    "aten::add": _first,
    "aten::mm": _product,
    "aten::bmm": _product,
    "aten::addmm": _product,
    "aten::baddbmm": _product,
    "aten::matmul": _product,
    "aten::linear": _linear,
    "aten::conv2d": lambda inputs, out: 2 * out.size * math.prod(inputs[1].shape[1:]),
}
"""PyTorch's count, for what it counts. `linear` and `matmul` are one step here; there, the product is their last."""
