"""Tensors of random numbers: `rand`, `randn`, `randint`, `randperm`, `normal`, `bernoulli`, `multinomial` and more.

All draw from `generator=`, or from the default generator, in PyTorch's order: seeded alike, both yield the same
numbers. A tensor is filled in the order of its memory, not of its indices.

Streams of CUDA devices draw uniform and normal numbers, whole numbers and yes-or-no on the device (`fill_…`), in the
order of the indices. What else there is they draw on the processor, and it is copied.
"""

from __future__ import annotations

import functools

import numpy as np

from .. import dtypes
from ..autograd.versions import bump
from ..autograd.views import before_write, refuse_shared_elements, write
from ..backends import CPU, XP, device, like, to_host
from ..errors import cannot_broadcast, not_a_tensor, with_remedy
from ..modes import is_grad_enabled
from ..op import Array, Index, op
from ..random import stream_of
from ..streams.poisson import poisson as poisson_number
from ..tensor import Tensor, first_checked, method, wrap
from .create import empty, empty_like
from .creation import creation, default_floats, sizes_of, whole_number

__all__ = [
    "bernoulli",
    "multinomial",
    "normal",
    "poisson",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
]


def _stream(generator, xp):
    """Return the stream for arrays that a library makes now: on the CPU, or on the current device."""
    return stream_of(generator, CPU if xp is np else device("cuda"))


def _new(stream, xp, shape, dtype, fill, *arguments):
    """Return an array that a device's stream has filled where it lies."""
    array = xp.empty(shape, dtype)
    fill(stream, array, *arguments)
    return array


# ---------------------------------------------------------------- new tensors


@creation
def rand(xp, dtype, *sizes, size=None, generator=None):
    """Draw numbers evenly spread over [0, 1).

    Shape: sizes, one by one or as one tuple -> out (*sizes)

    Example:
        >>> import edutorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.rand(2)
        tensor([0.4963, 0.7682])
    """
    stream, shape, dtype = _stream(generator, xp), sizes_of("rand", sizes, size), dtype or default_floats()
    return _new(stream, xp, shape, dtype, _uniform) if stream.on_device else stream.uniform(shape, dtype)


@creation
def randn(xp, dtype, *sizes, size=None, generator=None):
    """Draw normal numbers of mean 0 and standard deviation 1.

    Shape: sizes, one by one or as one tuple -> out (*sizes)
    """
    stream, shape, dtype = _stream(generator, xp), sizes_of("randn", sizes, size), dtype or default_floats()
    return _new(stream, xp, shape, dtype, _normal) if stream.on_device else stream.normal(shape, dtype)


@creation
def randint(xp, dtype, low=None, high=None, size=None, *, generator=None):
    """Draw whole numbers from `low` (default 0) up to, but not including, `high`.

    Shape: size, a tuple -> out (*size)

    Raises:
        RuntimeError: if there is no number to draw.
    """
    if size is None:  # randint(high, size)
        low, high, size = 0, low, high
    elif high is None:  # randint(high, size=size)
        low, high = 0, low
    if not isinstance(size, (tuple, list)):
        kind = type(size).__name__
        raise TypeError(f"randint(): argument 'size' (position 2) must be tuple of ints, not {kind}")
    low, high = whole_number("randint", "low", 1, low or 0), whole_number("randint", "high", 1, high)
    stream, shape, dtype = _stream(generator, xp), sizes_of("randint", (size,)), dtype or dtypes.INT64
    if stream.on_device:
        return _new(stream, xp, shape, dtype, _integers, low, high)
    return stream.integers(low, high, shape, dtype)


@creation
def randperm(xp, dtype, n, *, generator=None):
    """Draw the numbers 0 to n - 1 in random order.

    Shape: n -> out (n,)
    """
    order = _stream(generator, xp).permutation(whole_number("randperm", "n", 1, n))
    return order if dtype is None else order.astype(dtype)


# ---------------------------------------------------------------- like another tensor


