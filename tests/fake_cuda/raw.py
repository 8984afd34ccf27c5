"""The stand-in for `cupy.RawModule`: CUDA C++ compiled by g++ and run on the processor (`emulator/`), strictly.

A real launch checks nothing. Here arguments must be what the kernel's parameters say: arrays of its element type, whole
and on the current device, and NumPy scalars of its very type. Each launch works on copies of the arrays that lie before
memory it must not touch, so that a step outside is an error and not a wrong number somewhere else.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import ClassVar

import numpy as np

from . import capture
from .arrays import CURRENT, FakeArray
from .counts import count

HERE = Path(__file__).parent / "emulator"
BUILT = Path(__file__).parent.parent.parent / "build" / "emulator"
COMMAND = ("g++", "-std=c++17", "-O1", "-w", "-fPIC", "-ffp-contract=off", "-fno-strict-aliasing", f"-I{HERE}")
SHARED_LIMIT = 48 * 1024
GRID_LIMIT = (2**31 - 1, 65535, 65535)
PAGE = 4096
UNTOUCHED = 0xFF  # an integer of such bytes is -1, a float nan

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
_libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


class CUDADriverError(RuntimeError):
    """What a launch that cannot be made raises, as CuPy's does."""


class KernelFault(RuntimeError):
    """A kernel that would hang or read and write where it must not. A real device may say nothing."""


class RawModule:
    """Like `cupy.RawModule`, for code with name expressions."""

    def __init__(self, *, code, options=(), name_expressions):
        assert "--std=c++17" in options, "CuPy's default is C++14"
        self._code, self._expressions = code, tuple(name_expressions)

    def get_function(self, name):
        if name not in self._expressions:
            raise CUDADriverError(f"CUDA_ERROR_NOT_FOUND: named symbol not found: {name}")
        return RawKernel(_compiled(self._code, name), name)


class RawKernel:
    """Like `cupy.RawKernel`."""

    def __init__(self, library, name):
        self.name, self._run = name, library.emulator_launch
        text = ctypes.create_string_buffer(4096)
        library.emulator_parameters(text)
        self.parameters = [p.rpartition(" ")[::2] for p in text.value.decode().split(";")[:-1]]

    def __call__(self, grid, block, args, *, shared_mem=0):
        grid, block = (tuple(sizes) + (1,) * (3 - len(sizes)) for sizes in (grid, block))
        if not all(0 < n <= limit for n, limit in zip(grid, GRID_LIMIT, strict=True)) or min(block) < 1:
            raise CUDADriverError(f"CUDA_ERROR_INVALID_VALUE: invalid argument: {grid} blocks of {block} threads")
        threads = block[0] * block[1] * block[2]
        if threads > 1024 or block[2] > 64 or shared_mem > SHARED_LIMIT:
            raise CUDADriverError(f"CUDA_ERROR_INVALID_VALUE: {threads} threads, {shared_mem} bytes of shared memory")
        if threads % 32:
            raise TypeError(f"{self.name}: {threads} threads are no whole number of warps")
        if len(args) != len(self.parameters):
            raise TypeError(f"{self.name} takes {len(self.parameters)} arguments, not {len(args)}")
        for i, (value, (kind, size)) in enumerate(zip(args, self.parameters, strict=True)):
            self._check(i, value, kind, int(size))
        count("launch")
        values = [a.inner if type(a) is FakeArray else _by_value(a) for a in args]
        capture.do(lambda: self._launch(grid, block, values, shared_mem))

    def _launch(self, grid, block, args, shared_mem):
        lent = Lent([a for a in args if isinstance(a, np.ndarray)], shared_mem)
        values = [
            ctypes.c_uint64(lent.address(a)) if isinstance(a, np.ndarray) else (ctypes.c_char * a.nbytes)(*a.tobytes())
            for a in args
        ]
        pointers = (ctypes.c_void_p * max(len(values), 1))(*[ctypes.addressof(v) for v in values])
        failure = ctypes.create_string_buffer(512)
        sizes = (ctypes.c_uint * 3)(*grid), (ctypes.c_uint * 3)(*block)
        code = self._run(*sizes, ctypes.c_void_p(lent.shared), shared_mem, pointers, failure)
        if code:
            said = failure.value.decode()
            raise KernelFault(f"{self.name}: {said}{lent.whose(said) if code == 2 else ''}")
        lent.give_back(self.name)

    def _check(self, i, value, kind, size):
        place = f"{self.name}, argument {i}"
        way, _, name = kind.rpartition(" ")
        if type(value) is FakeArray:
            if not way:
                raise TypeError(f"{place}: an array for a {name}")
            if value.index != CURRENT[0]:
                raise TypeError(f"{place}: an array on device {value.index}, the launch is on {CURRENT[0]}")
            if not value.inner.flags.c_contiguous:
                raise TypeError(f"{place}: an array that is not contiguous, of strides {value.strides}")
            if name not in ("void", value.dtype.name):
                raise TypeError(f"{place}: an array of {value.dtype} for {name}*")
        elif value is None and way:
            pass  # a null pointer
        elif type(value) is np.ndarray and value.size == 1 and value.dtype.names and not way:
            if value.nbytes != size:
                raise TypeError(f"{place}: {value.nbytes} bytes for a structure of {size}")
        elif not isinstance(value, np.generic):
            raise TypeError(f"{place}: {type(value).__name__}: numbers must be NumPy scalars of the parameter's type")
        elif way or value.dtype.name != name:
            raise TypeError(f"{place}: {value!r} for a {name}{'*; no array at all is None' if way else ''}")


