"""What poolings accept, and PyTorch's words for what they refuse."""

from __future__ import annotations

import functools
import math

from ..errors import dimension_out_of_range, not_a_tensor, with_remedy
from ..tensor import Tensor
from .int_lists import int_list
from .windows import Windows, count_of

_COUNTS = {2: "two", 3: "three"}


def numbers(name, parameter, position, value, d, wrong):
    """Return an argument given as one number or as one for each dimension; `wrong(length)` is the error's text."""
    given = int_list(name, parameter, position, (value,) if hasattr(value, "__index__") else value)
    if len(given) not in (1, d):
        raise RuntimeError(wrong(len(given)))
    return given * d if len(given) == 1 else given


def one_int(name, parameter, position, value):
    """Return an argument of a one-dimensional pooling, a number or a list of one."""
    return numbers(name, parameter, position, value, 1, lambda n: (
        f"{name}() argument '{parameter}' should contain one int (got {n})"))  # fmt: skip


# ---------------------------------------------------------------- max pooling


def max_windows(d, input, kernel_size, stride, padding, dilation, ceil_mode):
    """Return the windows of a max pooling over `d` dimensions.

    Raises:
        RuntimeError, TypeError: PyTorch's, for what cannot be pooled so.
    """
    if not isinstance(input, Tensor):
        raise not_a_tensor(f"max_pool{d}d", "input", 1, input)
    return _max_windows(d, input.array.shape, *map(_kept, (kernel_size, stride, padding, dilation)), ceil_mode)


def _kept(value):
    """Return an argument in a form that results can be kept for."""
    return tuple(value) if type(value) is list else value


@functools.lru_cache(256, typed=True)
def _max_windows(d, shape, kernel_size, stride, padding, dilation, ceil_mode):
    name = f"max_pool{d}d"
    stride = kernel_size if stride is None or stride == () else stride
    given = (
        ("kernel_size", kernel_size, "an int, list of ints or tuple", "either be a"),
        ("stride", stride, "None, an int, list of ints, or tuple", "either be omitted, a"),
        ("padding", padding, "an int, list of ints, or tuple", "either be a"),
        ("dilation", dilation, "an int, list of ints or tuple", "be either a"),
    )
    kernel, stride, padding, dilation = (
        numbers(name, parameter, i, value, d, lambda n, p=parameter, a=in_1d, b=else_: (
            f"{name}() {p} must be {a} of ints of size 1 but got size {n}" if d == 1 else
            f"{name}: {p} must {b} single int, or a tuple of {_COUNTS[d]} ints"))
        for i, (parameter, value, in_1d, else_) in enumerate(given, 2)
    )  # fmt: skip
    if d == 1:
        return _max_windows_1d(shape, kernel, stride, padding, dilation, ceil_mode)
    if len(shape) not in (d + 1, d + 2):
        raise RuntimeError(f"non-empty {d + 1}D or {d + 2}D (batch mode) tensor expected for input")
    windows = checked_windows(shape, kernel, stride, padding, dilation, ceil_mode)
    check_channels("max_pool3d_with_indices_out_cpu_template", shape, d)
    check_room(shape, windows)
    return windows


def _max_windows_1d(shape, kernel, stride, padding, dilation, ceil_mode):
    if len(shape) not in (2, 3) or not math.prod(shape[-2:]):
        raise RuntimeError("max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input,"
                           f" but got:{list(shape)}")  # fmt: skip
    for parameter, (value,) in (("kernel_size", kernel), ("stride", stride), ("dilation", dilation)):
        if value <= 0:
            raise RuntimeError(f"max_pool1d() {parameter} must be greater than zero, but got {value}")
    if padding[0] < 0:
        raise RuntimeError(f"max_pool1d() padding must be non-negative, but got {padding[0]}")
    if padding[0] > kernel[0] // 2:
        raise RuntimeError(f"max_pool1d() padding should be at most half of kernel size, but got padding={padding[0]} "
                           f"and kernel_size={kernel[0]}")  # fmt: skip
    count = count_of(shape[-1], kernel[0], stride[0], padding[0], dilation[0], ceil_mode)
    if count <= 0:
        raise RuntimeError(with_remedy(
            f"max_pool1d() Invalid computed output size: {count}",
            f"A window of {(kernel[0] - 1) * dilation[0] + 1} elements does not fit into {shape[-1]}."))  # fmt: skip
    return Windows(shape[-1:], kernel, stride, padding, dilation, (count,))


# ---------------------------------------------------------------- average pooling


def average_windows(d, input, kernel_size, stride, padding, ceil_mode):
    """Return the windows of an average pooling over `d` dimensions.

    Raises:
        RuntimeError, TypeError: PyTorch's, for what cannot be pooled so.
    """
    if not isinstance(input, Tensor):
        raise not_a_tensor(f"avg_pool{d}d", "input", 1, input)
    return _average_windows(d, input.array.shape, *map(_kept, (kernel_size, stride, padding)), ceil_mode)