def _alike(name, input, options, draw):
    """Return a tensor like another, filled by `draw(stream, array)`."""
    if not isinstance(input, Tensor):
        raise not_a_tensor(name, "input", 1, input)
    generator = options.pop("generator", None)
    out = empty_like(input, **options)
    draw(stream_of(generator, out.device), out.array)
    return out


def rand_like(input, **options):
    """Draw numbers evenly spread over [0, 1), in the shape and dtype of a tensor.

    Shape: input (*) -> out (*)

    Args:
        options: `dtype`, `device`, `requires_grad`, `generator` …
    """
    return _alike("rand_like", input, options, _uniform)


def randn_like(input, **options):
    """Draw normal numbers of mean 0 and standard deviation 1, in the shape and dtype of a tensor.

    Shape: input (*) -> out (*)

    Args:
        options: `dtype`, `device`, `requires_grad`, `generator` …
    """
    return _alike("randn_like", input, options, _normal)


def randint_like(input, low=None, high=None, **options):
    """Draw whole numbers from `low` (default 0) up to, but not including, `high`, in the shape and dtype of a tensor.

    Shape: input (*) -> out (*)

    Args:
        options: `dtype`, `device`, `requires_grad`, `generator` …
    """
    low, high = (0, low) if high is None else (low or 0, high)
    return _alike("randint_like", input, options, functools.partial(_integers, low=low, high=high))


# ---------------------------------------------------------------- filling an array


def _lay_out(array, draw):
    """Fill an array with `draw(shape)` in the order of its memory, as PyTorch does."""
    ordered = array.transpose(_memory_order(array))
    ordered[...] = like(np.asarray(draw(ordered.shape)), array)


def _memory_order(array):
    return sorted(range(array.ndim), key=lambda d: -array.strides[d])


def _uniform(stream, array, low=0.0, high=1.0):
    if not (stream.on_device and stream.fill_uniform(array, low, high)):
        _lay_out(array, lambda shape: stream.uniform(shape, array.dtype, low, high))


def _normal(stream, array, mean=0.0, std=1.0):
    whole = array.flags.c_contiguous
    if not (stream.on_device and stream.fill_normal(array, mean, std)):
        _lay_out(array, lambda shape: stream.normal(shape, array.dtype, mean, std, contiguous=whole))


def _integers(stream, array, low, high):
    if not (stream.on_device and stream.fill_integers(array, low, high)):
        _lay_out(array, lambda shape: stream.integers(low, high, shape, array.dtype))


# ---------------------------------------------------------------- in place


@op(cast=None, method=False, out=False, node=lambda label: label)
def redrawn(input: Array, numbers: Index, label):
    """Replace the elements by random numbers, on which the old ones have no influence.

    Shape:    input (*), numbers (*) -> out (*)
    Math:     y = numbers
    Gradient: dL/dx = 0
    """
    return numbers


redrawn.grad(input=lambda xp, g: xp.zeros_like(g))


def _fill(tensor, generator, label, draw, *arguments):
    """Overwrite a tensor with random numbers; if it is tracked, its gradient ends here."""
    old, stream = before_write(tensor), stream_of(generator, tensor.device)
    if 0 in tensor.array.strides:
        refuse_shared_elements(tensor.array)
    draw(stream, tensor.array, *arguments)
    if tensor.tracked and is_grad_enabled():
        return write(tensor, old, redrawn(old, wrap(tensor.array), label))
    bump(tensor)
    return tensor


def _from_to(name, given, named, defaults):
    """Return the arguments `from` and `to`, the first of which Python does not let a function name."""
    for key in named:
        if key not in ("from", "to"):
            raise TypeError(f"{name}() got an unexpected keyword argument '{key}'")
    arguments = dict(zip(("from", "to"), given)) | named  # noqa: B905 (as many as are given)
    return [arguments.get(key, default) for key, default in zip(("from", "to"), defaults, strict=True)]


@method
def uniform_(self, *limits, generator=None, **named):
    """Overwrite with numbers evenly spread over [from, to): `x.uniform_(-1, 1)`, by default over [0, 1)."""
    low, high = _from_to("uniform_", limits, named, (0.0, 1.0))
    return _fill(self, generator, "UniformBackward0", _uniform, low, high)


