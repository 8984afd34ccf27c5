"""Running code that nobody has looked at: with a time limit, on copies, and so that nothing it does leaks out."""

from __future__ import annotations

import contextlib
import copy
import ctypes
import io
import random
import signal
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import dtypes, modes
from ..random import fork_rng, manual_seed

TICK = 0.02  # seconds between two attempts to stop code that catches the first
MOST_PRINTED = 2000  # characters kept of what an answer prints


class TimeUp(BaseException):
    """Raised inside code that runs too long. No `except Exception` catches it."""


@dataclass
class Outcome:
    """What came of one call.

    Attributes:
        value: what was returned. error: what was raised instead, or None.
        arguments: the copies that the call was given, as it left them.
        stopped: it ran into the time limit. printed: what it wrote to the screen. seconds: how long it took.
    """

    arguments: tuple
    value: Any = None
    error: BaseException | None = None
    stopped: bool = False
    printed: str = ""
    seconds: float = 0.0


def call(function, arguments, limit, seed=0):
    """Call a function on copies of its arguments and return the Outcome, whatever it does.

    Random numbers start from `seed`; the random streams, the grad mode, the default dtype and the limit of recursion
    are as before afterwards. What goes to the screen is kept in the Outcome.
    A real Ctrl-C goes through.
    """
    outcome = Outcome(tuple(copy.deepcopy(a) for a in arguments))
    screen = _Screen()
    start = time.perf_counter()
    try:
        with _settings_kept(seed), contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen):
            outcome.value = within(limit, lambda: function(*outcome.arguments))
    except TimeUp:
        outcome.stopped = True
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # also SystemExit: `exit()` in an answer ends the answer, not the lesson
        outcome.error = error
    outcome.seconds = time.perf_counter() - start
    outcome.printed = screen.getvalue()
    return outcome


@contextlib.contextmanager
def usual_settings():
    """Record a graph, and make float32 tensors, whatever was set for everybody; afterwards that holds again."""
    dtype = dtypes.get_default_dtype()
    try:
        with modes.inference_mode(False):
            dtypes.set_default_dtype(dtypes.float32)
            yield
    finally:
        dtypes.set_default_dtype(dtype)


@contextlib.contextmanager
def _settings_kept(seed):
    """Start from known settings and random streams, and keep what a function may change for everybody."""
    state, numpys, deep = random.getstate(), np.random.get_state(), sys.getrecursionlimit()
    try:
        with fork_rng(), usual_settings():
            manual_seed(seed)
            random.seed(seed)
            np.random.seed(seed % 2**32)
            yield
    finally:
        sys.setrecursionlimit(deep)
        random.setstate(state)
        np.random.set_state(numpys)


class _Screen(io.StringIO):
    """Keeps the first characters that are written, and drops the rest: an endless loop may print.

    It cannot be closed: what was printed is read when the answer has returned.
    """

    def close(self):
        """Stay open."""

    def write(self, text):
        room = MOST_PRINTED - self.tell()
        if room > 0:
            super().write(text[:room])
        return len(text)


def within(limit, work):
    """Return `work()`, or raise TimeUp after `limit` seconds, even in code that catches everything."""
    if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
        return _by_alarm(limit, work)
    return _by_watchdog(limit, work)


def _apart(work):
    """Yield `work()`: a generator has its own note of the exception being handled, and takes it along when it ends.

    An exception that is raised between two lines may leave that note behind, and each later one would show it.
    """
    yield work()


def _by_alarm(limit, work):
    """Stop by a signal, which repeats: a bare `except` in a loop catches the first one, not all.

    From the second on, tracing is switched on in every running frame of the work, so that each of its lines raises,
    also the lines of its `except` blocks: from there nothing in the loop catches it.
    """
    armed, rang, outside, tracer = True, 0, sys._getframe(), sys.gettrace()

    def raise_at_line(frame, event, argument):
        if armed and event in ("call", "line"):  # to raise at "exception" would switch tracing off where it began
            raise TimeUp
        return raise_at_line

    def ring(number, frame):
        nonlocal rang
        rang += 1
        if not armed:
            return
        if rang > 1:
            sys.settrace(raise_at_line)
            while frame is not None and frame is not outside:
                frame.f_trace = raise_at_line
                frame = frame.f_back
        raise TimeUp

    before, start = signal.signal(signal.SIGALRM, ring), time.monotonic()
    running = signal.getitimer(signal.ITIMER_REAL)  # an outer limit
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, limit, TICK)
            result = next(_apart(work))
        finally:
            armed = False
        if rang:  # it swallowed the alarm and came to an end all the same
            raise TimeUp
        return result
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if running[0]:
            signal.setitimer(signal.ITIMER_REAL, max(running[0] - (time.monotonic() - start), TICK), running[1])
        sys.settrace(tracer)


def _by_watchdog(limit, work):
    """Stop from a second thread, where there are no signals: in other threads, and on Windows.

    It sends the exception, again and again; and it has every line of the running frames raise, once, as above. Only
    code that catches everything in two loops, one within the other, is not stopped by that.
    """
    ident, over, finished, rang = threading.get_ident(), threading.Event(), False, False
    outside, tracer = sys._getframe(), sys.gettrace()

    def raise_at_line(frame, event, argument):
        if rang and not finished and event in ("call", "line"):
            raise TimeUp
        return raise_at_line if rang else None

    def watch():
        nonlocal rang
        if over.wait(limit):
            return
        rang = True
        while not finished:
            frame = sys._current_frames().get(ident)
            while frame is not None and frame is not outside:
                frame.f_trace = raise_at_line
                frame = frame.f_back
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(TimeUp))
            over.wait(TICK)

    dog = threading.Thread(target=watch, daemon=True)
    dog.start()
    try:
        sys.settrace(raise_at_line)
        result = next(_apart(work))
    finally:
        finished = True  # nothing can arrive before this; up to two exceptions are on their way
        try:
            try:
                over.set()
                dog.join()
            except TimeUp:
                over.set()
                dog.join()
        except TimeUp:
            dog.join()
        sys.settrace(tracer)
    if rang:  # it swallowed the exception and came to an end all the same
        raise TimeUp
    return result
