// Activations: what is done to one number, and what it does to the gradient that comes back.
//
// On arrays, each step of a formula is a launch of its own that reads and writes all numbers. Here all steps of one
// number are done while it is in a register: one launch, and as little memory traffic as there can be.
//
// `slope` is given what the backward pass keeps: the input, or the output where that says it all.

struct Relu {
    template <typename S> static __device__ S value(S x) { return x > 0 || x != x ? x : S(0); }  // nan stays nan
    template <typename S> static __device__ S slope(S y) { return y != 0 ? S(1) : S(0); }
};

struct Sigmoid {
    template <typename S> static __device__ S value(S x) { return 1 / (1 + exp(-x)); }
    template <typename S> static __device__ S slope(S y) { return y * (1 - y); }
};

struct Tanh {
    template <typename S> static __device__ S value(S x) { return tanh(x); }
    template <typename S> static __device__ S slope(S y) { return 1 - y * y; }
};

struct Silu {  // x s with s = 1 / (1 + e^-x)
    template <typename S> static __device__ S value(S x) { return x / (1 + exp(-x)); }
    template <typename S> static __device__ S slope(S x) {
        S s = 1 / (1 + exp(-x));
        return s * (1 + x * (1 - s));
    }
};

struct Gelu {  // x Phi(x) with Phi(x) = (1 + erf(x / sqrt 2)) / 2
    template <typename S> static __device__ S below(S x) { return S(0.5) * (1 + erf(x * S(0.70710678118654752))); }
    template <typename S> static __device__ S value(S x) { return x * below(x); }
    template <typename S> static __device__ S slope(S x) {
        S density = exp(S(-0.5) * x * x) * S(0.39894228040143268);  // 1 / sqrt(2 pi)
        return below(x) + x * density;
    }
};

struct GeluTanh {  // with (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 in the place of Phi
    template <typename S> static __device__ S below(S x) {
        return S(0.5) * (1 + tanh(S(0.79788456080286536) * x * (1 + S(0.044715) * x * x)));
    }
    template <typename S> static __device__ S value(S x) { return x * below(x); }
    template <typename S> static __device__ S slope(S x) {
        S b = below(x);
        return b + x * b * (1 - b) * S(2 * 0.79788456080286536) * (1 + S(3 * 0.044715) * x * x);
    }
};

// Numbers that a thread reads or writes at once, 16 bytes if the arrays begin at multiples of 16. There is next to
// nothing to compute here: what counts is how many bytes are on their way at a time, and single halves are few bytes.
template <typename T, int width> struct alignas(sizeof(T) * width) Pack { T x[width]; };

template <typename Activation, typename T, int width>
__global__ void forward(const T* input, T* output, i64 n) {
    typedef Pack<T, width> Several;
    i64 thread = (i64)blockIdx.x * blockDim.x + threadIdx.x, threads = (i64)gridDim.x * blockDim.x;
    for (i64 i = thread; i < n / width; i += threads) {
        Several x = ((const Several*)input)[i], y;
        for (int k = 0; k < width; k++) y.x[k] = store<T>(Activation::value(load(x.x[k])));
        ((Several*)output)[i] = y;
    }
    for (i64 i = n / width * width + thread; i < n; i += threads)  // what is left
        output[i] = store<T>(Activation::value(load(input[i])));
}

template <typename Activation, typename T, int width>
__global__ void backward(const T* gradient, const T* kept, T* to_input, i64 n) {
    typedef Pack<T, width> Several;
    i64 thread = (i64)blockIdx.x * blockDim.x + threadIdx.x, threads = (i64)gridDim.x * blockDim.x;
    for (i64 i = thread; i < n / width; i += threads) {
        Several g = ((const Several*)gradient)[i], x = ((const Several*)kept)[i], d;
        for (int k = 0; k < width; k++) d.x[k] = store<T>(load(g.x[k]) * Activation::slope(load(x.x[k])));
        ((Several*)to_input)[i] = d;
    }
    for (i64 i = n / width * width + thread; i < n; i += threads)
        to_input[i] = store<T>(load(gradient[i]) * Activation::slope(load(kept[i])));
}
