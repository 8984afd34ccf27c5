"""A GPU for a kernel of a few threads: it runs what is written for numba's `cuda`, and notices what a GPU does not.

    def double(x):
        i = cuda.grid(1)
        if i < x.size:
            x[i] *= 2

    launch(double, blocks=2, threads=8, x)

numba's own simulator lets the threads run as they come. This one refuses what goes wrong on a GPU only sometimes: a
position outside of an array, two threads at one number with no barrier between them (a race), a barrier that some
threads of a block do not reach. And it counts who reads and writes what in global memory.

One thread of a block runs after the other, up to its next barrier. To go on from there it runs again from the top, and
what it read before is read from its log: so no threads of the system are needed, and an endless kernel can be stopped.
"""

from __future__ import annotations

import contextlib
import linecache
import math
import operator
import sys
from collections import Counter
from importlib import import_module
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from numba.core import config

from ..ops.from_data import from_numpy
from ..tensor import Tensor

config.ENABLE_CUDASIM = 1  # read when `numba.cuda` is imported: kernels then need no GPU
cuda: Any = import_module("numba.cuda")


class KernelFault(RuntimeError):
    """What a kernel must not do. `mark` says what it was without names and numbers: a mistake is known by it."""

    def __init__(self, message, *mark):
        super().__init__(message)
        self.mark = mark


class OutOfBounds(KernelFault, IndexError):
    """A position that the array does not have."""


class Race(KernelFault):
    """Two threads at one number, one of them writing, and no barrier between them."""


class BarrierMissed(KernelFault):
    """A barrier that some threads of a block reach, and others don't."""


class Launched(NamedTuple):
    """What came of a launch: for each argument's name how often its numbers were read and written, and by whom.

    Attributes:
        reads, writes: how many numbers of each array were read from global memory, and written to it.
        writer: for each array the last thread, counted over all blocks, that wrote each number; -1 where none did.
        longest: the most different numbers of shared memory that one thread read. readers: how many threads of a block
            read from it at most. barriers: the most that one block passed.
    """

    reads: Counter
    writes: Counter
    writer: dict
    longest: int
    readers: int
    barriers: int


def launch(kernel, blocks, threads, *arguments, races=True):
    """Run a kernel, on NumPy arrays and tensors (whose numbers it changes) and numbers; return what came of it.

    Args:
        kernel: a function written for numba's `cuda`, decorated with `cuda.jit` or not.
        blocks, threads: numbers, or tuples in CUDA's order: x first.
        races: refuse them. Otherwise each thread finds what those before it have left.

    Raises:
        KernelFault: for what a kernel must not do. TypeError: if it returns something.
    """
    kernel = getattr(kernel, "py_func", kernel)
    grid, block = _three(blocks), _three(threads)
    machine = _Machine(grid, block, races)
    names = _names(kernel, len(arguments))
    given = [
        _Memory(machine, _array(value), name) if isinstance(value, (np.ndarray, Tensor)) else value
        for name, value in zip(names, arguments, strict=True)
    ]
    with _standing_in(kernel, machine.cuda):
        for z, y, x in np.ndindex(*grid[::-1]):
            _run_block(machine, kernel, (x, y, z), given)
    writer = {m.name: from_numpy(m.writer) for m in given if isinstance(m, _Memory)}
    return Launched(machine.reads, machine.writes, writer, machine.longest, machine.readers, machine.barriers)


def _three(sizes):
    sizes = tuple(sizes) if isinstance(sizes, (tuple, list)) else (sizes,)
    return (*(operator.index(n) for n in sizes), 1, 1)[:3]


def _array(value):
    return value.detach().numpy() if isinstance(value, Tensor) else value