@functools.lru_cache(256, typed=True)
def _average_windows(d, shape, kernel_size, stride, padding, ceil_mode):
    name = f"avg_pool{d}d"
    stride = kernel_size if stride is None or stride == () else stride
    given = (("kernel_size", kernel_size, ""), ("stride", stride, "omitted, "), ("padding", padding, ""))
    if d == 1:
        kernel, stride, padding = (one_int(name, parameter, i, v) for i, (parameter, v, _) in enumerate(given, 2))
    else:
        either = "either be" if d == 2 else "be"
        kernel, stride, padding = (
            numbers(name, parameter, i, value, d, lambda _, p=parameter, o=omitted: (
                f"{name}: {p} must {either} {o}a single int, or a tuple of {_COUNTS[d]} ints"))
            for i, (parameter, value, omitted) in enumerate(given, 2)
        )  # fmt: skip
    _check_dimensions(d, shape)
    if d == 1:  # PyTorch pools pictures of height one, and says so
        as_picture = (*shape[:-1], 1, shape[-1])
        windows = checked_windows(as_picture, (1, *kernel), (1, *stride), (0, *padding), (1, 1), ceil_mode)
        check_channels(name, as_picture, 2)
        check_room(as_picture, windows)
        return Windows(shape[-1:], kernel, stride, padding, (1,), windows.count[1:])
    windows = checked_windows(shape, kernel, stride, padding, (1,) * d, ceil_mode)
    check_channels(name, shape, d)
    if d == 3 and any(n < k for n, k in zip(windows.size, kernel, strict=True)):
        sizes = " ".join(f"{axis}: {n}" for axis, n in zip("THW", windows.size, strict=True))
        kernels = " ".join(f"k{axis}: {k}" for axis, k in zip("THW", kernel, strict=True))
        raise RuntimeError(f"input image ({sizes}) smaller than kernel size ({kernels})")
    check_room(shape, windows)
    return windows


def _check_dimensions(d, shape):
    if len(shape) in (d + 1, d + 2):
        return
    if d == 1:
        check_two_or_three("avg_pool1d", shape)
    if d == 3:
        raise RuntimeError("non-empty 4D or 5D (batch mode) tensor expected for input")
    if len(shape) < 3:
        raise dimension_out_of_range(len(shape), -3)
    raise _not_a_batch(2, shape)


def check_two_or_three(name, shape):
    """Raise PyTorch's error unless there are two or three dimensions."""
    if len(shape) not in (2, 3):
        raise RuntimeError(f"Expected 2 to 3 dimensions, but got {len(shape)}-dimensional tensor for argument #1 "
                           f"'self' (while checking arguments for {name})")  # fmt: skip


# ---------------------------------------------------------------- what both check


def checked_windows(shape, kernel, stride, padding, dilation, ceil_mode):
    """Return the windows with these numbers, if they make sense."""
    d = len(kernel)
    size = tuple(shape[len(shape) - d :])
    for s, p, k, q in reversed(list(zip(stride, padding, kernel, dilation, strict=True))):
        if not s:
            raise RuntimeError("stride should not be zero")
        if p < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {p}")
        if p > ((k - 1) * q + 1) // 2 and k > 0:
            raise RuntimeError(f"pad should be at most half of effective kernel size, but got pad={p}, kernel_size={k} "
                               f"and dilation={q}")  # fmt: skip
    axes = "THW"[-d:]
    for what, letter, given in (
        ("kernel size", "k", kernel),
        ("stride", "d", stride),
        ("dilation", "dilation", dilation),
    ):
        if min(given) <= 0:
            shown = " ".join(f"{letter}{axis}: {n}" for axis, n in zip(axes, given, strict=True))
            raise RuntimeError(f"{what} should be greater than zero, but got {shown}")
    count = tuple(map(count_of, size, kernel, stride, padding, dilation, (ceil_mode,) * d))
    return Windows(size, kernel, stride, padding, dilation, count)


def check_channels(name, shape, d):
    """Raise PyTorch's error if anything but the batch is empty."""
    if math.prod(shape[-d - 1 :]):
        return
    if d == 2:
        raise _not_a_batch(d, shape)
    raise RuntimeError(f"{name}(): Expected input's non-batch dimensions to have positive length, but input has a "
                       f"shape of {list(shape)} and non-batch dimension 0 has length zero!")  # fmt: skip


def _not_a_batch(d, shape):
    return RuntimeError(f"Expected {d + 1}D or {d + 2}D (batch mode) tensor with optional 0 dim batch size for input, "
                        f"but got:{list(shape)}")  # fmt: skip


def check_room(shape, windows):
    """Raise PyTorch's error if no window fits."""
    if min(windows.count) >= 1:
        return
    channels = shape[-len(windows.size) - 1]
    given, made = ("x".join(map(str, (channels, *sizes))) for sizes in (windows.size, windows.count))
    raise RuntimeError(with_remedy(
        f"Given input size: ({given}). Calculated output size: ({made}). Output size is too small",
        f"A window of {'x'.join(map(str, windows.kernel))} is larger than the input: use a smaller one, or fewer "
        "poolings before it."))  # fmt: skip
