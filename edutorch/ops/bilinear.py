"""The bilinear map: a number for every pair of two vectors' features, weighed and summed."""

from __future__ import annotations

from ..errors import C_NAMES
from ..op.autocast import asks_autocast
from .tensor_arguments import need_tensors

__all__ = ["bilinear"]


@asks_autocast
def bilinear(input1, input2, weight, bias=None):
    """Apply a map that is linear in each of two inputs.

    Shape: input1 (*, I), input2 (*, J), weight (O, I, J), bias (O,) -> (*, O)
    Math:  y_o = sum_ij x1_i W_oij x2_j + b_o
    """
    need_tensors("bilinear", input1=input1, input2=input2, weight=weight)
    _need_shapes(input1, input2, weight, bias)
    turned = input2 @ weight.reshape(-1, weight.shape[-1]).mT  # (*, O I)
    turned = turned.reshape(*input2.shape[:-1], *weight.shape[:2])
    out = (turned @ input1.unsqueeze(-1)).reshape(*input1.shape[:-1], weight.shape[0])
    return out if bias is None else out + bias


def _need_shapes(input1, input2, weight, bias):
    if input1.ndim != input2.ndim:
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.ndim} and {input2.ndim}")
    for i, (a, b) in enumerate(zip(input1.shape[:-1], input2.shape[:-1], strict=True)):
        if a != b:
            raise RuntimeError(f"bilinear(): input batch dimensions do not match at dim {i}: got {a} and {b}")
    for i, x in enumerate((input1, input2)):
        if x.shape[-1] != weight.shape[i + 1]:
            expected = weight.shape[i + 1]
            raise RuntimeError(
                f"bilinear(): input{i + 1} size does not match weight size: got {x.shape[-1]} but expected {expected}"
            )
    if bias is not None and bias.shape[0] != weight.shape[0]:
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {bias.shape[0]} but expected {weight.shape[0]}"
        )
    given = {"input1": input1, "input2": input2, "weight": weight}
    if len({x.dtype for x in given.values()}) > 1:
        named = ", ".join(f"{name}: {C_NAMES[x.dtype.name]}" for name, x in given.items())
        raise RuntimeError(f"All tensors must have the same dtype, got {named}")
