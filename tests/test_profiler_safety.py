"""`torch.profiler` leaves nothing behind; threads, errors, and the ways in that PyTorch has."""

from __future__ import annotations

import subprocess
import sys
import threading
import warnings
from collections import Counter
from pathlib import Path

import pytest

import edutorch
from edutorch.op import OPS, Array, Op, op
from edutorch.op.lazy import _stub
from edutorch.profiler import (
    ProfilerActivity,
    _ExperimentalConfig,
    profile,
    record_function,
    schedule,
    supported_activities,
)
from edutorch.profiler.probes import Probes
from edutorch.profiler.recorder import Recorder
from edutorch.profiler.watch import Watched
from tests.test_profiler import names, steps, tree
from tests.twins import said

# ---------------------------------------------------------------- threads


@pytest.mark.parametrize("everyone", [False, True])
def test_threads(everyone):
    def work():
        together.wait()  # a thread that ended would give its number to the next one
        with record_function("in a thread"):
            edutorch.ones(2).exp()
        together.wait()

    together = threading.Barrier(3)

    config = _ExperimentalConfig(profile_all_threads=everyone)
    with profile(experimental_config=config) as prof, record_function("here"):
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    counts = Counter(names(prof))
    assert counts == {"here": 1} | ({"in a thread": 3, "aten::ones": 3, "aten::exp": 3} if everyone else {})
    assert {e.thread for e in prof.events() if e.name != "here"} == ({2, 3, 4} if everyone else set())
    assert all(e.cpu_parent is None for e in prof.events() if e.name in ("here", "in a thread"))


def test_backward_pass_of_another_thread():
    def work():
        w = edutorch.ones(2, requires_grad=True)
        (w * 2).sum().backward()
        results.append(w.grad.tolist())

    results = []
    with profile() as prof:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert names(prof) == []
    assert results == [[2.0, 2.0]]


# ---------------------------------------------------------------- nothing is left behind


def all_codes():
    probes = Probes(Recorder(), modules=True)
    functions = [watched.function for watched in probes.watched.values()]
    probes.release()
    return {function: function.__code__ for function in functions}


def test_functions_have_their_own_code_when_no_profile_runs():
    lazily = _stub.__code__
    before = all_codes()
    assert len(before) > 500
    with pytest.raises(ZeroDivisionError), profile(with_modules=True):
        changed = [f for f, code in before.items() if f.__code__ is not code]
        steps(edutorch)()
        edutorch.ones(2).lerp(edutorch.zeros(2), 0.5)  # likely its first call: its code is written while it is watched
        raise ZeroDivisionError
    assert len(changed) == len(before)
    assert [f for f, code in before.items() if f.__code__ is not code and code is not lazily] == []
    assert edutorch.lerp.__code__.co_filename == "<edutorch operator lerp>"
    assert edutorch.lerp.__globals__.get("_carrier") is None
    assert edutorch.lerp(edutorch.ones(1), edutorch.zeros(1), 0.5).item() == 0.5


def test_operator_that_is_made_anew_while_it_is_watched():
    @op(method=False)
    def triple(xp, input: Array):
        return input * 3

    try:
        with profile() as prof:
            triple(edutorch.ones(1))
            triple.grad(input=lambda g: g * 3)
            x = edutorch.ones(1, requires_grad=True)
            triple(x).backward()
    finally:
        Op.made.remove(OPS.pop("triple"))
    assert names(prof).count("aten::triple") == 2
    assert x.grad.item() == 3.0
    assert triple(edutorch.ones(1)).item() == 3.0


