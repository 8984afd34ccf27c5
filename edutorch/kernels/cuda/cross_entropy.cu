// The cross-entropy of scores: one block for each sample, whose row of scores is read from memory once.
//
// With m the largest score of a row and l = ln sum e^(x - m), ln p = x - m - l. The forward pass keeps m and l, two
// numbers for each row, and the backward pass makes p of the scores anew: a GPU computes e^x sooner than it fetches a
// number from memory. (m + l in one number would lose digits of l where the scores are large.)

// What a sample with class t counts: w[t], or 0 if it is to be ignored. A number that is no class makes the loss nan,
// as nothing must be read beyond the row; `wrong` then has the next wait for the device raise an error.
template <typename T, typename Index>
__device__ wide<T> worth(Index t, const T* weight, int classes, i64 ignored) {
    if ((i64)t == ignored) return 0;
    if (t < 0 || t >= classes) return wide<T>(INF - INF);  // nan
    return weight ? load(weight[t]) : wide<T>(1);
}

// L_n = (1 - s) w[t] (-ln p_t) + s/C sum_c w[c] (-ln p_c), with s for label smoothing
template <typename T, typename Index>
__global__ void forward(const T* input, const Index* target, const T* weight, wide<T>* peaks, wide<T>* logs,
                        wide<T>* losses, wide<T>* counts, T* output, bool* wrong, int classes, i64 ignored,
                        wide<T> smoothing) {
    const T* x = input + (i64)blockIdx.x * classes;
    Index t = target[blockIdx.x];

    wide<T> peak = -INF;
    for (int i = threadIdx.x; i < classes; i += blockDim.x) peak = Max()(peak, load(x[i]));
    peak = block_reduce(peak, Max(), -wide<T>(INF));

    wide<T> total = 0, weights = 0, mixed = 0;
    for (int i = threadIdx.x; i < classes; i += blockDim.x) {
        wide<T> score = load(x[i]);
        total += exp(score - peak);
        if (smoothing) {
            wide<T> w = weight ? load(weight[i]) : 1;
            weights += w;
            mixed += w * (score - peak);
        }
    }
    wide<T> log_total = log(block_reduce(total, Sum(), wide<T>(0)));  // of e^(x - peak)
    wide<T> spread = 0;
    if (smoothing) {
        weights = block_reduce(weights, Sum(), wide<T>(0));
        mixed = block_reduce(mixed, Sum(), wide<T>(0));
        spread = smoothing / classes * (weights * log_total - mixed);
    }
    if (threadIdx.x == 0) {
        wide<T> counted = worth(t, weight, classes, ignored), loss = 0;
        bool is_class = t >= 0 && t < classes;
        if ((i64)t != ignored) {
            wide<T> surprise = is_class ? log_total - (load(x[t]) - peak) : 0;
            loss = (1 - smoothing) * counted * surprise + spread;
            if (!is_class) *wrong = true;
        }
        peaks[blockIdx.x] = peak;
        logs[blockIdx.x] = log_total;
        if (output) {  // reduction="none"
            output[blockIdx.x] = store<T>(loss);
        } else {
            losses[blockIdx.x] = loss;
            counts[blockIdx.x] = counted;
        }
    }
}

// One block adds up the losses of all samples, always in the same order.
template <typename T, bool average>
__global__ void reduce(const wide<T>* losses, const wide<T>* counts, T* output, wide<T>* whole, int samples) {
    wide<T> loss = 0, count = 0;
    for (int i = threadIdx.x; i < samples; i += blockDim.x) {
        loss += losses[i];
        count += counts[i];
    }
    loss = block_reduce(loss, Sum(), wide<T>(0));
    count = block_reduce(count, Sum(), wide<T>(0));
    if (threadIdx.x == 0) {
        *output = store<T>(average ? loss / count : loss);
        *whole = average ? count : wide<T>(1);
    }
}

// dL/dx_n = g (p_n sum_c q_nc - q_n), with q the truth: (1 - s) w[t] for the class t, and s/C w[c] for every class c
template <typename T, typename Index>
__global__ void backward(const T* gradient, const T* input, const Index* target, const T* weight, const wide<T>* peaks,
                         const wide<T>* logs, const wide<T>* whole, T* to_input, int classes, i64 ignored,
                         wide<T> smoothing) {
    i64 start = (i64)blockIdx.x * classes;
    const T* x = input + start;
    Index t = target[blockIdx.x];
    wide<T> counted = worth(t, weight, classes, ignored);
    bool ignore = (i64)t == ignored;

    wide<T> g = load(gradient[whole ? 0 : blockIdx.x]);
    if (whole && *whole != 0) g /= *whole;  // where nothing counts, all gradients are 0
    wide<T> sure = (1 - smoothing) * counted, rest = ignore ? 0 : smoothing / classes, weights = 0;
    if (smoothing) {
        for (int i = threadIdx.x; i < classes; i += blockDim.x) weights += weight ? load(weight[i]) : 1;
        weights = block_reduce(weights, Sum(), wide<T>(0));
    }
    wide<T> mass = sure + rest * weights;

    for (int i = threadIdx.x; i < classes; i += blockDim.x) {
        wide<T> truth = i == t ? sure : 0;
        if (smoothing) truth += rest * (weight ? load(weight[i]) : 1);
        wide<T> believed = exp(load(x[i]) - peaks[blockIdx.x] - logs[blockIdx.x]);
        to_input[start + i] = store<T>(ignore ? 0 : g * (believed * mass - truth));
    }
}
