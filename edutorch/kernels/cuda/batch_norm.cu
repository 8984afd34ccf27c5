// Batch norm: the moments of each channel, then one pass over all numbers with them.
//
// A channel's numbers lie in one stretch for each sample: number k of a channel is at place k % places of sample
// k / places. One block takes a channel: its sums need no second step, and a layer has some hundred channels.
// Numbers are counted by 32-bit integers, as a GPU divides those much more quickly than 64-bit ones.

__device__ unsigned position(unsigned k, unsigned channel, unsigned channels, unsigned places) {
    return (k / places * channels + channel) * places + k % places;
}

// In training the running moments move towards the batch's, the variance being the unbiased one there (n - 1).
template <typename T, typename R>
__global__ void moments(const T* x, wide<T>* means, wide<T>* scales, R* running_mean, R* running_var, unsigned channels,
                        unsigned places, unsigned n, wide<T> momentum, wide<T> eps) {
    unsigned channel = blockIdx.x;
    wide<T> mean = 0, squares = 0;
    for (unsigned k = threadIdx.x; k < n; k += blockDim.x) mean += load(x[position(k, channel, channels, places)]);
    mean = block_reduce(mean, Sum(), wide<T>(0)) / n;
    for (unsigned k = threadIdx.x; k < n; k += blockDim.x) {
        wide<T> centred = load(x[position(k, channel, channels, places)]) - mean;
        squares += centred * centred;
    }
    squares = block_reduce(squares, Sum(), wide<T>(0));
    if (threadIdx.x == 0) {
        means[channel] = mean;
        scales[channel] = 1 / sqrt(squares / n + eps);
        if (running_mean) {
            running_mean[channel] = store<R>((1 - momentum) * load(running_mean[channel]) + momentum * mean);
            running_var[channel] =
                store<R>((1 - momentum) * load(running_var[channel]) + momentum * squares / (n - 1));
        }
    }
}

// In use, the running moments are what numbers are normalized by.
template <typename T, typename R>
__global__ void from_running(const R* running_mean, const R* running_var, wide<T>* means, wide<T>* scales,
                             unsigned channels, wide<T> eps) {
    unsigned channel = blockIdx.x * blockDim.x + threadIdx.x;
    if (channel >= channels) return;
    means[channel] = load(running_mean[channel]);
    scales[channel] = 1 / sqrt(load(running_var[channel]) + eps);
}

template <typename T>
__global__ void normalize(const T* x, const T* weight, const T* bias, const wide<T>* means, const wide<T>* scales, T* y,
                          unsigned channels, unsigned places, unsigned size) {
    unsigned threads = gridDim.x * blockDim.x;
    for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < size; i += threads) {
        unsigned channel = i / places % channels;
        wide<T> value = (load(x[i]) - means[channel]) * scales[channel];
        if (weight) value *= load(weight[channel]);
        if (bias) value += load(bias[channel]);
        y[i] = store<T>(value);
    }
}

// For each channel sum g, which is dL/db, and sum g n with n = (x - mean) / std, which is dL/dw.
template <typename T>
__global__ void sums(const T* g, const T* x, const wide<T>* means, const wide<T>* scales, wide<T>* shifts,
                     wide<T>* turns, T* to_weight, T* to_bias, unsigned channels, unsigned places, unsigned n) {
    unsigned channel = blockIdx.x;
    wide<T> mean = means[channel], scale = scales[channel], along_shift = 0, along_scale = 0;
    for (unsigned k = threadIdx.x; k < n; k += blockDim.x) {
        unsigned i = position(k, channel, channels, places);
        wide<T> passed = load(g[i]);
        along_shift += passed;
        along_scale += passed * (load(x[i]) - mean) * scale;
    }
    along_shift = block_reduce(along_shift, Sum(), wide<T>(0));
    along_scale = block_reduce(along_scale, Sum(), wide<T>(0));
    if (threadIdx.x == 0) {
        shifts[channel] = along_shift;
        turns[channel] = along_scale;
        if (to_weight) to_weight[channel] = store<T>(along_scale);
        if (to_bias) to_bias[channel] = store<T>(along_shift);
    }
}

// dL/dx = w (g - mean g - n mean(g n)) / std in training; in use, where the moments do not depend on x, w g / std.
template <typename T, bool training>
__global__ void input_gradient(const T* g, const T* x, const T* weight, const wide<T>* means, const wide<T>* scales,
                               const wide<T>* shifts, const wide<T>* turns, T* to_input, unsigned channels,
                               unsigned places, unsigned n, unsigned size) {
    unsigned threads = gridDim.x * blockDim.x;
    for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < size; i += threads) {
        unsigned channel = i / places % channels;
        wide<T> value = load(g[i]);
        if (training) {
            wide<T> normal = (load(x[i]) - means[channel]) * scales[channel];
            value -= (shifts[channel] + normal * turns[channel]) / n;
        }
        value *= scales[channel];
        if (weight) value *= load(weight[channel]);
        to_input[i] = store<T>(value);
    }
}