def test_errors_pass_through():
    with profile() as prof:
        with pytest.raises(RuntimeError), record_function("block"):
            edutorch.ones(2) @ edutorch.ones(3)
        w = edutorch.ones(2, requires_grad=True)
        w.register_hook(lambda g: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            (w * 2).sum().backward()
        edutorch.ones(2).exp()
    found = tree(prof.events())
    assert found[0][0] == "block"
    assert found[0][1][-1] == ("aten::matmul", [("aten::dot", [])])
    assert found[-1] == ("aten::exp", [])


def test_watching_keeps_what_a_function_is():
    def base(x, y=2, *, z=3):
        return x + y + z + offset

    offset, calls = 10, []

    def around(plain):
        def call(args, kwargs):
            calls.append((args, kwargs))
            return plain(*args, **kwargs)

        return call

    code = base.__code__
    watched = Watched(base, around)
    assert (base(1), base(1, z=4), base(x=0)) == (16, 17, 15)
    assert calls == [((1,), {}), ((1,), {"z": 4}), ((), {"x": 0})]
    watched.release()
    assert base.__code__ is code
    assert (base(1), len(calls)) == (16, 3)


def test_profile_inside_a_profile():
    x = edutorch.ones(1)
    with profile() as outer:
        x.exp()
        inner = profile()
        with pytest.warns(UserWarning, match="started inside another one"):
            inner.start()
        x.log()
        inner.stop()
        x.neg()
    assert (names(outer), names(inner)) == ([], ["aten::log"])  # as in PyTorch
    with profile() as after:
        x.exp()
    assert names(after) == ["aten::exp"]


# ---------------------------------------------------------------- errors, and PyTorch's other entrances


def misuses(torch):
    P, A = torch.profiler, torch.autograd.profiler
    new = P.profile(activities=[P.ProfilerActivity.CPU])

    def twice():
        with A.profile() as prof, prof:
            pass

    def no_stacks():
        with P.profile() as prof:
            torch.ones(1)
        prof.export_stacks("nowhere", "self_cpu_time_total")

    def unknown_column():
        with P.profile() as prof:
            torch.ones(1)
        prof.key_averages().table(sort_by="nonsense")

    def nothing():
        with P.profile() as prof:
            pass
        return prof.key_averages().table(), list(prof.events()), list(prof.key_averages())

    def off():
        with A.profile(enabled=False) as prof:
            torch.ones(1)
        return prof

    def only_cuda():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with P.profile(activities=[P.ProfilerActivity.CUDA]):
                pass

    def empty():
        prof = A.profile()
        return str(prof), repr(prof), prof.table(), prof.self_cpu_time_total

    def nvtx():
        with A.emit_nvtx():
            pass

    return [
        new.key_averages, new.events, new.stop, new.step, lambda: new.export_chrome_trace("nowhere"),
        lambda: new.export_stacks("nowhere"), lambda: P.profile(activities="cpu"),
        lambda: P.schedule(wait=-1, warmup=0, active=1), lambda: P.schedule(wait=0, warmup=1, active=0),
        lambda: P.schedule(wait=1, warmup=1, active=1)(-1), twice, no_stacks, unknown_column, nothing, off, only_cuda,
        empty, nvtx,
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(18))
def test_misuses_are_pytorchs(torch, number):
    theirs, ours = (said(misuses(framework)[number]) for framework in (torch, edutorch))
    assert ours == theirs


def test_activities(torch):
    assert {a.name for a in supported_activities()} >= {"CPU"}
    assert {a.name for a in torch.profiler.supported_activities()} >= {"CPU"}
    assert ProfilerActivity.CPU.value == int(torch.profiler.ProfilerActivity.CPU.value)
    assert ProfilerActivity.CUDA.value == int(torch.profiler.ProfilerActivity.CUDA.value)
    if not edutorch.cuda.is_available():
        prof = profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA])
        with pytest.warns(UserWarning, match="CUDA is not available, disabling CUDA profiling"):
            prof.start()
        prof.stop()


def test_old_profiler():
    old = edutorch.autograd.profiler
    with old.profile(record_shapes=True) as prof, old.record_function("block"):
        edutorch.ones(3).exp()
    assert [e.name for e in prof.function_events] == ["block", "aten::ones", "aten::exp"]
    assert "aten::exp" in str(prof)
    assert prof.total_average().count == 3
    assert prof.self_cpu_time_total == pytest.approx(prof.function_events[0].cpu_time_total)
    assert {e.key for e in prof.key_averages(group_by_input_shapes=True)} == {"block", "aten::ones", "aten::exp"}
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        edutorch.autograd.profiler.nonsense  # noqa: B018
    assert set(edutorch.autograd.profiler.__all__) <= set(dir(edutorch.autograd.profiler))


def test_program_for_pytorch_runs_as_it_is(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import torch\n"
        "import torch.autograd.profiler as old\n"
        "from torch.profiler import profile, record_function, ProfilerActivity, schedule\n"
        "model = torch.nn.Linear(3, 2)\n"
        "seen = []\n"
        "with profile(activities=[ProfilerActivity.CPU], schedule=schedule(wait=1, warmup=1, active=2),\n"
        "             on_trace_ready=lambda p: seen.append(p.step_num), record_shapes=True) as prof:\n"
        "    for _ in range(5):\n"
        "        with record_function('step'):\n"
        "            model(torch.ones(4, 3)).sum().backward()\n"
        "        prof.step()\n"
        "        if seen:\n"
        "            table = prof.key_averages().table(sort_by='cpu_time_total', row_limit=5)\n"
        "            break\n"
        "print(seen, 'ProfilerStep*' in table, 'Self CPU time total' in table)\n"
        "with old.profile() as p:\n"
        "    torch.ones(2) + 1\n"
        "print([e.name for e in p.function_events])\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "edutorch", "run", str(program)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout == "[4] True True\n['aten::ones', 'aten::add']\n"


def test_import_of_edutorch_does_not_load_the_profiler():
    code = "import edutorch, sys; print([m for m in sys.modules if m.startswith('edutorch.profiler')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_steps_that_a_schedule_leaves_out_are_not_there():
    ready = []
    plan = schedule(wait=1, warmup=1, active=2, repeat=2)
    with profile(schedule=plan, on_trace_ready=lambda p: ready.append([e.trace_name for e in p.events()])) as prof:
        for step in range(9):
            edutorch.ones(1) if step % 2 else edutorch.zeros(1)
            prof.step()
    first, second = [["ProfilerStep#2", "aten::zeros", "ProfilerStep#3", "aten::ones"],
                     ["ProfilerStep#6", "aten::zeros", "ProfilerStep#7", "aten::ones"]]  # fmt: skip
    assert ready == [first, second]
    assert {e.key for e in prof.key_averages()} == {"ProfilerStep*", "aten::zeros", "aten::ones"}
