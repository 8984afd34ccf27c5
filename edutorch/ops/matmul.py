"""Matrix products, all resting on BLAS."""

from __future__ import annotations

import math
from itertools import zip_longest

from .. import dtypes
from ..errors import cannot_broadcast, not_implemented, refuse_different_dtypes, with_remedy
from ..op import Array, op
from ..op.autocast import autocast_operands
from ..tensor import Tensor, first_checked, method
from .dialect import speak

__all__ = [
    "addbmm",
    "addmm",
    "addmv",
    "addr",
    "baddbmm",
    "bmm",
    "dot",
    "ger",
    "inner",
    "matmul",
    "mm",
    "mv",
    "outer",
    "vdot",
]


def _refuse_bool(array, kernel):
    if array.dtype.kind == "b" and array.size:
        raise not_implemented(kernel, array)


def _needs(condition, sentence, remedy=""):
    if not condition:
        raise RuntimeError(with_remedy(sentence, remedy) if remedy else sentence)


_INNER = "A product of (n x k) and (k x m) matrices needs equal k: check for a missing transpose (.T)."


@op(cast="same")
def mm(input: Array, mat2: Array):
    """Multiply two matrices.

    Shape:    input (n, k), mat2 (k, m) -> out (n, m)
    Math:     Y = A B
    Gradient: dL/dA = G B^T,  dL/dB = A^T G
    """
    if input.ndim != 2 or mat2.ndim != 2:
        raise RuntimeError("self must be a matrix" if input.ndim != 2 else "mat2 must be a matrix")
    if input.shape[1] != mat2.shape[0]:
        raise mismatch(input.shape, mat2.shape)
    _refuse_bool(input, "addmm_impl_cpu_")
    return input @ mat2


mm.grad(input=lambda g, mat2: g @ mat2.mT, mat2=lambda g, input: input.mT @ g)


@op(cast="same")
def mv(input: Array, vec: Array):
    """Multiply a matrix by a vector.

    Shape:    input (n, k), vec (k,) -> out (n,)
    Math:     y = A x
    Gradient: dL/dA = g x^T,  dL/dx = A^T g
    """
    _refuse_bool(input, "addmv_impl_cpu")
    _needs(
        input.ndim == 2 and vec.ndim == 1,
        f"vector + matrix @ vector expected, got 1, {input.ndim}, {vec.ndim}",
    )
    _needs(
        input.shape[1] == vec.shape[0],
        f"size mismatch, got input ({input.shape[0]}), mat ({input.shape[0]}x{input.shape[1]}), vec ({vec.shape[0]})",
        "The matrix needs as many columns as the vector has elements.",
    )
    return input @ vec


mv.grad(input=lambda g, vec: g[:, None] * vec, vec=lambda g, input: input.mT @ g)


@op(cast="same")
def dot(input: Array, tensor: Array):
    """Multiply two vectors element by element and add up.

    Shape:    input (n,), tensor (n,) -> out ()
    Math:     y = sum_i a_i b_i
    Gradient: dL/da = g b,  dL/db = g a
    """
    _needs(
        input.ndim == tensor.ndim == 1,
        f"1D tensors expected, but got {input.ndim}D and {tensor.ndim}D tensors",
        "For matrices use @.",
    )
    _needs(
        input.size == tensor.size,
        f"inconsistent tensor size, expected tensor [{input.size}] and src [{tensor.size}] to have the same number of "
        f"elements, but got {input.size} and {tensor.size} elements respectively",
    )
    if input.dtype.kind == "b":
        raise not_implemented("dot", input)
    return input @ tensor


dot.grad(input=lambda g, tensor: g * tensor, tensor=lambda g, input: g * input)


@op(cast="same")
def vdot(input: Array, other: Array):
    """Multiply two vectors element by element and add up: `dot`, which differs for complex numbers only.

    Shape:    input (n,), other (n,) -> out ()
    Math:     y = sum_i a_i b_i
    Gradient: dL/da = g b,  dL/db = g a
    """
    return dot.op.forward(input, other)


