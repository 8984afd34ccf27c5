"""The profiler on a CUDA device, real or the stand-in: times by the device's own clock, launches, and no waiting."""

from __future__ import annotations

import json

import pytest

import edutorch as torch
from edutorch.backends import BACKENDS
from edutorch.profiler import ProfilerActivity, profile, record_function, supported_activities
from tests.fake_cuda import counted
from tests.fake_cuda.counts import COUNTS
from tests.fake_cuda.library import cupy


class Clock:
    """An event of the stand-in that knows its place in line: each one comes 2 milliseconds behind the one before it."""

    now = 0

    def __init__(self, *args, **kwargs):
        self.at = None

    def record(self, stream=None):
        Clock.now += 2
        self.at = Clock.now


@pytest.fixture
def clock(monkeypatch):
    """Let the stand-in's clock run; and tell how many kernels it started."""
    monkeypatch.setattr(cupy.cuda, "Event", Clock)
    monkeypatch.setattr(cupy.cuda, "get_elapsed_time", lambda begin, end: float(end.at - begin.at))
    backend = BACKENDS["cuda"]
    monkeypatch.setattr(backend, "launches", lambda: COUNTS["launch"] + COUNTS["library"], raising=False)


def test_activities(cuda):
    assert supported_activities() == {ProfilerActivity.CPU, ProfilerActivity.CUDA}


def test_time_on_the_device(cuda):
    x = torch.ones(3, device=cuda)
    with profile() as prof:
        (x * 2).exp()
        torch.ones(3).exp()
    found = [(e.name, e.device_start is not None) for e in prof.events()]
    assert found == [("aten::mul", True), ("aten::exp", True), ("aten::ones", True), ("aten::exp", False)]
    with profile(activities=[ProfilerActivity.CPU]) as prof:
        x.exp()
    assert prof.events()[0].device_start is None


def test_nothing_waits_before_the_end(cuda):
    w = torch.ones(3, 3, device=cuda, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)

    def step():
        optimizer.zero_grad()
        (w @ w).relu().sum().backward()
        optimizer.step()

    step()
    # What is counted ends before the profile does, which then reads its times.
    with profile(profile_memory=True, record_shapes=True, with_flops=True) as prof, counted() as found:
        step()
    assert found["sync"] == 0
    assert "Optimizer.step#SGD.step" in {e.name for e in prof.events()}


def test_times_memory_and_launches_of_the_stand_in(cuda, clock, tmp_path):
    x = torch.ones(10, device=cuda)
    before = COUNTS["launch"] + COUNTS["library"]
    with profile(profile_memory=True) as prof, record_function("block"):
        y = x * 2
        y.std()
        x.exp_()
    launches = COUNTS["launch"] + COUNTS["library"] - before
    events = {e.name: e for e in prof.events()}
    assert events["aten::mul"].device_time_total == 2000.0
    assert events["aten::mul"].device_memory_usage == 40
    assert events["aten::mul"].launches == 1
    assert events["block"].device_time_total == sum(e.device_time_total for e in events["block"].cpu_children)
    assert sum(e.launches for e in prof.events() if e.cpu_parent is events["block"]) == launches
    assert sum(e.self_device_time_total for e in prof.events()) == events["block"].device_time_total
    table = prof.key_averages().table(sort_by="cuda_time_total")
    for title in ("Self CUDA", "Self CUDA %", "CUDA total", "CUDA time avg", "CUDA Mem", "Self CUDA Mem", "# Launches"):
        assert title in table.split("\n")[1]
    assert table.split("\n")[-2].startswith("Self CUDA time total: ")
    prof.export_chrome_trace(tmp_path / "trace.json")
    entries = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    spans = [e for e in entries if e.get("cat") == "gpu_op"]
    assert {e["name"] for e in spans} >= {"aten::mul", "aten::std", "aten::exp_"}
    assert all(e["dur"] > 0 and e["ts"] > 0 and e["pid"] == "GPU 0" for e in spans)


def test_launches_are_not_invented(cuda):
    x = torch.ones(3, device=cuda)
    with profile() as prof:
        x.exp()
    if not hasattr(BACKENDS["cuda"], "launches"):
        assert [e.launches for e in prof.events()] == [0]
        assert "# Launches" not in prof.key_averages().table()


def test_backward_pass_on_the_device(cuda, clock):
    w = torch.ones(3, device=cuda, requires_grad=True)
    with profile() as prof:
        (w * 2).sum().backward()
    events = {e.name: e for e in prof.events()}
    assert events["MulBackward0"].device_time_total == 2000.0
    evaluated = events["autograd::engine::evaluate_function: MulBackward0"]
    assert evaluated.device_time_total == events["MulBackward0"].device_time_total
    assert evaluated.self_device_time_total == 0


def test_call_that_fails_has_no_time_on_the_device(cuda, clock):
    x = torch.ones(3, device=cuda)
    with profile() as prof, pytest.raises(RuntimeError):
        x + torch.ones(4, device=cuda)
    assert prof.events()[-1].device_time_total == 0


def test_ranges_for_nvidias_tools(cuda, monkeypatch):
    said = []

    class Nvtx:
        RangePush = staticmethod(said.append)
        RangePop = staticmethod(lambda: said.append("pop"))

    monkeypatch.setattr(BACKENDS["cuda"].xp.cuda, "nvtx", Nvtx, raising=False)
    w = torch.ones(2, device=cuda, requires_grad=True)
    with torch.autograd.profiler.emit_nvtx():
        y = (w * 2).sum()
        with torch.autograd.profiler.record_function("block"):
            y.backward()
    assert said[:4] == ["aten::mul", "pop", "aten::sum", "pop"]
    assert said[4:] == [
        "block", "SumBackward0", "pop", "MulBackward0", "pop", "torch::autograd::AccumulateGrad", "pop", "pop",
    ]  # fmt: skip
    said.clear()
    with torch.autograd.profiler.emit_nvtx(record_shapes=True) as marking:
        w * 2
        with pytest.raises(RuntimeError, match="NVTX annotation context manager is not reentrant"), marking:
            pass
    w * 2
    assert said == ["aten::mul, sizes = [[2], []]", "pop"]
