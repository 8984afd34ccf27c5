"""Class numbers as targets: do they fit the scores, where do their classes stand, and how much does each count."""

from __future__ import annotations

import math

import numpy as np

from .. import dtypes
from ..backends import expect_inside, on_host
from ..errors import not_implemented, with_remedy

OUT_OF_BOUNDS = "A target is out of bounds: there are {size} classes, counted from 0"  # what a device can say


def check_classes(input, target, weight):
    """Raise PyTorch's error unless scores (N, C, *), class numbers (N, *) and class weights (C,) fit together."""
    if not input.ndim:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    _check_sizes(input, target)
    classes = input.shape[1] if input.ndim > 1 else input.shape[0]
    if weight is not None and weight.shape != (classes,):
        if input.ndim > 2:
            raise RuntimeError("weight tensor should be defined either for all or no classes")
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of "
            f"shape: {[*weight.shape]}"
        )
    if target.dtype not in (np.int64, np.uint8):
        raise RuntimeError(with_remedy(
            f"expected target dtype to be Long or Byte, but got {dtypes.of(target).legacy}",
            "The target holds class numbers: y.long()."))  # fmt: skip


def refuse_other_floats(input, target, weight):
    """Raise PyTorch's error for class weights of another dtype than the scores."""
    if weight is not None and input.dtype != weight.dtype:
        raise RuntimeError(f"expected scalar type {input.dtype.legacy} but found {weight.dtype.legacy}")


def need_floats(input):
    """Raise PyTorch's error for scores that are whole numbers."""
    if input.dtype.kind != "f":
        raise not_implemented("nll_loss_out_frame" if input.ndim < 3 else "nll_loss2d_forward_out_frame", input)


def _check_sizes(input, target):
    if input.ndim > 1 and input.shape[0] != (target.shape[0] if target.ndim else 0):
        raise ValueError(with_remedy(
            f"Expected input batch_size ({input.shape[0]}) to match target batch_size "
            f"({target.shape[0] if target.ndim else 0}).",
            f"The scores have shape {input.shape}, the target {target.shape}: a number for each sample."))  # fmt: skip
    if input.ndim <= 2:
        if target.ndim > 1:
            raise RuntimeError(with_remedy(
                "0D or 1D target tensor expected, multi-target not supported",
                f"The target has shape {target.shape}; it holds one class number for each sample. From one-hot rows: "
                "y.argmax(dim=1); from a column: y.squeeze(1)."))  # fmt: skip
        if input.ndim == 1 and target.size != 1:
            raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {target.size}")
        return
    expected = [input.shape[0], *input.shape[2:]]
    if [*target.shape] == expected:
        return
    if input.ndim != 4:
        raise RuntimeError(f"Expected target size {expected}, got {[*target.shape]}")
    if target.ndim != 3:
        raise RuntimeError(
            f"only batches of spatial targets supported (3D tensors) but got targets of dimension: {target.ndim}"
        )
    raise RuntimeError(f"size mismatch (got input: {[*input.shape]} , target: {[*target.shape]}")


def batch_of(input, target):
    """Return scores (N, C, *) and class numbers (N, *); a single sample becomes a batch of one."""
    return (input[None], target.reshape(1)) if input.ndim == 1 else (input, target)


def numbers_of(target, classes, ignore_index):
    """Return the targets' class numbers, and which of them count: None if all do; the others are 0.

    Raises:
        IndexError: for a number that is no class.
    """
    numbers = target.astype(np.int64, copy=False)
    if not on_host(numbers):
        counted = numbers != ignore_index
        numbers = numbers * counted
        expect_inside(numbers, 0, classes, OUT_OF_BOUNDS)
        return numbers, counted
    inside = not numbers.size or numbers.view(np.uint64).max() < classes  # a negative number is huge without its sign
    if inside and ignore_index < 0:
        return numbers, None
    counted = numbers != ignore_index
    wrong = numbers[counted & ((numbers < 0) | (numbers >= classes))]
    if wrong.size:
        raise IndexError(with_remedy(
            f"Target {wrong[0]} is out of bounds.",
            f"The scores are for {classes} classes, numbered 0 to {classes - 1}."))  # fmt: skip
    return numbers * counted, counted


def positions(xp, numbers, classes):
    """Return where the class of each number (N, *) stands in flattened scores (N, C, *)."""
    n, *inner = numbers.shape
    size = math.prod(inner)
    at = xp.arange(n).reshape(-1, *[1] * len(inner)) * (classes * size) + numbers * size
    return at + xp.arange(size).reshape(inner) if inner else at


def worth(numbers, weight, counted, dtype):
    """Return what each target counts, its class's weight, or 0 if it does not count at all; and the sum over all."""
    if weight is not None:
        each = weight[numbers] if counted is None else weight[numbers] * counted
    elif counted is not None:
        each = counted.astype(dtype)
    else:
        return 1.0, float(numbers.size)
    return each, each.sum()
