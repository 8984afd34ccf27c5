"""Array libraries: which module computes on which type of array, and on which kind of device.

`XP[type(array)]` is the module (`numpy`, `cupy`) whose functions run on the array; operators are written against it as
`xp`. The namespace of Tensors registers itself here too: gradient formulas run on both. What else there is to know of
a library stands in its `Backend`; another one joins with `join`, and operators are told, so that they run on it.
"""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
from ml_dtypes import bfloat16

# NumPy's scalars stand here too: its operators turn 0-d arrays into them, and formulas must go on.
XP: dict = dict.fromkeys((np.ndarray, np.float32, np.float64, np.float16, bfloat16, np.bool_, np.int64), np)
DEVICE_TYPE: dict = {np.ndarray: "cpu"}


class Backend:
    """An array library and the devices that it computes on. This one is NumPy and the processor.

    Attributes:
        type: the name of that kind of device. xp: the library. kind: the type of its arrays.
        kernels: whether operators run by the kernels of `edutorch/kernels/` that there are for it.

    What such kernels do that no operator's page leads to; None where there are none:
        multi_tensor: functions that do something to many arrays in one launch.
        add_rows: adds up the rows of a matrix, better than its `sum` does.
        note_outside: looks for positions out of range, as `asserts.note_outside` does.
        random_stream: the class of generators that draw where the arrays lie.
    """

    type = "cpu"
    xp: Any = np
    kind: type = np.ndarray
    kernels = True
    multi_tensor: Any = None
    add_rows: Any = None
    note_outside: Any = None
    random_stream: Any = None

    def count(self):
        """Return how many such devices there are."""
        return 1

    def current(self) -> int | None:
        """Return the number of the device that arrays are made on, unless told otherwise."""

    def index_of(self, array) -> int | None:
        """Return the number of the device that an array lies on; None where there is but one."""

    def on(self, index):
        """Return a context manager in which arrays are made on a device (None: the current one)."""
        return contextlib.nullcontext()

    def put(self, array, index=None):
        """Return an array of any library as one of ours, on a device."""
        return array if type(array) not in _BY_KIND else to_host(array)

    def get(self, array):
        """Return one of our arrays as a NumPy array: itself, if it is one."""
        return array

    def bind(self, kernel, operands):
        """Return a kernel as operators call it: here as it is, elsewhere with the right device chosen.

        Args:
            operands: the positions of the parameters that are arrays.
        """
        return kernel

    def keep_for(self, array, stream):
        """Keep an array's memory, once it is gone, until a stream is done with it. The processor has no streams."""

    def address(self, array):
        """Return where in memory an array's first element lies."""
        return array.__array_interface__["data"][0]


HOST = Backend()
BACKENDS: dict[str, Backend] = {"cpu": HOST}
_BY_KIND: dict[type, Backend] = {np.ndarray: HOST}
_listeners: list = []


def join(backend):
    """Make an array library known: from now on there are tensors on its devices."""
    BACKENDS[backend.type] = _BY_KIND[backend.kind] = backend
    XP[backend.kind], DEVICE_TYPE[backend.kind] = backend.xp, backend.type
    for tell in _listeners:
        tell(backend)


def leave(backend):
    """Forget an array library that has joined; operators keep what they were told of it."""
    del BACKENDS[backend.type], _BY_KIND[backend.kind], XP[backend.kind], DEVICE_TYPE[backend.kind]


def when_joining(tell):
    """Have a function called with each backend that joins (a decorator)."""
    _listeners.append(tell)
    return tell


def backend_of(array):
    """Return the backend that an array belongs to; NumPy's scalars are its arrays of no dimensions."""
    return _BY_KIND.get(type(array), HOST)


def on_host(array):
    """Whether an array is NumPy's. A device would have to be waited for to look at its values: like PyTorch, checks
    of values are made on the processor alone."""
    return type(array) is np.ndarray


def read_only(array):
    """Whether an array's memory must not be written; only NumPy knows such arrays."""
    return type(array) is np.ndarray and not array.flags.writeable


def to_host(array):
    """Return an array of any library as a NumPy array; a device is waited for."""
    return array if type(array) is np.ndarray else backend_of(array).get(array)


def like(host_array, array):
    """Return a NumPy array where another array lies: itself, on the processor."""
    if type(array) is np.ndarray:
        return host_array
    backend = backend_of(array)
    return backend.put(host_array, backend.index_of(array))