def _names(kernel, count):
    code = getattr(kernel, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if code is not None else ()
    return names if len(names) == count else tuple(f"argument {i + 1}" for i in range(count))


@contextlib.contextmanager
def _standing_in(kernel, stand_in):
    """Let the name that means numba's `cuda` beside the kernel mean the machine's."""
    beside = getattr(kernel, "__globals__", {})
    names = [name for name, value in beside.items() if value is cuda]
    try:
        beside.update(dict.fromkeys(names, stand_in))
        yield
    finally:
        beside.update(dict.fromkeys(names, cuda))


# ---- running


class _Paused(BaseException):
    """Raised in a thread that waits at a barrier."""


class _Thread:
    """One thread: where it is, and the log of what it has read and done so far."""

    def __init__(self, block, place, number, block_number):
        self.block, self.place = SimpleNamespace(**dict(zip("xyz", block, strict=True))), SimpleNamespace(**place)
        self.number, self.block_number = number, block_number
        self.log, self.at, self.barrier, self.done = [], 0, None, False
        self.shared_reads: set = set()

    def perform(self, work, *arguments):
        """Return what `work` gives; when the thread runs again, what it gave the first time."""
        if self.at == len(self.log):
            self.log.append(work(*arguments))
        self.at += 1
        return self.log[self.at - 1]

    def pause(self, where):
        """Wait at a barrier, unless this is one that was passed before."""
        self.at += 1
        if self.at > len(self.log):
            self.log.append(None)
            self.barrier = where
            raise _Paused


class _Machine:
    """What the threads of a launch have in common: the sizes, the counts, the thread that runs, its block's phase."""

    def __init__(self, grid, block, races):
        self.grid, self.block, self.races = grid, block, races
        self.reads, self.writes = Counter(), Counter()
        self.longest = self.readers = self.barriers = 0
        self.thread: Any = None
        self.phase = 0
        self.shared: dict = {}
        self.cuda = _Cuda(self)


def _run_block(machine, kernel, block, arguments):
    """Run the threads of a block, barrier by barrier."""
    machine.shared = {}
    block_number = block[0] + machine.grid[0] * (block[1] + machine.grid[1] * block[2])
    threads = [
        _Thread(block, {"x": x, "y": y, "z": z}, number, block_number)
        for number, (z, y, x) in enumerate(np.ndindex(*machine.block[::-1]))
    ]
    machine.phase = 0
    while not threads[0].done:
        for thread in threads:
            _run_thread(machine, thread, kernel, arguments)
        _look_at_the_barrier(threads)
        machine.phase += 1
    machine.barriers = max(machine.barriers, machine.phase - 1)
    machine.longest = max(machine.longest, *(len(thread.shared_reads) for thread in threads))
    machine.readers = max(machine.readers, sum(bool(thread.shared_reads) for thread in threads))


def _run_thread(machine, thread, kernel, arguments):
    machine.thread, thread.at = thread, 0
    try:
        result = kernel(*arguments)
    except _Paused:
        return
    thread.done, thread.barrier = True, None
    if result is not None:
        raise TypeError("a kernel returns nothing, it writes into an array: leave the value behind `return` out")


def _look_at_the_barrier(threads):
    """Raise BarrierMissed unless all threads of a block wait at the same barrier, or all are done."""
    places = {thread.barrier for thread in threads}
    if len(places) == 1:
        return
    waiting = next(thread for thread in threads if not thread.done)
    other = next(thread for thread in threads if thread.barrier != waiting.barrier)
    filename, line = waiting.barrier
    text = linecache.getline(filename, line).strip() or "cuda.syncthreads()"
    there = "has come to its end" if other.done else f"waits at another one, in line {other.barrier[1]}"
    raise BarrierMissed(
        f"thread {waiting.number} waits at the barrier in line {line}, `{text}`, and thread {other.number} of the same"
        f" block {there}. On a GPU such a block may hang for ever: every thread must reach every barrier.",
        other.done,
    )


# ---- what the kernel sees


class _Cuda:
    """numba's `cuda`, as far as the kernels here need it."""

    warpsize = 32

    def __init__(self, machine):
        self._machine = machine
        self.blockDim = SimpleNamespace(**dict(zip("xyz", machine.block, strict=True)))
        self.gridDim = SimpleNamespace(**dict(zip("xyz", machine.grid, strict=True)))
        self.shared = SimpleNamespace(array=self._shared_array)
        self.local = SimpleNamespace(array=_rubbish)
        self.atomic = SimpleNamespace(
            add=lambda array, at, value: array.atomic(at, lambda old: old + value),
            max=lambda array, at, value: array.atomic(at, lambda old: max(old, value)),
            min=lambda array, at, value: array.atomic(at, lambda old: min(old, value)),
        )

    @property
    def threadIdx(self):
        return self._machine.thread.place

    @property
    def blockIdx(self):
        return self._machine.thread.block

    def grid(self, ndim):
        place, block, size = self.threadIdx, self.blockIdx, self.blockDim
        at = [getattr(block, axis) * getattr(size, axis) + getattr(place, axis) for axis in "xyz"[:ndim]]
        return at[0] if ndim == 1 else tuple(at)

    def gridsize(self, ndim):
        sizes = [n * m for n, m in zip(self._machine.grid, self._machine.block, strict=True)][:ndim]
        return sizes[0] if ndim == 1 else tuple(sizes)

    def syncthreads(self):
        caller = sys._getframe(1)
        self._machine.thread.pause((caller.f_code.co_filename, caller.f_lineno))

    def _shared_array(self, shape, dtype):
        """Return the block's array that is made at this place of the program; its numbers begin as rubbish."""
        caller = sys._getframe(1)
        site = caller.f_code, caller.f_lasti
        if site not in self._machine.shared:
            self._machine.shared[site] = _Memory(self._machine, _rubbish(shape, dtype), "shared memory", shared=True)
        return self._machine.shared[site]

    def __getattr__(self, name):
        raise AttributeError(f"`cuda.{name}` is not there inside of a kernel of these exercises; they do without.")


def _rubbish(shape, dtype):
    """Return an array of numbers that nobody has written."""
    numbers = np.empty(shape, _dtype(dtype))
    numbers.fill(1e30 if np.issubdtype(numbers.dtype, np.floating) else 10**9)
    return numbers


def _dtype(dtype):
    if isinstance(dtype, (type, np.dtype)):
        return np.dtype(dtype)
    from numba.np.numpy_support import as_dtype

    return as_dtype(dtype)


class _Memory:
    """An array as a kernel sees it: one number at a time, and each access is looked at."""

    def __init__(self, machine, numbers, name, shared=False):
        self._machine, self._numbers, self.name, self._is_shared = machine, numbers, name, shared
        self.shape, self.size, self.ndim, self.dtype = numbers.shape, numbers.size, numbers.ndim, numbers.dtype
        self.writer = np.full(numbers.shape, -1)
        self._written: dict = {}  # position -> (thread, phase, atomic or not) of the last write
        self._read: dict = {}  # position -> such pairs, of the reads since then

    def __len__(self):
        return self.shape[0]

    def __repr__(self):
        return f"the array {self.name}"

    def __getitem__(self, at):
        if self.ndim > 1 and not (isinstance(at, tuple) and len(at) == self.ndim):
            return _Row(self, at)
        return self._machine.thread.perform(self._get, at)

    def __setitem__(self, at, value):
        self._machine.thread.perform(self._set, at, value)

    def atomic(self, at, change):
        """Change a number in one go; return the old one."""
        return self._machine.thread.perform(self._set, at, None, change)

    def _get(self, at):
        at = self._place(at, "reads")
        self._look_out(at, writing=False)
        self._read.setdefault(at, []).append((self._machine.thread, self._machine.phase))
        if self._is_shared:
            self._machine.thread.shared_reads.add((id(self), at))
        else:
            self._machine.reads[self.name] += 1
        return self._numbers[at]

    def _set(self, at, value, change=None):
        at = self._place(at, "writes")
        self._look_out(at, writing=True, atomic=change is not None)
        old = self._numbers[at]
        self._numbers[at] = value if change is None else change(old)
        thread, machine = self._machine.thread, self._machine
        self._written[at], self._read[at] = (thread, machine.phase, change is not None), []
        self.writer[at] = thread.number + thread.block_number * math.prod(machine.block)
        if not self._is_shared:
            machine.writes[self.name] += 1
            if change is not None:
                machine.reads[self.name] += 1
        return old

    def _place(self, at, does):
        at = at if isinstance(at, tuple) else (at,)
        if slice in map(type, at):
            raise TypeError("a kernel takes one number of an array at a time, no slices")
        try:
            at = tuple(map(operator.index, at))
        except TypeError:
            raise TypeError(f"positions are integers, not {at}: `//` divides without a fraction") from None
        if len(at) != self.ndim or min(at) < 0 or not all(map(operator.lt, at, self.shape)):
            raise OutOfBounds(
                f"{self._who()} {does} {self._called(at)}, and its shape is {self.shape}. On a GPU nothing stops it:"
                " whatever lies there is read, or written over.",
                self._is_shared,
                does,
            )
        return at

    def _look_out(self, at, writing, atomic=False):
        """Raise Race if another thread was at this number, one of the two writes, and no barrier lies between."""
        if not self._machine.races:
            return
        before = self._written.get(at)
        if before and not (atomic and before[2]) and self._in_conflict(before):
            self._race(at, before[0], "wrote", writing)
        if writing:
            for other in self._read.get(at, ()):
                if self._in_conflict(other):
                    self._race(at, other[0], "read", writing)

    def _in_conflict(self, other):
        thread = self._machine.thread
        if other[0].block_number != thread.block_number:
            return True
        return other[0] is not thread and other[1] == self._machine.phase

    def _race(self, at, other, did, writing):
        apart = other.block_number != self._machine.thread.block_number
        why = "blocks run in any order, and no barrier holds for two of them" if apart else "no barrier lies between"
        raise Race(
            f"{self._who()} {'writes' if writing else 'reads'} {self._called(at)}, which {self._who(other)} {did}, and"
            f" {why}. On a GPU it is chance which of them comes first.",
            self._is_shared,
            self._machine.phase,
            apart,
        )

    def _who(self, thread=None):
        thread = thread or self._machine.thread
        return f"thread {thread.number} of block {thread.block_number}"

    def _called(self, at):
        return f"{self.name}[{', '.join(map(str, at))}]"


class _Row:
    """A part of an array, on the way to one of its numbers: `a[i][j]`."""

    def __init__(self, memory, at):
        self._memory, self._at = memory, at if isinstance(at, tuple) else (at,)

    def __getitem__(self, at):
        return self._memory[(*self._at, *(at if isinstance(at, tuple) else (at,)))]

    def __setitem__(self, at, value):
        self._memory[(*self._at, *(at if isinstance(at, tuple) else (at,)))] = value
