"""The simulator of kernels: it computes what numba's computes, and refuses what goes wrong only sometimes."""

import time

import numba
import numpy as np
import pytest

import edutorch as torch
from edutorch.classroom import check, guard
from edutorch.classroom.simulator import BarrierMissed, OutOfBounds, Race, cuda, launch
from edutorch.classroom.tasks.ch07_gpu.block_max import block_max
from edutorch.classroom.tasks.ch07_gpu.saxpy import saxpy
from edutorch.classroom.tasks.ch07_gpu.tiled_matmul import tiled_matmul

numbers = np.random.default_rng(0).standard_normal


def real(kernel, blocks, threads, *arguments):
    """Launch on numba's own simulator."""
    cuda.jit(kernel)[blocks, threads](*arguments)


@pytest.mark.parametrize("run", [launch, real])
def test_the_exercises_kernels_on_both_simulators(run):
    x, y = numbers((2, 21)).astype(np.float32)
    result = y.copy()
    run(saxpy, 2, 4, np.float32(2), x, result)
    np.testing.assert_allclose(result, 2 * x + y, rtol=1e-6)

    largest = np.zeros(3, np.float32)
    run(block_max, 3, 8, x, largest)
    assert largest.tolist() == [part.max() for part in np.split(x, (8, 16))]

    a, b = numbers((6, 5)).astype(np.float32), numbers((5, 7)).astype(np.float32)
    c = np.full((6, 7), 9, np.float32)
    run(tiled_matmul, (2, 2), (4, 4), a, b, c)
    np.testing.assert_allclose(c, a @ b, rtol=1e-5, atol=1e-5)


def places(out):
    x, y = cuda.grid(2)
    width, height = cuda.gridsize(2)
    out[cuda.blockIdx.z * cuda.blockDim.z + cuda.threadIdx.z, y, x] = 1000 * width + 100 * height + 10 * y + x


@pytest.mark.parametrize("run", [launch, real])
def test_places(run):
    out = np.zeros((2, 6, 4))
    run(places, (2, 3, 1), (2, 2, 2), out)
    y, x = np.indices((6, 4))
    np.testing.assert_array_equal(out, [4600 + 10 * y + x] * 2)


def histogram(x, out):
    i = cuda.grid(1)
    own = cuda.local.array(1, numba.int64)
    own[0] = x[i]
    cuda.atomic.add(out, own[0], 1)
    cuda.atomic.max(out, 3, i)


@pytest.mark.parametrize("run", [launch, real])
def test_atomics(run):
    out = np.zeros(4, np.int64)
    run(histogram, 2, 4, np.array([0, 1, 1, 2, 0, 1, 1, 0]), out)
    assert out.tolist() == [3, 4, 1, 7]


def test_what_is_counted():
    x, y = torch.ones(10), torch.zeros(10)
    launched = launch(saxpy, 2, 4, 2.0, x, y)
    assert y.tolist() == [2.0] * 10
    assert launched.reads == {"x": 10, "y": 10}
    assert launched.writes == {"y": 10}
    assert launched.writer["y"].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 0, 1]
    assert launched.writer["x"].tolist() == [-1] * 10
    compared = launch(block_max, 2, 8, x, np.zeros(2, np.float32))
    assert (compared.barriers, compared.longest, compared.readers, compared.reads["x"]) == (4, 4, 4, 10)


# ---- what is refused


def reads_behind(x):
    i = 2 * cuda.grid(1)
    x[i] = x[i + 1]


def counts_from_the_end(x):
    x[cuda.grid(1) - 1] = 0


def neighbours(x):
    shared = cuda.shared.array(4, np.float32)
    t = cuda.threadIdx.x
    shared[t] = x[t]
    x[t] = shared[(t + 1) % 4]


def one_place(x):
    x[0] = cuda.grid(1)


def lost_update(x):
    x[0] += 1


def some_leave(x):
    if cuda.threadIdx.x == 3:
        return
    cuda.syncthreads()


def two_barriers(x):
    if cuda.threadIdx.x < 2:
        cuda.syncthreads()
    else:
        cuda.syncthreads()


REFUSED = {
    reads_behind: (OutOfBounds, r"thread 2 of block 0 reads x\[5\], and its shape is \(4,\)"),
    counts_from_the_end: (OutOfBounds, r"writes x\[-1\]"),
    neighbours: (Race, r"thread 1 of block 0 writes shared memory\[1\], which thread 0 of block 0 read"),
    one_place: (Race, r"thread 1 of block 0 writes x\[0\], which thread 0 of block 0 wrote, and no barrier"),
    lost_update: (Race, r"thread 1 of block 0 reads x\[0\], which thread 0 of block 0 wrote"),
    some_leave: (BarrierMissed, r"thread 0 waits at the barrier in line \d+, `cuda.syncthreads\(\)`, and thread 3"),
    two_barriers: (BarrierMissed, r"thread 2 of the same block waits at another one, in line"),
}


@pytest.mark.parametrize("kernel", REFUSED, ids=lambda kernel: kernel.__name__)
def test_what_a_gpu_does_not_notice(kernel):
    kind, words = REFUSED[kernel]
    with pytest.raises(kind, match=words):
        launch(kernel, 1, 4, np.ones(4, np.float32))
    assert kernel.__globals__["cuda"] is cuda


def test_blocks_cannot_wait_for_each_other():
    with pytest.raises(Race, match="blocks run in any order"):
        launch(one_place, 2, 1, np.ones(4))
    launch(lost_update, 2, 1, np.zeros(1), races=False)


def sliced(x):
    x[0:2] = 0


def halves(x):
    x[4 / 2] = 0


def returning(x):
    return x[0]


def unknown(x):
    cuda.atomic_add(x, 0, 1)


@pytest.mark.parametrize(
    ("kernel", "kind", "words"),
    [
        (sliced, TypeError, "no slices"),
        (halves, TypeError, "positions are integers, not"),
        (returning, TypeError, "a kernel returns nothing"),
        (unknown, AttributeError, r"`cuda.atomic_add` is not there"),
    ],
)
def test_what_is_no_kernel(kernel, kind, words):
    with pytest.raises(kind, match=words):
        launch(kernel, 1, 1, np.ones(4))


def endless(x):
    while True:
        try:
            cuda.syncthreads()
        except BaseException:
            continue


def test_an_endless_kernel_is_stopped():
    start = time.perf_counter()
    assert guard.call(lambda: launch(endless, 1, 4, np.ones(4)), (), 0.3).stopped
    assert time.perf_counter() - start < 5
    assert endless.__globals__["cuda"] is cuda


def test_a_decorated_stub_is_not_attempted():
    @cuda.jit
    def saxpy(a, x, y):
        raise NotImplementedError

    assert check(saxpy, seed=0).status == "not attempted"


def test_a_fault_is_shown_with_its_line():
    def block_max(x, out):
        out[cuda.blockIdx.x] = x[cuda.grid(1)]

    said = str(check(block_max, seed=0))
    assert "Race: thread 1 of block 0 writes out[0], which thread 0 of block 0 wrote" in " ".join(said.split())
    assert "out[cuda.blockIdx.x] = x[cuda.grid(1)]" in said
