"""The product of matrices on the device, by cuBLAS.

cuBLAS reads matrices column by column, as Fortran lays them out; ours lie row by row. Read column by column, a matrix
of ours is its transpose. So the transpose of the product is asked for, C^T = B^T A^T, and it arrives row by row as C.

Nothing is copied to be transposed. A matrix whose rows lie one after the other, with some distance between them, is
read as it is, and one whose columns do is read with cuBLAS's flag "transposed". The distance is the leading dimension,
which may be larger than a row: a slice of columns is read in place. Stacks of matrices are one call too, with a
distance from each matrix to the next; where an operand is broadcast, that distance is 0.

`cupy.matmul` does less: for more than two dimensions it computes float16 in float32, refuses bfloat16, copies
transposed operands, and never asks for TF32. Nothing here was measured on a GPU; the tests check every call against a
model of cuBLAS that reads raw memory.
"""

from __future__ import annotations

import contextlib
import functools
import math

import numpy as np

from ... import dtypes
from ...backends import XP
from ...backends.cuda import matmul as settings
from .cublas import cublas as library

# CUDA's number for the type of elements, and the type that products are added up in.
_TYPES = {
    dtypes.FLOAT64: ("CUDA_R_64F", "CUBLAS_COMPUTE_64F"),
    dtypes.FLOAT32: ("CUDA_R_32F", "CUBLAS_COMPUTE_32F"),
    dtypes.FLOAT16: ("CUDA_R_16F", "CUBLAS_COMPUTE_32F"),
    dtypes.BFLOAT16: ("CUDA_R_16BF", "CUBLAS_COMPUTE_32F"),
}
_LARGEST = 2**31  # cuBLAS counts rows, columns and matrices in 32 bits
_EXACT_SUMS = 16  # CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION, which CuPy gives no name


def gemm(a, b, out=None, *, alpha=1.0, beta=0.0, tf32=None):
    """Multiply matrices, or stacks of them, on the device: alpha A B + beta C, in one call of cuBLAS.

    Operands are read where they lie: transposed (`w.mT`), sliced, or broadcast. Only one that has no unit stride, or
    whose stack cannot be walked with one step, is copied first. Sums are in float32 for float16 and bfloat16 too.

    Shape: a (*, n, k), b (*, k, m) -> (*, n, m), the leading dimensions broadcast.

    Args:
        a, b: arrays of one dtype, floating.
        out: the array to write to, C; a new one by default. Of halves it may be float32, unrounded.
        alpha, beta: the factors; with beta = 0 what lies in `out` is not read.
        tf32: whether float32 numbers may be cut to 10 bits of mantissa before they are multiplied; by default what
            `torch.backends.cuda.matmul.allow_tf32` says. Recurrent layers say `torch.backends.cudnn.allow_tf32`.

    Returns:
        `out`, or the new array.

    Example:
        gates = gemm(h, w_hh.mT, gates, beta=1.0)  # gates += h w_hh^T, in place
    """
    xp = XP[type(a)]
    lead = _broadcast(a.shape[:-2], b.shape[:-2])
    shape = (*lead, a.shape[-2], b.shape[-1])
    if out is None:
        out = xp.empty(shape, a.dtype)
    if not out.size:
        return out
    if not a.shape[-1]:  # a sum of nothing
        out[...] = out * beta if beta else 0.0
        return out
    written = _Operand(out, lead)
    if written.turned:
        gemm(b.mT, a.mT, out.mT, alpha=alpha, beta=beta, tf32=tf32)
    elif not written.readable:
        room = out.copy(order="C") if beta else xp.empty(shape, out.dtype)
        out[...] = gemm(a, b, room, alpha=alpha, beta=beta, tf32=tf32)
    else:
        left, right = (_readable(xp, x, lead) for x in (a, b))
        _multiply(xp, left, right, written, lead, alpha, beta, settings.allow_tf32 if tf32 is None else tf32)
    return out


def readable(array):
    """Return an array as `gemm` reads it where it lies: what several products share is then copied once, if at all."""
    return array if _Operand(array, array.shape[:-2]).readable else XP[type(array)].ascontiguousarray(array)


def suits(*arrays):
    """Whether `gemm` can multiply these: they are of one floating dtype, and matrices or stacks of them."""
    first = arrays[0].dtype
    return first in _TYPES and all(x.dtype == first and x.ndim > 1 for x in arrays)


