"""How cuBLAS is called: by CuPy's binding, or past it while a CUDA graph is captured.

CuPy 14 tells cuBLAS the current stream before each call (`setStream` in `cupy_backends/cuda/libs/cublas.pyx`), and
there it refuses a stream that is being captured; no function of the binding gets round that. cuBLAS itself can be
captured, as PyTorch does. Its documentation asks for one thing: the graph keeps the addresses of the room that cuBLAS
works in, so that room must be ours, and live as long as the graph. Setting a stream gives cuBLAS its own room back, so
ours is handed over after it.

So the same functions are called in the same shared library, which CuPy loaded, with CuPy's own handle: CuPy sets the
stream again before its next call. The stand-in of the tests checks the order of these calls and the room; that CUDA
takes them is not proven yet, for want of a GPU.
"""

from __future__ import annotations

import ctypes
import sys

from ...backends import BACKENDS

ROOM = 32 * 2**20  # bytes; what NVIDIA advises for its Hopper chips, and more than older ones want

_VALUES = {"i": ctypes.c_int, "p": ctypes.c_void_p, "q": ctypes.c_longlong, "z": ctypes.c_size_t}
_PARAMETERS = {
    "cublasSetStream_v2": "pp",
    "cublasSetWorkspace_v2": "ppz",
    # handle, flags, sizes, alpha, A, B, beta, C, the type to compute in, the algorithm
    "cublasGemmEx": "p ii iii p pii pii p pii ii",
    "cublasGemmStridedBatchedEx": "p ii iii p piiq piiq p piiq i ii",
}


def cublas(xp):
    """Return what calls cuBLAS on the current stream: CuPy's binding, or what stands for it during a capture."""
    capture = BACKENDS["cuda"].capture
    if capture is None:
        return xp.cuda.cublas
    if capture.library is None:
        capture.library = Captured(xp, capture)
    return capture.library


class Captured:
    """The functions of CuPy's binding that multiply, for the stream that is captured; all else is the binding's."""

    def __init__(self, xp, capture):
        self._binding, self._functions = xp.cuda.cublas, {}
        library = shared_library(xp)
        for name, kinds in _PARAMETERS.items():
            function = self._functions[name] = getattr(library, name)
            function.argtypes = [_VALUES[kind] for kind in kinds.replace(" ", "")]
            function.restype = ctypes.c_int
        room = xp.empty(ROOM, "uint8")
        capture.held.append(room)
        handle = xp.cuda.device.get_cublas_handle()
        self._call("cublasSetStream_v2", handle, xp.cuda.get_current_stream().ptr)
        self._call("cublasSetWorkspace_v2", handle, room.data.ptr, ROOM)

    def __getattr__(self, name):
        return getattr(self._binding, name)

    def gemmEx(self, *args):
        self._call("cublasGemmEx", *args)

    def gemmStridedBatchedEx(self, *args):
        self._call("cublasGemmStridedBatchedEx", *args)

    def _call(self, name, *args):
        status = self._functions[name](*args)
        if status:
            raise RuntimeError(f"{name} failed with status {status} while a CUDA graph was captured")


def shared_library(xp):
    """Return libcublas, the one that CuPy has loaded."""
    major = xp.cuda.runtime.runtimeGetVersion() // 1000
    return ctypes.CDLL(f"cublas64_{major}.dll" if sys.platform == "win32" else f"libcublas.so.{major}")
