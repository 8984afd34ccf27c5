// Picking elements along one dimension by their positions, and adding to them.
//
// A tensor is seen as (outer, size, inner): the dimensions before the indexed one, that one, and those behind it. The
// index has a position for each element, (outer, picked, inner), or with `slices` one for all of a slice, (picked).
// Positions out of range pick nothing and add nothing; the program is told of them when it next waits.

template <bool slices, typename Index>
__device__ i64 place(const Index* index, i64 i, i64 size, i64 picked, i64 inner) {
    i64 at = index[slices ? i / inner % picked : i];
    return at < 0 || at >= size ? -1 : (i / inner / picked * size + at) * inner + i % inner;
}

// Bits are copied, whatever they mean: T is an integer of the elements' size.
template <typename T, typename Index>
__global__ void pick(const T* x, const Index* index, T* y, i64 n, i64 size, i64 picked, i64 inner) {
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += (i64)gridDim.x * blockDim.x) {
        i64 from = place<false>(index, i, size, picked, inner);
        y[i] = from < 0 ? T(0) : x[from];
    }
}

// Threads may meet at a place, and then add one after the other, in an order that nobody knows: the last digits of
// sums may differ from run to run, as with PyTorch.
template <typename T, typename Index, bool slices>
__global__ void add(const T* x, const Index* index, wide<T>* total, i64 n, i64 size, i64 picked, i64 inner) {
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += (i64)gridDim.x * blockDim.x) {
        i64 to = place<slices>(index, i, size, picked, inner);
        if (to >= 0) atomicAdd(&total[to], load(x[i]));
    }
}
