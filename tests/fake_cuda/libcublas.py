"""The stand-in for the shared library libcublas, as `ctypes` shows it: what is called while a stream is captured.

What the documentation asks for is held to: a stream that is captured must be the one that cuBLAS was told of, and a
room to work in must be handed over after that.
"""

from __future__ import annotations

from . import capture, cublas, memory
from .counts import count

_INTERNAL_ERROR = 14


class Function:
    """A function of the library; `ctypes` lets one say what it takes and returns."""

    argtypes = restype = None

    def __init__(self, call):
        self._call = call

    def __call__(self, *args):
        if self.restype is None or len(args) != len(self.argtypes):
            raise TypeError(f"{len(args)} arguments for {self.argtypes}")
        return self._call(*[kind(value).value or 0 for kind, value in zip(self.argtypes, args, strict=True)])


class Library:
    """The functions that multiply, and those that say where."""

    def __init__(self):
        self._stream, self._room = None, 0
        self.cublasSetStream_v2 = Function(self._set_stream)
        self.cublasSetWorkspace_v2 = Function(self._set_workspace)
        self.cublasGemmEx = Function(lambda *args: self._multiply(cublas.gemmEx, args))
        self.cublasGemmStridedBatchedEx = Function(lambda *args: self._multiply(cublas.gemmStridedBatchedEx, args))

    def _set_stream(self, handle, stream):
        self._stream, self._room = stream, 0
        return 0

    def _set_workspace(self, handle, pointer, size):
        self._room = memory.read(pointer, (size,), (1,), "uint8").size
        return 0

    def _multiply(self, function, args):
        if self._stream != capture.STREAMS[-1].ptr or not self._room:
            return _INTERNAL_ERROR
        count("launch")
        capture.do(lambda: function(*args))
        return 0
