"""The emulator: it computes what a GPU computes, and says what is wrong where a GPU would hang or say nothing."""

from __future__ import annotations

import numpy as np
import pytest
from ml_dtypes import bfloat16

from edutorch.kernels.cuda.source import HERE, OPTIONS, ctype
from tests.fake_cuda import FakeArray, counted
from tests.fake_cuda.raw import CUDADriverError, KernelFault, RawModule

COMMON = (HERE / "common.cuh").read_text(encoding="utf-8")
DTYPES = [np.float32, np.float64, np.float16, bfloat16]


def kernel(text, expression="f"):
    return RawModule(code=COMMON + text, options=OPTIONS, name_expressions=(expression,)).get_function(expression)


def run(text, *arrays, blocks=1, threads=64, shared=0, expression="f"):
    kernel(text, expression)((blocks,), (threads,), tuple(map(FakeArray, arrays)), shared_mem=shared)


def test_a_block_reduces_any_number_of_any_type():
    text = """
    template <typename T> __global__ void f(const T* x, wide<T>* sums, wide<T>* most, int n) {
        wide<T> sum = 0, largest = -INFINITY;
        for (int i = threadIdx.x; i < n; i += blockDim.x) sum += load(x[i]), largest = Max()(largest, load(x[i]));
        sum = block_reduce(sum, Sum(), wide<T>(0));
        largest = block_reduce(largest, Max(), wide<T>(-INFINITY));
        sums[threadIdx.x] = sum, most[threadIdx.x] = largest;
    }"""
    for dtype in DTYPES:
        made = kernel(text, f"f<{ctype(dtype)}>")
        for n, threads in [(0, 32), (1, 32), (33, 64), (1000, 1024)]:
            x = np.random.default_rng(n).normal(size=n).astype(dtype)
            wide = np.float64 if dtype is np.float64 else np.float32
            sums, most = np.zeros(threads, wide), np.zeros(threads, wide)
            made((1,), (threads,), (FakeArray(x), FakeArray(sums), FakeArray(most), np.int32(n)))
            np.testing.assert_allclose(sums, np.full(threads, x.astype(np.float64).sum()), rtol=1e-5, atol=1e-5)
            np.testing.assert_array_equal(most, np.full(threads, x.max() if n else -np.inf).astype(wide))


def test_halves_round_as_numpys_do():
    bits = np.arange(2**16, dtype=np.uint16)
    between = np.random.default_rng(0).integers(0, 2**32, 2**16, dtype=np.uint32).view(np.float32)
    for dtype in (np.float16, bfloat16):
        text = """template <typename T> __global__ void f(const T* x, float* y, const float* z, T* w) {
            int i = blockIdx.x * blockDim.x + threadIdx.x;
            y[i] = load(x[i]);
            w[i] = store<T>(z[i]);
        }"""
        halves = bits.view(dtype)
        ties = halves[: 2**15].astype(np.float32).view(np.uint32) + np.uint32(0x1000 if dtype is np.float16 else 0x8000)
        near = np.concatenate([between[: 2**15], ties.view(np.float32)])
        got, rounded = np.empty(2**16, np.float32), np.empty(2**16, dtype)
        run(text, halves, got, near, rounded, blocks=2**8, threads=2**8, expression=f"f<{ctype(dtype)}>")
        np.testing.assert_array_equal(got, halves.astype(np.float32))
        with np.errstate(over="ignore", invalid="ignore"):
            np.testing.assert_array_equal(rounded.astype(np.float32), near.astype(dtype).astype(np.float32))


def test_a_warp_exchanges_numbers():
    text = """__global__ void f(int* out) {
        int lane = threadIdx.x % 32, *row = out + threadIdx.x * 6;
        row[0] = __shfl_sync(ALL, lane * 10, lane + 3);
        row[1] = __shfl_up_sync(ALL, lane, 2);
        row[2] = __shfl_down_sync(ALL, lane, 2, 8);
        row[3] = __shfl_xor_sync(ALL, lane, 5);
        row[4] = __ballot_sync(ALL, lane % 3 == 0);
        row[5] = __syncthreads_count(threadIdx.x % 4 == 0);
    }"""
    out = np.zeros((64, 6), np.int32)
    run(text, out)
    for i, row in enumerate(out):
        lane = i % 32
        votes = np.uint32(sum(1 << k for k in range(0, 32, 3))).view(np.int32)
        down = lane + 2 if lane % 8 < 6 else lane
        assert list(row) == [(lane + 3) % 32 * 10, lane - 2 if lane > 1 else lane, down, lane ^ 5, votes, 16]


