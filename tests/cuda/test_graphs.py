"""CUDA graphs, on a real device or the stand-in: what was captured is computed anew at each replay."""

from __future__ import annotations

import gc

import numpy as np
import pytest

import edutorch as torch
from edutorch.backends import BACKENDS
from tests.fake_cuda import counted, fake_cuda


@pytest.fixture
def stand_in():
    with fake_cuda():
        yield


def test_a_replay_computes_anew_from_what_lies_there_now(cuda):
    x, total = torch.arange(6.0, device=cuda).reshape(2, 3), torch.zeros(3, device=cuda)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        y = (x * 2 + 1).sum(1)
        total += x[0]
    assert total.tolist() == [0, 0, 0]  # only noted
    graph.replay()
    assert y.tolist() == [9, 27]
    x.copy_(torch.ones(2, 3))
    graph.replay()
    assert y.tolist() == [9, 9]
    assert total.tolist() == [1, 2, 3]


def test_gradients_and_positions_are_computed_anew(cuda):
    table = torch.arange(12.0, device=cuda).reshape(4, 3).requires_grad_()
    rows = torch.tensor([0, 2], device=cuda)

    def work():
        table.grad = None
        table[rows].square().sum().backward()

    work()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    rows.copy_(torch.tensor([1, 1]))
    graph.replay()
    assert table.grad.tolist() == [[0, 0, 0], [12, 16, 20], [0, 0, 0], [0, 0, 0]]


def test_constants_of_the_processor_are_copied_once(cuda):
    x = torch.ones(3, device=cuda)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        y = x * torch.tensor([1.0, 2.0, 3.0], device=cuda)
    gc.collect()
    x.fill_(2)
    graph.replay()
    assert y.tolist() == [2, 4, 6]


def test_a_replay_is_one_launch(stand_in):
    x = torch.ones(3, device="cuda")
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(50):
            x += 1
    with counted() as found:
        graph.replay()
    assert found == {"launch": 1}
    assert x.tolist() == [51, 51, 51]


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (lambda x: x.sum().item(), "not permitted when stream is capturing"),
        (lambda x: x[x > 0], "not permitted when stream is capturing"),
        (lambda x: x.sort(), "not permitted when stream is capturing|thrust"),
        (lambda x: x @ x, "cuBLAS"),
        (lambda x: torch.rand(3, device="cuda"), "each replay would find the same ones"),
        (lambda x: torch.rand(3), "each replay would find the same ones"),
    ],
    ids=["item", "mask", "sort", "matmul", "rand on the device", "rand"],
)
def test_what_no_graph_can_hold_is_refused(work, said, stand_in):
    x, graph = torch.ones(2, 2, device="cuda"), torch.cuda.CUDAGraph()
    with pytest.raises((RuntimeError, NotImplementedError), match=said), torch.cuda.graph(graph):
        work(x)
    assert not torch.cuda.is_current_stream_capturing()
    assert BACKENDS["cuda"].capture is None
    with pytest.raises(RuntimeError, match="without a preceding successful capture"):
        graph.replay()
    assert (x + 1).sum().item() == 8  # the device goes on


def test_captures_one_at_a_time_on_streams_of_their_own(cuda):
    graph, x = torch.cuda.CUDAGraph(), torch.ones(2, device=cuda)
    with pytest.raises(RuntimeError, match="CUDA graphs must be captured on a non-default stream"):
        graph.capture_begin()
    with pytest.raises(RuntimeError, match=r"pool\(\) without a preceding successful capture"):
        graph.pool()
    with torch.cuda.graph(graph):
        assert torch.cuda.is_current_stream_capturing()
        with pytest.raises(RuntimeError, match="Only one capture at a time"), torch.cuda.graph(torch.cuda.CUDAGraph()):
            pass
        y = x + 1
    with pytest.raises(RuntimeError, match="already owns a captured graph"), torch.cuda.graph(graph):
        pass
    graph.replay()
    assert y.tolist() == [2, 2]
    graph.reset()
    with pytest.raises(RuntimeError, match="without a preceding successful capture"):
        graph.replay()


def test_begin_and_end_in_a_stream_of_the_programs_own(cuda):
    x, graph, stream = torch.ones(2, device=cuda), torch.cuda.CUDAGraph(), torch.cuda.Stream()
    with torch.cuda.stream(stream):
        graph.capture_begin()
        y = x * 3
        graph.capture_end()
    graph.replay()
    torch.cuda.synchronize()
    assert y.tolist() == [3, 3]


def test_graphs_share_memory(cuda):
    x, pool = torch.ones(2, device=cuda), torch.cuda.graph_pool_handle()
    first, second = torch.cuda.CUDAGraph(), torch.cuda.CUDAGraph()
    with torch.cuda.graph(first, pool=pool):
        y = x + 1
    with torch.cuda.graph(second, pool=first.pool()):
        z = y * 2
    assert second.pool() is pool
    first.replay()
    second.replay()
    assert z.tolist() == [4, 4]


def test_what_a_replay_found_wrong_is_not_forgotten_by_the_next(cuda):
    table, rows = torch.ones(4, 2, device=cuda), torch.tensor([0, 9], device=cuda)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        torch.nn.functional.embedding(rows, table)
    graph.replay()
    rows.copy_(torch.tensor([0, 1]))
    graph.replay()
    with pytest.raises(torch.AcceleratorError, match="an index is out of range for a table of 4 rows"):
        torch.cuda.synchronize()
    graph.replay()
    torch.cuda.synchronize()


def test_a_copy_into_an_array_is_not_captured_as_it_was(stand_in):
    cupy = BACKENDS["cuda"].xp
    x, stream = cupy.zeros(3), cupy.cuda.Stream(non_blocking=True)
    with stream:
        stream.begin_capture()
        x.set(np.ones(3))
        graph = stream.end_capture()
    graph.launch()
    assert np.isnan(x.get()).all()


def test_memory_that_was_given_back_is_not_what_it_was(stand_in):
    x = torch.ones(3, device="cuda")
    kept, graph = torch.full((3,), 5.0, device="cuda"), torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        y = x + kept
    graph.replay()
    assert y.tolist() == [6, 6, 6]
    del kept  # the graph goes on reading where it lay, and others write there
    graph.replay()
    assert np.isnan(y.cpu().numpy()).all()


def test_without_a_pool_of_its_own_a_graph_computes_in_memory_that_serves_others(stand_in):
    cupy = BACKENDS["cuda"].xp
    x, stream = cupy.asarray(np.ones(3)), cupy.cuda.Stream(non_blocking=True)
    with stream:
        stream.begin_capture()
        y = x + 1
        z = y * 2
        graph = stream.end_capture()
    del y
    graph.launch()
    assert np.isnan(z.get()).all()


def test_a_graph_needs_its_pool(stand_in):
    cupy = BACKENDS["cuda"].xp
    x, stream, pool = cupy.asarray(np.ones(3)), cupy.cuda.Stream(non_blocking=True), cupy.cuda.MemoryPool()
    with stream, cupy.cuda.using_allocator(pool.malloc):
        stream.begin_capture()
        y = x + 1
        graph = stream.end_capture()
    graph.launch()
    assert y.get().tolist() == [2, 2, 2]
    del pool
    gc.collect()
    graph.launch()
    assert np.isnan(y.get()).all()
