// What attention does between its products: one block for each query, with a row of scores, one for each key.
//
// Forward: the causal mask, the softmax and dropout. Backward: the weights anew, from the scores and the logarithm of
// their sum of exponentials, and the gradient of the scores. All in one launch each way, in the scores' precision; only
// what goes into the next product is rounded, to its operands' type T.

// How many of the keys a query may look at: with a causal mask those up to its own place.
__device__ inline int keys_seen(int queries, int keys, bool causal) {
    int place = blockIdx.x % queries;
    return causal && place < keys ? place + 1 : keys;
}

template <typename S>
__device__ inline S thinned(S value, const bool* kept, i64 i, S keep_scale) {
    return !kept ? value : kept[i] ? value * keep_scale : S(0);
}

template <typename S, typename T>
__global__ void forward(const S* scores, const bool* kept, T* weights, S* logs, int queries, int keys, bool causal,
                        S keep_scale) {
    i64 start = (i64)blockIdx.x * keys;
    const S* x = scores + start;
    int seen = keys_seen(queries, keys, causal);

    S peak = -INF;
    for (int i = threadIdx.x; i < seen; i += blockDim.x) peak = Max()(peak, x[i]);
    peak = block_reduce(peak, Max(), S(-INF));
    S total = 0;
    for (int i = threadIdx.x; i < seen; i += blockDim.x) total += exp(x[i] - peak);
    total = block_reduce(total, Sum(), S(0));
    // a query that may look nowhere: e^(x - inf) makes all its weights 0
    S log_total = peak == -INF ? S(INF) : peak + log(total);

    for (int i = threadIdx.x; i < keys; i += blockDim.x) {
        S weight = i < seen ? exp(x[i] - log_total) : S(0);
        weights[start + i] = store<T>(thinned(weight, kept, start + i, keep_scale));
    }
    if (threadIdx.x == 0) logs[blockIdx.x] = log_total;
}

// dL/dx = P (dL/dP - sum_j P_j dL/dP_j), where dropout has thinned dL/dP as it has the weights
template <typename S, typename T>
__global__ void backward(const S* scores, const S* logs, const S* to_weights, const bool* kept, T* weights,
                         T* to_scores, int queries, int keys, bool causal, S keep_scale) {
    i64 start = (i64)blockIdx.x * keys;
    const S *x = scores + start, *g = to_weights + start;
    int seen = keys_seen(queries, keys, causal);
    S log_total = logs[blockIdx.x];

    S total = 0;
    for (int i = threadIdx.x; i < seen; i += blockDim.x)
        total += exp(x[i] - log_total) * thinned(g[i], kept, start + i, keep_scale);
    total = block_reduce(total, Sum(), S(0));

    for (int i = threadIdx.x; i < keys; i += blockDim.x) {
        S weight = i < seen ? exp(x[i] - log_total) : S(0);
        S slope = thinned(g[i], kept, start + i, keep_scale);
        weights[start + i] = store<T>(thinned(weight, kept, start + i, keep_scale));
        to_scores[start + i] = store<T>(i < seen ? weight * (slope - total) : S(0));
    }
}
