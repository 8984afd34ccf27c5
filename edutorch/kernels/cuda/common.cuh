// What all kernels share. It is put before the text of each .cu file.
#include <cuda_fp16.h>
#include <cuda_bf16.h>

typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

// The type that sums are kept in: halves have too few digits to add many numbers.
template <typename T> struct Wide { typedef float type; };
template <> struct Wide<double> { typedef double type; };
template <typename T> using wide = typename Wide<T>::type;

// Numbers as they are computed with, and back as they are stored.
__device__ inline float load(float x) { return x; }
__device__ inline double load(double x) { return x; }
__device__ inline float load(__half x) { return __half2float(x); }
__device__ inline float load(__nv_bfloat16 x) { return __bfloat162float(x); }

template <typename T> __device__ inline T store(wide<T> x);
template <> __device__ inline float store<float>(float x) { return x; }
template <> __device__ inline double store<double>(double x) { return x; }
template <> __device__ inline __half store<__half>(float x) { return __float2half_rn(x); }
template <> __device__ inline __nv_bfloat16 store<__nv_bfloat16>(float x) { return __float2bfloat16_rn(x); }

// ---- reductions: how threads come to one number. `combine` is one of these.

struct Sum {
    template <typename A> __device__ A operator()(A a, A b) const { return a + b; }
};

struct Max {  // of nan and a number it is nan, as in PyTorch
    template <typename A> __device__ A operator()(A a, A b) const { return a > b || a != a ? a : b; }
};

const float INF = 1.0f / 0.0f;  // minus this is what `Max` begins with

const u32 ALL = 0xffffffffu;  // every lane of a warp
const int WARP = 32;

// The 32 threads of a warp run in step and read each other's registers: five exchanges, no memory.
// In each, a lane combines with the one whose number differs in one bit; afterwards all lanes hold the result.
template <typename A, typename F> __device__ inline A warp_reduce(A value, F combine) {
    for (int bit = WARP / 2; bit > 0; bit /= 2) value = combine(value, __shfl_xor_sync(ALL, value, bit));
    return value;
}

// A block: its warps reduce, one number each goes through shared memory, and all read the result.
// The block must have a multiple of 32 threads, and all must call it. `empty` is what combines to no effect.
template <typename A, typename F> __device__ inline A block_reduce(A value, F combine, A empty) {
    __shared__ A of_warp[32];
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, warps = blockDim.x / WARP;
    value = warp_reduce(value, combine);
    if (lane == 0) of_warp[warp] = value;
    __syncthreads();
    value = warp_reduce(lane < warps ? of_warp[lane] : empty, combine);
    __syncthreads();  // nobody may write the next reduction's numbers before all have read these
    return value;
}
