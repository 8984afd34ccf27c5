"""Padding as a function."""

from __future__ import annotations

from ...op.autocast import autocast_operands
from ...ops.int_lists import int_list
from ...ops.padding import constant_pad_nd, pad_with_own

__all__ = ["pad"]


def pad(input, pad, mode="constant", value=None):
    """Make a tensor larger at its borders; negative pads cut off.

    Args:
        pad: (left, right) for the last dimension, then (top, bottom) for the one before it, and so on.
        mode: "constant"; or "reflect", "replicate", "circular", which continue the tensor with its own values, and pad
            one, two or three dimensions of a tensor that has one or two more.
        value: the constant; 0 by default.

    Raises:
        RuntimeError: for an odd number of pads, or more than the tensor has room for.
        NotImplementedError: for another mode, or a number of pads that a mode does not take.

    Example:
        >>> import edutorch as torch
        >>> torch.nn.functional.pad(torch.tensor([[1, 2, 3]]), (1, 2), mode="replicate")
        tensor([[1, 1, 2, 3, 3, 3]])
    """
    ndim, pads = input.dim(), int_list("pad", "pad", 2, pad)
    if len(pads) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pads) > 2 * ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(pads)} and input of dimension {ndim}"
        )
    if value is not None and not isinstance(value, (int, float)):
        raise TypeError(f"pad(): argument 'value' (position 4) must be float, not {type(value).__name__}")
    if mode == "constant":
        return constant_pad_nd(input, pads, value or 0)
    if value:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if len(pads) not in (2, 4, 6) or ndim not in (len(pads) // 2 + 1, len(pads) // 2 + 2):
        raise NotImplementedError(f"Padding size {len(pads)} is not supported for {ndim}D input tensor.")
    (input,) = autocast_operands(f"{mode}_pad{len(pads) // 2}d", input)
    return pad_with_own(input, pads, mode)