vdot.grad(input=lambda g, other: g * other, other=lambda g, input: g * input)


@op(cast="same")
def bmm(input: Array, mat2: Array):
    """Multiply two stacks of matrices, pair by pair.

    Shape:    input (b, n, k), mat2 (b, k, m) -> out (b, n, m)
    Math:     Y_b = A_b B_b
    Gradient: dL/dA_b = G_b B_b^T,  dL/dB_b = A_b^T G_b
    """
    _need_batches(input, mat2)
    _refuse_bool(input, "bmm")
    return input @ mat2


def _need_batches(batch1, batch2):
    """Raise PyTorch's error unless two stacks of matrices can be multiplied pair by pair."""
    for name, batch in (("batch1", batch1), ("batch2", batch2)):
        _needs(
            batch.ndim == 3, f"{name} must be a 3D tensor", f"It has shape {batch.shape}. For single matrices use @."
        )
    b, k = batch1.shape[0], batch1.shape[2]
    _needs(
        batch2.shape[:2] == (b, k),
        f"Expected size for first two dimensions of batch2 tensor to be: [{b}, {k}] but got: "
        f"[{batch2.shape[0]}, {batch2.shape[1]}].",
        _INNER,
    )


bmm.grad(input=lambda g, mat2: g @ mat2.mT, mat2=lambda g, input: input.mT @ g)


def _batched_label(input, other):
    a, b = input.ndim, other.ndim
    if a == 1 and b == 2:
        return "SqueezeBackward4"
    return (
        "CloneBackward0"
        if b > 2 and (a == 2 or (a == 3 and input.shape[0] == 1 != other.shape[0]))
        else "UnsafeViewBackward0"
    )


@op(name="matmul", cast="same", method=False, node=_batched_label)
def batched_matmul(input: Array, other: Array):
    """Multiply matrices whose leading dimensions are batches and broadcast; a 1-D operand is a row or a column.

    Shape:    input (*, n, k), other (*, k, m) -> out (*, n, m)
    Math:     Y = A B for each pair of matrices
    Gradient: dL/dA = G B^T,  dL/dB = A^T G, summed over what was broadcast
    """
    k, rows = input.shape[-1], other.shape[-2 if other.ndim > 1 else 0]
    if k != rows or (input.ndim > 2 and other.ndim > 2 and not _batches_fit(input.shape, other.shape)):
        raise mismatch(input.shape, other.shape)
    if input.dtype.kind == "b":
        _refuse_bool(input, {"mv": "addmv_impl_cpu", "mm": "addmm_impl_cpu_"}.get(_kind(input, other), "bmm"))
    if other.ndim == 2 and input.ndim > 2:  # one large product instead of many small ones
        return (in_rows(input) @ other).reshape(*input.shape[:-1], other.shape[1])
    return input @ other


def in_rows(array):
    """Return an array as a matrix of its last dimension's vectors."""
    n = array.shape[-1]
    return array.reshape(-1 if n else math.prod(array.shape[:-1]), n)  # of empty vectors there may be any number


def _kind(input, other):
    """Return which product PyTorch makes of this one: its errors bear that name."""
    return "mv" if other.ndim == 1 else "mm" if other.ndim == 2 else "bmm"


def _batches_fit(a, b):
    return all(m == n or m == 1 or n == 1 for m, n in zip(a[-3::-1], b[-3::-1], strict=False))


