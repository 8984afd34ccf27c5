// Positions and class numbers: is any of them outside [lowest, size)?
//
// Whoever finds one writes `true` into the one place. Several may write it, but all write the same, so it does not
// matter who is first; and in a right program nobody writes at all.

template <typename I>
__global__ void any_outside(const I* index, i64 n, i64 lowest, i64 size, bool* outside) {
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += step)
        if (index[i] < lowest || index[i] >= size) *outside = true;
}