def _by_value(value):
    """Return what the launch takes now, whatever becomes of it: a number, a structure, or a null pointer."""
    return np.uint64(0) if value is None else value.copy()[()] if type(value) is np.ndarray else value


# ---- compiling


def _compiled(code, name):
    """Return the shared library of one kernel; it is compiled once, and kept in `build/`."""
    headers = "".join(path.read_text() for path in sorted(HERE.glob("*.h")))
    text = f"{_with_dynamic_shared(code)}\n{_ENTRY.replace('KERNEL', name)}"
    key = hashlib.sha256("\0".join([*COMMAND[:-1], headers, text]).encode()).hexdigest()[:24]
    library = BUILT / f"{key}.so"
    if not library.exists():
        BUILT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BUILT) as folder:
            made = Path(folder) / "kernel.so"
            command = [*COMMAND, "-include", HERE / "emulator.h", "-shared", "-x", "c++", "-", "-o", made]
            done = subprocess.run(command, input=text, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(f"g++ does not compile {name}:\n{done.stderr[:4000]}")
            os.replace(made, library)
    return ctypes.CDLL(library)


_ENTRY = """
extern "C" int emulator_launch(const unsigned* grid, const unsigned* block, char* shared, unsigned bytes, void** args,
                               char* failure) {
    return emulate<&KERNEL>(grid, block, shared, bytes, args, failure);
}
extern "C" void emulator_parameters(char* text) { emulator::Launch<&KERNEL>::parameters(text); }
"""


def _with_dynamic_shared(code):
    """Write `extern __shared__ T name[];` as the pointer that it is: C++ has no such declaration."""
    declared = r"extern\s+__shared__\s+(?:__align__\(\d+\)\s+)?([\w\s]+?)\s*(\w+)\[\];"
    return re.sub(declared, r"\1* \2 = (\1*)emulator::dynamic_shared();", code)


# ---- memory


class Lent:
    """Copies of the arrays of one launch, each close before a page that nobody may touch.

    Arrays that share memory share it in the copy too.
    """

    def __init__(self, arrays, shared_bytes):
        spans = sorted((a.__array_interface__["data"][0], a.nbytes) for a in arrays)
        self._spans: list[list[int]] = []  # [start, end, start of the copy]
        for start, size in spans:
            if self._spans and start < self._spans[-1][1]:
                self._spans[-1][1] = max(self._spans[-1][1], start + size)
            else:
                self._spans.append([start, start + size, 0])
        self._rooms = [Room.of(end - start) for start, end, _ in self._spans]
        for span, room in zip(self._spans, self._rooms, strict=True):
            span[2] = room.put(span[0], span[1] - span[0])
        self._shared_room = Room.of(shared_bytes)
        self.shared = self._shared_room.end - -(-shared_bytes // 16) * 16

    def address(self, array):
        """Return where the copy of an array lies."""
        at, size = array.__array_interface__["data"][0], array.nbytes
        start, _, copy = next(s for s in self._spans if s[0] <= at and at + size <= s[1])
        return copy + at - start

    def give_back(self, name):
        """Copy what the kernel wrote into the arrays; complain if it wrote beside them."""
        for (start, end, copy), room in zip(self._spans, self._rooms, strict=True):
            if not room.untouched(copy, end - start):
                raise KernelFault(f"{name} wrote beside an array of {end - start} bytes")
            ctypes.memmove(start, copy, end - start)
            room.leave()
        self._shared_room.leave()

    def whose(self, said):
        """Return the array that an address lies behind."""
        at = int(re.search(r"0x[0-9a-f]+", said)[0], 16) if "0x" in said else 0
        for (start, end, copy), room in zip(self._spans, self._rooms, strict=True):
            if room.end <= at < room.end + PAGE:
                return f": {at - copy - (end - start)} bytes behind an array of {end - start}"
        if self._shared_room.end <= at < self._shared_room.end + PAGE:
            return ": behind the shared memory that the launch asked for"
        return ": no array of this launch"


class Room:
    """Some pages, and behind them one that nobody may read or write."""

    free: ClassVar[dict[int, list]] = {}

    def __init__(self, pages):
        self.pages = pages
        self.start = _libc.mmap(None, (pages + 1) * PAGE, 3, 0x22, -1, 0)
        self.end = self.start + pages * PAGE
        _libc.mprotect(self.end, PAGE, 0)

    @classmethod
    def of(cls, size):
        """Return a room for so many bytes, with some to spare before them."""
        pages = 1 << max(-(-(size + 64) // PAGE) - 1, 0).bit_length()
        waiting = cls.free.setdefault(pages, [])
        return waiting.pop() if waiting else cls(pages)

    def leave(self):
        self.free[self.pages].append(self)

    def put(self, source, size):
        """Copy bytes here, as far back as their alignment to 16 bytes lets them lie; return where."""
        copy = self.end - size - (self.end - size - source) % 16
        ctypes.memset(max(self.start, copy - PAGE), UNTOUCHED, copy - max(self.start, copy - PAGE))
        ctypes.memmove(copy, source, size)
        ctypes.memset(copy + size, UNTOUCHED, self.end - copy - size)
        return copy

    def untouched(self, copy, size):
        """Whether the bytes around those that were put are as they were."""
        before = ctypes.string_at(max(self.start, copy - PAGE), copy - max(self.start, copy - PAGE))
        behind = ctypes.string_at(copy + size, self.end - copy - size)
        return not (before + behind).strip(bytes([UNTOUCHED]))
