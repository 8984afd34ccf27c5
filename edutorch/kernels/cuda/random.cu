// Random numbers, drawn where they are needed: Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2,
// 3", SC 2011). A word is a function of its number in the sequence and of the seed, so no thread waits for another, and
// which element gets which word does not depend on how many threads there are. `edutorch/streams/philox.py` is the same
// in NumPy, and explains it.
//
// The seed, and what is added to every offset, lie in the device's memory: a CUDA graph repeats its launches with the
// arguments that it was captured with, and draws other numbers each time because these two change (`state`).

struct Words {
    u32 word[4];
};

__device__ Words philox(u64 counter, u64 key) {
    u32 c0 = counter, c1 = counter >> 32, c2 = 0, c3 = 0, k0 = key, k1 = key >> 32;
    for (int round = 0; round < 10; round++) {
        u64 first = (u64)0xD2511F53u * c0, second = (u64)0xCD9E8D57u * c2;
        c0 = (u32)(second >> 32) ^ c1 ^ k0;
        c1 = (u32)second;
        c2 = (u32)(first >> 32) ^ c3 ^ k1;
        c3 = (u32)first;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return {{c0, c1, c2, c3}};
}

// ---- from words to numbers. Each kind says how many elements a block of four words is enough for.

// Whole multiples of 2^-24 or 2^-53 in [0, 1): as many bits as the type has digits, so all values are equally likely.
__device__ float unit(const Words& w, int i, float) { return (w.word[i] & 0xffffffu) * 0x1p-24f; }
__device__ u64 two(const Words& w, int i) { return (u64)w.word[2 * i] << 32 | w.word[2 * i + 1]; }
__device__ double unit(const Words& w, int i, double) { return (two(w, i) & 0x1fffffffffffffull) * 0x1p-53; }

// A whole number as an element of the result.
template <typename T> __device__ T whole(i64 n) { return (T)n; }
template <> __device__ __half whole<__half>(i64 n) { return store<__half>((float)n); }
template <> __device__ __nv_bfloat16 whole<__nv_bfloat16>(i64 n) { return store<__nv_bfloat16>((float)n); }

template <typename T> struct Uniform {
    wide<T> low, high;
    static const int each = sizeof(low) == 8 ? 2 : 4;
    __device__ void draw(const Words& w, T* out) const {
        for (int i = 0; i < each; i++) {
            T x = store<T>(fma(unit(w, i, low), high - low, low));
            out[i] = load(x) == load(store<T>(high)) ? store<T>(low) : x;  // rounded up to what is not to come up
        }
    }
};

// Box and Muller (1958): a random direction, and a distance with P(distance > r) = e^(-r^2 / 2). u must not be 0.
__device__ float above_zero(const Words& w, int i, float) { return fmaf((float)w.word[i], 0x1p-32f, 0x1p-33f); }
__device__ double above_zero(const Words& w, int i, double) { return 1 - unit(w, i, 0.0); }

template <typename T> struct Normal {
    wide<T> mean, std;
    static const int each = sizeof(mean) == 8 ? 2 : 4;
    __device__ void draw(const Words& w, T* out) const {
        for (int i = 0; i < each; i += 2) {
            wide<T> distance = sqrt(-2 * log(above_zero(w, i, mean)));
            wide<T> direction = wide<T>(6.283185307179586) * unit(w, i + 1, mean);
            out[i] = store<T>(fma(std, distance * cos(direction), mean));
            out[i + 1] = store<T>(fma(std, distance * sin(direction), mean));
        }
    }
};

// The remainder of a word, or of two where the range is large, as `Stream.integers` has it.
template <typename T> struct Remainder {
    i64 low;
    u64 size;
    static const int each = 4;
    __device__ void draw(const Words& w, T* out) const {
        for (int i = 0; i < each; i++) out[i] = whole<T>(low + (i64)(w.word[i] % (u32)size));
    }
};

template <typename T> struct LongRemainder {
    i64 low;
    u64 size;
    static const int each = 2;
    __device__ void draw(const Words& w, T* out) const {
        for (int i = 0; i < each; i++) out[i] = whole<T>((i64)((u64)low + two(w, i) % size));
    }
};

// One with a probability of limit / 2^32, else zero.
template <typename T> struct Chance {
    u64 limit;
    static const int each = 4;
    __device__ void draw(const Words& w, T* out) const {
        for (int i = 0; i < each; i++) out[i] = whole<T>(w.word[i] < limit);
    }
};

// ---- from numbers to arrays: block b of the words belongs to the elements from b * each on.

template <typename Kind, typename T>
__device__ void fill_with(const Kind& kind, const u64* state, u64 offset, T* out, i64 n) {
    u64 first = (state[1] + offset) / 4, seed = state[0];
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 b = (i64)blockIdx.x * blockDim.x + threadIdx.x; b * Kind::each < n; b += step) {
        T drawn[Kind::each];
        kind.draw(philox(first + b, seed), drawn);
        for (int i = 0; i < Kind::each; i++)
            if (b * Kind::each + i < n) out[b * Kind::each + i] = drawn[i];
    }
}

template <typename T>
__global__ void uniform(const u64* state, u64 offset, T* out, i64 n, wide<T> low, wide<T> high) {
    fill_with(Uniform<T>{low, high}, state, offset, out, n);
}

template <typename T>
__global__ void normal(const u64* state, u64 offset, T* out, i64 n, wide<T> mean, wide<T> std) {
    fill_with(Normal<T>{mean, std}, state, offset, out, n);
}

template <typename T, bool large>
__global__ void integers(const u64* state, u64 offset, T* out, i64 n, i64 low, u64 size) {
    if (large) fill_with(LongRemainder<T>{low, size}, state, offset, out, n);
    else fill_with(Remainder<T>{low, size}, state, offset, out, n);
}

template <typename T>
__global__ void chance(const u64* state, u64 offset, T* out, i64 n, u64 limit) {
    fill_with(Chance<T>{limit}, state, offset, out, n);
}

// Ones where a number drawn from [0, 1) is below the element's own probability.
template <typename T, typename P>
__global__ void chances(const u64* state, u64 offset, T* out, i64 n, const P* probability) {
    const int each = sizeof(wide<P>) == 8 ? 2 : 4;
    u64 first = (state[1] + offset) / 4, seed = state[0];
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 b = (i64)blockIdx.x * blockDim.x + threadIdx.x; b * each < n; b += step) {
        Words w = philox(first + b, seed);
        for (int i = 0; i < each && b * each + i < n; i++)
            out[b * each + i] = whole<T>(unit(w, i, wide<P>(0)) < load(probability[b * each + i]));
    }
}

// ---- dropout: which elements are kept, and the elements themselves, in one launch.

template <typename T>
__global__ void dropout(const u64* state, u64 offset, const T* x, T* y, bool* mask, i64 n, u64 limit, wide<T> scale) {
    u64 first = (state[1] + offset) / 4, seed = state[0];
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 b = (i64)blockIdx.x * blockDim.x + threadIdx.x; b * 4 < n; b += step) {
        Words w = philox(first + b, seed);
        for (int i = 0; i < 4 && b * 4 + i < n; i++) {
            bool kept = w.word[i] < limit;
            mask[b * 4 + i] = kept;
            y[b * 4 + i] = store<T>(load(x[b * 4 + i]) * kept * scale);
        }
    }
}

template <typename T>
__global__ void keep_and_scale(const T* x, const bool* mask, T* y, i64 n, wide<T> scale) {
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += (i64)gridDim.x * blockDim.x)
        y[i] = store<T>(load(x[i]) * mask[i] * scale);
}
