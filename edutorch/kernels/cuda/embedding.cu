// The gradient of a table: rows are added where their indices say, always in the same order, so that runs repeat.
//
// Adding with atomics, in whatever order the threads come, would give other last digits each time; and CuPy's sort, which
// would bring equal indices together, makes the host wait in some versions. So the indices are sorted in chunks that fit
// a block's shared memory, and each row of the table looks for itself in every chunk: ten looks in each, as it is sorted.

const int CHUNK = 1024, BITS = 10;  // indices that are sorted together; what a position in a chunk takes
const int LANES = 8;                // warps that share the rows of one place
const int CHUNKS = LANES * WARP;    // at most: each thread looks in one

// Sort an index together with its position: equal ones stay in order. Bitonic sorting: sequences that rise and fall are
// made longer, by comparing and exchanging numbers at fixed distances, so that all threads always have something to do.
template <typename Index>
__global__ void sort_chunks(const Index* indices, u64* keys, i64 n, i64 to_negative) {
    __shared__ u64 key[CHUNK];
    i64 base = (i64)blockIdx.x * CHUNK;
    for (int i = threadIdx.x; i < CHUNK; i += blockDim.x) {
        i64 index = base + i < n ? indices[base + i] : 0;
        if (index < 0) index += to_negative;  // may count from the end
        key[i] = base + i < n ? (u64)index << BITS | i : ~0ull;
    }
    for (int length = 2; length <= CHUNK; length *= 2)
        for (int distance = length / 2; distance > 0; distance /= 2) {
            __syncthreads();
            for (int i = threadIdx.x; i < CHUNK; i += blockDim.x) {
                int other = i ^ distance;
                bool rising = (i & length) == 0;
                if (other > i && (key[i] > key[other]) == rising) {
                    u64 larger = key[i];
                    key[i] = key[other];
                    key[other] = larger;
                }
            }
        }
    __syncthreads();
    for (int i = threadIdx.x; i < CHUNK && base + i < n; i += blockDim.x) keys[base + i] = key[i];
}

// How many of some sorted keys are less than a key.
__device__ int count_less(const u64* keys, int size, u64 key) {
    int from = 0;
    while (from < size) {
        int middle = (from + size) / 2;
        if (keys[middle] < key) from = middle + 1;
        else size = middle;
    }
    return from;
}

// A block adds up the rows for one place of the table, `span` of their columns.
template <typename T>
__global__ void add_rows(const T* rows, const u64* keys, T* total, i64 n, i64 columns, i64 span, i64 skipped) {
    __shared__ int begins[CHUNKS], ends[CHUNKS];
    __shared__ wide<T> parts[LANES][WARP];
    i64 place = blockIdx.x;
    int lane = threadIdx.y, column_of_warp = threadIdx.x, thread = lane * WARP + column_of_warp;
    int chunks = (n + CHUNK - 1) / CHUNK;
    if (thread < chunks) {
        i64 base = (i64)thread * CHUNK;
        int size = n - base < CHUNK ? n - base : CHUNK;
        begins[thread] = count_less(keys + base, size, (u64)place << BITS);
        ends[thread] = place == skipped ? begins[thread] : count_less(keys + base, size, (u64)(place + 1) << BITS);
    }
    __syncthreads();

    for (i64 first = blockIdx.y * span; first < columns && first < (blockIdx.y + 1) * span; first += WARP) {
        i64 column = first + column_of_warp;
        wide<T> sum = 0;
        for (int c = 0; c < chunks; c++)
            for (int k = begins[c] + lane; k < ends[c]; k += LANES) {
                i64 row = (i64)c * CHUNK + (keys[(i64)c * CHUNK + k] & (CHUNK - 1));
                if (column < columns) sum += load(rows[row * columns + column]);
            }
        parts[lane][column_of_warp] = sum;
        __syncthreads();
        if (lane == 0 && column < columns) {
            for (int other = 1; other < LANES; other++) sum += parts[other][column_of_warp];
            total[place * columns + column] = store<T>(sum);
        }
        __syncthreads();
    }
}
