"""The iterator whose batches are made by workers, ahead of time and in the sampler's order."""

from __future__ import annotations

import itertools
import multiprocessing
import pickle
import weakref

from .iterate import _BaseDataLoaderIter
from .pool import Pool
from .worker import NEW_EPOCH, Caught, Exhausted, Job


class _MultiProcessingDataLoaderIter(_BaseDataLoaderIter):
    """A pass over the data whose batches workers make; with persistent workers, one pass after the other.

    Tasks are numbered and go to the workers in turn, `prefetch_factor` each to begin with, then one for each batch
    that is taken. What arrives too early waits for its turn.
    """

    def __init__(self, loader):
        super().__init__(loader)
        jobs = [
            Job(
                loader.dataset,
                loader._auto_collation,
                loader.collate_fn,
                loader.drop_last,
                self._base_seed,
                loader.worker_init_fn,
                number,
                loader.num_workers,
            )
            for number in range(loader.num_workers)
        ]
        self._epoch = 0
        self._pool = Pool(loader.multiprocessing_context or multiprocessing.get_context(), jobs)
        weakref.finalize(self, self._pool.stop)  # also when iteration stops early, and when the interpreter exits
        self._begin(loader)

    def usable(self):
        """Return whether another pass can begin."""
        return self._pool.alive()

    def restart(self, loader):
        """Begin another pass with the same workers."""
        self._epoch += 1
        for worker in range(loader.num_workers):
            self._pool.send(worker, NEW_EPOCH)
        self._begin(loader)

    def _begin(self, loader):
        self._start(loader)  # the first pass asks the sampler for an iterator a second time, as PyTorch does
        self._workers = range(loader.num_workers)
        self._turns = itertools.cycle(self._workers)
        self._exhausted = set()  # workers whose iterable dataset has ended
        self._load = [0] * loader.num_workers  # batches that a worker was asked for, and that were not taken yet
        self._tasks = {}  # which worker has which task
        self._arrived = {}  # batches that wait for their turn
        self._next = self._sent = 0  # the numbers of the next batch to take, and of the next task to send
        for _ in range(loader.prefetch_factor * loader.num_workers):
            self._send_task()

    def _send_task(self):
        worker = self._whose_turn()
        if worker is None:
            return
        try:
            indices = next(self._indices)
        except StopIteration:
            return
        self._pool.send(worker, pickle.dumps((self._sent, indices)))
        self._tasks[self._sent] = worker
        self._load[worker] += 1
        self._sent += 1

    def _whose_turn(self):
        """Return the next worker that has samples left, and without fixed order also room for another task."""
        working = len(self._workers) - len(self._exhausted)
        for worker in itertools.islice(self._turns, len(self._workers)):
            if worker in self._exhausted:
                continue
            room = self._loader.prefetch_factor * len(self._workers) // working
            if self._loader.in_order or self._load[worker] < room:
                return worker
        return None

    def _next_data(self):
        while (number := self._due()) is not None:
            if number not in self._arrived:
                number = self._receive([self._tasks[number]] if self._loader.in_order else {*self._tasks.values()})
                if number is None or (self._loader.in_order and number != self._next):
                    continue
            return self._take(number)
        if not self._loader.persistent_workers:
            self._pool.stop()
        raise StopIteration

    def _due(self):
        """Return the number of the next batch that is here or will come, or None if there is none."""
        for number in range(self._next, self._sent):
            if number in self._arrived or self._tasks.get(number, None) not in {None, *self._exhausted}:
                return number
            self._tasks.pop(number, None)  # of a worker that ended before
            self._next = number + 1
        return None

    def _receive(self, workers):
        """Wait for an answer from one of some workers; return its number, or None if it was no batch."""
        worker, (epoch, number, batch) = self._pool.receive(workers, self._loader.timeout)
        if epoch != self._epoch:  # of a pass that was broken off
            return None
        if isinstance(batch, Exhausted):
            self._exhausted.add(worker)
            self._send_task()
            return None
        self._arrived[number] = batch
        return number

    def _take(self, number):
        batch = self._arrived.pop(number)
        self._load[self._tasks.pop(number)] -= 1
        self._send_task()
        if isinstance(batch, Caught):
            batch.reraise()
        return batch
