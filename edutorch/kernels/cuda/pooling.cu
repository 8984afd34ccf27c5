// Pooling: one thread for each window forwards, and for each element of the picture backwards.
//
// Backwards an element asks all windows that see it for what they have for it. The other way round, windows giving to
// their elements, threads would meet where windows overlap, and add in an order that changes from run to run.

const int D = 3;  // pictures of fewer dimensions have sizes of 1 in front

// As in `edutorch/ops/windows.py`.
struct Windows {
    int size[D], kernel[D], stride[D], padding[D], dilation[D], count[D];
};

// A position along each dimension, and the number of the picture (of one sample's channel) before it.
struct Position {
    i64 picture;
    int at[D];
};

__device__ Position position(i64 i, const int* sizes) {
    Position p;
    for (int d = D - 1; d >= 0; d--) {
        p.at[d] = i % sizes[d];
        i /= sizes[d];
    }
    p.picture = i;
    return p;
}

__device__ i64 number(i64 picture, int a, int b, int c, const int* sizes) {
    return ((picture * sizes[0] + a) * sizes[1] + b) * sizes[2] + c;
}

// The element that a window sees at a place; false in the padding.
__device__ bool seen(const Windows& w, int d, int window, int place, int& element) {
    element = window * w.stride[d] - w.padding[d] + place * w.dilation[d];
    return element >= 0 && element < w.size[d];
}

// The window that sees an element at a place; false if there is none.
__device__ bool sees(const Windows& w, int d, int element, int place, int& window) {
    int start = element + w.padding[d] - place * w.dilation[d];
    window = start / w.stride[d];
    return start >= 0 && start % w.stride[d] == 0 && window < w.count[d];
}

// All places of a window, and at each the element that is seen there (or the window that sees there): i, j, k.
#define EACH_PLACE(w, to, of)                                                                   \
    for (int a = 0, i, j, k; a < w.kernel[0]; a++)                                              \
        if (to(w, 0, of[0], a, i))                                                              \
            for (int b = 0; b < w.kernel[1]; b++)                                               \
                if (to(w, 1, of[1], b, j))                                                      \
                    for (int c = 0; c < w.kernel[2]; c++)                                       \
                        if (to(w, 2, of[2], c, k))

#define EACH(i, n) \
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += (i64)gridDim.x * blockDim.x)

// The first of the greatest wins; nan beats all, the last one. Its place in the window, a byte, says where it stands.
template <typename T>
__global__ void max_forward(const T* x, T* best, unsigned char* winner, i64 n, Windows w) {
    EACH(window, n) {
        Position p = position(window, w.count);
        int place = -1;
        wide<T> greatest = 0;
        EACH_PLACE(w, seen, p.at) {
            wide<T> value = load(x[number(p.picture, i, j, k, w.size)]);
            if (place < 0 || value > greatest || value != value) {
                greatest = value;
                place = (a * w.kernel[1] + b) * w.kernel[2] + c;
            }
        }
        best[window] = store<T>(greatest);
        winner[window] = place;
    }
}

template <typename T>
__global__ void max_backward(const T* g, T* to_input, const unsigned char* winner, i64 n, Windows w) {
    EACH(element, n) {
        Position p = position(element, w.size);
        wide<T> sum = 0;
        EACH_PLACE(w, sees, p.at) {
            i64 window = number(p.picture, i, j, k, w.count);
            if (winner[window] == (a * w.kernel[1] + b) * w.kernel[2] + c) sum += load(g[window]);
        }
        to_input[element] = store<T>(sum);
    }
}

// Each window has a divisor of its own where some stand out and padding does not count: `divisors`, for one picture.
template <typename T>
__global__ void average(const T* x, T* mean, const i64* divisors, i64 divisor, i64 n, Windows w) {
    i64 windows = (i64)w.count[0] * w.count[1] * w.count[2];
    EACH(window, n) {
        Position p = position(window, w.count);
        wide<T> sum = 0;
        EACH_PLACE(w, seen, p.at) sum += load(x[number(p.picture, i, j, k, w.size)]);
        mean[window] = store<T>(sum / (wide<T>)(divisors ? divisors[window % windows] : divisor));
    }
}

template <typename T>
__global__ void spread(const T* g, T* to_input, const i64* divisors, i64 divisor, i64 n, Windows w) {
    EACH(element, n) {
        Position p = position(element, w.size);
        wide<T> sum = 0;
        EACH_PLACE(w, sees, p.at) {
            wide<T> passed = load(g[number(p.picture, i, j, k, w.count)]);
            sum += passed / (wide<T>)(divisors ? divisors[number(0, i, j, k, w.count)] : divisor);
        }
        to_input[element] = store<T>(sum);
    }
}

// Weighted sums along one dimension: what windows of uneven sizes, and pictures that change their size, are made of.
// Each of `places` results sees `taps` elements, at `columns`, with weights (without: one element, as it is).
template <typename In, typename Out>
__global__ void weigh(const In* x, const i64* columns, const wide<In>* weights, Out* y, i64 n, i64 size, i64 places,
                      i64 inner, int taps) {
    EACH(i, n) {
        i64 place = i / inner % places, start = i / inner / places * size * inner + i % inner;
        wide<In> sum = 0;
        for (int t = 0; t < taps; t++) {
            wide<In> value = load(x[start + columns[place * taps + t] * inner]);
            sum += weights ? weights[place * taps + t] * value : value;
        }
        y[i] = store<Out>(sum);
    }
}
