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
_SIMPLE = (int, float, str, type(None))


class Measured:
    """What was noted of one call.

    Attributes:
        shapes: of each argument, [] for what is no tensor. values: of each argument that is no tensor.
        cpu_bytes, device_bytes: the memory that its results take. flops: as PyTorch counts them.
        stack: where it came from, the innermost line first. launches: how many kernels, where the device tells.
        marks: the events before and after; device_start, device_time: microseconds, once they were read.
        inputs: the arrays it was given, as long as it runs.
    """

    __slots__ = (
        "shapes", "values", "cpu_bytes", "device_bytes", "flops", "stack", "launches", "marks", "device",
        "device_start", "device_time", "inputs",
    )  # fmt: skip

    def __init__(self):
        self.shapes, self.values, self.stack, self.marks, self.inputs = [], [], [], [], []
        self.cpu_bytes = self.device_bytes = self.flops = self.launches = 0
        self.device, self.device_start, self.device_time = 0, None, None


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

    def restart(self):
        """Mark the moment that times on the devices are counted from."""
        if self.backend is not None:
            self.origins = [self._mark(index) for index in range(self.backend.count())]

    def before(self, args, kwargs):
        """Note what is known before a call; it goes to `after` with the call's record."""
        measured = Measured()
        given = [*args, *kwargs.values()]
        measured.inputs = list(_arrays(given))
        if self.shapes:
            measured.shapes = [list(a.array.shape) if isinstance(a, Tensor) else [] for a in given]
            measured.values = [a if _is_simple(a) else None for a in given]
        if self.stack:
            measured.stack = _callers()
        if self.backend is not None:
            device = self._device(measured.inputs)
            if device is not None:
                measured.device = device
                measured.marks.append(self._mark(device))
            if self.count is not None:
                measured.launches = -self.count()
        return measured

    def after(self, record, result):
        """Note what is known after a call."""
        measured = record.measured
        if self.count is not None:
            measured.launches += self.count()
        if measured.marks:
            measured.marks.append(self._mark(measured.device))
        if self.memory:
            known = {id(memory_of(a)) for a in measured.inputs}
            for array in {id(memory_of(a)): a for a in _arrays([result])}.values():
                if id(memory_of(array)) not in known:
                    if type(array) is np.ndarray:
                        measured.cpu_bytes += array.nbytes
                    else:
                        measured.device_bytes += array.nbytes
        if self.flops and record.name in FLOPS:
            out = next(iter(_arrays([result])), None)
            measured.flops = 0 if out is None else FLOPS[record.name](measured.inputs, out)
        measured.inputs = None

    def read(self, records):
        """Wait for the devices, once, and read the marks."""
        if self.backend is None:
            return
        for index in range(self.backend.count()):
            self.backend.synchronize(index)
        elapsed = self.backend.xp.cuda.get_elapsed_time
        for record in records:
            measured = record.measured
            if measured is not None and len(measured.marks) == 2:  # a call that failed has one
                begin, end = measured.marks
                measured.device_start = 1e3 * elapsed(self.origins[measured.device], begin)
                measured.device_time = 1e3 * elapsed(begin, end)
                measured.marks = []

    def _mark(self, index):
        with self.backend.on(index):
            event = self.backend.xp.cuda.Event()
            event.record()
        return event

    def _device(self, inputs):
        """Return the number of the device that a call concerns; the current one if it was given no tensors."""
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


def _is_simple(value):
    return isinstance(value, _SIMPLE) or (
        isinstance(value, (list, tuple)) and all(isinstance(v, _SIMPLE) for v in value)
    )


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