def mismatch(a, b):
    """Build the error for operands of these shapes, which no matrix product has."""
    rows, columns = math.prod(a[:-1]), b[-1] if len(b) > 1 else 1
    if len(b) == 1:
        sentence = f"size mismatch, got input ({rows}), mat ({rows}x{a[-1]}), vec ({b[0]})"
    elif len(b) == 2:
        sentence = f"mat1 and mat2 shapes cannot be multiplied ({rows}x{a[-1]} and {b[0]}x{columns})"
    elif not _batches_fit(a, b):
        return cannot_broadcast([a[:-2], b[:-2]])
    else:
        batch = math.prod(map(max, zip_longest(a[-3::-1], b[-3::-1], fillvalue=1)))
        sentence = (
            f"Expected size for first two dimensions of batch2 tensor to be: [{batch}, {a[-1]}] but got: "
            f"[{batch}, {b[-2]}]."
        )
    return RuntimeError(with_remedy(sentence, f"{_INNER} The shapes are {a} and {b}."))


def _refuse_dtypes(input, other):
    refuse_different_dtypes(_kind(input, other), [input.array.dtype, other.array.dtype])


batched_matmul.op.refuse = _refuse_dtypes


def _left(g, input, other):
    if input.ndim == 1:
        return (other @ g[..., None])[..., 0]
    if other.ndim == 1:
        return g[..., None] * other
    if other.ndim == 2:
        return (in_rows(g) @ other.mT).reshape(input.shape)
    return g @ other.mT


def _right(g, input, other):
    if input.ndim == 1:
        return input[:, None] * g[..., None, :]
    if other.ndim == 1:
        return (input.mT @ g[..., None])[..., 0]
    if other.ndim == 2:
        return in_rows(input).mT @ in_rows(g)
    return input.mT @ g


batched_matmul.grad(input=_left, other=_right)


def matmul(input, other, *, out=None):
    """Multiply vectors, matrices or batches of matrices: `input @ other`.

    Shape:    (k,) (k,) -> ();  (n, k) (k,) -> (n,);  (k,) (k, m) -> (m,);  (*, n, k) (*, k, m) -> (*, n, m)
    Raises:
        RuntimeError: if the inner sizes differ, the batch sizes do not broadcast, or the dtypes differ.
    """
    if isinstance(input, Tensor) and isinstance(other, Tensor):
        a, b = input.array.ndim, other.array.ndim
        if b == 1 and out is None:  # `dot` and `mv` do not ask themselves
            input, other = autocast_operands("matmul", input, other)
        if a == 2 and b == 2:
            return mm(input, other, out=out)
        if a == 1 and b == 1:
            return dot(input, other, out=out)
        if a == 2 and b == 1:
            return mv(input, other, out=out)
        _needs(a and b, f"both arguments to matmul need to be at least 1D, but they are {a}D and {b}D")
    return batched_matmul(input, other, out=out)


method(matmul)


# ---------------------------------------------------------------- products that add to something


@op(cast="same", inplace=True)
def addmm(input: Array, mat1: Array, mat2: Array, *, beta=1, alpha=1):
    """Multiply two matrices and add a third.

    Shape:    input (n, m) or broadcastable, mat1 (n, k), mat2 (k, m) -> out (n, m)
    Math:     Y = beta C + alpha A B
    Gradient: dL/dC = beta G,  dL/dA = alpha G B^T,  dL/dB = alpha A^T G
    """
    _needs(mat1.ndim == 2, f"mat1 must be a matrix, got {mat1.ndim}-D tensor")
    _needs(mat2.ndim == 2, f"mat2 must be a matrix, got {mat2.ndim}-D tensor")
    (n, k), (rows, m) = mat1.shape, mat2.shape
    _needs(k == rows, f"mat1 and mat2 shapes cannot be multiplied ({n}x{k} and {rows}x{m})", _INNER)
    _refuse_bool(mat1, "addmm_impl_cpu_")
    return _added(input, mat1 @ mat2, beta, alpha)


addmm.grad(
    input=lambda g, beta: g * beta,
    mat1=lambda g, mat2, alpha: (g @ mat2.mT) * alpha,
    mat2=lambda g, mat1, alpha: (mat1.mT @ g) * alpha,
)