def test_shared_memory_and_atomics():
    text = """__global__ void f(const int* x, int* histogram) {
        extern __shared__ int counts[];
        __shared__ int all;
        if (threadIdx.x < 8) counts[threadIdx.x] = 0;
        if (threadIdx.x == 0) all = 0;
        __syncthreads();
        atomicAdd(&counts[x[blockIdx.x * blockDim.x + threadIdx.x]], 1);
        atomicAdd(&all, 1);
        __syncthreads();
        if (threadIdx.x < 8) atomicAdd(&histogram[threadIdx.x], all == blockDim.x ? counts[threadIdx.x] : -1);
    }"""
    x, histogram = np.random.default_rng(0).integers(0, 8, 256, np.int32), np.zeros(8, np.int32)
    run(text, x, histogram, blocks=4, shared=32)
    np.testing.assert_array_equal(histogram, np.bincount(x, minlength=8))


FAULTS = {
    "behind its end": ("x[threadIdx.x + 64] = 1;", "behind an array of 256"),
    "read behind its end": ("x[0] = x[blockDim.x + threadIdx.x / 63];", "behind an array of 256"),
    "before its start": ("x[(int)threadIdx.x - 3] = 1;", "wrote beside an array of 256 bytes"),
    "no array": ("*(float*)8 = 1;", "no array of this launch"),
    "behind the shared memory": (
        "extern __shared__ float s[]; s[threadIdx.x + 64] = 1; x[0] = s[0];",
        "behind the shared",
    ),
    "a barrier for some": ("if (threadIdx.x < 32) __syncthreads();", "a thread has left"),
    "a barrier against a shuffle": (
        "if (threadIdx.x) __syncthreads(); else x[0] = __shfl_xor_sync(ALL, x[0], 1);",
        "waits for its warp",
    ),
    "a shuffle for some": ("if (threadIdx.x % 2) x[0] = __shfl_xor_sync(ALL, x[0], 1);", "not there any more"),
    "a mask without the caller": ("x[0] = __shfl_xor_sync(1u, x[0], 1);", "leaves it out"),
    "a lane outside of the mask": ("if (threadIdx.x < 16) x[0] = __shfl_sync(0xffffu, x[0], 20);", "takes no part"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_told(fault):
    body, said = FAULTS[fault]
    with pytest.raises(KernelFault, match=said):
        run("__global__ void f(float* x) {" + body + "}", np.zeros(64, np.float32), shared=256)
    x = np.zeros(64, np.float32)
    run("__global__ void f(float* x) { x[threadIdx.x] = 1; }", x)  # and the next launch is none the worse
    assert x.sum() == 64


def test_a_missing_barrier_shows():
    text = """__global__ void f(float* x) {
        __shared__ float row[64];
        row[threadIdx.x] = x[threadIdx.x];
        %s
        x[threadIdx.x] = row[63 - threadIdx.x];
    }"""
    x = np.arange(64, dtype=np.float32)
    right, wrong = x.copy(), x.copy()
    run(text % "__syncthreads();", right)
    run(text % "", wrong)
    np.testing.assert_array_equal(right, x[::-1])
    assert np.isnan(wrong).any()


TEXT = "__global__ void f(const float* x, float* y, int n, float a) {}"
X, Y, N, A = FakeArray(np.zeros(4, np.float32)), FakeArray(np.zeros((4, 4), np.float32)), np.int32(1), np.float32(1)


@pytest.mark.parametrize(
    "arguments",
    [
        (X, Y, N),
        (X, Y, 1, A),
        (X, Y, N, 1.0),
        (X, Y, np.int64(1), A),
        (X, Y, N, np.float64(1)),
        (X, FakeArray(np.zeros(4)), N, A),
        (X, FakeArray(Y.inner.T[1:]), N, A),
        (X, FakeArray(Y.inner, index=1), N, A),
        (X, np.zeros(4, np.float32), N, A),
        (X, np.uint64(0), N, A),
        (X, Y, None, A),
        (X, Y, N, Y),
    ],
)
def test_wrong_arguments_are_refused(arguments):
    with pytest.raises(TypeError):
        kernel(TEXT)((1,), (32,), arguments)


@pytest.mark.parametrize(
    ("grid", "block", "shared", "error"),
    [
        ((0,), (32,), 0, CUDADriverError),
        ((1, 65536), (32,), 0, CUDADriverError),
        ((1,), (1056,), 0, CUDADriverError),
        ((1,), (32,), 50_000, CUDADriverError),
        ((1,), (33,), 0, TypeError),
    ],
)
def test_launches_that_cannot_be_made_are_refused(grid, block, shared, error):
    with pytest.raises(error):
        kernel(TEXT)(grid, block, (X, Y, N, A), shared_mem=shared)


def test_one_launch_is_counted():
    with counted() as found:
        kernel(TEXT)((3, 2), (32, 2), (X, None, N, A))
    assert found == {"launch": 1}
