// Sums down the columns of a matrix: the gradient of a bias, and of all that was broadcast along its first dimensions.
//
// A block has 8 lines of 32 threads. A line reads 32 neighbouring columns of one row, so that memory is read in whole
// pieces; the next line takes the next row. The 8 totals of a column meet in shared memory. Tall matrices are cut into
// `gridDim.y` parts, and the same kernel adds their sums up. Atomic additions would do in one launch, but come in any
// order, and change the last digits from run to run.

const int COLUMNS = 32, LINES = 8;

template <typename In, typename Out>
__global__ void add_rows(const In* input, Out* sums, i64 rows, i64 n) {
    __shared__ wide<In> totals[LINES][COLUMNS];
    i64 column = (i64)blockIdx.x * COLUMNS + threadIdx.x;
    wide<In> total = 0;
    if (column < n) {
        i64 step = (i64)gridDim.y * LINES;
        i64 first = (i64)blockIdx.y * LINES + threadIdx.y;
        for (i64 row = first; row < rows; row += step) total += load(input[row * n + column]);
    }
    totals[threadIdx.y][threadIdx.x] = total;
    __syncthreads();
    if (threadIdx.y == 0 && column < n) {
        for (int line = 1; line < LINES; line++) total += totals[line][threadIdx.x];
        sums[blockIdx.y * n + column] = store<Out>(total);
    }
}
