"""A stand-in for CuPy on machines without a GPU, as strict as CuPy is.

It refuses what CuPy refuses: NumPy arrays in arithmetic, conversion to the host that nobody asked for, operands on two
devices, functions, methods and arguments that CuPy does not have (`cupy_names.txt`). Results of no dimensions stay
arrays, positions out of range wrap around. It counts what costs time on a device: launches, library calls, copies and
waits. NumPy does the computing, so it says nothing of speed, and nothing of CuPy's own mistakes.
"""

from __future__ import annotations

import contextlib
from unittest import mock

from edutorch.backends import BACKENDS, join, leave
from edutorch.backends.cupy import CudaBackend

from .arrays import CURRENT, FakeArray
from .counts import counted
from .libcublas import Library
from .library import cupy
from .raw import RawModule

__all__ = ["FakeArray", "counted", "cupy", "fake_cuda"]

cupy.RawModule = RawModule


@contextlib.contextmanager
def fake_cuda(kernels=False):
    """Let the stand-in be the CUDA devices, two of them, inside the block.

    Args:
        kernels: run the CUDA kernels of `edutorch/kernels/cuda/`, by the emulator (`emulator/`); else all that is
            asked of the devices goes the plain way of the operators' pages.
    """
    backend, real = CudaBackend(cupy, kernels), BACKENDS.get("cuda")
    join(backend)
    library = contextlib.nullcontext()
    if kernels:
        from edutorch.kernels.cuda import cublas

        library = mock.patch.object(cublas, "shared_library", return_value=Library())
    try:
        with library:
            yield backend
    finally:
        leave(backend)
        CURRENT[0] = 0
        if real is not None:
            join(real)
