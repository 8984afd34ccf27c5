"""What linear algebra asks of its operands, and how it names the matrix at fault: PyTorch's errors."""

from __future__ import annotations

from .. import dtypes
from ..errors import with_remedy


def need_matrices(array, function, name="A"):
    """Raise PyTorch's error unless an array holds a matrix, or a batch of them."""
    if array.ndim < 2:
        raise RuntimeError(
            with_remedy(
                f"{function}: The input tensor {name} must have at least 2 dimensions.", f"It has shape {array.shape}."
            )
        )


def need_square(array, function):
    """Raise PyTorch's error unless an array holds a square matrix, or a batch of them."""
    need_matrices(array, function)
    rows, columns = array.shape[-2:]
    if rows != columns:
        raise RuntimeError(
            f"{function}: A must be batches of square matrices, but they are {rows} by {columns} matrices"
        )


def need_float(array, function, kernel=None, integers=True):
    """Raise PyTorch's error unless an array is of float32 or float64: LAPACK knows no other real types.

    Args:
        function: what the error says of integers. kernel: the name that PyTorch's error gives where there is no half
            precision (None: it says so in words). integers: whether there is a sentence of its own for integers.
    """
    legacy = dtypes.of(array).legacy
    if integers and not dtypes.is_floating(array.dtype):
        raise RuntimeError(
            with_remedy(
                f"{function}: Expected a floating point or complex tensor as input. Got {legacy}",
                "Convert it: x.float().",
            )
        )
    if array.dtype in dtypes.HALVES and kernel is None:
        raise RuntimeError(f"{function}: Low precision dtypes not supported. Got {legacy}")
    if array.dtype not in (dtypes.FLOAT32, dtypes.FLOAT64):
        raise NotImplementedError(with_remedy(f"\"{kernel}\" not implemented for '{legacy}'", "Convert it: x.float()."))


def need_same(A, B, function):
    """Raise PyTorch's error unless both operands have one dtype."""
    if A.dtype != B.dtype:
        a, b = dtypes.of(A).legacy, dtypes.of(B).legacy
        raise RuntimeError(
            f"{function}: Expected A and B to have the same dtype, but found A of type {a} and B of type {b} instead"
        )


def at_fault(array, order):
    """Return how PyTorch names the first matrix of a batch for which `order(matrix)` is not None, and that result."""
    for i, matrix in enumerate(array.reshape(-1, *array.shape[-2:])):
        found = order(matrix)
        if found is not None:
            return (f"(Batch element {i}): " if array.ndim > 2 else ""), found
    return "", None


def zero_pivot(matrix):
    """Return the number of the pivot that vanishes when a singular matrix is eliminated, counted from one."""
    rest, n = matrix.copy(), len(matrix)
    for k in range(n):
        p = k + int(abs(rest[k:, k]).argmax())
        if abs(rest[p, k]) <= abs(matrix).max() * n * 1e-16:
            return k + 1
        rest[[k, p]] = rest[[p, k]]
        rest[k + 1 :] -= rest[k + 1 :, k : k + 1] * (rest[k] / rest[k, k])
    return None
