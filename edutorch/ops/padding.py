"""Padding: a tensor made larger at its borders, with a constant or with its own values; or smaller, if negative.

The pads are given as in PyTorch: a pair (before, after) for the last dimension, then one for the dimension before it,
and so on.
"""

from __future__ import annotations

import math

from ..errors import not_implemented, with_remedy
from ..op import Array, op
from .int_lists import int_list
from .masks import number_for

__all__ = ["constant_pad_nd"]


def _with_axes(ndim, pad):
    """Return (axis, before, after) for each padded dimension, the last dimension first."""
    return [(ndim - 1 - i, pad[2 * i], pad[2 * i + 1]) for i in range(len(pad) // 2)]


def _overlap(before, after, size):
    """Return what of a dimension is kept, as a slice of the input, and where it goes, as a slice of the output."""
    start, stop = max(-before, 0), size + min(after, 0)
    return slice(start, stop), slice(start + before, stop + before)


# ---------------------------------------------------------------- with a constant


@op(cast=None, method=False)
def constant_pad_nd(xp, input: Array, pad, value=0):
    """Surround a tensor with a constant; negative pads cut off.

    Shape:    input (*, n, m), pad (left, right, top, bottom) -> out (*, top + n + bottom, left + m + right)
    Math:     y[i, j] = x[i - top, j - left] where there is such an element, else the value
    Gradient: dL/dx[i, j] = g[i + top, j + left], 0 for what was cut off: padding by the negative amounts

    Raises:
        RuntimeError: for an odd number of pads, more than the tensor has dimensions for, or a negative size.
    """
    pad = int_list("constant_pad_nd", "pad", 2, pad)
    _check_constant(input, pad)
    shape, source, target = list(input.shape), [slice(None)] * input.ndim, [slice(None)] * input.ndim
    for axis, before, after in _with_axes(input.ndim, pad):
        source[axis], target[axis] = _overlap(before, after, input.shape[axis])
        shape[axis] += before + after
    out = xp.full(shape, _filling(value, input.dtype), input.dtype) if value else xp.zeros(shape, input.dtype)
    out[tuple(target)] = input[tuple(source)]
    return out


constant_pad_nd.grad(input=lambda g, pad: constant_pad_nd.both(g, [-n for n in pad]))


def _filling(value, dtype):
    if value < 0 and dtype.kind == "u":  # elsewhere PyTorch lets a negative number wrap around
        raise RuntimeError(f"value cannot be converted to type {dtype}_t without overflow")
    return number_for(value, dtype)


def _check_constant(input, pad):
    if len(pad) % 2:
        raise RuntimeError(f"Length of pad must be even but instead it equals {len(pad)}")
    if len(pad) > 2 * input.ndim:
        raise RuntimeError(with_remedy(
            "Length of pad should be no more than twice the number of dimensions of the input. Pad length is "
            f"{len(pad)}while the input has {input.ndim}dimensions.",
            "Each pair of pads belongs to one dimension, from the last on."))  # fmt: skip
    for axis, before, after in _with_axes(input.ndim, pad):
        size = input.shape[axis]
        if max(-before, 0) + max(-after, 0) > size:
            raise RuntimeError("narrow(): length must be non-negative.")


# ---------------------------------------------------------------- with the tensor's own values

_DIMENSIONS = {"reflect": "ReflectionPad{}DBackward0", "replicate": "ReplicationPad{}DBackward0"}


def _node_name(pad, mode):
    return _DIMENSIONS.get(mode, "torch::autograd::CopySlices").format(len(pad) // 2)


def _sources(mode, size, before, after):
    """Return pairs (position in the padding, the input's position whose value it takes) along one dimension.

    Positions count from the input's first element: -1 is the last of the padding before it.
    """
    around = [*range(-before, 0), *range(size, size + after)]
    if mode == "reflect":
        return [(p, -p if p < 0 else 2 * (size - 1) - p) for p in around]
    if mode == "replicate":
        return [(p, 0 if p < 0 else size - 1) for p in around]
    kept = size + min(before, 0) + min(after, 0)  # what negative pads cut off does not come round again
    start = max(-before, 0)
    return [(p, start + (p - start) % kept) for p in around]


def _slice_at(axis, position):
    return (*[slice(None)] * axis, position)


@op(cast=None, method=False, out=False, node=_node_name)
def pad_with_own(xp, input: Array, pad, mode):
    """Continue a tensor beyond its borders with its own values; negative pads cut off.

    Shape:    input (*, n, m), pad (left, right, top, bottom) -> out (*, top + n + bottom, left + m + right)
    Math:     y[i] = x[s(i - before)], along each padded dimension of size n, with
              reflect:    s(p) = -p for p < 0, 2 (n - 1) - p for p >= n: mirrored at the outermost elements
              replicate:  s(p) = 0 for p < 0, n - 1 for p >= n: the outermost elements repeated
              circular:   s(p) = p mod n: the other end follows
    Gradient: dL/dx[k] = the sum of g[i] over all i with s(i - before) = k

    Raises:
        RuntimeError: for pads that need more than the tensor has, or leave nothing of it.
        NotImplementedError: for booleans, which can only be padded with "circular".
    """
    _check_own(input, pad, mode)
    for axis, before, after in _with_axes(input.ndim, pad):
        size = input.shape[axis]
        source, target = _overlap(before, after, size)
        out = xp.empty((*input.shape[:axis], before + size + after, *input.shape[axis + 1 :]), input.dtype)
        out[_slice_at(axis, target)] = input[_slice_at(axis, source)]
        for p, s in _sources(mode, size, before, after):
            out[_slice_at(axis, p + before)] = input[_slice_at(axis, s)]
        input = out
    return input


@op(method=False, out=False, node=_node_name)
def fold_back(xp, input: Array, shape_, pad, mode):
    """Add what stands in a padding to the elements that were copied there: the gradient of `pad_with_own`.

    Shape:    input, of the padded shape -> out, of the given shape
    Math:     y[k] = the sum of x[i] over all i with s(i - before) = k
    Gradient: dL/dx[i] = g[s(i - before)]: padding again
    """
    for axis, before, after in reversed(_with_axes(len(shape_), pad)):
        size = shape_[axis]
        source, target = _overlap(before, after, size)
        out = xp.zeros((*input.shape[:axis], size, *input.shape[axis + 1 :]), input.dtype)
        out[_slice_at(axis, source)] = input[_slice_at(axis, target)]
        for p, s in _sources(mode, size, before, after):
            out[_slice_at(axis, s)] += input[_slice_at(axis, p + before)]
        input = out
    return input


pad_with_own.grad(input=lambda g, shape, pad, mode: fold_back.both(g, shape, pad, mode))
fold_back.grad(input=lambda g, pad, mode: pad_with_own.both(g, pad, mode))


def _check_own(input, pad, mode):
    padded = _with_axes(input.ndim, pad)
    if mode == "circular":
        for axis, before, after in padded:
            if max(before, after) > input.shape[axis]:
                raise RuntimeError(with_remedy(
                    "Padding value causes wrapping around more than once.",
                    f"Dimension {axis} has size {input.shape[axis]}, the pads are {before} and {after}."))  # fmt: skip
            kept = input.shape[axis] + min(before, 0) + min(after, 0)
            if kept < (max(before, after) > 0):
                raise RuntimeError("Negative padding value is resulting in an empty dimension")
        return
    if not math.prod(input.shape[input.ndim > len(padded) + 1 :]):
        dims = len(padded) + 1
        raise RuntimeError(f"Expected {dims}D or {dims + 1}D (batch mode) tensor with possibly 0 batch size and other "
                           f"non-zero dimensions for input, but got: {list(input.shape)}")  # fmt: skip
    for i, (axis, before, after) in enumerate(padded):
        if mode == "reflect" and max(before, after) >= input.shape[axis]:
            raise RuntimeError(
                f"Argument #{4 + 2 * i}: Padding size should be less than the corresponding input dimension, but got: "
                f"padding ({before}, {after}) at dimension {axis} of input {list(input.shape)}"
            )
    sizes = [(input.shape[axis], input.shape[axis] + before + after) for axis, before, after in reversed(padded)]
    if all(made < 1 for _, made in sizes):
        names = "DHW"[-len(sizes) :]
        given, made = (" ".join(f"{n}: {size[k]}" for n, size in zip(names, sizes, strict=True)) for k in (0, 1))
        raise RuntimeError(f"input ({given.replace(' W', ', W')}) is too small. Calculated output {made}")
    if any(made < 0 for _, made in sizes):
        shape = [*input.shape[: -len(sizes)], *(made for _, made in sizes)]
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {shape}")
    if input.dtype.kind == "b":
        family = "reflection" if mode == "reflect" else "replication"
        raise not_implemented(f"{family}_pad{len(padded)}d", input)