def _added(input, product, beta, alpha):
    """Return beta input + alpha product; beta = 0 ignores the input, NaN included, as BLAS does."""
    if input.ndim > product.ndim:
        sizes = list(product.shape)
        raise RuntimeError(
            f"expand(torch.{dtypes.of(input).legacy}Tensor{{{list(input.shape)}}}, size={sizes}): the number of sizes "
            f"provided ({len(sizes)}) must be greater or equal to the number of dimensions in the tensor ({input.ndim})"
        )
    aligned = zip(input.shape[::-1], product.shape[::-1], strict=False)
    clash = next((i for i, (a, b) in enumerate(aligned, 1) if a not in (1, b)), None)
    if clash is not None:
        raise RuntimeError(
            f"The expanded size of the tensor ({product.shape[-clash]}) must match the existing size "
            f"({input.shape[-clash]}) at non-singleton dimension {product.ndim - clash}.  "
            f"Target sizes: {list(product.shape)}.  Tensor sizes: {list(input.shape)}"
        )
    cut = {"i": int, "u": int, "b": bool}.get(product.dtype.kind)
    if cut:  # PyTorch cuts the factors down to the tensors' dtype
        alpha, beta = cut(alpha), cut(beta)
    product = product if alpha == 1 else product * alpha
    return product if beta == 0 else product + (input if beta == 1 else input * beta)


@op(cast="same", inplace=True)
def addmv(input: Array, mat: Array, vec: Array, *, beta=1, alpha=1):
    """Multiply a matrix by a vector and add another vector.

    Shape:    input (n,), mat (n, k), vec (k,) -> out (n,)
    Math:     y = beta c + alpha A x
    Gradient: dL/dc = beta g,  dL/dA = alpha g x^T,  dL/dx = alpha A^T g
    """
    _needs(
        mat.ndim == 2 and vec.ndim == 1 and input.ndim <= 1,
        f"vector + matrix @ vector expected, got {input.ndim}, {mat.ndim}, {vec.ndim}",
    )
    _needs(
        mat.shape[1] == vec.shape[0] and input.size in (1, mat.shape[0]),
        f"size mismatch, got input ({input.size}), mat ({mat.shape[0]}x{mat.shape[1]}), vec ({vec.shape[0]})",
    )
    _refuse_bool(mat, "addmv_impl_cpu")
    return _added(input, mat @ vec, beta, alpha)


addmv.grad(
    input=lambda g, beta: g * beta,
    mat=lambda g, vec, alpha: g[:, None] * vec * alpha,
    vec=lambda g, mat, alpha: (mat.mT @ g) * alpha,
)


@op(inplace=True)
def addr(input: Array, vec1: Array, vec2: Array, *, beta=1, alpha=1):
    """Multiply a column by a row and add a matrix.

    Shape:    input (n, m), vec1 (n,), vec2 (m,) -> out (n, m)
    Math:     Y = beta C + alpha a b^T
    Gradient: dL/dC = beta G,  dL/da = alpha G b,  dL/db = alpha G^T a
    """
    _needs(vec1.ndim == 1, f"addr: Expected 1-D argument vec1, but got {vec1.ndim}-D")
    _needs(vec2.ndim == 1, f"addr: Expected 1-D argument vec2, but got {vec2.ndim}-D")
    return _added(input, vec1[:, None] * vec2, beta, alpha)


addr.grad(
    input=lambda g, beta: g * beta,
    vec1=lambda g, vec2, alpha: (g @ vec2) * alpha,
    vec2=lambda g, vec1, alpha: (g.mT @ vec1) * alpha,
)


@op(cast="same", inplace=True)
def baddbmm(input: Array, batch1: Array, batch2: Array, *, beta=1, alpha=1):
    """Multiply two stacks of matrices pair by pair, and add a third.

    Shape:    input (b, n, m), batch1 (b, n, k), batch2 (b, k, m) -> out (b, n, m)
    Math:     Y_b = beta C_b + alpha A_b B_b
    Gradient: dL/dC = beta G,  dL/dA_b = alpha G_b B_b^T,  dL/dB_b = alpha A_b^T G_b
    """
    _need_batches(batch1, batch2)
    _refuse_bool(batch1, "baddbmm")
    return _added(input, batch1 @ batch2, beta, alpha)


