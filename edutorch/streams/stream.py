"""PyTorch's CPU random streams: from the words of a Mersenne Twister to arrays of random numbers.

How 32 random bits become a number decides every digit that a seeded program prints, so each method states its
rule. Three ideas carry the file.

A uniform float in [0, 1) is a whole number of random bits divided by the power of two above it. float32 holds
24 significant bits, so it takes the low 24 bits of one word and divides by 2**24; float64 takes the low 53
bits of a double word and divides by 2**53. All values are equally likely, equally spaced, and exact.

A whole number below n is the remainder of a word divided by n. When n does not divide 2**32, small remainders
come up a little more often; PyTorch takes double words from n = 2**28 on, so the excess stays below 1 in 16.

Every other distribution here is a function of uniform numbers, mostly by inversion: if F is the chance to
stay below x, and u is uniform, then F⁻¹(u) has that distribution. `box_muller.py` has the normal one.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import ml_dtypes
import numpy as np

from .. import dtypes
from .box_muller import blocks, elementwise, fused_multiply_add, pairs
from .fisher_yates import shuffled
from .mersenne import MersenneTwister

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

DOUBLE_WORDS_FROM = 2**28
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_HUGE_PERMUTATION = (2**32 - 1) // 20
_MOST_CATEGORIES = 2**24
_LARGEST_EXPONENT = math.log(np.finfo(np.float64).max)

# Significant bits of the floating dtypes.
_DIGITS = {dtypes.FLOAT16: 11, dtypes.BFLOAT16: 8, dtypes.FLOAT32: 24, dtypes.FLOAT64: 53}

_C_NAMES = {
    "bool": "bool",
    "uint8": "unsigned char",
    "int8": "signed char",
    "int16": "short int",
    "int32": "int",
    "int64": "long int",
    "uint16": "short unsigned int",
    "uint32": "unsigned int",
    "uint64": "long unsigned int",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "float32": "float",
    "float64": "double",
}


class Draws:
    """From words to arrays of random numbers. Where the words come from, subclasses say.

    Every method takes the words it needs and no more, in PyTorch's order, so calls can be mixed freely.
    `dtype` is a NumPy dtype; `ml_dtypes.bfloat16` counts as one. `shape` is a tuple or an int.

    PyTorch fills a tensor in the order of its memory, not of its indices: for one that is not contiguous,
    such as a transpose, draw as many numbers as it has and lay them out along its strides.
    """

    on_device = False  # whether it also draws where a device's arrays lie: `fill_uniform` and the like
    words: Callable[[int], np.ndarray]  # the next so many words of 32 bits
    double_words: Callable[[int], np.ndarray]  # of 64 bits
    _cached_normal: float | None  # half of a pair of normal numbers, for the next call

    # ---- uniform -----------------------------------------------------------------------------------------

    def _unit(self, count, dtype):
        """`count` numbers in [0, 1): 53 random bits each for float64, else 24 bits each as float32."""
        if dtype == dtypes.FLOAT64:
            return (self.double_words(count) & np.uint64(2**53 - 1)).astype(np.float64) * 2.0**-53
        bits = self.words(count)
        bits &= np.uint32(2**24 - 1)
        unit = bits.view(np.int32).astype(np.float32)  # signed integers convert faster, and the sign bit is 0
        unit *= np.float32(2.0**-24)
        return unit

    def uniform(self, shape, dtype: DTypeLike = np.float32, low=0.0, high=1.0):
        """Numbers evenly spread over [low, high), as `torch.rand` and `Tensor.uniform_` draw them.

        Math: x (high - low) + low, x in [0, 1), rounded once; a result that rounds up to high becomes low
        """
        dtype = np.dtype(dtype)
        check_uniform(dtype, low, high)
        x = self._unit(_count(shape), dtype)
        if (low, high) != (0.0, 1.0):
            first, last = x.dtype.type(low), x.dtype.type(high)
            x = fused_multiply_add(x, last - first, first)
        out = x.astype(dtype, copy=False).reshape(shape)
        out[out == dtype.type(high)] = low
        return out

    # ---- normal ------------------------------------------------------------------------------------------

    def normal(self, shape, dtype: DTypeLike = np.float32, mean=0.0, std=1.0, *, contiguous=True):
        """Normal numbers as `torch.randn` and `Tensor.normal_` draw them, by the formulas of `box_muller.py`.

        PyTorch fills 16 or more numbers in blocks and fewer one by one; but a tensor that is not contiguous
        is filled one by one whatever its size: pass `contiguous=False` for such a one.
        """
        dtype = np.dtype(dtype)
        check_normal(dtype, std)
        count = _count(shape)
        if count >= 16 and contiguous:
            standard = self._normal_blocks(count, dtype)
            std, mean = standard.dtype.type(std), standard.dtype.type(mean)
        else:
            standard = self._normal_pairs(count)
        return _round(fused_multiply_add(standard, std, mean), dtype).reshape(shape)

    def normal_around(self, mean, std):
        """Normal numbers with a mean, a standard deviation, or both of their own: `torch.normal` of tensors.

        At least one of the two is an array, the other may be a number. The result has the dtype of `mean` if
        that is an array, else of `std`.
        """
        if not isinstance(std, np.ndarray):
            out = self.normal(mean.shape, mean.dtype, 0.0, std)
        else:
            if std.size and not std.min() >= 0:
                raise RuntimeError("normal expects all elements of std >= 0.0")
            dtype = mean.dtype if isinstance(mean, np.ndarray) else std.dtype
            out = self.normal(np.broadcast_shapes(np.shape(mean), std.shape), dtype)
            out *= std if dtypes.is_floating(std.dtype) else std.astype(dtype)
        out += np.asarray(mean).astype(out.dtype)
        return out

    def _normal_pairs(self, count):
        """Standard normal doubles, two per Box-Muller; an odd one out is kept for the next call."""
        kept = [] if self._cached_normal is None else [self._cached_normal]
        if count == 0:
            return np.empty(0)
        fresh = count - len(kept)
        drawn = pairs(self._unit(fresh + fresh % 2, dtypes.FLOAT64))
        self._cached_normal = float(drawn[-1]) if fresh % 2 else None
        return np.concatenate((kept, drawn[:fresh]))

    def _normal_blocks(self, count, dtype):
        """Standard normal numbers in blocks of 16; a rest is not a block, so the last 16 are drawn anew."""
        whole = count - count % 16
        # float32 and float64 first draw a uniform number for every place, half precision for whole blocks.
        uniform = self._unit(whole if dtype in dtypes.HALVES else count, dtype)
        if whole == count:
            return blocks(uniform)
        standard = blocks(np.concatenate((uniform[:whole], self._unit(16, dtype))))
        return np.concatenate((standard[: count - 16], standard[whole:]))

    # ---- whole numbers -----------------------------------------------------------------------------------

    def integers(self, low, high, shape, dtype: DTypeLike = np.int64):
        """Whole numbers in [low, high), as `torch.randint` and `Tensor.random_(low, high)` draw them.

        Math: low + w mod (high - low), w a word, or a double word if high - low >= 2**28
        """
        dtype = np.dtype(dtype)
        low, high = integer_bounds(dtype, low, high)
        size = high - low
        return self._remainders(low, size, size >= DOUBLE_WORDS_FROM, shape, dtype)

    def integers_from(self, low, shape, dtype: DTypeLike = np.int64):
        """Whole numbers from `low` to the dtype's largest, both included: `Tensor.random_(low, None)`."""
        dtype = np.dtype(dtype)
        if low == _INT64_MIN:  # 2**64 possible values: no remainder to take
            numbers = self.double_words(_count(shape)).view(np.int64)
            return _round(numbers, dtype).reshape(shape)
        if dtype in _DIGITS:
            largest = 2 ** _DIGITS[dtype]
            low, _ = _representable_range(low, largest + 1, dtype)
        else:
            largest = min(_range(dtype)[1], _INT64_MAX)
        _check_bounds(dtype, ("from", low))
        size = largest - low + 1
        return self._remainders(low, size, size >= DOUBLE_WORDS_FROM, shape, dtype)

    def random(self, shape, dtype: DTypeLike = np.int64):
        """Whole numbers over all that the dtype counts without gaps, as `Tensor.random_()` draws them.

        Integers lie in [0, largest], floats in [0, 2**d], where d is the number of the dtype's significant
        bits.
        """
        dtype = np.dtype(dtype)
        if dtype.kind == "u" and dtype.itemsize > 1:
            raise NotImplementedError(f"\"random_kernel_cpu\" not implemented for '{_legacy(dtype)}'")
        size = 2 ** _DIGITS[dtype] + 1 if dtype in _DIGITS else _range(dtype)[1] + 1
        return self._remainders(0, size, dtype in (dtypes.INT64, dtypes.FLOAT64), shape, dtype)

    def _remainders(self, low, size, double, shape, dtype):
        """low + w mod size, w a double word or a word."""
        words = self.double_words(_count(shape)) if double else self.words(_count(shape))
        words %= words.dtype.type(size)
        numbers = words.astype(np.int64)
        numbers += low
        return _round(numbers, dtype).reshape(shape)

    def permutation(self, n):
        """The numbers 0 to n-1 in random order, as `torch.randperm` draws them (see `fisher_yates.py`).

        Math: step i < n - 1 swaps places i and i + w mod (n - i), w a word
        """
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
        if n >= _HUGE_PERMUTATION:
            return self._huge_permutation(n)
        targets = np.arange(n)
        targets[:-1] += self.words(max(n - 1, 0)) % np.arange(n, 1, -1, dtype=np.uint32)
        return shuffled(targets)

    def _huge_permutation(self, n):
        """The variant for sizes where remainders of 32-bit words would be too unfair.

        Math: number i takes place j = W mod (i + 1), W a double word, and what was there goes to place i
        """
        order = np.empty(n, np.int64)
        places = order.data
        for start in range(0, n, 2**20):
            choices = np.arange(start + 1, min(start + 2**20, n) + 1, dtype=np.uint64)
            for i, j in enumerate((self.double_words(choices.size) % choices).tolist(), start):
                places[i] = i
                places[i] = places[j]
                places[j] = i
        return order

    # ---- yes or no ---------------------------------------------------------------------------------------

    def bernoulli(self, p, shape=None, dtype: DTypeLike = np.float32):
        """Ones with probability p, else zeros; dropout keeps what gets a one.

        Args:
            p: a number, as in `Tensor.bernoulli_(p)` and dropout (which passes 1 - p); or an array with a
                probability for each place, as in `torch.bernoulli`, and then `shape` is the array's.

        Math: 1 where x < p; x has 53 bits for a number or a float64 array, else 24

        PyTorch on Intel processors draws the version with a number from a stream of Intel's MKL instead, so
        there dropout masks differ from these.
        """
        if not isinstance(p, np.ndarray):
            check_chance(p)
            return self.chosen(p, _count(shape)).astype(dtype).reshape(shape)
        precision = _floating(p.dtype, "bernoulli_tensor_cpu_p_")
        if not np.all((p >= 0) & (p <= 1)):
            raise RuntimeError("Expected p_in >= 0 && p_in <= 1 to be true, but got false.")
        x = self._unit(p.size, precision).reshape(p.shape)
        return (x < p.astype(x.dtype)).astype(dtype)

    def chosen(self, p, count):
        """True with probability p, else False: `count` times, as booleans. What dropout keeps.

        Math: x < p for x = m / 2**53, that is, m < p 2**53: whole numbers compare without becoming floats
        """
        m = self.double_words(count)
        limit = math.ceil(p * 2.0**53)
        if limit >= 2**53:
            return np.ones(count, bool)
        m <<= np.uint64(11)  # away with the upper 11 bits of 64
        return m < np.uint64(limit << 11)

    # ---- by inversion ------------------------------------------------------------------------------------

    def exponential(self, shape, dtype: DTypeLike = np.float32, rate=1.0):
        """Waiting times for something that happens `rate` times a second: `Tensor.exponential_`.

        Math: -log(1 - x) / rate, x with 53 bits
        """
        dtype = np.dtype(dtype)
        if not dtypes.is_floating(dtype):
            raise RuntimeError(
                "Exponential distribution is a continuous probability distribution. "
                f"dtype must be a floating point but you specified {_legacy(dtype)}"
            )
        if not rate > 0:
            raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={rate:g}")
        x = self._unit(_count(shape), dtypes.FLOAT64)
        return _round(-1.0 / rate * elementwise(math.log1p, -x), dtype).reshape(shape)

    def geometric(self, p, shape, dtype: DTypeLike = np.float32):
        """How often to try until the first success, of probability p each: `Tensor.geometric_`.

        Math: ceil(log x / log(1 - p)), x with 53 bits
        """
        if not 0 < p < 1:
            raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
        x = self._unit(_count(shape), dtypes.FLOAT64)
        with np.errstate(divide="ignore"):  # x may be 0
            tries = np.ceil(np.log(x) / math.log1p(-p))
        return _round(tries, np.dtype(dtype)).reshape(shape)

    def cauchy(self, shape, dtype: DTypeLike = np.float32, median=0.0, sigma=1.0):
        """Where a ray in a random direction from height sigma meets the ground: `Tensor.cauchy_`.

        Math: median + sigma tan(π (x - 1/2)), x with 53 bits
        """
        dtype = np.dtype(dtype)
        if not dtypes.is_floating(dtype):
            raise RuntimeError(
                "Cauchy distribution is a continuous probability distribution. "
                f"dtype must be a floating point but you specified {_C_NAMES[dtype.name]}"
            )
        if not sigma > 0:
            raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
        x = self._unit(_count(shape), dtypes.FLOAT64)
        slope = elementwise(math.tan, math.pi * (x - 0.5))
        return _round(fused_multiply_add(slope, sigma, median), dtype).reshape(shape)

    def log_normal(self, shape, dtype: DTypeLike = np.float32, mean=1.0, std=2.0):
        """exp of normal numbers, drawn one by one whatever their number: `Tensor.log_normal_`."""
        dtype = _floating(dtype, "log_normal_cpu")
        if not std > 0:
            raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
        exponent = fused_multiply_add(self._normal_pairs(_count(shape)), std, mean)
        power = elementwise(math.exp, np.minimum(exponent, _LARGEST_EXPONENT))
        power[exponent > _LARGEST_EXPONENT] = math.inf
        return _round(power, dtype).reshape(shape)

    # ---- draws from weights ------------------------------------------------------------------------------

    def multinomial(self, weights, count, replacement=False):
        """Indices drawn in proportion to weights: `torch.multinomial`.

        Shape: weights (categories,) or (rows, categories) -> out (count,) or (rows, count), int64
        Math:  with replacement, the first index whose cumulated share is at least x, x with 53 bits.
               Without, or for a single draw: the `count` largest of weight / e, e exponential. Alarms that
               ring after such times, at a rate of `weight`, ring in the order of a draw without replacement.
        """
        if weights.ndim not in (1, 2):
            raise RuntimeError(f"prob_dist must be 1 or 2 dim\nThe weights have shape {weights.shape}.")
        categories = weights.shape[-1]
        if not dtypes.is_floating(weights.dtype):
            raise RuntimeError(
                f"multinomial only supports floating-point dtypes for input, got: {_legacy(weights.dtype)}"
            )
        if count <= 0:
            raise RuntimeError(f"cannot sample n_sample <= 0 samples\n{count} were asked for.")
        if not replacement and count > categories:
            raise RuntimeError(
                "cannot sample n_sample > prob_dist.size(-1) samples without replacement\n"
                f"{count} samples were asked for, of {categories} categories."
            )
        if categories > _MOST_CATEGORIES:
            raise RuntimeError(f"number of categories cannot exceed 2^24, got {categories}")
        if replacement and count > 1:
            return self._multinomial_with_replacement(weights, count)

        if not np.all((weights >= 0) & (weights < math.inf)):
            raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
        if not np.all(weights.sum(axis=-1)):
            raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
        # PyTorch draws e in the order of the weights' memory.
        columns_first = weights.ndim == 2 and weights.strides[0] < weights.strides[1]
        e = self.exponential(weights.T.shape if columns_first else weights.shape, weights.dtype)
        alarms = weights / (e.T if columns_first else e)
        if count == 1:
            return alarms.argmax(axis=-1)[..., None]
        # A stable ascending sort of the negatives puts the largest first, and the earlier of two equals.
        return np.argsort(-alarms, axis=-1, kind="stable")[..., :count]

    def _multinomial_with_replacement(self, weights, count):
        invalid = "invalid multinomial distribution"
        if not np.all(weights >= 0):
            raise RuntimeError(f"{invalid} (encountering probability entry < 0)")
        if not np.all(weights < math.inf):
            raise RuntimeError(f"{invalid} (encountering probability entry = infinity or NaN)")
        wide = weights.astype(np.float32) if weights.dtype in dtypes.HALVES else weights
        rows = []
        for row in wide.reshape(-1, weights.shape[-1]):
            cumulated = np.cumsum(row)
            if not cumulated[-1] > 0:
                raise RuntimeError(f"{invalid} (sum of probabilities <= 0)")
            cumulated /= cumulated[-1]
            x = self._unit(count, dtypes.FLOAT64)
            rows.append(np.searchsorted(cumulated.astype(np.float64), x))
        return np.array(rows, np.int64).reshape(*weights.shape[:-1], count)


