"""One run of the profiler, from its preparation to its events; and `record_function`, which adds to it."""

from __future__ import annotations

import time
import warnings
from contextlib import ContextDecorator
from typing import Any

from ..backends import cuda_backend
from .events import EventList, make_events
from .measure import Measure
from .probes import Probes
from .recorder import Recorder

_running: list = []  # who records at the moment: a `Session` or an `emit_nvtx`, or nobody


def take_over(recording):
    """Let somebody record from now on. There is one at a time."""
    if _running:
        warnings.warn("A profiler is started inside another one, which ends here and has no events.", stacklevel=7)
        _running[0].abandon()
    _running.append(recording)


def leave(recording):
    """Let nobody record any more."""
    if recording in _running:
        _running.remove(recording)


class Session:
    """Watches, records and makes events of it: `prepare`, then `start`, then `stop`.

    Args:
        use_device: "cuda", to take times on the device too; or None.
        shapes, memory, flops, stack, modules: what to note besides time.
        all_threads: record every thread, and not only the one that prepared.
    """

    def __init__(
        self, use_device=None, shapes=False, memory=False, flops=False, stack=False, modules=False, all_threads=False
    ):
        backend = cuda_backend() if use_device else None
        measure = (
            Measure(shapes, memory, flops, stack, backend) if shapes or memory or flops or stack or backend else None
        )
        self.recorder = Recorder(measure, all_threads)
        self.measure, self.modules = measure, modules
        self.probes = None
        self._options: dict[str, Any] = dict(use_device=use_device, profile_memory=memory, with_flops=flops)
        self.events = EventList([], **self._options)
        self.began_at = time.time_ns()

    def prepare(self):
        """Watch. What is recorded now is thrown away by `start`."""
        take_over(self)
        try:
            self.probes = Probes(self.recorder, self.modules)
        except BaseException:
            leave(self)
            raise

    def start(self):
        """Begin to count."""
        if self.measure is not None:
            self.measure.restart()
        self.recorder.restart()
        self.began_at = time.time_ns()

    def stop(self):
        """Let everything be as it was, and make the events."""
        if self.probes is None:  # another one took over
            return
        self.abandon()
        self.recorder.finish()
        if self.measure is not None:
            self.measure.read(self.recorder.records)
        self.events = make_events(self.recorder.records, self.recorder.began, **self._options)
        self.recorder.records = []

    def abandon(self):
        """Let everything be as it was."""
        if self.probes is not None:
            self.probes.release()
        self.probes = None
        leave(self)


class record_function(ContextDecorator):
    """Name a part of the program in a profile: in a `with` block, or as a decorator.

    Where no profile runs, it does nothing.

    Args:
        name: what the table shows. args: accepted.

    Example:
        >>> from edutorch.profiler import profile, record_function
        >>> with profile() as prof:
        ...     with record_function("twice"):
        ...         y = torch.ones(3) * 2
        >>> [event.name for event in prof.events()]
        ['twice', 'aten::ones', 'aten::mul']
    """

    def __init__(self, name, args=None):
        self.name, self.args = name, args
        self._begun = []

    def __enter__(self):
        recorder = _running[0].recorder if _running else None
        self._begun.append((recorder, None if recorder is None else recorder.begin_block(self.name)))
        return self

    def __exit__(self, *exception):
        recorder, begun = self._begun.pop()
        if recorder is not None:
            recorder.end_block(begun)

    def _recreate_cm(self):  # as a decorator, each call has its own: calls may nest, and run in several threads
        return type(self)(self.name, self.args)