@method
def normal_(self, mean=0.0, std=1.0, *, generator=None):
    """Overwrite with normal numbers."""
    return _fill(self, generator, "NormalBackward0", _normal, mean, std)


@method
def random_(self, *limits, generator=None, **named):
    """Overwrite with whole numbers: of all that the dtype counts, or `x.random_(to)`, or `x.random_(from, to)`."""
    if not limits and not named:
        return _fill(self, generator, "RandomBackward2", _any_integers)
    if len(limits) + len(named) == 1:
        (high,) = limits or (_from_to("random_", (), named, (None, None))[1],)
        return _fill(self, generator, "RandomBackward1", _integers, 0, high)
    low, high = _from_to("random_", limits, named, (0, None))
    return _fill(self, generator, "RandomBackward0", _integers if high is not None else _integers_from, low, high)


def _any_integers(stream, array):
    _lay_out(array, lambda shape: stream.random(shape, array.dtype))


def _integers_from(stream, array, low, _):
    _lay_out(array, lambda shape: stream.integers_from(low, shape, array.dtype))


@method
def bernoulli_(self, p=0.5, *, generator=None):
    """Overwrite with ones, of probability `p` (a number, or a tensor with one for each place), and zeros."""
    label = "BernoulliBackward1" if isinstance(p, Tensor) else "BernoulliBackward2"
    return _fill(self, generator, label, _ones_and_zeros, p)


def _ones_and_zeros(stream, array, p):
    if not (stream.on_device and stream.fill_chosen(array, p.array if isinstance(p, Tensor) else p)):
        _lay_out_ones(stream, array, p)


def _lay_out_ones(stream, array, p):
    if isinstance(p, Tensor):
        order = _memory_order(array)
        each = np.broadcast_to(to_host(p.array), array.shape).transpose(order)
        array.transpose(order)[...] = like(stream.bernoulli(each, dtype=array.dtype), array)
    else:
        _lay_out(array, lambda shape: stream.bernoulli(p, shape, array.dtype))


@method
def exponential_(self, lambd=1.0, *, generator=None):
    """Overwrite with waiting times for something that happens `lambd` times a second."""
    return _fill(self, generator, "ExponentialBackward0", _waiting_times, lambd)


def _waiting_times(stream, array, rate):
    _lay_out(array, lambda shape: stream.exponential(shape, array.dtype, rate))


@method
def geometric_(self, p, *, generator=None):
    """Overwrite with the numbers of trials until the first success, of probability `p` each."""
    return _fill(self, generator, "GeometricBackward0", _trials, p)


def _trials(stream, array, p):
    _lay_out(array, lambda shape: stream.geometric(p, shape, array.dtype))


@method
def cauchy_(self, median=0.0, sigma=1.0, *, generator=None):
    """Overwrite with numbers of the Cauchy distribution, whose mean does not exist."""
    return _fill(self, generator, "CauchyBackward0", _rays, median, sigma)


def _rays(stream, array, median, sigma):
    _lay_out(array, lambda shape: stream.cauchy(shape, array.dtype, median, sigma))


@method
def log_normal_(self, mean=1.0, std=2.0, *, generator=None):
    """Overwrite with numbers whose logarithms are normal, with the given mean and standard deviation."""
    return _fill(self, generator, "LogNormalBackward0", _exponentials_of_normal, mean, std)


def _exponentials_of_normal(stream, array, mean, std):
    _lay_out(array, lambda shape: stream.log_normal(shape, array.dtype, mean, std))


# ---------------------------------------------------------------- from parameters in tensors