baddbmm.grad(
    input=lambda g, beta: g * beta,
    batch1=lambda g, batch2, alpha: (g @ batch2.mT) * alpha,
    batch2=lambda g, batch1, alpha: (batch1.mT @ g) * alpha,
)


@op(cast="same", inplace=True)
def addbmm(input: Array, batch1: Array, batch2: Array, *, beta=1, alpha=1):
    """Multiply two stacks of matrices pair by pair, add the products up, and add a matrix.

    Shape:    input (n, m), batch1 (b, n, k), batch2 (b, k, m) -> out (n, m)
    Math:     Y = beta C + alpha sum_b A_b B_b
    Gradient: dL/dC = beta G,  dL/dA_b = alpha G B_b^T,  dL/dB_b = alpha A_b^T G
    """
    _needs(batch1.ndim == 3, "batch1 must be a 3D tensor")
    _needs(batch2.ndim == 3, "batch2 must be a 3D tensor")
    (b, n, k), (others, rows, m) = batch1.shape, batch2.shape
    _needs(b == others, f"batch1 and batch2 must have same number of batches, got {b} and {others}")
    _needs(k == rows, f"Incompatible matrix sizes for bmm ({n}x{k} and {rows}x{m})", _INNER)
    _refuse_bool(batch1, "addmm_impl_cpu_")
    return _added(input, (batch1 @ batch2).sum(axis=0, dtype=input.dtype), beta, alpha)


addbmm.grad(
    input=lambda g, beta: g * beta,
    batch1=lambda g, batch2, alpha: (g @ batch2.mT) * alpha,
    batch2=lambda g, batch1, alpha: (batch1.mT @ g) * alpha,
)


# ---------------------------------------------------------------- products of vectors


@op(node="MulBackward0")
def outer(input: Array, vec2: Array):
    """Multiply every element of one vector by every element of another.

    Shape:    input (n,), vec2 (m,) -> out (n, m)
    Math:     Y_ij = a_i b_j
    Gradient: dL/da = G b,  dL/db = G^T a
    """
    _needs(input.ndim == 1, f"outer: Expected 1-D argument self, but got {input.ndim}-D")
    _needs(vec2.ndim == 1, f"outer: Expected 1-D argument vec2, but got {vec2.ndim}-D")
    return input[:, None] * vec2


outer.grad(input=lambda g, vec2: g @ vec2, vec2=lambda g, input: g.mT @ input)
ger = outer
Tensor.ger = outer


@first_checked
def inner(input, other, *, out=None):
    """Sum the products along the last dimension of both tensors.

    Shape:    input (*a, k), other (*b, k) -> out (*a, *b)
    Math:     y[a, b] = sum_k x[a, k] w[b, k]
    """
    if input.ndim == 0 or other.ndim == 0:
        return input.mul(other, out=out)
    refuse_different_dtypes("inner", [input.array.dtype, other.array.dtype])
    if input.ndim == other.ndim == 1:
        product = dot(input, other).view(())
        return product if out is None else out.copy_(product)
    k, rows = input.shape[-1], other.shape[-1]
    _needs(
        k == rows,
        f"inner() the last dimension must match on both input tensors but got shapes {list(input.shape)} and "
        f"{list(other.shape)}",
    )
    product = mm(in_rows(input), in_rows(other).t())
    product = product.view((*input.shape[:-1], *other.shape[:-1]))
    return product if out is None else out.copy_(product)


method(inner)

Tensor.__matmul__ = lambda self, other: matmul(self, other) if isinstance(other, Tensor) else NotImplemented
Tensor.__rmatmul__ = lambda self, other: matmul(other, self) if isinstance(other, Tensor) else NotImplemented

speak(matmul=matmul)
