"""The Mersenne Twister as PyTorch drives it: seeds in, 32-bit words out, and a state that can be saved.

The Mersenne Twister MT19937 [1] holds 624 words of 32 bits. Every 624 draws a linear recurrence replaces
all of them ("twisting"); each draw reads the next word and scrambles it a little ("tempering"). Its period is
2**19937 - 1. The sequence follows from the seed alone, so two programs that agree on the seed and on how
they turn words into numbers agree on every number: that is what lets edutorch repeat a PyTorch run exactly.

NumPy's bit generator of the same name yields the same words; this file adds PyTorch's rules for seeds and its
byte layout of the state. `stream.py` turns the words into numbers.

[1] M. Matsumoto and T. Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform
    pseudo-random number generator", ACM Trans. Model. Comput. Simul. 8 (1998), 3-30.
"""

from __future__ import annotations

import functools

import numpy as np

from .seeded import Seeded

WORDS_IN_STATE = 624

# What torch.get_rng_state() returns is this C structure, byte for byte.
_STATE_LAYOUT = np.dtype(
    {
        "names": ["seed", "left", "seeded", "next", "words", "normal", "has_normal", "tail"],
        "formats": ["<u8", "<i4", "<i4", "<u8", ("<u8", WORDS_IN_STATE), "<f8", "<i4", ("u1", 12)],
        "offsets": [0, 8, 12, 16, 24, 5024, 5040, 5044],
        "itemsize": 5056,
    }
)


class MersenneTwister(Seeded):
    """One MT19937 with PyTorch's seeding and state format. The low 32 bits of a seed alone choose the sequence: 5 and
    5 + 2**32 give the same numbers.

    Example:
        >>> MersenneTwister().manual_seed(0).words(3)
        array([2357136044, 2546248239, 3071714933], dtype=uint32)
    """

    _cached_normal: float | None

    @functools.cached_property
    def _legacy(self):
        """NumPy's generator: its old class is the only public way to the 1998 seeding rule.

        It is made when a word is first drawn. `import edutorch` seeds a generator, and loading numpy.random for that
        would make the import a tenth longer.
        """
        return np.random.RandomState(self._seed % 2**32)

    def restart(self) -> None:
        """Begin the sequence of the seed."""
        if "_legacy" in self.__dict__:
            self._legacy.seed(self._seed % 2**32)
        self._untouched = True
        self._cached_normal = None

    # ---- words -------------------------------------------------------------------------------------------

    def words(self, count: int) -> np.ndarray:
        """The next `count` words of 32 bits, as uint32."""
        if count:
            self._untouched = False
        return self._legacy.randint(0, 2**32, size=count, dtype=np.uint32)

    def double_words(self, count: int) -> np.ndarray:
        """The next `count` words of 64 bits, as uint64: of two 32-bit draws the first is the upper half."""
        if count:
            self._untouched = False
        return self._legacy.randint(0, 2**64, size=count, dtype=np.uint64)

    # ---- state -------------------------------------------------------------------------------------------

    def get_state(self) -> np.ndarray:
        """The whole state as the 5056 bytes that `torch.get_rng_state()` would return."""
        twister = self._legacy.get_state(legacy=False)["state"]
        state = np.zeros((), _STATE_LAYOUT)
        # NumPy counts words already read. PyTorch also counts those left before the next twist, itself
        # included, and says (next 0, left 1) between seeding and the first draw.
        state["next"] = 0 if self._untouched else twister["pos"]
        state["left"] = 1 if self._untouched else WORDS_IN_STATE + 1 - twister["pos"]
        state["seed"] = self._seed
        state["seeded"] = 1
        state["words"] = twister["key"]
        state["has_normal"] = self._cached_normal is not None
        state["normal"] = self._cached_normal or 0.0
        return np.frombuffer(state.tobytes(), np.uint8).copy()

    def set_state(self, new_state: np.ndarray) -> MersenneTwister:
        """Go on from where `get_state`, here or in PyTorch, was called; return this generator.

        Raises:
            TypeError: if the array's dtype is not uint8.
            RuntimeError: if it has the wrong size, or holds no Mersenne Twister.
        """
        if new_state.dtype != np.uint8:
            raise TypeError(f"RNG state must be a torch.ByteTensor, got {new_state.dtype}")
        if new_state.size != _STATE_LAYOUT.itemsize:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {_STATE_LAYOUT.itemsize} "
                f"but found the input RNG state size to be {new_state.size}"
            )
        state = np.frombuffer(new_state.tobytes(), _STATE_LAYOUT)[0]
        position, left = int(state["next"]), int(state["left"])
        if not (state["seeded"] and 0 < left <= WORDS_IN_STATE and position <= WORDS_IN_STATE):
            raise RuntimeError("Invalid mt19937 state")
        self._seed = int(state["seed"])
        self._untouched = position == 0 and left == 1
        self._cached_normal = float(state["normal"]) if state["has_normal"] else None
        twister = {"key": state["words"].astype(np.uint32), "pos": WORDS_IN_STATE if self._untouched else position}
        self._legacy.set_state({"bit_generator": "MT19937", "state": twister})
        return self
