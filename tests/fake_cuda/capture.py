"""What capturing a stream means for the stand-in: what is asked for is noted, and done when the graph is launched.

A recording is a list of actions on fixed memory, so a launch really computes anew. Nothing is computed before that:
results are poison until then. Memory made during the capture is poisoned before each launch, as whoever used it since
would have done. Memory that went back to a pool that is not the graph's own is poison for good: it serves others now.
"""

from __future__ import annotations

import weakref

import numpy as np

REFUSED = {
    "library": (NotImplementedError, "calling cuBLAS API during stream capture is currently unsupported"),
    "sync": (RuntimeError, "cudaErrorStreamCaptureUnsupported: operation not permitted when stream is capturing"),
    "copy": (RuntimeError, "a copy from the host's memory cannot be captured: that memory serves others at the launch"),
}
STREAMS: list = []  # the streams that work goes to, the current one last
POOLS: list = [None]  # the memory pools that arrays are made in, the current one last; None: the default one
_capturing: dict = {}
_recordings: weakref.WeakSet = weakref.WeakSet()
_replaying = [False]


def now():
    """Return what the current stream records; None, almost always."""
    return _capturing.get(STREAMS[-1]) if _capturing else None


def replaying():
    """Whether a graph is being launched: what it does was counted when it was captured."""
    return _replaying[0]


def refuse(kind):
    """Raise if what costs that kind of time cannot be captured, and a stream is captured."""
    recording = now()
    if recording is not None and kind in REFUSED:
        error, message = REFUSED[kind]
        recording.broken = recording.broken or kind == "sync"
        raise error(message)


def do(action, check=None):
    """Change memory in place; while a stream is captured, do that when the graph is launched.

    Args:
        check: what to do at once then, because it raises if the action would.
    """
    recording = now()
    if recording is not None and not replaying():
        action, recorded = check, action
        recording.actions.append(recorded)
    if action is not None:
        with np.errstate(all="ignore"):
            action()


def made(compute, array):
    """Say that an array was made just now; while a stream is captured, each launch computes it anew."""
    recording = now()
    if recording is not None and not replaying():
        recording.add(compute, array)


def poison(array):
    """Fill memory with what nobody can take for a result."""
    if array.flags.writeable:
        array[...] = (
            True if array.dtype == bool else (np.nan if array.dtype.kind in "fcV" else np.array(-1).astype(array.dtype))
        )


class Recording:
    """What a stream was asked for while it was captured."""

    def __init__(self):
        self.actions, self.broken = [], False
        self._made, self._numbers = [], {}  # arrays made during the capture
        self._pools, self._lost = set(), set()

    def add(self, compute, array):
        number = len(self._made)
        self._made.append((array, POOLS[-1] is not None))
        self._numbers[id(array)] = number
        if POOLS[-1] is not None:
            self._pools.add(weakref.ref(POOLS[-1]))
        poison(array)

        def again():
            np.copyto(array, compute(), casting="unsafe")
            if number in self._lost:
                poison(array)

        self.actions.append(again)

    def run(self):
        if any(pool() is None for pool in self._pools):  # its memory went back to the device
            self._lost.update(range(len(self._made)))
        _replaying[0] = True
        try:
            with np.errstate(all="ignore"):
                for array, _ in self._made:
                    poison(array)
                for action in self.actions:
                    action()
        finally:
            _replaying[0] = False

    def freed(self, array):
        """Whether an array that is gone was made here; if it lay in the default pool, others use its memory now."""
        number = self._numbers.get(id(array))
        if number is not None and not self._made[number][1]:
            self._lost.add(number)
        return number is not None


def freed(array):
    """An array that owned memory is gone. Graphs that hold it will find there what others wrote."""
    if _recordings:
        noted = [recording.freed(array) for recording in _recordings]
        if not any(noted) and array.flags.owndata:
            poison(array)


def begin(stream):
    if stream in _capturing:
        raise RuntimeError("cudaErrorIllegalState: the operation is not permitted in the current state")
    _capturing[stream] = recording = Recording()
    _recordings.add(recording)


def end(stream):
    recording = _capturing.pop(stream)
    if recording.broken:
        raise RuntimeError("cudaErrorStreamCaptureInvalidated: an error happened during the capture")
    return recording


def is_capturing(stream):
    return stream in _capturing
