"""PyTorch's CPU random streams: from the words of a Mersenne Twister to arrays of random numbers.

How 32 random bits become a number decides every digit that a seeded program prints, so each method states its
rule. Three ideas carry the file.

A uniform float in [0, 1) is a whole number of random bits divided by the power of two above it. float32 holds
24 significant bits, so it takes the low 24 bits of one word and divides by 2**24; float64 takes the low 53 bits
of a double word and divides by 2**53. All values are equally likely, equally spaced, and exact.

A whole number below n is the remainder of a word divided by n. When n does not divide 2**32, small remainders come
up slightly more often; PyTorch takes double words from n = 2**28 on, which keeps that bias below one part in 16.

Every other distribution here is a function of uniform numbers: `box_muller.py` has the normal one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from edutorch import box_muller
from edutorch.mersenne import MersenneTwister

_DOUBLE_WORDS_FROM = 2**28
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1

# Significant bits of PyTorch's floating dtypes; what is not listed is an integer or bool.
_DIGITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}


class Stream(MersenneTwister):
    """A Mersenne Twister whose draws become arrays, each equal to PyTorch's for the same seed and call.

    Every method takes the words it needs and no more, in PyTorch's order, so calls can be mixed freely.
    `dtype` is a NumPy dtype; `ml_dtypes.bfloat16` counts as one.

    Example:
        >>> Stream().manual_seed(0).uniform(3)
        array([0.4962566, 0.7682218, 0.0884774], dtype=float32)
    """

    # ---- uniform -----------------------------------------------------------------------------------------

    def _unit(self, count: int, dtype: np.dtype) -> np.ndarray:
        """`count` numbers in [0, 1): 53 random bits each for float64, else 24 bits each as float32."""
        if dtype == np.float64:
            return (self.double_words(count) & np.uint64(2**53 - 1)).astype(np.float64) * 2.0**-53
        bits = self.words(count)
        bits &= np.uint32(2**24 - 1)
        unit = bits.view(np.int32).astype(np.float32)  # signed integers convert faster, and the sign bit is 0
        unit *= np.float32(2.0**-24)
        return unit

    def uniform(self, shape, dtype=np.float32, low: float = 0.0, high: float = 1.0) -> np.ndarray:
        """Numbers evenly spread over [low, high), as `torch.rand` and `Tensor.uniform_` draw them.

        Math: x * (high - low) + low, x in [0, 1), rounded once; a result that rounds up to high becomes low
        """
        dtype = np.dtype(dtype)
        if not low <= high:
            raise RuntimeError(
                f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}"
            )
        x = self._unit(math.prod(_as_shape(shape)), dtype)
        if (low, high) != (0.0, 1.0):
            first, last = x.dtype.type(low), x.dtype.type(high)
            x = box_muller.fused_multiply_add(x, last - first, first)
        out = x.astype(dtype, copy=False).reshape(shape)
        out[out == dtype.type(high)] = low
        return out

    # ---- normal ------------------------------------------------------------------------------------------

    def normal(
        self, shape, dtype=np.float32, mean: float = 0.0, std: float = 1.0, *, contiguous: bool = True
    ):
        """Normal numbers as `torch.randn` and `Tensor.normal_` draw them, by `box_muller.py`.

        PyTorch fills 16 or more numbers in blocks, fewer one by one. It fills a tensor that is not contiguous one
        by one whatever its size, in the order of its memory: pass `contiguous=False` for such a one.
        """
        dtype = np.dtype(dtype)
        if not std >= 0.0:
            raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
        count = math.prod(_as_shape(shape))
        if count >= 16 and contiguous:
            standard = self._normal_blocks(count, dtype)
            std, mean = standard.dtype.type(std), standard.dtype.type(mean)
        else:
            standard = self._normal_pairs(count)
        return _round(box_muller.fused_multiply_add(standard, std, mean), dtype).reshape(shape)

    def _normal_pairs(self, count: int) -> np.ndarray:
        """Standard normal doubles, two per Box-Muller; an odd one out is kept for the next call."""
        kept = [] if self._cached_normal is None else [self._cached_normal]
        if count == 0:
            return np.empty(0)
        fresh = count - len(kept)
        drawn = box_muller.pairs(self._unit(fresh + fresh % 2, np.dtype(np.float64)))
        self._cached_normal = float(drawn[-1]) if fresh % 2 else None
        return np.concatenate((kept, drawn[:fresh]))

    def _normal_blocks(self, count: int, dtype: np.dtype) -> np.ndarray:
        """Standard normal numbers in blocks of 16; a rest is not a block, so the last 16 are drawn anew."""
        whole = count - count % 16
        # float32 and float64 fill the whole array with uniforms first, half precision only whole blocks.
        first = count if dtype.itemsize > 2 else whole
        out = np.empty(count, np.float64 if dtype == np.float64 else np.float32)
        uniform = self._unit(first, dtype)
        out[:whole] = box_muller.blocks(uniform[:whole])
        if count > whole:
            out[-16:] = box_muller.blocks(self._unit(16, dtype))
        return out

    # ---- whole numbers -----------------------------------------------------------------------------------

    def integers(self, low: int, high: int, shape, dtype=np.int64) -> np.ndarray:
        """Whole numbers in [low, high), as `torch.randint` and `random_(low, high)` draw them.

        Math: low + w mod (high - low), w a word, or a double word if high - low >= 2**28
        """
        dtype = np.dtype(dtype)
        if not low < high:
            raise RuntimeError(
                f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
            )
        if dtype.name in _DIGITS:
            low, high = _representable_range(low, high, dtype)
        return self._remainders(low, high - low, shape, dtype)

    def random(self, shape, dtype=np.int64) -> np.ndarray:
        """Whole numbers over all that the dtype counts without gaps, as `Tensor.random_()` draws them.

        Integers lie in [0, largest], floats in [0, 2**d], d the significant bits of the dtype.
        """
        dtype = np.dtype(dtype)
        if dtype.name in _DIGITS:
            size = 2 ** _DIGITS[dtype.name] + 1
        else:
            size = 2 if dtype == np.bool_ else int(np.iinfo(dtype).max) + 1
        return self._remainders(0, size, shape, dtype, double_words=dtype in (np.int64, np.float64))

    def random_from(self, low: int, shape, dtype=np.int64) -> np.ndarray:
        """Whole numbers from `low` to the dtype's largest, both included, as `random_(low, None)` draws them."""
        dtype = np.dtype(dtype)
        if low == _INT64_MIN:  # 2**64 possible values: no remainder to take
            count = math.prod(_as_shape(shape))
            return self.double_words(count).view(np.int64).astype(dtype).reshape(shape)
        if dtype.name in _DIGITS:
            largest = 2 ** _DIGITS[dtype.name]
            low, _ = _representable_range(low, largest, dtype)
        else:
            largest = 1 if dtype == np.bool_ else min(int(np.iinfo(dtype).max), _INT64_MAX)
        return self._remainders(low, largest - low + 1, shape, dtype)

    def _remainders(self, low: int, size: int, shape, dtype: np.dtype, double_words: bool | None = None):
        count = math.prod(_as_shape(shape))
        if double_words is None:
            double_words = size >= _DOUBLE_WORDS_FROM
        if double_words:
            numbers = (self.double_words(count) % np.uint64(size)).view(np.int64)
        else:
            numbers = self.words(count)
            # A random_() of int32 ranges over 2**31, of uint32 over 2**32, which is the word itself.
            if size < 2**32:
                numbers %= np.uint32(size)
            numbers = numbers.astype(np.int64)
        if low:
            numbers += low  # wraps around like PyTorch's int64
        return _round(numbers, dtype).reshape(shape)

    def permutation(self, n: int) -> np.ndarray:
        """The numbers 0 to n-1 in random order, as `torch.randperm` draws them.

        This is the shuffle of Fisher and Yates: the first place gets one of all n numbers, the second one of the
        n-1 that are left, and so on. Each of the n! orders comes from exactly one sequence of choices, so all
        are equally likely as far as the remainders are.
        """
        if n < 0:
            raise RuntimeError(f"n must be non-negative, got{n}")
        if n >= (2**32 - 1) // 20:
            return self._permutation_inside_out(n)
        left = np.arange(n, 1, -1)
        choices = self.words(max(n - 1, 0)) % left.astype(np.uint32)
        order = list(range(n))
        for i, j in enumerate((np.arange(len(choices)) + choices).tolist()):
            order[i], order[j] = order[j], order[i]
        return np.array(order, np.int64)

    def _permutation_inside_out(self, n: int) -> np.ndarray:
        """The variant PyTorch takes when n is too large for the remainder of a 32-bit word to be fair."""
        order = np.empty(n, np.int64)
        places = memoryview(order)
        chunk = 2**20
        for start in range(0, n, chunk):
            below = np.arange(start + 1, min(start + chunk, n) + 1, dtype=np.uint64)
            for i, j in enumerate((self.double_words(below.size) % below).tolist(), start):
                places[i] = places[j] if j < i else i
                places[j] = i
        return order


def _as_shape(shape: int | Sequence[int]) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)


def _round(numbers: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Convert as C++ does: half precision is reached through float32, so it is rounded twice."""
    if dtype.itemsize == 2 and dtype.name in _DIGITS:
        numbers = numbers.astype(np.float32)
    return numbers.astype(dtype, copy=False)


def _representable_range(low: int, high: int, dtype: np.dtype) -> tuple[int, int]:
    """Shrink [low, high) until no whole number in it rounds, as a float, to a place outside."""

    def rounded(number: int) -> int:
        return int(_round(np.array([number]), dtype)[0])

    def spacing(number: int) -> int:
        return 2 ** max(abs(number).bit_length() - _DIGITS[dtype.name], 0)

    if rounded(low + 1) < low:
        low = rounded(low + 1) + spacing(low + 1)
    if rounded(high - 1) >= high:
        high = rounded(high - 1) - spacing(high - 1)
    return low, high
