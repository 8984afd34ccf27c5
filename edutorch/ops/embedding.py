"""Embedding: a table with a row of numbers for each word, and the rows of the words that are asked for."""

from __future__ import annotations

from .. import dtypes
from ..autograd.versions import bump
from ..backends import XP, expect_inside, on_host
from ..errors import with_remedy
from ..op import Array, Index, op
from .accumulate import add_rows
from .layout import take_slices

__all__ = ["embedding", "embedding_renorm_"]


def check_indices(name, array):
    """Raise PyTorch's error for indices that are not whole numbers of the usual sizes."""
    if array.dtype not in (dtypes.INT64, dtypes.int32.numpy):
        kind = "CPUBoolType" if array.dtype.kind == "b" else f"torch.{dtypes.of(array).legacy}Tensor"
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
            f"{kind} instead (while checking arguments for {name})"
        )


@op(cast=None, method=False, out=False)
def embedding(weight: Array, indices: Index, padding_idx=-1, scale_grad_by_freq=False, sparse=False):
    """Take the row of each index from a table.

    Shape:    weight (V, D), indices (*) -> out (*, D)
    Math:     y[i] = W[indices[i]]
    Gradient: dL/dW[k] = the sum of g[i] over all i with indices[i] = k; divided by how many these are, if
              `scale_grad_by_freq`; 0 for k = `padding_idx`

    Raises:
        IndexError: if an index is not the number of a row.
        RuntimeError: for a table that is no matrix, and indices that are not whole numbers.
    """
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    check_indices("embedding", indices)
    expect_inside(indices, 0, len(weight), "embedding(): an index is out of range for a table of {size} rows")
    # As unsigned numbers the negative ones are huge, so one pass finds both kinds of wrong ones.
    if on_host(indices) and indices.size and indices.view(f"u{indices.itemsize}").max() >= len(weight):
        raise IndexError(with_remedy(
            "index out of range in self",
            f"The table has {len(weight)} rows, the indices run from {indices.min()} to {indices.max()}."))  # fmt: skip
    return take_slices(weight, indices)


@op(cast=None, method=False, out=False, node="EmbeddingDenseBackward0")
def add_to_rows(xp, input: Array, indices: Index, count, padding_idx, scale_grad_by_freq):
    """Add each row to that row of a table of zeros which its index names: the gradient of `embedding`.

    Shape:    input (*, D), indices (*) -> out (V, D), V = `count`
    Math:     y[k] = the sum of x[i] over all i with indices[i] = k, 0 for k = `padding_idx`
    Gradient: dL/dx[i] = g[indices[i]]
    """
    if input.dtype in dtypes.HALVES:  # sums in float32, rounded once
        wide = input.astype(dtypes.FLOAT32)
        total = add_to_rows.op.forward(xp, wide, indices, count, padding_idx, scale_grad_by_freq)
        return total.astype(input.dtype)
    flat = indices.reshape(-1)
    total = add_rows(xp, count, flat, input.reshape(len(flat), input.shape[-1]))
    if scale_grad_by_freq:
        total /= xp.maximum(xp.bincount(flat, minlength=count), 1).astype(total.dtype)[:, None]
    if padding_idx >= 0:
        total[padding_idx] = 0
    return total


def _weight_gradient(g, shape, indices, padding_idx, scale_grad_by_freq):
    return add_to_rows.both(g, indices, shape[0], padding_idx, scale_grad_by_freq)


def _rows_gradient(g, xp, indices, count, padding_idx, scale_grad_by_freq):
    rows = embedding.both(g, indices)
    if scale_grad_by_freq:
        numbers, dtype = getattr(indices, "array", indices), getattr(g, "array", g).dtype
        many = XP[type(numbers)].bincount(numbers.reshape(-1), minlength=count)[numbers].astype(dtype)[..., None]
        rows = rows / xp.asarray(many)
    return rows if padding_idx < 0 else xp.where((indices != padding_idx)[..., None], rows, 0)


embedding.grad(weight=_weight_gradient)
add_to_rows.grad(input=_rows_gradient)


def embedding_renorm_(input, indices, max_norm, norm_type):
    """Shorten the rows of a table that are asked for and longer than `max_norm`, in place; returns the table."""
    check_indices("embedding_renorm_", indices.array)
    table, xp = input.array, XP[type(input.array)]
    asked = xp.unique(indices.array)
    norms = xp.linalg.norm(
        table[asked].astype(dtypes.FLOAT32 if table.itemsize < 8 else table.dtype), norm_type, axis=1
    )
    too_long = norms > max_norm
    if too_long.any():
        asked, scale = asked[too_long], max_norm / (norms[too_long] + 1e-7)
        table[asked] = (table[asked] * scale[:, None]).astype(table.dtype)
        bump(input)
    return input
