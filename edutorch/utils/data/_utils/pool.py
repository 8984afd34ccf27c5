"""The workers as the process that started them sees them: start, send tasks, receive batches, stop.

Each worker has a connection of its own. So a worker that dies harms no other, and its death is noticed at once:
whoever waits for a batch also waits for the end of the processes.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import time
import warnings
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext

from . import transport, worker

_PATIENCE = 5.0  # seconds for a worker to finish its batch, before it is terminated

_ends = set()  # this process's ends of the connections to its workers


def close_inherited():
    """Close, in a new worker, what it has inherited of its parent's ends.

    A forked process has copies of them. While one is open, the worker at the other end would not notice that the
    parent is gone.
    """
    for end in _ends:
        end.close()


def checked_context(context, num_workers):
    """Return the user's `multiprocessing_context` as a context object.

    Raises:
        ValueError, TypeError: if it is none, or there are no workers.
    """
    if not num_workers:
        raise ValueError(
            "multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got "
            f"num_workers={num_workers}"
        )
    if isinstance(context, str):
        valid = multiprocessing.get_all_start_methods()
        if context not in valid:
            raise ValueError(
                f"multiprocessing_context option should specify a valid start method in {valid!r}, but got "
                f"multiprocessing_context={context!r}"
            )
        context = multiprocessing.get_context(context)
    if not isinstance(context, BaseContext):
        raise TypeError(
            "multiprocessing_context option should be a valid context object or a string specifying the start method, "
            f"but got multiprocessing_context={context}"
        )
    return context


@contextlib.contextmanager
def _without_ctrl_c(context):
    """Put Ctrl-C off: for a worker that starts, until it is ready to let it pass (see `worker.main`)."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    if context.get_start_method() == "spawn":
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()  # it is needed, and to start it later would let Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Pool:
    """Worker processes, and the connections to them.

    Args:
        context: how to start processes. jobs: one for each worker.
    """

    def __init__(self, context, jobs):
        self.owner = os.getpid()
        self.processes = []
        self.connections = []
        try:
            for job in jobs:
                self._start(context, job)
        except BaseException:
            self.stop()
            raise

    def _start(self, context, job):
        here, there = context.Pipe()
        _ends.add(here)
        self.connections.append(here)
        process = context.Process(target=worker.main, args=(there, job), daemon=True)
        try:
            with _without_ctrl_c(context):
                process.start()
        except (TypeError, AttributeError, pickle.PicklingError):
            warnings.warn(
                "Got pickle error when attempting to start a worker Process. This might be because the worker Process "
                "arguments are not picklable: with the start methods 'spawn' and 'forkserver' the dataset, collate_fn "
                "and worker_init_fn must be defined at the top of a module. multiprocessing_context='fork' needs no "
                "pickling.",
                stacklevel=6,
            )
            raise
        finally:
            there.close()
        self.processes.append(process)

    def alive(self):
        """Return whether all workers are there."""
        return bool(self.processes) and not wait([process.sentinel for process in self.processes], timeout=0)

    def send(self, number, message):
        """Send a message to a worker."""
        try:
            with self._undivided():
                self.connections[number].send_bytes(message)
        except (BrokenPipeError, ConnectionResetError):
            raise self._death() from None

    @contextlib.contextmanager
    def _undivided(self):
        """Stop all workers if Ctrl-C cuts a message in two: nobody could read what comes after it."""
        try:
            yield
        except KeyboardInterrupt:
            self.stop()
            raise

    def receive(self, numbers, timeout):
        """Wait for the next message of certain workers, and return it with the worker's number.

        Args:
            timeout: how many seconds to wait; 0 as long as it takes.

        Raises:
            RuntimeError: if nothing came in time, or a worker died.
        """
        connections = {self.connections[number]: number for number in numbers}
        ready = wait([*connections, *(process.sentinel for process in self.processes)], timeout or None)
        if not ready:
            raise RuntimeError(f"DataLoader timed out after {timeout} seconds")
        for connection, number in connections.items():
            if connection in ready:
                try:
                    with self._undivided():
                        packed = transport.receive(connection)
                    return number, transport.unpack(packed)
                except (EOFError, ConnectionResetError):
                    break
        raise self._death()

    def _death(self):
        """Return the error that says which workers died, and stop the others."""
        gone = wait([process.sentinel for process in self.processes], _PATIENCE)
        dead = [process for process in self.processes if process.sentinel in gone]
        for process in dead:
            process.join()  # its files are closed a moment before its exit code can be read
        pids = ", ".join(str(process.pid) for process in dead)
        ends = ", ".join(_end_of(process.exitcode) for process in dead)
        self.stop()
        return RuntimeError(f"DataLoader worker (pid(s) {pids}) exited unexpectedly\nHow it ended: {ends}.")

    def stop(self):
        """Let the workers finish what they are at, and see to it that none is left."""
        if os.getpid() != self.owner:  # a forked process has a copy of this object, but they are not its workers
            return
        for connection in self.connections:
            with contextlib.suppress(OSError):  # it is gone already
                connection.send_bytes(worker.STOP)
            connection.close()
            _ends.discard(connection)
        processes, self.processes, self.connections = self.processes, [], []
        latest = time.monotonic() + _PATIENCE
        try:
            for process in processes:
                process.join(max(0.0, latest - time.monotonic()))
        finally:
            for process in processes:
                if process.is_alive():
                    process.kill()
            for process in processes:
                process.join()


def _end_of(exitcode):
    if exitcode is None or exitcode >= 0:
        return f"exit code {exitcode}"
    name = signal.Signals(-exitcode).name
    return f"killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
