"""CUDA devices, through CuPy: where arrays are made, copied and waited for. Loaded when a program asks for CUDA."""

from __future__ import annotations

import contextlib
import weakref
from typing import Any

import numpy as np

from .arrays import Backend, join
from .asserts import Asserts


def load():
    """Let CuPy join, if it finds a device; return its backend, or None."""
    import cupy

    if not cupy.cuda.is_available():
        return None
    backend = CudaBackend(cupy)
    join(backend)
    return backend


class CudaBackend(Backend):
    """CuPy and the CUDA devices.

    Args:
        cupy: the library.
        kernels: whether operators run by our own kernels, where there are any.

    Attributes:
        capture: what is noted of the work that is captured just now (`edutorch/cuda/graphs.py`), or None.
    """

    type = "cuda"
    capture: Any = None

    def __init__(self, cupy, kernels=True):
        self.xp, self.kind, self.kernels = cupy, cupy.ndarray, kernels
        self._devices = cupy.cuda.runtime.getDeviceCount()
        self._asserts = Asserts(self)
        self._kept: list = []  # memory that streams are not done with, and what marks their places
        self._peaks: Any = None  # counts memory from the first time that somebody asks for the most in use

    def count(self):
        """Return how many devices there are."""
        return self._devices

    def current(self):
        """Return the number of the device that arrays are made on, unless told otherwise."""
        return self.xp.cuda.runtime.getDevice()

    def use(self, index):
        """Let arrays be made on a device from now on."""
        self.xp.cuda.Device(index).use()

    def index_of(self, array):
        """Return the number of the device that an array lies on."""
        return array.data.device_id

    def on(self, index):
        """Return a context manager in which arrays are made on a device (None: the current one)."""
        return contextlib.nullcontext() if index is None else self.xp.cuda.Device(index)

    def put(self, array, index=None):
        """Return an array of any library as one of ours, on a device: itself, if it lies there."""
        index = self.current() if index is None else index
        if type(array) is self.kind and array.data.device_id == index:
            return array
        with self.on(index):
            if type(array) is self.kind:
                return array.copy()
            if not array.size:
                return self.xp.empty(array.shape, array.dtype)
            if self.capture is not None:
                return self.capture.constant(array)
            return self.xp.asarray(array, order="K")

    def get(self, array):
        """Return one of our arrays as a NumPy array; the device is waited for.

        Raises:
            AcceleratorError: if something was wrong on the device since it was last waited for.
        """
        found = array.get(order="A")
        self._asserts.look(array.data.device_id)
        return found

    def assert_place(self, array, sentence):
        """Return a boolean beside an array; a kernel that sets it has the next wait raise an error that says this."""
        return self._asserts.place_for(array.data.device_id, sentence)

    def expect_inside(self, index, lowest, size, sentence):
        """Let the next wait raise an error, with this sentence, unless whole numbers lie in [lowest, size)."""
        self._asserts.expect_inside(index.data.device_id, index, lowest, size, sentence)

    def bind(self, kernel, operands):
        """Return a kernel that runs on the device where its operands lie, and refuses operands that lie elsewhere.

        Raises:
            MixedDevices: from the kernel; the operator's function says it in PyTorch's words.
        """

        def run(*args, **named):
            index = self._only_device([args[i] for i in operands if i < len(args)])
            if index is None or self._devices == 1:
                return kernel(*args, **named)
            with self.on(index):
                return kernel(*args, **named)

        return run

    def _only_device(self, values, index=None):
        for value in values:
            if type(value) is self.kind:
                lies_on = value.data.device_id
                if index is None:
                    index = lies_on
                elif index != lies_on:
                    raise MixedDevices
            elif type(value) is np.ndarray:
                raise MixedDevices
            elif type(value) is list:
                index = self._only_device(value, index)
        return index

    def keep_for(self, array, stream):
        """Keep an array's memory, once it is gone, until the work is done that stands in a stream by then."""
        weakref.finalize(array, self._keep, array.data.mem, stream._stream).atexit = False

    def _keep(self, memory, stream):
        if stream.is_capturing():  # then each replay needs it, and CUDA cannot tell whether a captured mark is reached
            self.capture.held.append(memory)
            return
        self._kept = [(event, held) for event, held in self._kept if not event.done] + [(stream.record(), memory)]

    def address(self, array):
        """Return where in the device's memory an array's first element lies."""
        return array.data.ptr

    # ---- waiting

    def synchronize(self, index=None):
        """Wait until a device has done what it was asked for.

        Raises:
            AcceleratorError: if something was wrong there since it was last waited for.
        """
        index = self.current() if index is None else index
        self.xp.cuda.Device(index).synchronize()
        self._asserts.look(index, all_streams=True)

    # ---- memory

    def memory_allocated(self, index=None):
        """Return how many bytes arrays take on a device."""
        with self.on(index):
            return self.xp.get_default_memory_pool().used_bytes()

    def memory_reserved(self, index=None):
        """Return how many bytes are taken from a device, also those kept for later arrays."""
        with self.on(index):
            return self.xp.get_default_memory_pool().total_bytes()

    def memory_info(self, index):
        """Return how many bytes of a device are free, and how many it has."""
        return self.xp.cuda.Device(index).mem_info

    def properties(self, index):
        """Return what is known of a device, by CUDA's names."""
        return self.xp.cuda.runtime.getDeviceProperties(index)

    def empty_cache(self):
        """Give memory that no array uses back to the devices."""
        self.xp.get_default_memory_pool().free_all_blocks()

    def peaks(self):
        """Return what counts the most memory in use: a dictionary from device to bytes, kept up from the first call."""
        if self._peaks is None:
            self._peaks = _count_peaks(self.xp, {i: self.memory_allocated(i) for i in range(self._devices)})
        return self._peaks


class MixedDevices(Exception):
    """Operands of one operator lie on several devices."""


def _count_peaks(cupy, now):
    """Watch CuPy's memory pool, and return a dictionary from device to the most bytes in use since this moment."""
    peaks = dict(now)

    class Watch(cupy.cuda.MemoryHook):
        name = "edutorch: the most memory in use"

        def malloc_postprocess(self, device_id, size, mem_size, mem_ptr, pmem_id):
            now[device_id] += mem_size if mem_ptr else 0  # 0: there was no memory left
            peaks[device_id] = max(peaks[device_id], now[device_id])

        def free_postprocess(self, device_id, mem_size, mem_ptr, pmem_id):
            now[device_id] -= mem_size

    Watch().__enter__()
    return peaks