class _Operand:
    """How cuBLAS reads an array.

    Attributes:
        readable: whether it can. turned: whether the array's columns, not its rows, lie one after the other.
        leading: from one row (turned: column) to the next, in elements. step: from one matrix to the next.
    """

    def __init__(self, array, lead):
        self.array = array
        rows, columns = array.shape[-2:]
        down, along = (stride // array.itemsize for stride in array.strides[-2:])
        in_rows = (along == 1 or columns == 1) and (down >= columns or rows == 1)
        in_columns = (down == 1 or rows == 1) and (along >= rows or columns == 1)
        self.turned = in_columns and not in_rows
        if self.turned:
            self.leading = along if columns > 1 else rows
        else:
            self.leading = down if rows > 1 else columns
        self.step = _step(array, lead)
        self.readable = (in_rows or in_columns) and self.step is not None and self.leading < _LARGEST

    def as_one(self):
        """Return the leading dimension of the matrix that has the rows of the whole stack; None if there is none."""
        rows, columns = self.array.shape[-2:]
        if rows == 1 and self.step >= columns and not self.turned:
            return self.step
        return self.leading if not self.turned and self.step == self.leading * rows else None


def _step(array, lead):
    """Return the one step that walks through all leading dimensions, in elements; None if there is none."""
    step, after = 0, None  # `after`: the stride that the next dimension must have
    missing = len(lead) - array.ndim + 2
    sizes, strides = (1,) * missing + array.shape[:-2], (0,) * missing + array.strides[:-2]
    for count, size, stride in zip(reversed(lead), reversed(sizes), reversed(strides), strict=True):
        if count == 1:
            continue
        stride = stride // array.itemsize if size > 1 else 0
        if after is None:
            step = stride
        elif stride != after:
            return None
        after = stride * count
    return step if step >= 0 else None


def _readable(xp, array, lead):
    """Return an array as cuBLAS can read it, copied if it must be."""
    operand = _Operand(array, lead)
    if not operand.readable:
        operand = _Operand(xp.ascontiguousarray(array), lead)
    if not operand.readable:  # broadcast along some of the leading dimensions only
        operand = _Operand(xp.ascontiguousarray(xp.broadcast_to(array, (*lead, *array.shape[-2:]))), lead)
    return operand


def _broadcast(a, b):
    """Return the common shape of leading dimensions, which fit."""
    if a == b:
        return a
    longest = max(len(a), len(b))
    a, b = (1,) * (longest - len(a)) + a, (1,) * (longest - len(b)) + b
    return tuple(n if m == 1 else m for m, n in zip(a, b, strict=True))


@functools.lru_cache(1024)
def _factor(value, compute):
    """Return a factor as cuBLAS reads it, from the host's memory; kept, as the call reads it by its address."""
    return np.array(value, np.float64 if compute == "CUBLAS_COMPUTE_64F" else np.float32)


def _multiply(xp, left, right, written, lead, alpha, beta, tf32):
    """Ask cuBLAS for the product of what it can read."""
    cublas, runtime = library(xp), xp.cuda.runtime
    handle = xp.cuda.device.get_cublas_handle()
    rows, inner, columns, count = *left.array.shape[-2:], right.array.shape[-1], math.prod(lead)
    lda, ldc = left.leading, written.leading
    if count > 1 and right.step == 0 and count * rows < _LARGEST and left.as_one() and written.as_one():
        lda, ldc, rows, count = left.as_one(), written.as_one(), rows * count, 1  # one large product, not many small
    of_elements, compute = _TYPES[left.array.dtype]
    alpha, beta = _factor(alpha, compute).ctypes.data, _factor(beta, compute).ctypes.data
    if tf32 and left.array.dtype == dtypes.FLOAT32:
        compute = "CUBLAS_COMPUTE_32F_FAST_TF32"
    A, B, C = left.array, right.array, written.array
    operand, result = getattr(runtime, of_elements), getattr(runtime, _TYPES[C.dtype][0])
    # B comes first: it is the transpose of the product that is computed.
    flags = [cublas.CUBLAS_OP_T if x.turned else cublas.CUBLAS_OP_N for x in (right, left)]
    sizes, how = (columns, rows, inner), (getattr(cublas, compute), cublas.CUBLAS_GEMM_DEFAULT)
    with _sums(cublas, handle, A.dtype):
        if count == 1:
            first, second = (B.data.ptr, operand, right.leading), (A.data.ptr, operand, lda)
            third = (C.data.ptr, result, ldc)
            cublas.gemmEx(handle, *flags, *sizes, alpha, *first, *second, beta, *third, *how)
        else:
            first = (B.data.ptr, operand, right.leading, right.step)
            second = (A.data.ptr, operand, lda, left.step)
            third = (C.data.ptr, result, ldc, written.step)
            cublas.gemmStridedBatchedEx(handle, *flags, *sizes, alpha, *first, *second, beta, *third, count, *how)


def _sums(cublas, handle, dtype):
    """Return a context in which partial sums of halves are added up as the program allows."""
    allowed = {
        dtypes.FLOAT16: settings.allow_fp16_reduced_precision_reduction,
        dtypes.BFLOAT16: settings.allow_bf16_reduced_precision_reduction,
    }.get(dtype, True)
    return contextlib.nullcontext() if allowed else _in_mode(cublas, handle, _EXACT_SUMS)


@contextlib.contextmanager
def _in_mode(cublas, handle, mode):
    before = cublas.getMathMode(handle)
    cublas.setMathMode(handle, mode)
    try:
        yield
    finally:
        cublas.setMathMode(handle, before)
