// Layer norm and RMS norm: one block for each row of features.
//
// A row is read from memory once: the second and third loop find it in the cache. The mean comes before the squares,
// as in the plain text: mean(x^2) - mean^2 would lose its digits where the mean is large.
// `centre` is what tells the two apart: RMS norm subtracts no mean.

template <typename T, bool centre>
__global__ void forward(const T* input, const T* weight, const T* bias, T* output, wide<T>* means, wide<T>* scales,
                        int n, wide<T> eps) {
    const T* x = input + (i64)blockIdx.x * n;
    T* y = output + (i64)blockIdx.x * n;

    wide<T> mean = 0;
    if (centre) {
        for (int i = threadIdx.x; i < n; i += blockDim.x) mean += load(x[i]);
        mean = block_reduce(mean, Sum(), wide<T>(0)) / n;
    }
    wide<T> squares = 0;
    for (int i = threadIdx.x; i < n; i += blockDim.x) {
        wide<T> centred = load(x[i]) - mean;
        squares += centred * centred;
    }
    wide<T> scale = 1 / sqrt(block_reduce(squares, Sum(), wide<T>(0)) / n + eps);

    for (int i = threadIdx.x; i < n; i += blockDim.x) {
        wide<T> value = (load(x[i]) - mean) * scale;
        if (weight) value *= load(weight[i]);
        if (bias) value += load(bias[i]);
        y[i] = store<T>(value);
    }
    if (threadIdx.x == 0) {  // kept for the backward pass
        if (centre) means[blockIdx.x] = mean;
        scales[blockIdx.x] = scale;
    }
}

// dL/dx = (h - mean h - n mean(h n)) / std with n = (x - mean) / std and h = g w; RMS norm has no term `mean h`.
template <typename T, bool centre>
__global__ void input_gradient(const T* gradient, const T* input, const T* weight, const wide<T>* means,
                               const wide<T>* scales, T* to_input, int n) {
    i64 start = (i64)blockIdx.x * n;
    const T *g = gradient + start, *x = input + start;
    wide<T> mean = centre ? means[blockIdx.x] : 0, scale = scales[blockIdx.x];

    wide<T> along_shift = 0, along_scale = 0;
    for (int i = threadIdx.x; i < n; i += blockDim.x) {
        wide<T> h = load(g[i]) * (weight ? load(weight[i]) : 1);
        along_shift += h;
        along_scale += h * (load(x[i]) - mean) * scale;
    }
    along_shift = centre ? block_reduce(along_shift, Sum(), wide<T>(0)) / n : 0;
    along_scale = block_reduce(along_scale, Sum(), wide<T>(0)) / n;

    for (int i = threadIdx.x; i < n; i += blockDim.x) {
        wide<T> h = load(g[i]) * (weight ? load(weight[i]) : 1);
        wide<T> normal = (load(x[i]) - mean) * scale;
        to_input[start + i] = store<T>((h - along_shift - normal * along_scale) * scale);
    }
}

// Adds up the values of each column of a block of 32 x 8 threads; the threads of the first line get the sums.
template <typename S>
__device__ S column_sum(S value) {
    __shared__ S lines[8][32];
    __syncthreads();  // the sums of the call before may still be read
    lines[threadIdx.y][threadIdx.x] = value;
    __syncthreads();
    if (threadIdx.y == 0)
        for (int k = 1; k < 8; k++) value += lines[k][threadIdx.x];
    return value;
}

// dL/dw = sum g n and dL/db = sum g, down the columns. A block takes 32 neighbouring columns, so that a warp reads
// neighbours, and one of `gridDim.y` parts of the rows. The sums of the parts are added up by `add_parts`, in a fixed
// order: atomic additions would come in any order, and change the last digits from run to run.
template <typename T, typename Out, bool centre>
__global__ void parameter_gradients(const T* gradient, const T* input, const wide<T>* means, const wide<T>* scales,
                                    Out* to_weight, Out* to_bias, int rows, int n) {
    int column = blockIdx.x * 32 + threadIdx.x;
    wide<T> along_scale = 0, along_shift = 0;
    if (column < n) {
        for (int row = blockIdx.y * 8 + threadIdx.y; row < rows; row += gridDim.y * 8) {
            i64 i = (i64)row * n + column;
            wide<T> g = load(gradient[i]), mean = centre ? means[row] : 0;
            along_scale += g * (load(input[i]) - mean) * scales[row];
            along_shift += g;
        }
    }
    along_scale = column_sum(along_scale);
    along_shift = column_sum(along_shift);
    if (threadIdx.y == 0 && column < n) {
        i64 i = (i64)blockIdx.y * n + column;
        to_weight[i] = store<Out>(along_scale);
        if (to_bias) to_bias[i] = store<Out>(along_shift);
    }
}

template <typename T>
__global__ void add_parts(const wide<T>* parts_of_weight, const wide<T>* parts_of_bias, T* to_weight, T* to_bias,
                          int parts, int n) {
    int column = blockIdx.x * 32 + threadIdx.x;
    wide<T> along_scale = 0, along_shift = 0;
    if (column < n) {
        for (int part = threadIdx.y; part < parts; part += 8) {
            along_scale += parts_of_weight[(i64)part * n + column];
            if (to_bias) along_shift += parts_of_bias[(i64)part * n + column];
        }
    }
    along_scale = column_sum(along_scale);
    along_shift = column_sum(along_shift);
    if (threadIdx.y == 0 && column < n) {
        to_weight[column] = store<T>(along_scale);
        if (to_bias) to_bias[column] = store<T>(along_shift);
    }
}
