"""The recorder of a simulated kernel's accesses: sectors, bank conflicts and races, against counts by hand."""

import os

import numpy as np
import pytest

from edutorch.cuda.accesses import bank_passes, record, sectors

os.environ["NUMBA_ENABLE_CUDASIM"] = "1"  # read when numba is imported

from numba import cuda


@cuda.jit
def strided(x, out, stride, offset):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = x[offset + i * stride]


@cuda.jit
def reverse(x, out, wait):
    shared = cuda.shared.array(64, dtype=np.float32)
    t = cuda.threadIdx.x
    shared[t] = x[cuda.blockIdx.x * 64 + t]
    if wait:
        cuda.syncthreads()
    out[cuda.blockIdx.x * 64 + t] = shared[63 - t]


@cuda.jit
def count(kinds, counts, atomic):
    i = cuda.grid(1)
    if atomic:
        cuda.atomic.add(counts, kinds[i], 1)
    else:
        counts[kinds[i]] += 1


@cuda.jit
def tiled(A, B, C):
    a = cuda.shared.array((8, 8), dtype=np.float32)
    b = cuda.shared.array((8, 8), dtype=np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    j, i = cuda.grid(2)
    total = np.float32(0)
    for start in range(0, A.shape[1], 8):
        a[y, x] = A[i, start + x]
        b[y, x] = B[start + y, j]
        cuda.syncthreads()
        for k in range(8):
            total += a[y, k] * b[k, x]
        cuda.syncthreads()
    C[i, j] = total


def floats(*shape):
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(("stride", "offset"), [(0, 0), (1, 0), (1, 3), (3, 5), (8, 1), (33, 0)])
def test_sectors_are_those_that_hold_the_bytes(dtype, stride, offset):
    x, out = np.zeros(2200, dtype), np.zeros(64, dtype)
    trace = record(strided, 2, 32, x, out, stride, offset)
    size = x.itemsize
    touched = [{size * (offset + i * stride) // 32 for i in range(start, start + 32)} for start in (0, 32)]
    assert trace.sectors("x", "load") == sum(map(len, touched))
    assert trace.sectors("out", "store") == 64 * size // 32
    assert trace.count("x") == 64
    assert trace.warp_instructions("x") == trace.warp_instructions("out") == 2


def test_an_element_may_lie_in_two_sectors():
    assert sectors([28], size=8) == 2


def test_a_warp_that_is_not_full_counts_as_one():
    trace = record(strided, 3, 32, floats(70), np.zeros(70, np.float32), 1, 0)
    assert trace.warp_instructions("x") == 3
    assert trace.count("x") == 70


def test_a_kernel_writes_what_it_writes_without_a_recorder():
    x, out = floats(64), np.zeros(64, np.float32)
    record(strided, 2, 32, x, out, 1, 0)
    assert (out == x).all()


@pytest.mark.parametrize("stride", range(65))
def test_bank_passes_by_the_greatest_common_divisor(stride):
    words = {stride * lane for lane in range(32)}
    fullest = max(sum(word % 32 == bank for word in words) for bank in range(32))
    assert bank_passes([4 * stride * lane for lane in range(32)]) == fullest


def test_elements_of_eight_bytes_are_served_half_a_warp_at_a_time():
    assert bank_passes([8 * lane for lane in range(32)], size=8) == 2


@pytest.mark.parametrize("wait", [False, True])
def test_a_barrier_ends_the_race(wait):
    x, out = floats(128), np.zeros(128, np.float32)
    races = record(reverse, 2, 64, x, out, wait).races()
    assert len(races) == (0 if wait else 128)
    if wait:
        assert (out.reshape(2, 64) == x.reshape(2, 64)[:, ::-1]).all()
    else:
        assert {(race.array, race.first.block == race.second.block) for race in races} == {("shared", True)}


def test_blocks_are_never_ordered_and_atomics_do_not_race():
    kinds = np.array([0] + [3] * 62 + [1])
    counts = np.zeros(4, np.int64)
    assert [race.element for race in record(count, 2, 32, kinds, counts, False).races()] == [3]
    counts[:] = 0
    trace = record(count, 2, 32, kinds, counts, True)
    assert trace.races() == []
    assert trace.count("counts", "atomic") == 64
    assert counts.tolist() == [1, 1, 0, 62]


def test_a_tiled_product_reads_what_the_formula_says():
    rng = np.random.default_rng(0)
    A, B = (rng.standard_normal((16, 16)).astype(np.float32) for _ in range(2))
    C = np.zeros_like(A)
    trace = record(tiled, (2, 2), (8, 8), A, B, C)
    np.testing.assert_allclose(C, A @ B, atol=1e-5)
    assert trace.count("A") + trace.count("B") == 2 * 16**3 // 8
    assert trace.races() == []
    assert trace.bank_passes("shared", "load") == trace.warp_instructions("shared", "load", "shared")
    assert [line.split()[:2] for line in str(trace).splitlines()[1:4]] == [["A", "load"], ["B", "load"], ["C", "store"]]


def test_a_trace_is_the_same_each_time():
    x, out = floats(128), np.zeros(128, np.float32)
    first, second = (record(reverse, 2, 64, x, out, True).accesses for _ in range(2))
    assert first == second


def test_a_position_outside_is_refused():
    with pytest.raises(IndexError, match=r"x\[31\] is outside of its shape \(31,\)"):
        record(strided, 1, 32, floats(31), np.zeros(32, np.float32), 1, 0)
    with pytest.raises(IndexError, match=r"x\[-1\] is outside"):
        record(strided, 1, 1, floats(31), np.zeros(1, np.float32), 1, -1)


def test_only_a_simulated_kernel_can_be_watched():
    with pytest.raises(TypeError, match="needs a kernel of numba's simulator, got function"):
        record(floats, 1, 1)