def normal(mean, std=1.0, size=None, *, generator=None, out=None, dtype=None, device=None, requires_grad=False):
    """Draw normal numbers, with a mean and a standard deviation for each if these are tensors.

    Shape:    mean (*), std (*), broadcast -> out (*); or `size`, for two numbers
    Gradient: none flows to tensors of means and deviations: to learn them, compute `mean + std * torch.randn(...)`

    Raises:
        RuntimeError: for a negative standard deviation.
    """
    tensors = [v for v in (mean, std) if isinstance(v, Tensor)]
    if not tensors:
        if size is None:
            kinds = f"{type(mean).__name__}, {type(std).__name__}"
            raise TypeError(
                with_remedy(
                    f"normal() received an invalid combination of arguments - got ({kinds}), but expected one of:",
                    "two tensors, a tensor and a number, or two numbers and a size.",
                )
            )
        t = empty(size, dtype=dtype, device=device, out=out)
        t.normal_(mean, std, generator=generator)
        return t.requires_grad_(requires_grad)
    try:
        np.broadcast_shapes(*[v.array.shape for v in tensors])
    except ValueError:
        raise cannot_broadcast([v.array.shape for v in tensors]) from None
    around = [to_host(v.array) if isinstance(v, Tensor) else v for v in (mean, std)]
    numbers = like(stream_of(generator, tensors[0].device).normal_around(*around), tensors[0].array)
    label = (
        "NormalBackward3" if len(tensors) == 2 else "NormalBackward1" if isinstance(mean, Tensor) else "NormalBackward2"
    )
    tracked = next((v for v in tensors if v.requires_grad), tensors[0])
    drawn = redrawn(tracked, wrap(numbers), label)
    return drawn if out is None else out.copy_(drawn)


@method
def bernoulli(input, p=None, *, generator=None, out=None):
    """Draw ones with the probabilities in a tensor (or with probability `p`), else zeros.

    Shape:    input (*) -> out (*)
    Gradient: 0
    """
    if not isinstance(input, Tensor):
        raise not_a_tensor("bernoulli", "input", 1, input)
    stream, array = stream_of(generator, input.device), input.array
    if stream.on_device and dtypes.is_floating(array.dtype):
        numbers = _new(stream, XP[type(array)], array.shape, array.dtype, _ones_and_zeros, input if p is None else p)
        return _bernoulli(input, numbers, out)
    array = to_host(array)
    if p is None:
        numbers = stream.bernoulli(np.ascontiguousarray(array), dtype=array.dtype)
    else:
        numbers = np.empty(array.shape, array.dtype)
        _lay_out_ones(stream, numbers, p)
    return _bernoulli(input, like(numbers, input.array), out)


def _bernoulli(input, numbers, out):
    drawn = redrawn(input, wrap(numbers), "BernoulliBackward0")
    return drawn if out is None else out.copy_(drawn)


@first_checked
def poisson(input, generator=None):
    """Draw counts of events that happen, on average, as often as a tensor says.

    Shape:    input (*) -> out (*)
    Gradient: 0

    Raises:
        RuntimeError: for a negative rate.
    """
    rates = to_host(input.array)
    if not (rates >= 0).all():
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    stream = stream_of(generator, input.device)

    def uniform():
        return stream.uniform(1, np.float64).item()

    counts = [poisson_number(uniform, rate) for rate in rates.ravel().tolist()]
    numbers = np.array(counts, np.float64).astype(rates.dtype).reshape(rates.shape)
    return redrawn(input, wrap(like(numbers, input.array)), "PoissonBackward0")


@method
def multinomial(input, num_samples, replacement=False, *, generator=None, out=None):
    """Draw positions in proportion to weights.

    Shape: input (categories,) or (rows, categories) -> out (num_samples,) or (rows, num_samples), int64

    Args:
        replacement: whether a position may be drawn again.

    Example:
        >>> import edutorch as torch
        >>> torch.multinomial(torch.tensor([0.0, 3.0, 0.0]), 4, replacement=True)
        tensor([1, 1, 1, 1])
    """
    if not isinstance(input, Tensor):
        raise not_a_tensor("multinomial", "input", 1, input)
    stream = stream_of(generator, input.device)
    places = np.ascontiguousarray(stream.multinomial(to_host(input.array), num_samples, replacement))
    drawn = wrap(like(places, input.array))
    return drawn if out is None else out.copy_(drawn)