class Stream(Draws, MersenneTwister):
    """A Mersenne Twister whose draws become arrays, each equal to PyTorch's for the same seed and call.

    Example:
        >>> Stream().manual_seed(0).uniform(3)
        array([0.4962566 , 0.7682218 , 0.08847743], dtype=float32)
    """


# ---- what may be asked for -------------------------------------------------------------------------------


def check_uniform(dtype, low, high):
    """Raise PyTorch's error unless a dtype holds numbers evenly spread over [low, high)."""
    _floating(dtype, "check_uniform_bounds")
    _check_bounds(dtype, ("from", low), ("to", high))
    if not low <= high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    if high - low > _range(dtype)[1]:
        raise RuntimeError(
            f"uniform_ expects to-from <= std::numeric_limits<{_legacy(dtype)}>::max(), but found "
            f"to={high:g} and from={low:g} which result in to-from to exceed the limit"
        )


def check_normal(dtype, std):
    """Raise PyTorch's error for a dtype that holds no normal numbers, or a negative standard deviation."""
    _floating(dtype, "normal_kernel_cpu")
    if not std >= 0.0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")


def integer_bounds(dtype, low, high):
    """Return [low, high), made smaller if a floating dtype cannot hold it all; raise PyTorch's error if it is none."""
    if not low < high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    if dtype in _DIGITS:
        low, high = _representable_range(low, high, dtype)
    _check_bounds(dtype, ("from", low), ("to - 1", high - 1))
    return low, high


