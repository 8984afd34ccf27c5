"""Which thread of a simulated kernel touches which address: what coalescing, bank conflicts and races are counted from.

    os.environ["NUMBA_ENABLE_CUDASIM"] = "1"      # before numba is imported
    from numba import cuda

    trace = record(kernel, blocks, threads, x, out)
    print(trace)

numba's simulator runs a kernel's Python text, one Python thread for each CUDA thread. `record` hands it arrays that
write down each access. What a GPU does with these accesses follows from two rules (NVIDIA, CUDA C++ Best Practices
Guide): global memory is moved in sectors of 32 bytes, and what the 32 threads of a warp ask for in one instruction is
put together; shared memory has 32 banks of 4-byte words, and each serves one word at a time. So the counts are those
of a GPU without caches that remember earlier instructions. Times are not counted: the simulator says nothing of them.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from types import CodeType
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

WARP = 32  # threads that execute one instruction together
SECTOR = 32  # bytes that global memory moves at once
LINE = 128  # bytes of a cache line: four sectors
BANKS = 32  # of shared memory
WORD = 4  # bytes that a bank serves at once

_MODULE = "FakeCUDAModule"  # what numba's simulator puts in the place of `cuda` while a kernel runs


class Access(NamedTuple):
    """One access of one thread.

    Args:
        array: its name. space: "global" or "shared". kind: "load", "store" or "atomic".
        block, thread: numbers of the thread's block and of the thread in it.
        instruction: lines and columns of its text. turn: how often this thread was there before.
        phase: how many barriers the thread had passed.
        address: in bytes from the array's start. size: of an element, in bytes.
    """

    array: str
    space: str
    kind: str
    block: int
    thread: int
    instruction: tuple
    turn: int
    phase: int
    address: int
    size: int


class Race(NamedTuple):
    """Two threads at one element, one of them writing, and nothing that orders them."""

    array: str
    element: int
    first: Access
    second: Access


def sectors(addresses: Sequence[int], size: int = 4, width: int = SECTOR) -> int:
    """Count the pieces of `width` bytes that hold these elements: what one warp instruction moves.

    Example:
        >>> sectors([4 * lane for lane in range(32)]), sectors([128 * lane for lane in range(32)])
        (4, 32)
    """
    return len({byte // width for address in addresses for byte in (address, address + size - 1)})


def bank_passes(addresses: Sequence[int], size: int = 4) -> int:
    """Count the passes that shared memory needs for one warp instruction: the most different words in one bank.

    Threads that want the same word share it. Elements of 8 bytes are served half a warp at a time.

    Example:
        >>> bank_passes([4 * lane for lane in range(32)]), bank_passes([8 * lane for lane in range(32)])
        (1, 2)
        >>> bank_passes([0] * 32)
        1
    """
    lanes = WARP * WORD // max(size, WORD)
    passes = 0
    for start in range(0, len(addresses), lanes):
        words: dict[int, set[int]] = defaultdict(set)
        for address in addresses[start : start + lanes]:
            for word in range(address // WORD, (address + size - 1) // WORD + 1):
                words[word % BANKS].add(word)
        passes += max(map(len, words.values()))
    return passes


class Trace:
    """All accesses of one launch."""

    def __init__(self, accesses: Sequence[Access]):
        # Threads run in no order: put them into theirs, so that a trace is the same each time.
        self.accesses = sorted(accesses, key=lambda a: (a.block, a.phase, a.instruction, a.turn, a.thread))

    def instructions(self, space: str = "global") -> dict[tuple, list[Access]]:
        """Group the accesses as warps make them: (array, kind, block, warp, instruction, turn) -> one of each lane."""
        found: dict[tuple, list[Access]] = defaultdict(list)
        for a in self.accesses:
            if a.space == space:
                found[a.array, a.kind, a.block, a.thread // WARP, a.instruction, a.turn].append(a)
        return found

    def _sum(self, count: Callable, space: str, array: str | None, kind: str | None) -> int:
        groups = self.instructions(space).items()
        return sum(count(g) for key, g in groups if array in (None, key[0]) and kind in (None, key[1]))

    def count(self, array: str | None = None, kind: str | None = None, space: str = "global") -> int:
        """Count single accesses: of one array, of one kind, or all."""
        return self._sum(len, space, array, kind)

    def warp_instructions(self, array: str | None = None, kind: str | None = None, space: str = "global") -> int:
        """Count instructions of whole warps."""
        return self._sum(lambda group: 1, space, array, kind)

    def sectors(self, array: str | None = None, kind: str | None = None) -> int:
        """Count the sectors of 32 bytes that global memory moves."""
        return self._sum(lambda g: sectors([a.address for a in g], g[0].size), "global", array, kind)

    def bank_passes(self, array: str | None = None, kind: str | None = None) -> int:
        """Count the passes of shared memory; without conflicts it is one for each warp instruction."""
        return self._sum(lambda g: bank_passes([a.address for a in g], g[0].size), "shared", array, kind)

    def races(self) -> list[Race]:
        """Find the elements where the result depends on who comes first, with two of the accesses for each.

        Threads of one block are ordered by a barrier between them; threads of two blocks are not ordered at all.
        Atomic accesses do not race with each other.
        """
        places: dict[tuple, list[Access]] = defaultdict(list)
        for a in self.accesses:
            place = (a.array, a.address) if a.space == "global" else (a.array, a.address, a.block)
            places[place].append(a)
        found = (_first_race(group) for group in places.values())
        return [Race(pair[0].array, pair[0].address // pair[0].size, *pair) for pair in found if pair]

    def __str__(self) -> str:
        """Say what was moved, one line for each array and kind."""
        lines = [f"{'array':10} {'':7} {'accesses':>8} {'warp instr.':>11} {'moved':>16} {'used':>6}"]
        for space in ("global", "shared"):
            for array, kind in sorted({(key[0], key[1]) for key in self.instructions(space)}):
                made, asked = self.warp_instructions(array, kind, space), self.count(array, kind, space)
                if space == "global":
                    moved = self.sectors(array, kind)
                    useful = self._sum(lambda g: g[0].size * len({a.address for a in g}), space, array, kind)
                    moved_text, used = f"{moved} sectors", useful / (SECTOR * moved)
                else:
                    moved = self.bank_passes(array, kind)
                    moved_text, used = f"{moved} passes", made / moved
                lines.append(f"{array:10} {kind:7} {asked:8} {made:11} {moved_text:>16} {100 * used:4.0f} %")
        return "\n".join(lines)


def _first_race(group: list[Access]) -> tuple[Access, Access] | None:
    """Return two accesses of one element that nothing orders, if there are any."""
    seen: dict[tuple, list[Access]] = defaultdict(list)  # of each kind, block and phase two threads: one is not b's
    for b in group:
        for (kind, block, phase), few in seen.items():
            if {kind, b.kind} not in ({"load"}, {"atomic"}):
                for a in few:
                    if block != b.block or (phase == b.phase and a.thread != b.thread):
                        return a, b
        few = seen[b.kind, b.block, b.phase]
        if not few or (len(few) == 1 and few[0].thread != b.thread):
            few.append(b)
    return None


def record(kernel: Any, grid: int | tuple, block: int | tuple, *arguments: Any) -> Trace:
    """Run a kernel in numba's simulator, `kernel[grid, block](*arguments)`, and return the trace of its accesses.

    Args:
        kernel: what `numba.cuda.jit` made, with the simulator switched on.
        grid, block: as between the brackets of a launch.
        arguments: NumPy arrays, which are watched and written to, and numbers.

    Raises:
        TypeError: if the kernel is not a simulated one.
    """
    if not type(kernel).__module__.startswith("numba.cuda.simulator"):
        raise TypeError(
            f"record needs a kernel of numba's simulator, got {type(kernel).__name__}: put "
            'os.environ["NUMBA_ENABLE_CUDASIM"] = "1" before numba is imported for the first time'
        )
    from numba.cuda.simulator import kernel as simulator

    recorder = _Recorder()
    names = inspect.signature(kernel.fn).parameters
    watched = [
        _Watched(value, name, "global", recorder) if isinstance(value, np.ndarray) else value
        for name, value in zip(names, arguments, strict=True)
    ]
    with patch.object(simulator, _MODULE, _watching(getattr(simulator, _MODULE), recorder)):
        kernel[grid, block](*watched)
    return Trace(recorder.accesses)


class _Recorder:
    """What was written down so far, and how far each thread has come."""

    def __init__(self):
        self.accesses: list[Access] = []
        self.phases: dict[threading.Thread, int] = defaultdict(int)
        self.turns: dict[tuple, int] = defaultdict(int)
        self.texts: dict[CodeType, list] = {}
        self.grid: Any = (1, 1, 1)

    def note(self, array: _Watched, kind: str, index, frame) -> None:
        """Write an access down, made by a frame of the current thread.

        Raises:
            IndexError: if an index lies outside. A GPU would not notice, and read or write what lies there.
        """
        places = index if isinstance(index, tuple) else (index,)
        if len(places) != array.ndim or not all(0 <= i < n for i, n in zip(places, array.shape, strict=True)):
            raise IndexError(f"{array.name}[{', '.join(map(str, places))}] is outside of its shape {array.shape}")
        thread: Any = threading.current_thread()
        # The place in the text, not `f_lasti`: that moves when Python specializes the instruction.
        text = self.texts.setdefault(frame.f_code, [*frame.f_code.co_positions()])
        place = text[frame.f_lasti // 2]
        turn = self.turns[thread, place, kind]
        self.turns[thread, place, kind] += 1
        (x, y, z), (wide, high, _) = thread.blockIdx, self.grid
        address = sum(int(i) * s for i, s in zip(places, array.array.strides, strict=True))
        block, phase = x + wide * (y + high * z), self.phases[thread]
        who = (block, thread.thread_id, place, turn, phase)
        self.accesses.append(Access(array.name, array.space, kind, *who, address, array.array.itemsize))


class _Watched:
    """An array inside a simulated kernel that has each access to it written down."""

    def __init__(self, array: np.ndarray, name: str, space: str, recorder: _Recorder):
        self.array, self.name, self.space, self._recorder = array, name, space, recorder
        self.shape, self.size, self.ndim, self.dtype = array.shape, array.size, array.ndim, array.dtype

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, index):
        self._recorder.note(self, "load", index, sys._getframe(1))
        return self.array[index]

    def __setitem__(self, index, value):
        self._recorder.note(self, "store", index, sys._getframe(1))
        self.array[index] = value


def _watching(base: Any, recorder: _Recorder) -> Any:
    """Return numba's stand-in for the module `cuda` inside a kernel, with shared arrays and barriers that are seen."""
    lock = threading.Lock()

    class Shared:
        def __init__(self):
            self._made = {}

        def array(self, shape, dtype):
            # As in numba's own simulator, the line that asks is what tells one allocation from another.
            line = sys._getframe(1).f_lineno
            with lock:
                if line not in self._made:
                    name = f"shared {len(self._made) + 1}" if self._made else "shared"
                    self._made[line] = _Watched(np.zeros(shape, dtype), name, "shared", recorder)
            return self._made[line]

    class Atomic:
        def __init__(self, atomic):
            self._atomic = atomic

        def __getattr__(self, name):
            function = getattr(self._atomic, name)

            def noted(array, index, *values):
                recorder.note(array, "atomic", index, sys._getframe(1))
                return function(array.array, index, *values)

            return noted

    class Module(base):
        def __init__(self, grid_dim, *rest):
            super().__init__(grid_dim, *rest)
            recorder.grid = grid_dim
            self._shared, self._atomic = Shared(), Atomic(self._atomic)

        def syncthreads(self):
            super().syncthreads()
            recorder.phases[threading.current_thread()] += 1

    return Module
