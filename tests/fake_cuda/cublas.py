"""The stand-in for `cupy.cuda.cublas`: matrices are read from raw memory, column by column, as cuBLAS reads them.

A call says nothing of shapes and strides but its leading dimensions, steps and flags: a wrong one gives wrong numbers
here as there. What cuBLAS would refuse is refused, elements outside all arrays are not read, and TF32 cuts numbers to
the 10 bits of mantissa that are left on a device.
"""

from __future__ import annotations

import contextlib

import numpy as np
from ml_dtypes import bfloat16

from . import memory
from .counts import count
from .names import TABLE, check_arguments

_FLOAT32, _FLOAT64, _FLOAT16, _BFLOAT16 = 0, 1, 2, 14
_ELEMENTS = {_FLOAT32: np.float32, _FLOAT64: np.float64, _FLOAT16: np.float16, _BFLOAT16: bfloat16}
_COMPUTE_32F, _COMPUTE_64F, _COMPUTE_32F_FAST_TF32 = 68, 70, 77
_RESULTS = {  # which results a pair of operands may have, by the type that is computed in
    (_COMPUTE_64F, _FLOAT64): (_FLOAT64,),
    (_COMPUTE_32F, _FLOAT32): (_FLOAT32,),
    (_COMPUTE_32F_FAST_TF32, _FLOAT32): (_FLOAT32,),
    (_COMPUTE_32F, _FLOAT16): (_FLOAT16, _FLOAT32),
    (_COMPUTE_32F, _BFLOAT16): (_BFLOAT16, _FLOAT32),
}
_HANDLE = 1
_DISALLOW_REDUCED = 16
_mode = [0]
_calls: list[dict] = []

globals().update({name.rpartition(".")[2]: n for name, n in TABLE["constant"].items() if "CUBLAS" in name})


class CUBLASError(RuntimeError):
    """What CuPy raises for cuBLAS's refusals."""


@contextlib.contextmanager
def asked():
    """A block whose products are noted: `with asked() as calls: …`, then the sizes and settings of each."""
    calls, before = [], len(_calls)
    yield calls
    calls.extend(_calls[before:])
    _calls.clear()


def get_cublas_handle():
    return _HANDLE


def getMathMode(handle):
    return _mode[0]


def setMathMode(handle, mode):
    check_arguments("cuda.cublas.setMathMode", TABLE["library"]["cuda.cublas.setMathMode"], (handle, mode), {})
    if mode not in (0, 1, 3, _DISALLOW_REDUCED):
        raise CUBLASError("CUBLAS_STATUS_INVALID_VALUE")
    _mode[0] = mode


def gemmEx(*args):
    check_arguments("cuda.cublas.gemmEx", TABLE["library"]["cuda.cublas.gemmEx"], args, {})
    (handle, ta, tb, m, n, k, alpha, A, a_type, lda, B, b_type, ldb, beta, C, c_type, ldc, compute, algorithm) = args
    _multiply(
        (handle, ta, tb, m, n, k, alpha, beta, 1, compute, algorithm),
        (A, a_type, lda, 0),
        (B, b_type, ldb, 0),
        (C, c_type, ldc, 0),
    )


def gemmStridedBatchedEx(*args):
    name = "cuda.cublas.gemmStridedBatchedEx"
    check_arguments(name, TABLE["library"][name], args, {})
    handle, ta, tb, m, n, k, alpha, *operands, batch, compute, algorithm = args
    A, B, beta, C = operands[:4], operands[4:8], operands[8], operands[9:]
    _multiply((handle, ta, tb, m, n, k, alpha, beta, batch, compute, algorithm), A, B, C)


def _multiply(call, A, B, C):
    handle, ta, tb, m, n, k, alpha, beta, batch, compute, algorithm = call
    for value in (*call, *A, *B, *C):
        if type(value) is not int:
            raise TypeError(f"an integer is required, not {type(value).__name__}")
    right = handle == _HANDLE and {ta, tb} <= {0, 1} and min(m, n, k, batch) > 0 and algorithm == -1
    right = right and max(m, n, k, batch, A[2], B[2], C[2]) < 2**31
    right = right and A[2] >= (k if ta else m) and B[2] >= (n if tb else k) and C[2] >= m
    if not (right and min(A[3], B[3], C[3]) >= 0 and (batch == 1 or C[3] > 0)):
        raise CUBLASError("CUBLAS_STATUS_INVALID_VALUE")
    if A[1] != B[1] or C[1] not in _RESULTS.get((compute, A[1]), ()):
        raise CUBLASError("CUBLAS_STATUS_NOT_SUPPORTED")
    count("library")
    _calls.append({"m": m, "n": n, "k": k, "batch": batch, "compute": compute, "mode": _mode[0]})
    number = np.float64 if compute == _COMPUTE_64F else np.float32
    alpha, beta = (memory.read(p, (1,), (0,), number, on_device=False)[0] for p in (alpha, beta))
    a, b = _matrices(A, ta, m, k, batch, compute, number), _matrices(B, tb, k, n, batch, compute, number)
    c = _view(C, m, n, batch)
    with np.errstate(all="ignore"):
        product = alpha * (a @ b)
        c[...] = product if beta == 0 else product + beta * c.astype(number)


def _view(operand, rows, columns, batch):
    """Return the memory of a stack of matrices as an array (batch, rows, columns)."""
    pointer, kind, leading, step = operand
    return memory.read(pointer, (batch, rows, columns), (step, 1, leading), _ELEMENTS[kind])


def _matrices(operand, turned, rows, columns, batch, compute, number):
    """Return the numbers that are multiplied."""
    found = _view(operand, columns, rows, batch).mT if turned else _view(operand, rows, columns, batch)
    found = found.astype(number)
    return tf32(found) if compute == _COMPUTE_32F_FAST_TF32 else found


def tf32(numbers):
    """Round float32 numbers to 10 bits of mantissa, halves away from zero."""
    bits = numbers.view(np.uint32)
    finite = np.isfinite(numbers)
    return np.where(finite, (bits + np.uint32(0x1000)) & np.uint32(0xFFFFE000), bits).view(np.float32)