def check_chance(p):
    """Raise PyTorch's error for what is no probability."""
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")


# ---- dtypes ----------------------------------------------------------------------------------------------


def _count(shape):
    return shape if isinstance(shape, int) else math.prod(shape)


def _legacy(dtype):
    """The dtype's name in PyTorch's messages: 'Float' for float32."""
    return dtypes.of_numpy(dtype).legacy


def _floating(dtype, kernel):
    dtype = np.dtype(dtype)
    if not dtypes.is_floating(dtype):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{_legacy(dtype)}'")
    return dtype


@functools.cache
def _range(dtype):
    """The smallest and the largest number of the dtype."""
    if dtype == dtypes.BOOL:
        return 0, 1
    if dtype in _DIGITS:
        largest = float(ml_dtypes.finfo(dtype).max)
        return -largest, largest
    return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)


def _check_bounds(dtype, *bounds):
    """Refuse bounds that the dtype cannot hold."""
    smallest, largest = _range(dtype)
    for name, value in bounds:
        if not smallest <= value <= largest:
            raise RuntimeError(f"{name} is out of bounds for {_C_NAMES[dtype.name]}: {value}")


def _round(numbers, dtype):
    """Convert as C++ does: half precision is reached through float32, so it is rounded twice."""
    with np.errstate(over="ignore"):  # what is too large becomes infinite
        if dtype in dtypes.HALVES:
            numbers = numbers.astype(np.float32)
        return numbers.astype(dtype, copy=False)


def _representable_range(low, high, dtype):
    """Shrink [low, high) until no whole number in it rounds, as a float, to a place outside."""

    def rounded(number):
        return int(_round(np.array([number]), dtype)[0])

    def spacing(number):
        return 2 ** max(abs(number).bit_length() - _DIGITS[dtype], 0)

    _check_bounds(dtype, ("from", low), ("to - 1", high - 1))
    if rounded(low + 1) < low:
        low = rounded(low + 1) + spacing(low + 1)
    if rounded(high - 1) >= high:
        high = rounded(high - 1) - spacing(high - 1)
    return low, high
