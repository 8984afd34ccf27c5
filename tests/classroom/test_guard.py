"""Running an answer: it is stopped in time, and nothing that it does is felt afterwards."""

import contextlib
import random
import signal
import sys
import threading
import time

import numpy as np
import pytest

import edutorch as torch
from edutorch.classroom import guard


def busy():
    while True:
        pass


def catches_exceptions():
    while True:
        try:
            busy()
        except Exception:
            continue


def catches_everything():
    while True:
        with contextlib.suppress(BaseException):
            busy()


def catches_everything_twice():
    while True:
        try:
            try:
                busy()
            except:  # noqa: E722
                busy()
        except:  # noqa: E722
            continue


def catches_in_finally():
    while True:
        try:
            busy()
        finally:
            continue  # noqa: B012


def sleeps():
    time.sleep(60)


def prints():
    while True:
        print("again" * 100)


ENDLESS = [busy, catches_exceptions, catches_everything, catches_everything_twice, catches_in_finally, sleeps, prints]


@pytest.mark.parametrize("work", ENDLESS)
def test_the_alarm_stops_it(work):
    before, start = signal.getsignal(signal.SIGALRM), time.perf_counter()
    outcome = guard.call(work, (), 0.1)
    assert outcome.stopped
    assert time.perf_counter() - start < 5
    assert len(outcome.printed) <= guard.MOST_PRINTED
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert sys.gettrace() is None
    assert sys.exc_info() == (None, None, None)


@pytest.mark.parametrize("work", [w for w in ENDLESS if w not in (sleeps, catches_everything_twice)])
def test_the_watchdog_stops_it_in_another_thread(work):
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(guard.call(work, (), 0.1)))
    thread.start()
    thread.join(20)
    assert [outcome.stopped for outcome in outcomes] == [True]


def test_a_watchdog_lets_quick_work_go():
    results = []

    def several():
        for i in range(200):
            results.append(guard.within(0.5, lambda i=i: i))

    thread = threading.Thread(target=several)
    thread.start()
    thread.join()
    assert results == [*range(200)]


def test_limits_nest():
    def inner():
        with pytest.raises(guard.TimeUp):
            guard.within(0.05, busy)
        return "done"

    def both():
        inner()
        busy()

    assert guard.within(5.0, inner) == "done"
    with pytest.raises(guard.TimeUp):
        guard.within(0.2, both)


def test_what_was_raised():
    def answer(kind):
        raise kind

    for kind in (ValueError, SystemExit, RecursionError, GeneratorExit, MemoryError):
        assert isinstance(guard.call(answer, (kind,), 1.0).error, kind)
    with pytest.raises(KeyboardInterrupt):  # a real Ctrl-C looks like this
        guard.call(answer, (KeyboardInterrupt,), 1.0)


def test_arguments_are_copies():
    def changes(x, numbers):
        x.zero_()
        numbers.append(1)
        return "done"

    x, numbers = torch.ones(2), []
    outcome = guard.call(changes, (x, numbers), 1.0)
    assert (x.tolist(), numbers) == ([1, 1], [])
    assert (outcome.value, outcome.arguments[0].tolist(), outcome.arguments[1]) == ("done", [0, 0], [1])


def test_settings_are_kept():
    def changes():
        torch.set_grad_enabled(False)
        torch.set_default_dtype(torch.float64)
        seed_all(3)
        sys.setrecursionlimit(12_345)

    deep = sys.getrecursionlimit()
    seed_all(0)
    expected = drawn()
    seed_all(0)
    guard.call(changes, (), 1.0)
    assert torch.is_grad_enabled()
    assert torch.get_default_dtype() is torch.float32
    assert sys.getrecursionlimit() == deep
    assert drawn() == expected


def test_settings_are_the_usual_ones_whatever_holds_outside():
    def settings():
        return torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.get_default_dtype()

    torch.set_default_dtype(torch.float64)
    try:
        with torch.inference_mode():
            assert guard.call(settings, (), 1.0).value == (True, False, torch.float32)
            assert settings() == (False, True, torch.float64)
    finally:
        torch.set_default_dtype(torch.float32)


def seed_all(seed):
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)


def drawn():
    return torch.rand(1).item(), random.random(), np.random.rand()


def test_random_numbers_follow_the_seed():
    one, again, other = (guard.call(drawn, (), 1.0, seed).value for seed in (1, 1, 2))
    assert one == again != other


def test_printing_is_kept(capsys):
    outcome = guard.call(lambda: (print("look"), print("there", file=sys.stderr)), (), 1.0)
    assert outcome.printed == "look\nthere\n"
    assert capsys.readouterr() == ("", "")


def test_a_screen_that_was_closed_is_read_all_the_same():
    outcome = guard.call(lambda: (print("look"), sys.stdout.close()), (), 1.0)
    assert (outcome.error, outcome.printed) == (None, "look\n")
