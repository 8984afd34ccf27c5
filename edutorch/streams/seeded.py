"""Seeds: what a generator's sequence is named by, whichever generator it is."""

from __future__ import annotations

import os
from typing import Self

# PyTorch seeds a new Generator with this constant, so that forgetting to seed one is at least repeatable.
DEFAULT_SEED = 67280421310721


class Seeded:
    """A generator with a seed of 64 bits. A subclass's `restart` begins the sequence that belongs to it."""

    def __init__(self) -> None:
        self.manual_seed(DEFAULT_SEED)

    def restart(self) -> None:
        """Begin the sequence of `self._seed`."""
        raise NotImplementedError

    def manual_seed(self, seed: int) -> Self:
        """Start the sequence that belongs to `seed`, and return this generator.

        Args:
            seed: an integer in [-2**63, 2**64). A negative seed counts back from 2**64.

        Raises:
            ValueError: if the seed does not fit into 64 bits.
        """
        if not -(2**63) <= seed < 2**64:
            raise ValueError(f"Overflow when unpacking long long\nThe seed {seed} does not fit into 64 bits.")
        self._seed = seed % 2**64
        self.restart()
        return self

    def initial_seed(self) -> int:
        """The seed that this sequence was started with."""
        return self._seed

    def seed(self) -> int:
        """Start a sequence nobody can foresee, from the operating system's randomness; return its seed."""
        self.manual_seed(int.from_bytes(os.urandom(8), "little"))
        return self._seed
