"""Names of `torch.cuda` and `torch.cpu` that programs use here and there, without a device and with one."""

from __future__ import annotations

import gc

import pytest

import edutorch
from edutorch.backends import BACKENDS
from tests.fake_cuda import cupy, fake_cuda


@pytest.fixture
def stand_in():
    with fake_cuda():
        yield


@pytest.mark.skipif(edutorch.cuda.is_available(), reason="there is a device")
def test_without_a_device(torch):
    for names in (edutorch, torch):
        assert names.cuda.memory_stats() == {}
        assert names.cuda.get_arch_list() == []
        assert not isinstance(names.ones(2), names.cuda.FloatTensor)
        assert names.cuda.LongTensor.dtype is names.int64
        with pytest.raises(
            TypeError, match=r"^type torch.cuda.FloatTensor not available. Torch not compiled with CUDA"
        ):
            names.cuda.FloatTensor(3)
    with edutorch.cuda.nvtx.range("step {}", 1):
        assert edutorch.cuda.nvtx.range_push("forward") == 1
        assert edutorch.cuda.nvtx.range_pop() == 1
    assert not edutorch.cuda.is_current_stream_capturing()
    for make in (edutorch.cuda.CUDAGraph, edutorch.cuda.graph_pool_handle, edutorch.cuda.memory_summary):
        with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
            make()
    edutorch.ones(2).record_stream(None)


def test_old_constructors(stand_in):
    made = edutorch.cuda.FloatTensor([1, 2])
    assert made.device.type == "cuda"
    assert made.type() == "torch.cuda.FloatTensor"
    assert isinstance(made, edutorch.cuda.FloatTensor)
    assert not isinstance(made, edutorch.cuda.LongTensor)
    assert edutorch.cuda.LongTensor(2, 3).shape == (2, 3)


def test_types_name_the_device(stand_in):
    here, there = edutorch.ones(2), edutorch.ones(2, device="cuda")
    for kind in (edutorch.cuda.LongTensor, "torch.cuda.LongTensor"):
        assert here.type(kind).type() == "torch.cuda.LongTensor"
    for kind in (edutorch.LongTensor, "torch.LongTensor"):
        assert there.type(kind).type() == "torch.LongTensor"
    assert there.type(edutorch.int64).type() == "torch.cuda.LongTensor"


def test_marks_for_a_profiler(stand_in):
    cupy.cuda.marks.clear()
    with edutorch.cuda.nvtx.range("step {}", 3):
        edutorch.cuda.nvtx.mark("here")
    assert cupy.cuda.marks == ["push step 3", "here", "pop"]


def test_memory_as_a_table(stand_in):
    stats = edutorch.cuda.memory_stats()
    assert set(stats) == {f"{a}_bytes.all.{b}" for a in ("allocated", "reserved") for b in ("current", "peak")}
    table = edutorch.cuda.memory_summary(abbreviated=True)
    assert len({len(line) for line in table.splitlines()}) == 1
    assert "| GPU reserved memory" in table
    assert edutorch.cuda.get_arch_list() == ["sm_90"]


def test_memory_waits_for_a_stream(stand_in):
    kept = BACKENDS["cuda"]._kept
    x, stream = edutorch.ones(3, device="cuda"), edutorch.cuda.Stream()
    x.record_stream(stream)
    assert not kept
    del x
    gc.collect()
    assert len(BACKENDS["cuda"]._kept) == 1


def test_the_processor_asked_as_a_device(torch):
    for names in (edutorch, torch):
        assert names.cpu.is_available()
        assert names.cpu.is_initialized()
        assert (names.cpu.device_count(), names.cpu.current_device()) == (1, "cpu")
        assert names.cpu.synchronize() is names.cpu.set_device("cpu") is None
        with pytest.warns(
            FutureWarning, match=r"^`torch.cpu.amp.autocast\(args...\)` is deprecated. Please use `torch"
        ):
            lower = names.cpu.amp.autocast()
        with lower:
            assert (names.ones(2, 2) @ names.ones(2, 2)).dtype is names.bfloat16
        with pytest.warns(FutureWarning, match=r"^`torch.cpu.amp.GradScaler\(args...\)` is deprecated"):
            assert names.cpu.amp.GradScaler(init_scale=2.0).get_scale() == 2.0


def test_memory_waits_for_a_graph_that_is_captured(stand_in):
    """CUDA refuses to say whether a mark in a stream that is captured was reached."""
    x, y, stream = edutorch.ones(3, device="cuda"), edutorch.ones(3, device="cuda"), edutorch.cuda.Stream()
    x.record_stream(stream)
    y.record_stream(stream)
    with edutorch.cuda.graph(edutorch.cuda.CUDAGraph(), stream=stream):
        del x, y
        gc.collect()
        assert len(BACKENDS["cuda"].capture.held) == 2
    assert not BACKENDS["cuda"]._kept


def test_memory_that_was_not_to_be_had_is_no_memory_in_use(stand_in, monkeypatch):
    """CuPy calls its hooks with the addresses of what it hands out, and with 0 where there is none."""
    watching = []

    class Hook:
        def __enter__(self):
            watching.append(self)

    monkeypatch.setattr(cupy.cuda, "MemoryHook", Hook)
    assert edutorch.cuda.max_memory_allocated() == 0
    known = {"device_id": 0, "mem_size": 512, "pmem_id": 1}
    watching[0].malloc_postprocess(size=500, mem_ptr=4096, **known)
    watching[0].malloc_postprocess(size=500, mem_ptr=0, **known)
    assert edutorch.cuda.max_memory_allocated() == 512
    watching[0].free_postprocess(mem_ptr=4096, **known)
    edutorch.cuda.reset_peak_memory_stats()
    assert edutorch.cuda.max_memory_allocated() == 0


def test_a_stream_brings_its_device_along(stand_in):
    stream = edutorch.cuda.Stream("cuda:1")
    with edutorch.cuda.stream(stream):
        assert edutorch.cuda.current_device() == 1
        assert edutorch.cuda.current_stream() == stream
        assert edutorch.ones(2, device="cuda").device.index == 1
        edutorch.cuda.set_device(0)
    assert edutorch.cuda.current_device() == 0
    edutorch.cuda.set_stream(stream)
    assert edutorch.cuda.current_device() == 1
    edutorch.cuda.set_stream(edutorch.cuda.default_stream("cuda:0"))
    assert edutorch.cuda.current_device() == 0
