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

_TYPES = {  # CUDA's name for the type of elements, and the type that products are added up in
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
            `torch.backends.cuda.matmul.allow_tf32` says. Recurrent layers ask `torch.backends.cudnn.rnn`.

    Returns:
        `out`, or the new array.

    Example:
        gates = gemm(h, w_hh.mT, gates, beta=1.0)  # gates += h w_hh^T, in place
    """
    xp = XP[type(a)]
    if out is None:
        out = xp.empty((*_broadcast(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1]), a.dtype)
    if not out.size:
        return out
    if not a.shape[-1]:  # a sum of nothing
        out[...] = out * beta if beta else 0.0
        return out
    plan = _plan(a.shape, a.strides, b.shape, b.strides, a.itemsize, out.shape, out.strides, out.itemsize)
    if plan is not None:
        _multiply(xp, a, b, out, plan, alpha, beta, settings.allow_tf32 if tf32 is None else tf32)
        return out
    lead, written = out.shape[:-2], _layout(out, out.shape[:-2])
    if written.turned:
        gemm(b.mT, a.mT, out.mT, alpha=alpha, beta=beta, tf32=tf32)
    elif not written.readable:
        room = out.copy(order="C") if beta else xp.empty(out.shape, out.dtype)
        out[...] = gemm(a, b, room, alpha=alpha, beta=beta, tf32=tf32)
    else:
        a, b = _readable(xp, a, lead), _readable(xp, b, lead)
        gemm(a, b, out, alpha=alpha, beta=beta, tf32=tf32)
    return out


def readable(array):
    """Return an array as `gemm` reads it where it lies: what several products share is then copied once, if at all."""
    return array if _layout(array, array.shape[:-2]).readable else XP[type(array)].ascontiguousarray(array)


def suits(*arrays, empty=True):
    """Whether `gemm` can multiply these: they are of one floating dtype, and matrices or stacks of them.

    Args:
        empty: whether arrays without elements will do, too.
    """
    first = arrays[0].dtype
    return first in _TYPES and all(
        x.dtype == first and x.ndim > 1 and max(x.shape[-2:]) < _LARGEST and (empty or x.size) for x in arrays
    )


# ---------------------------------------------------------------- how arrays lie


class _Layout:
    """How cuBLAS reads an array.

    Attributes:
        readable: whether it can. turned: whether the array's columns, not its rows, lie one after the other.
        leading: from one row (turned: column) to the next, in elements. step: from one matrix to the next.
    """

    def __init__(self, shape, strides, itemsize, lead):
        self.rows, self.columns = rows, columns = shape[-2:]
        strides = [stride // itemsize for stride in strides]
        down, along = strides[-2:]
        in_rows = (along == 1 or columns == 1) and (down >= columns or rows == 1)
        in_columns = (down == 1 or rows == 1) and (along >= rows or columns == 1)
        self.turned = in_columns and not in_rows
        if self.turned:
            self.leading = along if columns > 1 else rows
        else:
            self.leading = down if rows > 1 else columns
        self.step = _step(shape[:-2], strides[:-2], lead)
        self.readable = (in_rows or in_columns) and self.step is not None and self.leading < _LARGEST

    def as_one(self):
        """Return the leading dimension of the matrix that has the rows of the whole stack; None if there is none."""
        if self.rows == 1 and self.step >= self.columns and not self.turned:
            return self.step
        return self.leading if not self.turned and self.step == self.leading * self.rows else None


def _layout(array, lead):
    return _Layout(array.shape, array.strides, array.itemsize, lead)


def _step(sizes, strides, lead):
    """Return the one step that walks through all leading dimensions, in elements; None if there is none."""
    step, after = 0, None  # `after`: the stride that the next dimension must have
    missing = len(lead) - len(sizes)
    sizes, strides = (1,) * missing + sizes, [0] * missing + strides
    for count, size, stride in zip(reversed(lead), reversed(sizes), reversed(strides), strict=True):
        if count == 1:
            continue
        stride = stride if size > 1 else 0
        if after is None:
            step = stride
        elif stride != after:
            return None
        after = stride * count
    return step if step >= 0 else None


def _readable(xp, array, lead):
    """Return an array that cuBLAS can read, copied if it must be."""
    if not _layout(array, lead).readable:
        array = xp.ascontiguousarray(array)
    if not _layout(array, lead).readable:  # broadcast along some of the leading dimensions only
        array = xp.ascontiguousarray(xp.broadcast_to(array, (*lead, *array.shape[-2:])))
    return array


def _broadcast(a, b):
    """Return the common shape of leading dimensions, which fit."""
    if a == b:
        return a
    longest = max(len(a), len(b))
    a, b = (1,) * (longest - len(a)) + a, (1,) * (longest - len(b)) + b
    return tuple(n if m == 1 else m for m, n in zip(a, b, strict=True))


# ---------------------------------------------------------------- the call


@functools.lru_cache(4096)
def _plan(a_shape, a_strides, b_shape, b_strides, itemsize, out_shape, out_strides, out_itemsize):
    """Return what cuBLAS is told of three arrays: flags, sizes, and of each operand its leading dimension and step.

    None, if one of them must be copied, or the result is to lie turned. B comes before A: it is the transpose of the
    product that is computed. A training step asks for the same products again and again, so the answers are kept.
    """
    lead = out_shape[:-2]
    left, right = (_Layout(*x, itemsize, lead) for x in ((a_shape, a_strides), (b_shape, b_strides)))
    written = _Layout(out_shape, out_strides, out_itemsize, lead)
    if not (left.readable and right.readable and written.readable) or written.turned:
        return None
    count, rows, lda, ldc = math.prod(lead), left.rows, left.leading, written.leading
    if count > 1 and right.step == 0 and count * rows < _LARGEST and left.as_one() and written.as_one():
        lda, ldc, rows, count = left.as_one(), written.as_one(), rows * count, 1  # one large product, not many small
    flags = int(right.turned), int(left.turned)  # CUBLAS_OP_N is 0, CUBLAS_OP_T is 1
    sizes = *flags, right.columns, rows, left.columns
    return sizes, (right.leading, right.step), (lda, left.step), (ldc, written.step), count


@functools.lru_cache(1024)
def _factor(value, compute):
    """Return a factor as cuBLAS reads it, by its address in the host's memory; and what keeps that memory."""
    kept = np.array(value, np.float64 if compute == "CUBLAS_COMPUTE_64F" else np.float32)
    return kept.ctypes.data, kept


def _multiply(xp, a, b, out, plan, alpha, beta, tf32):
    """Ask cuBLAS for a product."""
    cublas, runtime = library(xp), xp.cuda.runtime
    sizes, (ldb, b_step), (lda, a_step), (ldc, out_step), count = plan
    of_elements, compute = _TYPES[a.dtype]
    alpha, beta = _factor(alpha, compute)[0], _factor(beta, compute)[0]
    if tf32 and a.dtype == dtypes.FLOAT32:
        compute = "CUBLAS_COMPUTE_32F_FAST_TF32"
    kind, result = getattr(runtime, of_elements), getattr(runtime, _TYPES[out.dtype][0])
    how = getattr(cublas, compute), cublas.CUBLAS_GEMM_DEFAULT
    first, second, third = (b.data.ptr, kind, ldb), (a.data.ptr, kind, lda), (out.data.ptr, result, ldc)
    if count == 1:
        name, asked = "gemmEx", (*sizes, alpha, *first, *second, beta, *third, *how)
    else:
        name = "gemmStridedBatchedEx"
        asked = (*sizes, alpha, *first, b_step, *second, a_step, beta, *third, out_step, count, *how)
    handle = xp.cuda.device.get_cublas_handle()
    if a.dtype in dtypes.HALVES and not _may_round(a.dtype):
        with _in_mode(cublas, handle, _EXACT_SUMS):
            getattr(cublas, name)(handle, *asked)
    else:
        getattr(cublas, name)(handle, *asked)


def _may_round(dtype):
    """Whether partial sums of halves may be rounded."""
    if dtype == dtypes.FLOAT16:
        return settings.allow_fp16_reduced_precision_reduction
    return settings.allow_bf16_reduced_precision_reduction


@contextlib.contextmanager
def _in_mode(cublas, handle, mode):
    before = cublas.getMathMode(handle)
    cublas.setMathMode(handle, mode)
    try:
        yield
    finally:
        cublas.setMathMode(handle, before)
