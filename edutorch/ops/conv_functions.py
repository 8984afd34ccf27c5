"""`conv2d`, `conv_transpose1d` and their relatives: what users call, in front of the operators of `conv.py`.

They take single pictures as well as batches, numbers for tuples, and "same" and "valid" for a padding; and they refuse
what does not fit, in PyTorch's words.
"""

from __future__ import annotations

import warnings

from .. import dtypes
from ..errors import C_NAMES, not_implemented, type_name, with_remedy
from ..op.autocast import autocast_operands
from ..op.forms import over
from ..tensor import Tensor
from .conv import conv_transpose, convolution
from .padding import constant_pad_nd
from .sliding import reaches

__all__ = ["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]


@over(convolution)
def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Slide filters along sequences.

    Args:
        As for `conv2d`, with one dimension less.

    Shape: input (N, C, L) or (C, L), weight (O, C / groups, k) -> out (N, O, L') or (O, L')
    """
    return _conv("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


@over(convolution)
def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Slide filters over pictures.

    Args:
        weight: the filters. bias: a number per filter, added to what it finds.
        stride: how far the window moves at a time. dilation: how far apart the elements are that it sees.
        padding: rows and columns of zeros on each side; "valid" for none, "same" for an output as large as the input.
        groups: into how many parts channels and filters are split; each filter sees the channels of its own part.

        stride, padding and dilation may be pairs, for height and width.

    Shape: input (N, C, H, W) or (C, H, W), weight (O, C / groups, kH, kW), bias (O,) -> out (N, O, H', W') or
           (O, H', W'), H' = (H + 2 padding - dilation (kH - 1) - 1) // stride + 1

    Raises:
        RuntimeError: for shapes that do not fit, or a window larger than the picture.

    Example:
        >>> import edutorch as torch
        >>> step = torch.tensor([[[[0.0, 0.0, 1.0, 1.0]]]])
        >>> torch.conv2d(step, torch.tensor([[[[-1.0, 1.0]]]]))
        tensor([[[[0., 1., 0.]]]])
    """
    return _conv("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


@over(convolution)
def conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Slide filters through volumes, or through films.

    Args:
        As for `conv2d`, with one dimension more.

    Shape: input (N, C, D, H, W) or (C, D, H, W), weight (O, C / groups, kD, kH, kW) -> out (N, O, D', H', W') or
           (O, D', H', W')
    """
    return _conv("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


@over(conv_transpose)
def conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Spread each element of sequences by filters: `conv1d` with its arrows turned round.

    Args:
        As for `conv_transpose2d`, with one dimension less.

    Shape: input (N, C, L) or (C, L), weight (C, O / groups, k) -> out (N, O, L') or (O, L')
    """
    return _conv_transpose(
        "conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


@over(conv_transpose)
def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Spread each pixel of pictures by filters: `conv2d` with its arrows turned round, which makes pictures larger.

    Args:
        weight, bias, stride, dilation, groups: as of the `conv2d` from the output to the input.
        padding: of that convolution: as much is cut off the output on each side.
        output_padding: rows and columns to add below and on the right: several sizes have the same convolved size.

    Shape: input (N, C, H, W) or (C, H, W), weight (C, O / groups, kH, kW), bias (O,) -> out (N, O, H', W') or
           (O, H', W'), H' = (H - 1) stride - 2 padding + dilation (kH - 1) + output_padding + 1

    Example:
        >>> import edutorch as torch
        >>> torch.conv_transpose2d(torch.tensor([[[[1.0, 2.0]]]]), torch.ones(1, 1, 1, 2), stride=2)
        tensor([[[[1., 1., 2., 2.]]]])
    """
    return _conv_transpose(
        "conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


@over(conv_transpose)
def conv_transpose3d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Spread each element of volumes by filters: `conv3d` with its arrows turned round.

    Args:
        As for `conv_transpose2d`, with one dimension more.

    Shape: input (N, C, D, H, W) or (C, D, H, W), weight (C, O / groups, kD, kH, kW) -> out (N, O, D', H', W') or
           (O, D', H', W')
    """
    return _conv_transpose(
        "conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def _conv(name, n, input, weight, bias, stride, padding, dilation, groups):
    _need_tensors(name, input, weight, bias)
    input, weight, bias = autocast_operands(name, input, weight, bias)
    _need_dimensions(name, n, input)
    batch = input if input.ndim == n + 2 else input.unsqueeze(0)
    if padding == "same" and weight.ndim != batch.ndim:
        raise _wrong_dimensions(batch, weight, "")
    stride, dilation = _sizes(name, "stride", stride, n, weight), _sizes(name, "dilation", dilation, n, weight)
    if isinstance(padding, str):
        batch, padding = _padding_by_name(padding, batch, weight, stride, dilation)
    padding = _sizes(name, "padding", padding, n, weight)
    _check(batch, weight, bias, stride, padding, dilation, groups, transposed=False)
    around = [size + 2 * p for size, p in zip(batch.shape[2:], padding, strict=True)]
    reach = reaches(weight.shape[2:], dilation)
    if any(size < r for size, r in zip(around, reach, strict=True)):
        raise RuntimeError(
            with_remedy(
                f"Calculated padded input size per channel: {_times(around)}. Kernel size: {_times(reach)}. Kernel "
                "size can't be greater than actual input size",
                "The pictures have become too small for this layer: use fewer strides and poolings before it, or pad.",
            )
        )
    _refuse_empty(batch, weight)
    if max(dilation) > 1:
        _refuse_integers(input.array, "slow_conv_dilated<>")
    elif input.array.dtype == dtypes.BOOL and input.array.size:
        raise not_implemented("compute_columns3d" if n == 3 else "slow_conv2d_cpu", input.array)
    out = convolution(batch, weight, bias, stride, padding, dilation, groups)
    return out if input.ndim == n + 2 else out.squeeze(0)


def _conv_transpose(name, n, input, weight, bias, stride, padding, output_padding, groups, dilation):
    _need_tensors(name, input, weight, bias)
    input, weight, bias = autocast_operands(name, input, weight, bias)
    _need_dimensions(name, n, input)
    if isinstance(padding, str):
        raise TypeError(f"{name}(): argument 'padding' must be tuple of ints, not str")
    stride, dilation = _sizes(name, "stride", stride, n, weight), _sizes(name, "dilation", dilation, n, weight)
    padding = _sizes(name, "padding", padding, n, weight)
    extra = _sizes(name, "output_padding", output_padding, n, weight)
    batch = input if input.ndim == n + 2 else input.unsqueeze(0)
    if min(extra) < 0:
        raise RuntimeError("negative output_padding is not supported")
    _check(batch, weight, bias, stride, padding, dilation, groups, transposed=True)
    _refuse_empty(batch, weight)
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        given = [("output_padding", extra), ("stride", stride), ("dilation", dilation)]
        raise RuntimeError(
            "output padding must be smaller than either stride or dilation, but got "
            + " ".join(_named(what, sizes, fill=what != "output_padding") for what, sizes in given)
        )
    steps = zip(batch.shape[2:], stride, padding, reaches(weight.shape[2:], dilation), extra, strict=True)
    size = tuple((places - 1) * s - 2 * p + reach + e for places, s, p, reach, e in steps)
    if min(size) < 1:
        given, made = (1, *batch.shape[2:])[-max(n, 2) :], (1, *size)[-max(n, 2) :]
        raise RuntimeError(
            f"Given input size per channel: {_times(given)}. Calculated output size per channel: {_times(made)}. "
            "Output size is too small"
        )
    _refuse_integers(input.array, f"slow_conv_transpose{max(n, 2)}d_out_cpu")
    out = conv_transpose(batch, weight, bias, size, stride, padding, dilation, groups)
    return out if input.ndim == n + 2 else out.squeeze(0)


def _sizes(name, what, value, n, weight):
    """Return a number, or a sequence of numbers, as one for each of the dimensions."""
    if type(value) is int and weight.ndim == n + 2:
        return (value,) * n
    values = list(value) if isinstance(value, (tuple, list)) else [value] * n
    if any(isinstance(v, bool) or not hasattr(v, "__index__") for v in values):
        raise _invalid(name, ["Tensor", "Tensor", f"{what}={type_name(value)}"])
    values = [v.__index__() for v in values]
    dimensions = weight.ndim - 2
    if len(values) not in (1, dimensions) and dimensions > 0:
        raise RuntimeError(
            f"expected {what} to be a single integer value or a list of {dimensions} values to match the convolution "
            f"dimensions, but got {what}={values}"
        )
    return tuple(values) * (n if len(values) == 1 else 1)


def _need_tensors(name, input, weight, bias):
    if not (isinstance(input, Tensor) and isinstance(weight, Tensor) and (bias is None or isinstance(bias, Tensor))):
        given = [input, weight] if bias is None else [input, weight, bias]
        raise _invalid(name, ["Tensor" if isinstance(v, Tensor) else type_name(v) for v in given])


def _invalid(name, given):
    return TypeError(
        with_remedy(
            f"{name}() received an invalid combination of arguments - got ({', '.join(given)}), but expected one of:",
            "(Tensor input, Tensor weight, Tensor bias=None, stride, padding, dilation: int or tuple of ints, int "
            "groups=1)",
        )
    )


def _need_dimensions(name, n, input):
    if input.ndim not in (n + 1, n + 2):
        raise RuntimeError(
            with_remedy(
                f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {name}, but got input of size: "
                f"{list(input.shape)}",
                "A batch is (samples, channels, …); add a missing dimension with x.unsqueeze(1), for example.",
            )
        )


def _wrong_dimensions(batch, weight, space):
    return RuntimeError(
        f"Expected {weight.ndim}-dimensional input for {weight.ndim}-dimensional weight{space}{list(weight.shape)}, "
        f"but got {batch.ndim}-dimensional input of size {list(batch.shape)} instead"
    )


def _padding_by_name(padding, batch, weight, stride, dilation):
    """Return the input and a padding in numbers; where "same" needs one more after than before, that one is added."""
    if padding == "valid":
        return batch, (0,) * len(stride)
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    if max(stride) > 1 or min(stride) < 1:
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    totals = [max(reach - 1, 0) for reach in reaches(weight.shape[2:], dilation)]
    if any(total % 2 for total in totals):
        warnings.warn(
            "Using padding='same' with even kernel lengths and odd dilation may require a zero-padded copy of the "
            "input be created",
            stacklevel=4,
        )
        batch = constant_pad_nd(batch, [n for total in reversed(totals) for n in (0, total % 2)])
    return batch, tuple(total // 2 for total in totals)


def _check(batch, weight, bias, stride, padding, dilation, groups, transposed):
    """Raise PyTorch's error for numbers that make no sense, and for shapes that do not fit together."""
    sizes, channels = list(weight.shape), batch.shape[1]
    if weight.ndim < 3:
        raise RuntimeError("weight should have at least three dimensions")
    if groups < 1:
        raise RuntimeError("non-positive groups is not supported")
    if min(padding) < 0:
        raise RuntimeError("negative padding is not supported")
    if min(stride) < 1:
        raise RuntimeError("non-positive stride is not supported")
    if weight.ndim != batch.ndim:
        raise _wrong_dimensions(batch, weight, " ")
    if sizes[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size "
            f"{sizes} instead"
        )
    if sizes[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of "
            f"size [{sizes}] instead"
        )
    given = f"transposed={transposed:d}" if transposed else f"groups={groups}"
    expected, filters = (sizes[0], sizes[1] * groups) if transposed else (sizes[1] * groups, sizes[0])
    if channels != expected:
        raise RuntimeError(
            with_remedy(
                f"Given {given}, weight of size {sizes}, expected input{list(batch.shape)} to have {expected} "
                f"channels, but got {channels} channels instead",
                "Dimension 1 holds the channels: (samples, channels, …). The layer before must make as many.",
            )
        )
    if bias is not None and tuple(bias.shape) != (filters,):
        raise RuntimeError(
            f"Given {'transposed=1, ' if transposed else ''}weight of size {sizes}, expected bias to be 1-dimensional "
            f"with {filters} elements, but got bias of size {list(bias.shape)} instead"
        )
    if min(dilation) < 1:
        raise RuntimeError("dilation should be greater than zero, but got " + str(list(dilation)))
    if min(sizes[2:]) < 1:
        kernel = _named("kernel", sizes[2:], fill=True) if len(sizes) < 5 else f"{_times(sizes[2:])[1:-1]} (TxHxW)"
        raise RuntimeError(f"kernel size should be greater than zero, but got{'' if len(sizes) < 5 else ':'} {kernel}")


def _refuse_integers(array, kernel):
    """Raise PyTorch's error for the dtypes that it has not written a kernel for."""
    if array.size and not dtypes.is_floating(array.dtype) and array.dtype != dtypes.int64.numpy:
        raise not_implemented(kernel, array)


def _refuse_empty(batch, weight):
    if 0 in batch.shape[2:]:
        raise RuntimeError(
            f"Only zero batch or zero channel inputs are supported, but got input shape: {list(batch.shape)}"
        )


def _times(sizes):
    return "(" + " x ".join(map(str, sizes)) + ")"


def _named(what, sizes, fill):
    """Return sizes as PyTorch spells them out; a single one is a width, and `fill` is the height that goes with it."""
    sizes = (int(fill), *sizes) if len(sizes) == 1 else sizes
    names = ("depth", "height", "width")[-len(sizes) :]
    return " ".join(f"{what}_{name}: {size}" for name, size in zip(names, sizes, strict=True))


def _refuse_dtypes(input, weight, bias):
    """Raise PyTorch's error for operands of different dtypes: it looks at the bias first."""
    if bias is not None and bias.dtype != input.dtype:
        names = [C_NAMES[t.dtype.name] for t in (input, bias)]
        raise RuntimeError(
            with_remedy(
                f"Input type ({names[0]}) and bias type ({names[1]}) should be the same",
                "Convert one of them: x.to(layer.weight.dtype).",
            )
        )
    if weight.dtype != input.dtype:
        raise RuntimeError(
            with_remedy(
                f"expected scalar type {input.dtype.legacy} but found {weight.dtype.legacy}",
                "Convert the input, x.to(layer.weight.dtype), or the layer, layer.to(x.dtype).",
            )
        )


convolution.op.refuse = conv_transpose.op.refuse = _refuse_dtypes
