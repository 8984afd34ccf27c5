"""Worker processes end when they should: whatever ends the iteration, the program, or a worker."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import edutorch as torch
from edutorch.utils.data import DataLoader, Dataset, IterableDataset

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="signals and forks"),
    pytest.mark.filterwarnings("ignore:This DataLoader will create", "ignore:.*use of fork"),
]

PATIENCE = 20.0


class Pids(Dataset):
    """Each sample is the process that made it, and a tensor of some size."""

    def __init__(self, size=1):
        self.size = size

    def __len__(self):
        return 40

    def __getitem__(self, index):
        return os.getpid(), torch.ones(self.size)


def loader_of(dataset, **options):
    return DataLoader(dataset, **{"num_workers": 2, "multiprocessing_context": "fork", **options})


def gone(pid):
    """Whether a process has ended; one that only waits for its parent to take note counts as such.

    Its first thread may be at its end while another still holds the pipes.
    """
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            threads = list(stat.parent.joinpath("task").iterdir())
            return len(threads) == 1 and stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] in "ZX"
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def all_gone(pids):
    deadline = time.monotonic() + PATIENCE
    while not all(map(gone, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture(autouse=True)
def _no_process_is_left():
    before = {process.pid for process in multiprocessing.active_children()}
    yield
    gc.collect()
    left = [process for process in multiprocessing.active_children() if process.pid not in before]
    assert not left


def open_files():
    return len(os.listdir("/proc/self/fd"))


def test_an_epoch_ends_its_workers():
    batches = iter(loader_of(Pids()))
    pids = {int(pid) for pid, _ in batches}
    assert len(pids) == 2
    assert all(map(gone, pids))
    with pytest.raises(StopIteration):
        next(batches)


@pytest.mark.parametrize("size", [1, 200_000])
def test_breaking_off_ends_them(size):
    pids = []
    for pid, _ in loader_of(Pids(size), batch_size=2, prefetch_factor=4):
        pids += pid.tolist()
        break
    assert len(pids) == 2
    assert all(map(gone, pids))
    assert not multiprocessing.active_children()


def test_an_error_in_the_loop_ends_them():
    def loop():
        for pid, _ in loader_of(Pids()):
            pids.append(int(pid))
            raise ValueError("in the loop")

    pids = []
    with pytest.raises(ValueError, match="in the loop"):
        loop()
    gc.collect()
    assert all_gone(pids)


def test_a_cycle_of_references_ends_them():
    batches = iter(loader_of(Pids()))
    pid = int(next(batches)[0])
    batches.myself = batches
    del batches
    gc.collect()
    assert gone(pid)


def test_persistent_workers_stay_as_long_as_the_loader():
    loader = loader_of(Pids(), persistent_workers=True)
    epochs = [{int(pid) for pid, _ in loader} for _ in range(2)]
    next(iter(loader))  # broken off
    epochs.append({int(pid) for pid, _ in loader})
    assert epochs[0] == epochs[1] == epochs[2]
    assert not any(map(gone, epochs[0]))
    del loader
    gc.collect()
    assert all(map(gone, epochs[0]))


def test_loaders_inside_loops_of_loaders():
    train, test = loader_of(Pids(), persistent_workers=True), loader_of(Pids())
    for number, _ in enumerate(train):
        if number < 2:
            assert len(list(test)) == 40
    assert number == 39
    del train


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="needs Linux's /proc")
def test_no_file_stays_open():
    list(loader_of(Pids(50_000)))
    before = open_files()
    batches = []
    for _ in range(3):
        batches += list(loader_of(Pids(50_000)))
        next(iter(loader_of(Pids(50_000))))
    gc.collect()
    assert open_files() == before  # although the batches are all here


class Deadly(Dataset):
    """A dataset whose third sample ends the process."""

    def __init__(self, end):
        self.end = end

    def __len__(self):
        return 8

    def __getitem__(self, index):
        if index == 3:
            self.end()
        return os.getpid()


ENDS = {
    "killed by SIGKILL": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "killed by SIGTERM": lambda: os.kill(os.getpid(), signal.SIGTERM),
    "exit code 3": lambda: os._exit(3),
    "exit code 4": lambda: sys.exit(4),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("options", [{}, {"persistent_workers": True}, {"in_order": False}])
def test_the_death_of_a_worker_is_told(end, options):
    loader = loader_of(Deadly(ENDS[end]), **options)
    pids = set()
    with pytest.raises(RuntimeError, match=r"^DataLoader worker \(pid\(s\) \d+\) exited unexpectedly\n") as caught:
        for pid in loader:
            pids.add(int(pid))
    assert end in str(caught.value)
    assert all_gone(pids)


def test_a_dead_worker_of_another_batch_is_told():
    batches = iter(loader_of(Pids()))
    pids = [int(next(batches)[0]) for _ in range(2)]
    os.kill(pids[1], signal.SIGKILL)
    with pytest.raises(RuntimeError, match=f"{pids[1]}.*exited unexpectedly"):
        list(batches)
    assert all_gone(pids)


def test_persistent_workers_that_died_between_two_epochs_are_replaced():
    loader = loader_of(Pids(), persistent_workers=True)
    pids = {int(pid) for pid, _ in loader}
    os.kill(min(pids), signal.SIGKILL)
    assert all_gone([min(pids)])
    assert not pids & {int(pid) for pid, _ in loader}
    assert all_gone(pids)


def test_a_worker_that_does_not_end_is_ended(monkeypatch):
    from edutorch.utils.data._utils import pool

    class Stubborn(IterableDataset):
        def __iter__(self):
            yield os.getpid()
            time.sleep(1000)

    monkeypatch.setattr(pool, "_PATIENCE", 0.1)
    batches = iter(loader_of(Stubborn(), num_workers=1))
    pid = int(next(batches))
    del batches
    assert gone(pid)


def test_a_forked_child_leaves_its_parent_s_workers_alone():
    batches = iter(loader_of(Pids(), prefetch_factor=1))
    next(batches)
    child = os.fork()
    if not child:
        del batches
        gc.collect()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert len(list(batches)) == 39


# ---------------------------------------------------------------- whole programs

PROGRAM = """
import os, signal, sys, time
import edutorch as torch
from edutorch.utils.data import DataLoader, Dataset

