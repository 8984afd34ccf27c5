// What a training step does to all parameters or gradients of a model, in one launch instead of some for each tensor.
//
// A small tensor leaves most of a GPU idle, and a launch costs some microseconds whatever it does. So the blocks of one
// launch are shared out among the tensors: each works on up to CHUNK numbers of one of them.

const int CHUNK = 4096;

// Where a tensor begins in the row of all blocks, how long it is, and the addresses of what belongs to it.
struct Row {
    i64 first_block, size;
    void* at[6];
};

// The table travels to the device as an argument of the launch: there is nothing to copy or to keep.
// All arguments of a launch may take 32,764 bytes together.
template <int N> struct Table {
    i64 rows;
    Row row[N];
};

// The row of the tensor that this block works on: the last that begins at or before it.
template <int N> __device__ inline int my_row(const Table<N>& table) {
    int low = 0, high = table.rows - 1;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (table.row[middle].first_block <= blockIdx.x) low = middle;
        else high = middle - 1;
    }
    return low;
}

// The numbers of it that this block works on are those from `start` up to `end`.
struct Part {
    i64 start, end;
    __device__ Part(const Row& row) {
        start = (blockIdx.x - row.first_block) * CHUNK;
        end = start + CHUNK < row.size ? start + CHUNK : row.size;
    }
};

// ---- Adam and AdamW: see optim/adam.py, whose rule this is

// Where a step must not ask the host (`capturable`), the counts and perhaps the rate lie on the device. What follows
// from them is computed once for each tensor, by a thread of its own.
template <typename S, int N>
__global__ void count(const __grid_constant__ Table<N> table, const double* rate_there, double rate, double beta1,
                      double beta2, double decay, double* of_tensor) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= table.rows) return;
    double t = *(S*)table.row[i].at[5] += 1;
    if (rate_there) rate = *rate_there;
    double root = sqrt(1 - pow(beta2, t));
    of_tensor[3 * i] = rate * root / (1 - pow(beta1, t));
    of_tensor[3 * i + 1] = root;
    of_tensor[3 * i + 2] = 1 - rate * decay;
}

template <typename T, int N>
__global__ void adam(const __grid_constant__ Table<N> table, const double* of_tensor, wide<T> rate, wide<T> root,
                     wide<T> shrink, wide<T> beta1, wide<T> rest1, wide<T> beta2, wide<T> rest2, wide<T> eps,
                     wide<T> penalty, int maximize) {
    int number = my_row(table);
    const Row& row = table.row[number];
    T *p = (T*)row.at[0], *m = (T*)row.at[2], *v = (T*)row.at[3], *largest = (T*)row.at[4];
    const T* g = (const T*)row.at[1];
    if (of_tensor) rate = of_tensor[3 * number], root = of_tensor[3 * number + 1], shrink = of_tensor[3 * number + 2];

    Part part(row);
    for (i64 i = part.start + threadIdx.x; i < part.end; i += blockDim.x) {
        wide<T> x = load(p[i]) * shrink, slope = load(g[i]);
        if (maximize) slope = -slope;
        if (penalty != 0) slope += penalty * x;

        wide<T> mean = load(m[i]);
        mean += rest1 * (slope - mean);
        wide<T> square = load(v[i]) * beta2 + rest2 * slope * slope;
        m[i] = store<T>(mean);
        v[i] = store<T>(square);
        if (largest) {
            square = Max()(load(largest[i]), square);
            largest[i] = store<T>(square);
        }
        p[i] = store<T>(x - rate * mean / (sqrt(square) + eps * root));
    }
}

// ---- SGD: see optim/sgd.py

template <typename T, int N>
__global__ void sgd(const __grid_constant__ Table<N> table, const double* rate_there, wide<T> rate, wide<T> momentum,
                    wide<T> gain, wide<T> penalty, int nesterov, int maximize) {
    const Row& row = table.row[my_row(table)];
    T *p = (T*)row.at[0], *velocity = (T*)row.at[2];
    const T* g = (const T*)row.at[1];
    if (rate_there) rate = *rate_there;

    Part part(row);
    for (i64 i = part.start + threadIdx.x; i < part.end; i += blockDim.x) {
        wide<T> x = load(p[i]), slope = load(g[i]);
        if (maximize) slope = -slope;
        if (penalty != 0) slope += penalty * x;
        if (velocity) {
            wide<T> v = load(velocity[i]) * momentum + gain * slope;
            velocity[i] = store<T>(v);
            slope = nesterov ? slope + momentum * v : v;
        }
        p[i] = store<T>(x - rate * slope);
    }
}

// ---- the norm of all gradients together, and what is done with it

struct Largest {  // the norm of order infinity
    template <typename A> __device__ static A of(A x) { return abs(x); }
    template <typename A> __device__ static A finish(A most) { return most; }
    typedef Max combine;
};
struct Length {  // of order 2
    template <typename A> __device__ static A of(A x) { return x * x; }
    template <typename A> __device__ static A finish(A sum) { return sqrt(sum); }
    typedef Sum combine;
};

// First each block on its own. All numbers meet in a fixed order, so that a norm is the same each time.
template <typename T, typename Norm, int N>
__global__ void norm(const __grid_constant__ Table<N> table, wide<T>* of_block) {
    const Row& row = table.row[my_row(table)];
    const T* x = (const T*)row.at[0];
    typename Norm::combine combine;
    wide<T> found = 0;
    Part part(row);
    for (i64 i = part.start + threadIdx.x; i < part.end; i += blockDim.x) found = combine(found, Norm::of(load(x[i])));
    found = block_reduce(found, combine, wide<T>(0));
    if (threadIdx.x == 0) of_block[blockIdx.x] = found;
}

// Then one block brings together what the others found.
template <typename T, typename Norm> __global__ void finish_norm(const wide<T>* of_block, i64 blocks, T* total) {
    typename Norm::combine combine;
    wide<T> found = 0;
    for (i64 i = threadIdx.x; i < blocks; i += blockDim.x) found = combine(found, of_block[i]);
    found = block_reduce(found, combine, wide<T>(0));
    if (threadIdx.x == 0) *total = store<T>(Norm::finish(found));
}

// Clipping: the gradients shrink to `most` if their norm is larger. Of a norm that is nan, all become nan.
template <typename T, int N>
__global__ void clip(const __grid_constant__ Table<N> table, const T* total, wide<T> most) {
    const Row& row = table.row[my_row(table)];
    T* x = (T*)row.at[0];
    wide<T> scale = most / (load(*total) + wide<T>(1e-6));
    if (scale > 1) scale = 1;
    Part part(row);
    for (i64 i = part.start + threadIdx.x; i < part.end; i += blockDim.x) x[i] = store<T>(load(x[i]) * scale);
}

// Mixed precision: the gradients of a loss times `scale` are brought back, and whether one is inf or nan is noted.
// Many threads may note it, but all write the same.
template <typename T, int N>
__global__ void unscale(const __grid_constant__ Table<N> table, const float* scale, bool* overflowed) {
    const Row& row = table.row[my_row(table)];
    T* x = (T*)row.at[0];
    wide<T> down = (float)(1 / (double)*scale);
    Part part(row);
    for (i64 i = part.start + threadIdx.x; i < part.end; i += blockDim.x) {
        wide<T> value = load(x[i]) * down;
        x[i] = store<T>(value);
        if (!isfinite(value)) *overflowed = true;
    }
}
