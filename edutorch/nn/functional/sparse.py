"""Embeddings and one-hot codes as functions."""

from __future__ import annotations

import warnings

import numpy as np

from ... import dtypes
from ...backends import XP, expect_inside, on_host
from ...errors import not_a_tensor
from ...modes import no_grad
from ...ops.creation import whole_number
from ...ops.embedding import check_indices, embedding_renorm_
from ...ops.embedding import embedding as _embedding
from ...ops.embedding_bag import bags_of, max_bags, sum_bags
from ...tensor import Tensor, wrap

__all__ = ["embedding", "embedding_bag", "one_hot"]


def one_hot(input, num_classes=-1):
    """Turn each class number into a row of zeros with a one at that number.

    Shape: input (*) -> (*, num_classes)

    Args:
        num_classes: how many classes there are; by default as many as the largest number asks for.

    Raises:
        RuntimeError: for a number that is negative or too large, or that is no int64.

    Example:
        >>> import edutorch as torch
        >>> torch.nn.functional.one_hot(torch.tensor([0, 2]), 3)
        tensor([[1, 0, 0],
                [0, 0, 1]])
    """
    if not isinstance(input, Tensor):
        raise not_a_tensor("one_hot", "input", 1, input)
    num_classes = whole_number("one_hot", "num_classes", 2, num_classes)
    numbers = input.array
    if numbers.dtype != dtypes.INT64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if not numbers.size and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if num_classes != -1:
        expect_inside(numbers, 0, num_classes, "one_hot(): a class value is not among {size} classes")
    if (on_host(numbers) or num_classes == -1) and numbers.size and numbers.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = int(numbers.max()) + 1
    elif on_host(numbers) and numbers.size and numbers.max() >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    return wrap((numbers[..., None] == XP[type(numbers)].arange(num_classes)).astype(dtypes.INT64))


def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    """Take the row of each index from a table.

    Shape: input (*), weight (V, D) -> (*, D)

    Args:
        padding_idx: a row that gets no gradient.
        max_norm: rows that are asked for and longer than this are shortened, in the table itself.
        norm_type: p of the norm that `max_norm` speaks of.
        scale_grad_by_freq: divide each row's gradient by how often it was asked for.
        sparse: accepted; the gradient is an ordinary tensor.

    Raises:
        IndexError: if an index is not the number of a row.

    Example:
        >>> import edutorch as torch
        >>> table = torch.tensor([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]])
        >>> torch.nn.functional.embedding(torch.tensor([2, 1]), table)
        tensor([[3., 4.],
                [1., 2.]])
    """
    if padding_idx is None:
        padding_idx = -1
    else:
        padding_idx = whole_number("embedding", "padding_idx", 3, padding_idx)
        rows = weight.shape[0]
        if not -rows <= padding_idx < rows:
            raise AssertionError("Padding_idx must be within num_embeddings")
        padding_idx %= rows
    if max_norm is not None:
        with no_grad():
            embedding_renorm_(weight.detach(), input, max_norm, norm_type)
    return _embedding(weight, input, padding_idx, scale_grad_by_freq, sparse)


