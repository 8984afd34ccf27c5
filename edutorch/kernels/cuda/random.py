"""Random numbers drawn on the device, and dropout in one launch."""

from __future__ import annotations

import math

import numpy as np

from ... import dtypes
from ...backends import XP, backend_of
from ...ops.dropout import keep_and_scale, native_dropout
from ...streams.philox import Philox
from ...streams.stream import DOUBLE_WORDS_FROM, check_chance, check_normal, check_uniform, integer_bounds
from .grids import elementwise, in_order, wide
from .source import FLOATS, WHOLE, Source, ctype

_WITH_INTEGERS = [d.numpy for d in dtypes.ALL if d not in (dtypes.bool, dtypes.uint16, dtypes.uint32, dtypes.uint64)]
_HOLDING_ONES = (*FLOATS, *WHOLE, "bool")
_source = Source(
    "random.cu",
    uniform=FLOATS,
    normal=FLOATS,
    integers=[f"{t}, {large}" for t in (*FLOATS, *WHOLE) for large in ("true", "false")],
    chance=_HOLDING_ONES,
    chances=[f"{t}, {p}" for t in (*FLOATS, *WHOLE) for p in FLOATS],
    dropout=FLOATS,
    keep_and_scale=FLOATS,
)


class DevicePhilox(Philox):
    """Philox on the device, for the kinds of numbers that training needs; the other kinds are drawn in NumPy.

    Attributes:
        shift: what lies in the device's memory beside the seed, and is added to the offset of each draw there.
    """

    on_device = True

    def restart(self):
        """Begin the sequence of the seed; the devices are told when they draw next."""
        super().restart()
        self.shift, self._states, self._told = 0, self.__dict__.get("_states", {}), set()

    def state_on(self, array):
        """Return the seed and the shift in the memory of an array's device; always the same memory."""
        backend = backend_of(array)
        index = backend.index_of(array)
        if index not in self._told:
            if backend.capture is not None and index in self._states:  # each replay would copy what lies there by then
                raise RuntimeError("A new seed cannot be captured: seed the generator before the graph.")
            state = np.array([self._seed, self.shift], np.uint64)
            if index in self._states:
                self._states[index].set(state)
            else:
                self._states[index] = backend.put(state, index)
            self._told.add(index)
        return self._states[index]

    def go_on(self, offset):
        """Let launches that were captured when the stream stood at `offset` draw from where it stands now.

        Returns:
            the shift that does it, for the device's memory: `state_on(array)[1]`.
        """
        self.shift = (self.shift + self.offset - offset) % 2**64
        return self.shift

    def _run(self, name, types, array, words, *arguments):
        """Fill an array, in the order of its indices; returns whether there is a kernel for its dtype."""
        expression = f"{name}<{types}>"
        if expression not in _source.expressions:
            return False
        if array.size:
            target = in_order(array)
            kernel = _source.kernel(XP[type(array)], expression)
            kernel(*elementwise(array.size), (*self._next(array, words), target, np.int64(array.size), *arguments))
            if target is not array:
                array[...] = target
        return True

    def _next(self, array, words):
        """Return what kernels are told of where they draw: the state in the device's memory, and what to add."""
        return self.state_on(array), np.uint64((self.take(words) - self.shift) % 2**64)

    def fill_uniform(self, array, low, high):
        """Fill with numbers evenly spread over [low, high)."""
        check_uniform(array.dtype, low, high)
        number = wide(array.dtype).type
        words = array.size * (2 if number is np.float64 else 1)
        return self._run("uniform", ctype(array.dtype), array, words, number(low), number(high))

    def fill_normal(self, array, mean, std):
        """Fill with normal numbers."""
        check_normal(array.dtype, std)
        number = wide(array.dtype).type
        words = array.size * (2 if number is np.float64 else 1)
        return self._run("normal", ctype(array.dtype), array, words, number(mean), number(std))

    def fill_integers(self, array, low, high):
        """Fill with whole numbers in [low, high)."""
        if array.dtype not in _WITH_INTEGERS:
            return False
        low, high = integer_bounds(array.dtype, low, high)
        large = high - low >= DOUBLE_WORDS_FROM
        types = f"{ctype(array.dtype)},{'true' if large else 'false'}"
        return self._run("integers", types, array, array.size * (1 + large), np.int64(low), np.uint64(high - low))

    def fill_chosen(self, array, p):
        """Fill with ones, of probability p (a number, or an array that broadcasts), and zeros."""
        if not hasattr(p, "dtype"):
            check_chance(p)
            if array.dtype not in (*_WITH_INTEGERS, dtypes.BOOL):
                return False
            return self._run("chance", ctype(array.dtype), array, array.size, _limit(p))
        if type(p) is not type(array) or not dtypes.is_floating(p.dtype) or array.dtype not in _WITH_INTEGERS:
            return False
        words = array.size * (2 if p.dtype == dtypes.FLOAT64 else 1)
        p = in_order(XP[type(p)].broadcast_to(p, array.shape))
        return self._run("chances", f"{ctype(array.dtype)},{ctype(p.dtype)}", array, words, p)

    def dropout(self, x, keep, scale):
        """Return a contiguous array with elements dropped, and which were kept."""
        xp = XP[type(x)]
        y, mask = xp.empty_like(x), xp.empty(x.shape, bool)
        kernel = _source.kernel(xp, f"dropout<{ctype(x.dtype)}>")
        number = wide(x.dtype).type(scale)
        kernel(*elementwise(x.size), (*self._next(x, x.size), x, y, mask, np.int64(x.size), _limit(keep), number))
        return y, mask


def _limit(p):
    return np.uint64(math.ceil(p * 2.0**32))


@native_dropout.kernel("cuda", halves=True)
def native_dropout_kernel(xp, input, stream, keep, scale):
    """Draw and drop in one launch."""
    if not stream.on_device or not dtypes.is_floating(input.dtype):
        return NotImplemented
    return stream.dropout(in_order(input), keep, scale)


@keep_and_scale.kernel("cuda", halves=True)
def keep_and_scale_kernel(xp, input, mask, scale):
    """Multiply by a number what a mask of the same shape keeps."""
    if not input.size or not dtypes.is_floating(input.dtype) or mask.shape != input.shape or mask.dtype != dtypes.BOOL:
        return NotImplemented
    input = in_order(input)
    out = xp.empty_like(input)
    kernel = _source.kernel(xp, f"keep_and_scale<{ctype(input.dtype)}>")
    number = wide(input.dtype).type(scale)
    kernel(*elementwise(input.size), (input, in_order(mask), out, np.int64(input.size), number))
    return out


@native_dropout.backward_kernel("cuda", "input", halves=True)
def native_dropout_gradient_kernel(g, mask, scale):
    """Drop of the gradient what was dropped of the input."""
    return keep_and_scale_kernel(XP[type(g)], g, mask, scale)
