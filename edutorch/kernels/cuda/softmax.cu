// Softmax and its logarithm along the last axis: one block for each row of scores.
//
// e^(x - max) is computed twice, for the sum and for the result: to keep it would be more traffic with memory.

template <typename T, bool logarithm>
__global__ void forward(const T* input, T* output, int n) {
    const T* x = input + (i64)blockIdx.x * n;
    T* y = output + (i64)blockIdx.x * n;

    wide<T> peak = -INF;
    for (int i = threadIdx.x; i < n; i += blockDim.x) peak = Max()(peak, load(x[i]));
    peak = block_reduce(peak, Max(), -wide<T>(INF));

    wide<T> total = 0;
    for (int i = threadIdx.x; i < n; i += blockDim.x) total += exp(load(x[i]) - peak);
    total = block_reduce(total, Sum(), wide<T>(0));

    wide<T> shift = log(total);
    for (int i = threadIdx.x; i < n; i += blockDim.x) {
        wide<T> score = load(x[i]) - peak;
        y[i] = store<T>(logarithm ? score - shift : exp(score) / total);
    }
}

// Softmax: dL/dx = y (g - sum g y). Its logarithm: dL/dx = g - e^y sum g.
template <typename T, bool logarithm>
__global__ void backward(const T* gradient, const T* output, T* to_input, int n) {
    i64 start = (i64)blockIdx.x * n;
    const T *g = gradient + start, *y = output + start;

    wide<T> total = 0;
    for (int i = threadIdx.x; i < n; i += blockDim.x) total += load(g[i]) * (logarithm ? 1 : load(y[i]));
    total = block_reduce(total, Sum(), wide<T>(0));

    for (int i = threadIdx.x; i < n; i += blockDim.x) {
        wide<T> passed = load(g[i]), value = load(y[i]);
        to_input[start + i] = store<T>(logarithm ? passed - exp(value) * total : value * (passed - total));
    }
}