class Pids(Dataset):
    def __len__(self):
        return 1000
    def __getitem__(self, index):
        time.sleep(0.002)
        return os.getpid()

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background is deaf to Ctrl-C
    loader = DataLoader(Pids(), 1, num_workers=2, multiprocessing_context="{method}", persistent_workers={persistent})
    batches = iter(loader)
    print(*{{int(next(batches)) for _ in range(6)}}, flush=True)
    {then}
"""


def started(tmp_path, then, method="fork", persistent=False):
    """Start a program that prints the numbers of its workers and goes on with `then`; return it and the numbers."""
    path = tmp_path / "program.py"
    path.write_text(PROGRAM.format(then=then, method=method, persistent=persistent), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(torch.__file__).parents[1]), *sys.path])},
    )
    assert process.stdout
    return process, [int(pid) for pid in process.stdout.readline().split()]


@pytest.mark.parametrize(("method", "persistent"), [("fork", False), ("fork", True), ("spawn", True)])
def test_the_end_of_the_program_ends_them(tmp_path, method, persistent):
    process, pids = started(tmp_path, "pass", method, persistent)
    _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, "")
    assert len(pids) == 2
    assert all_gone(pids)


@pytest.mark.parametrize(
    ("method", "then"), [("fork", "list(batches)"), ("fork", "time.sleep(1000)"), ("spawn", "list(batches)")]
)
def test_ctrl_c_ends_them_with_one_traceback(tmp_path, method, then):
    process, pids = started(tmp_path, then, method)
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the program and to its workers
    _, errors = process.communicate(timeout=PATIENCE)
    assert errors.count("Traceback") == 1
    assert errors.endswith("KeyboardInterrupt\n")
    assert len(pids) == 2
    assert all_gone(pids)


def test_ctrl_c_while_they_start(tmp_path):
    then = "print('now', flush=True); list(DataLoader(Pids(), 1, num_workers=4, multiprocessing_context='spawn'))"
    process, pids = started(tmp_path, then)
    assert process.stdout.readline() == "now\n"
    time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert errors.count("Traceback") == 1
    assert errors.endswith("KeyboardInterrupt\n")
    assert all_gone(pids)


def test_after_ctrl_c_a_notebook_goes_on(tmp_path):
    then = """
    try:
        list(batches)
    except KeyboardInterrupt:
        pass
    print(len(list(loader)), flush=True)
"""
    process, pids = started(tmp_path, then, persistent=True)
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    out, errors = process.communicate(timeout=PATIENCE)
    assert (out, errors, process.returncode) == ("1000\n", "", 0)
    assert all_gone(pids)


def test_the_sudden_death_of_the_program_ends_them(tmp_path):
    process, pids = started(tmp_path, "time.sleep(1000)")
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert len(pids) == 2
    assert all_gone(pids)