def embedding_bag(
    input,
    weight,
    offsets=None,
    max_norm=None,
    norm_type=2,
    scale_grad_by_freq=False,
    mode="mean",
    sparse=False,
    per_sample_weights=None,
    include_last_offset=False,
    padding_idx=None,
):
    """Take rows from a table, and sum or average those of each bag, or take the greatest of each column.

    Shape: input (B, n), or (n,) with offsets (B,); weight (V, D) -> (B, D)

    Args:
        offsets: where each bag begins among the indices, if these stand in one row.
        max_norm, norm_type, scale_grad_by_freq, sparse: as for `embedding`.
        mode: "sum", "mean" or "max".
        per_sample_weights: a factor for each index, with "sum".
        include_last_offset: the last offset is the end of the last bag.
        padding_idx: an index that does not count.

    Raises:
        ValueError, RuntimeError: PyTorch's, for bags, modes and weights that do not fit.
        NotImplementedError: for `per_sample_weights` with another mode than "sum".
    """
    if weight.dtype is dtypes.int64 and input.is_floating_point():
        warnings.warn(
            "Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, input, ...)` is "
            "deprecated, and should now be `embedding_bag(input, weight, ...)`.",
            stacklevel=2,
        )
        weight, input = input, weight
    _check_bags(input, weight, offsets, mode, scale_grad_by_freq, sparse, per_sample_weights)
    if max_norm is not None:
        with no_grad():
            embedding_renorm_(weight.detach(), input, max_norm, norm_type)
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' "
            f"(got mode='{mode}'). Please open a feature request on GitHub."
        )
    indices = input.array.reshape(-1)
    bags, count = _bags(input.array, offsets, include_last_offset)
    _check_rows(weight, indices, padding_idx, per_sample_weights)
    indices = indices[: len(bags)]  # what stands after the last bag
    factors = None if per_sample_weights is None else per_sample_weights.reshape(-1)[: len(bags)]
    if padding_idx is not None:
        counts = indices != padding_idx % weight.shape[0]
        indices, bags = indices[counts], bags[counts]
        factors = None if factors is None else factors[wrap(counts)]
    if mode == "max":
        return max_bags(weight, wrap(indices), wrap(bags), count)
    if mode == "mean":
        factors = wrap((1 / np.bincount(bags, minlength=count)[bags]).astype(weight.array.dtype))
    return sum_bags(weight, factors, wrap(indices), wrap(bags), count, scale_grad_by_freq)


def _check_bags(input, weight, offsets, mode, scale_grad_by_freq, sparse, per_sample_weights):
    if per_sample_weights is not None and input.shape != per_sample_weights.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then it must have the "
            f"same shape as the input ({input.shape})"
        )
    if weight.dim() != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}")
    if input.dim() == 2 and offsets is not None:
        raise ValueError(
            "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
            f"sequences. However, found offsets of type {type(offsets)}"
        )
    if input.dim() == 1:
        if offsets is None:
            raise ValueError("offsets has to be a 1D Tensor but got None")
        if offsets.dim() != 1:
            raise ValueError("offsets has to be a 1D Tensor")
    if input.dim() not in (1, 2):
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}")
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")


def _bags(input, offsets, include_last_offset):
    """Return the bag of each index, and the number of bags."""
    check_indices("embedding_bag", input)
    if offsets is None:
        count, length = input.shape
        return XP[type(input)].arange(count).repeat(length), count
    starts = offsets.array
    check_indices("embedding_bag", starts)
    if len(starts) and starts[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, "
            f"got {int(starts[0])}"
        )
    if len(starts) and starts[-1] > len(input):
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length {len(input)} but got offsets[-1] of {int(starts[-1])}"
        )
    if (starts[1:] < starts[:-1]).any():
        raise RuntimeError("Expected i < index_size to be true, but got false\nOffsets must not decrease.")
    if include_last_offset:
        return bags_of(starts[:-1], starts[-1]), len(starts) - 1
    return bags_of(starts, len(input)), len(starts)


def _check_rows(weight, indices, padding_idx, per_sample_weights):
    rows = weight.shape[0]
    if not weight.is_floating_point():
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have one of the following scalar types: Half, BFloat16, "
            f"Float, Double; but got torch.{weight.dtype.legacy}Tensor instead (while checking arguments for "
            "embedding_bag)"
        )
    if padding_idx is not None and not -rows <= padding_idx < rows:
        raise RuntimeError(
            f"padding_idx must be within the number of embeddings, {-rows} through {rows - 1}, but got {padding_idx}"
        )
    if per_sample_weights is not None and per_sample_weights.dtype is not weight.dtype:
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 "
            f"'per_sample_weights'; but type torch.{weight.dtype.legacy}Tensor does not equal "
            f"torch.{per_sample_weights.dtype.legacy}Tensor (while checking arguments for embedding_bag)"
        )
    wrong = ((indices < 0) | (indices >= rows)).nonzero()[0]
    if wrong.size:
        raise RuntimeError(
            f"Index {wrong[0]} of input takes value {indices[wrong[0]]} which is not in the valid range [0, {rows})"
        )
