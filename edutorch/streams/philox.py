"""Philox: random words that need no state but a count, so thousands of threads can draw them at once.

The Mersenne Twister makes each word of the ones before, one after the other. Philox [1] scrambles a counter instead,
as a cipher does: block number b of a seed's sequence is a function of b and the seed alone, four words of 32 bits at
once. A thread that wants block 1000 computes just that one. Ten rounds of multiplying and mixing pass all statistical
tests of the TestU01 suite, as the paper reports.

On CUDA devices with kernels of our own, `edutorch/kernels/cuda/random.cu` does this; here is the same in NumPy, for
the kinds of numbers that have no kernel, and to read.

The state is a seed and an offset, the words drawn so far: PyTorch's format for CUDA generators. Each draw begins with a
whole block, so the offset is a multiple of 4. Which element of a tensor gets which word depends on nothing but its
position. In PyTorch it depends on the number of threads too, and so on the GPU's size: its numbers on a GPU are not
these.

[1] J. K. Salmon, M. A. Moraes, R. O. Dror and D. E. Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC '11 (2011).
"""

from __future__ import annotations

import math

import numpy as np

from .box_muller import pairs
from .seeded import Seeded
from .stream import Draws

ROUNDS = 10
FACTORS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
KEY_STEPS = 0x9E3779B9, 0xBB67AE85  # the golden ratio, and the root of 3 less 1, as fractions of 2**32

_LOW, _HALF = np.uint64(2**32 - 1), np.uint64(32)


def philox(counters, key):
    """Scramble counters: Philox4x32-10.

    Shape: counters (n, 4), words of 32 bits as uint64, the lowest first -> out (n, 4)
    Math:  ten times, with (h, l) the halves of a product, c = (h(m1 c2) ^ c1 ^ k0, l(m1 c2), h(m0 c0) ^ c3 ^ k1,
           l(m0 c0)); then k += the steps

    Args:
        key: two words of 32 bits.
    """
    c0, c1, c2, c3 = counters.T
    k0, k1 = key
    for _ in range(ROUNDS):
        first, second = FACTORS[0] * c0, FACTORS[1] * c2
        c0, c2 = (second >> _HALF) ^ c1 ^ np.uint64(k0), (first >> _HALF) ^ c3 ^ np.uint64(k1)
        c1, c3 = second & _LOW, first & _LOW
        k0, k1 = (k0 + KEY_STEPS[0]) % 2**32, (k1 + KEY_STEPS[1]) % 2**32
    return np.stack([c0, c1, c2, c3], axis=1)


class Philox(Draws, Seeded):
    """The words of a seed, counted.

    Attributes:
        offset: how many words were drawn, or skipped to begin with a whole block.

    Example:
        >>> Philox().manual_seed(0).words(2)
        array([1713891541, 3781805453], dtype=uint32)
    """

    _cached_normal = None  # the state has no room for it

    def restart(self):
        """Begin the sequence of the seed."""
        self.offset = 0

    def take(self, words):
        """Reserve the next so many words; returns where they begin."""
        begin = self.offset
        self.offset += -(-words // 4) * 4
        return begin

    def words(self, count):
        """The next `count` words of 32 bits, as uint32."""
        first = self.take(count) // 4
        block = np.arange(first, first + -(-count // 4), dtype=np.uint64)
        none = np.zeros_like(block)
        counters = np.stack([block & _LOW, block >> _HALF, none, none], axis=1)
        return philox(counters, (self._seed % 2**32, self._seed >> 32)).astype(np.uint32).reshape(-1)[:count]

    def double_words(self, count):
        """The next `count` words of 64 bits, as uint64: of two 32-bit words the first is the upper half."""
        upper, lower = self.words(2 * count).astype(np.uint64).reshape(-1, 2).T
        return upper << _HALF | lower

    def chosen(self, p, count):
        """True with probability p, else False: `count` times, as booleans.

        Math: w < p 2**32, w a word
        """
        return self.words(count) < np.uint64(math.ceil(p * 2.0**32))

    def _normal_pairs(self, count):
        """Standard normal doubles, two per Box-Muller; an odd one out is lost."""
        return pairs(self._unit(count + count % 2, np.dtype(np.float64)))[:count]

    def get_state(self):
        """The state as the 16 bytes that PyTorch's CUDA generators have: the seed, then the offset."""
        return np.array([self._seed, self.offset], "<u8").view(np.uint8)

    def set_state(self, new_state):
        """Go on from where `get_state` was called; return this generator.

        Raises:
            TypeError: if the array's dtype is not uint8. RuntimeError: if it has the wrong size.
        """
        if new_state.dtype != np.uint8:
            raise TypeError(f"RNG state must be a torch.ByteTensor, got {new_state.dtype}")
        if new_state.size != 16:
            raise RuntimeError(
                "RNG state is wrong size\nThe state of a CUDA generator has 16 bytes (seed and offset), that of the "
                f"CPU's 5056; this one has {new_state.size}."
            )
        seed, offset = np.frombuffer(new_state.tobytes(), "<u8").tolist()
        if offset % 4:
            raise RuntimeError(f"offset must be a multiple of 4\nIt is {offset}.")
        self.manual_seed(seed)
        self.offset = offset
        return self
