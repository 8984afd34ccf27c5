"""A worker: a process that makes batches, one task after the other, until it is told to stop.

A task is the number of a batch and its indices; the answer is that number with the batch, or with the error that came
up. Tasks of an epoch that was broken off are passed over.
"""

from __future__ import annotations

import contextlib
import pickle
import random
import signal
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import numpy as np

from ....random import manual_seed
from ..dataset import IterableDataset
from .fetch import make_fetcher

# The messages to a worker that are no tasks; a task, which is a pickle, begins with another byte.
STOP = b""
NEW_EPOCH = b"\0"


@dataclass(frozen=True)
class Exhausted:
    """The answer of a worker whose iterable dataset has no more samples in this epoch."""


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """What a worker may know of itself.

    Attributes:
        id: its number, from 0. num_workers: how many there are.
        seed: what its random numbers were seeded with.
        dataset: its copy of the dataset.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


_worker_info: WorkerInfo | None = None


def get_worker_info():
    """Return what a worker may know of itself (its `id`, `num_workers`, `seed` and `dataset`), or None elsewhere."""
    return _worker_info


@dataclass(frozen=True)
class Job:
    """What a worker is to do, said once when it starts."""

    dataset: Any
    auto_collation: bool
    collate_fn: Callable
    drop_last: bool
    base_seed: int
    init_fn: Callable | None
    id: int
    num_workers: int

    def make_fetcher(self):
        """Return a fresh function from indices to batches: an iterable dataset begins again."""
        return make_fetcher(self.dataset, self.auto_collation, self.collate_fn, self.drop_last)


class Caught:
    """An error on its way from a worker to the process that waits for its batch."""

    def __init__(self, error, worker):
        self.kind = type(error)
        text = "".join(traceback.format_exception(error))
        self.text = f"Caught {self.kind.__name__} in DataLoader worker process {worker}.\nOriginal {text}"

    def reraise(self):
        """Raise an error of the same type whose message holds the worker's traceback."""
        text = _AsItIs(self.text) if self.kind is KeyError else self.text
        try:
            error = self.kind(message=text) if getattr(self.kind, "message", None) else self.kind(text)
        except Exception:  # types that want other arguments
            raise RuntimeError(text) from None
        raise error


class _AsItIs(str):
    """A text that shows its line breaks in a KeyError too, which prints the repr of its argument."""

    __slots__ = ()

    def __repr__(self):
        return str(self)


class _Inbox:
    """The tasks that wait. A thread empties the pipe, so that who sends tasks need never wait for who does them."""

    def __init__(self, connection):
        self.connection = connection
        self.epoch = 0
        self.closed = False
        self.tasks: SimpleQueue[tuple[int, bytes]] = SimpleQueue()
        threading.Thread(target=self._fill, daemon=True).start()

    def _fill(self):
        with contextlib.suppress(EOFError, OSError):  # the other process is gone: that too is an end
            while (message := self.connection.recv_bytes()) != STOP:
                if message == NEW_EPOCH:
                    self.epoch += 1
                else:
                    self.tasks.put((self.epoch, message))
        self.closed = True
        self.tasks.put((self.epoch, STOP))

    def __iter__(self):
        """Yield the epoch and the message of each task worth doing, until there are to be no more."""
        while True:
            epoch, message = self.tasks.get()
            if self.closed:
                return
            if epoch == self.epoch:
                yield epoch, message


def main(connection, job):
    """Work until the other side of the connection says stop, or is gone."""
    from . import pool, transport

    pool.close_inherited()
    # Ctrl-C reaches all processes of a terminal; what becomes of its workers is for the program to decide.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    failure = _begin(job)
    epoch, fetch, exhausted = None, None, False
    for task_epoch, message in _Inbox(connection):
        if task_epoch != epoch:
            epoch, fetch, exhausted = task_epoch, None, False
        if exhausted:
            continue
        number, answer = None, failure
        try:
            number, indices = pickle.loads(message)
            if failure is None:
                fetch = fetch or job.make_fetcher()
                answer = fetch(indices)
        except Exception as error:
            exhausted = isinstance(error, StopIteration) and isinstance(job.dataset, IterableDataset)
            answer = Exhausted() if exhausted else Caught(error, job.id)
        try:
            packed = transport.pack((epoch, number, answer))
        except Exception as error:  # the batch, or the type of the error, cannot be pickled
            if isinstance(answer, Caught):
                answer.kind = RuntimeError
            else:
                answer = Caught(error, job.id)
            packed = transport.pack((epoch, number, answer))
        try:
            transport.send(connection, packed)
        except (BrokenPipeError, ConnectionResetError):
            return
        del answer, packed  # not to hold a batch while waiting


def _begin(job):
    """Seed all random numbers and let the user's function prepare the worker; return what went wrong, or None."""
    global _worker_info
    seed = job.base_seed + job.id
    random.seed(seed)
    manual_seed(seed)
    # Python and NumPy have the same generator: of one seed they would draw the same numbers.
    apart = np.random.SeedSequence([job.id, job.base_seed % 2**32, job.base_seed >> 32, 0])
    np.random.seed(apart.generate_state(4))
    _worker_info = WorkerInfo(job.id, job.num_workers, seed, job.dataset)
    try:
        if job.init_fn is not None:
            job.init_fn(job.id)
    except Exception as error:
        return Caught(error, job.id)
    return None
