"""Where a task's cases come from: small random things, determined by a seed."""

from __future__ import annotations

import random

from ..dtypes import float32
from ..ops import sampling
from ..random import Generator


class Draw:
    """A source of random numbers, shapes and tensors of its own: the learner's stream is left alone.

    Example:
        >>> draw = Draw(0)
        >>> draw.shape(3), draw.randint(1, 6)
        ((4, 4, 1), 3)
    """

    def __init__(self, seed):
        self.seed = seed
        self.random = random.Random(seed)
        self.generator = Generator().manual_seed(seed)

    def randint(self, low, high, *shape):
        """Return an integer from `low` to `high`, both included; with a shape, an int64 tensor of such."""
        if not shape:
            return self.random.randint(low, high)
        return sampling.randint(low, high + 1, shape, generator=self.generator)

    def uniform(self, low, high):
        """Return a Python float between `low` and `high`."""
        return self.random.uniform(low, high)

    def randn(self, *shape, dtype=float32, requires_grad=False):
        """Return a tensor of normal numbers."""
        return sampling.randn(*shape, generator=self.generator, dtype=dtype, requires_grad=requires_grad)

    def rand(self, *shape, dtype=float32, requires_grad=False):
        """Return a tensor of uniform numbers in [0, 1)."""
        return sampling.rand(*shape, generator=self.generator, dtype=dtype, requires_grad=requires_grad)

    def shape(self, ndim, high=5, low=1):
        """Return a shape of `ndim` sizes from `low` to `high`."""
        return tuple(self.randint(low, high) for _ in range(ndim))

    def sizes(self, count, high=7, low=2):
        """Return `count` different sizes: a case in which no two dimensions can be confused and still fit."""
        return tuple(self.random.sample(range(low, high + 1), count))

    def permutation(self, n):
        """Return the numbers below `n`, shuffled, as an int64 tensor."""
        return sampling.randperm(n, generator=self.generator)

    def mask(self, *shape, p=0.5):
        """Return a tensor of booleans, each True with probability `p`."""
        return self.rand(*shape) < p

    def choice(self, options):
        """Return one of several things."""
        return self.random.choice(options)

    def shuffled(self, things):
        """Return the things as a list in random order."""
        things = list(things)
        self.random.shuffle(things)
        return things
