// The functions that CUDA C++ has without an include. What is missing here is added when a kernel asks for it.
#pragma once

// ---- barriers

static inline void __syncthreads() { emulator::running->mine = 0, emulator::wait(emulator::AT_BARRIER); }
static inline int __syncthreads_count(int vote) {
    emulator::running->mine = vote != 0;
    emulator::wait(emulator::AT_BARRIER);
    return emulator::votes;
}
static inline int __syncthreads_or(int vote) { return __syncthreads_count(vote) > 0; }
static inline int __syncthreads_and(int vote) { return __syncthreads_count(vote) == emulator::threads; }
static inline void __threadfence() {}
static inline void __threadfence_block() {}

// ---- a warp's operations: all lanes of a mask bring a value, and read those of the others

namespace emulator {
template <typename T> void bring(unsigned mask, T value) {
    static_assert(sizeof(T) <= 8);
    running->mine = 0, running->mask = mask;
    memcpy(&running->mine, &value, sizeof(T));
    wait(AT_WARP);
}
template <typename T> T brought_by(unsigned mask, int lane) {
    int first = int(running - fibers) / 32 * 32;
    if (!(mask >> lane & 1)) fail("a shuffle reads a lane that takes no part in it");
    T value;
    memcpy((void*)&value, &brought[first + lane], sizeof(T));
    return value;
}
inline int lane() { return lane_of(running); }
inline void* dynamic_shared() { return dynamic; }
}  // namespace emulator

static inline void __syncwarp(unsigned mask = 0xffffffffu) { emulator::bring(mask, 0); }

template <typename T> T __shfl_sync(unsigned mask, T value, int lane, int width = 32) {
    emulator::bring(mask, value);
    return emulator::brought_by<T>(mask, emulator::lane() / width * width + (lane & (width - 1)));
}
template <typename T> T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32) {
    emulator::bring(mask, value);
    int other = emulator::lane() ^ bits;
    return other / width > emulator::lane() / width ? value : emulator::brought_by<T>(mask, other);
}
template <typename T> T __shfl_up_sync(unsigned mask, T value, unsigned distance, int width = 32) {
    emulator::bring(mask, value);
    bool outside = emulator::lane() % width < (int)distance;
    return outside ? value : emulator::brought_by<T>(mask, emulator::lane() - distance);
}
template <typename T> T __shfl_down_sync(unsigned mask, T value, unsigned distance, int width = 32) {
    emulator::bring(mask, value);
    bool outside = emulator::lane() % width + (int)distance >= width;
    return outside ? value : emulator::brought_by<T>(mask, emulator::lane() + distance);
}
static inline unsigned __ballot_sync(unsigned mask, int vote) {
    emulator::bring(mask, vote != 0);
    unsigned votes = 0;
    for (int lane = 0; lane < 32; lane++)
        if (mask >> lane & 1) votes |= (unsigned)emulator::brought_by<int>(mask, lane) << lane;
    return votes;
}
static inline int __any_sync(unsigned mask, int vote) { return __ballot_sync(mask, vote) != 0; }
static inline int __all_sync(unsigned mask, int vote) { return __ballot_sync(mask, vote) == mask; }

// ---- atomics: fibers change only where they wait, so that every operation is one

template <typename T> T atomicAdd(T* p, std::common_type_t<T> value) { T old = *p; *p = old + value; return old; }
template <typename T> T atomicSub(T* p, std::common_type_t<T> value) { T old = *p; *p = old - value; return old; }
template <typename T> T atomicMax(T* p, std::common_type_t<T> value) { T old = *p; if (value > old) *p = value; return old; }
template <typename T> T atomicMin(T* p, std::common_type_t<T> value) { T old = *p; if (value < old) *p = value; return old; }
template <typename T> T atomicOr(T* p, std::common_type_t<T> value) { T old = *p; *p = old | value; return old; }
template <typename T> T atomicAnd(T* p, std::common_type_t<T> value) { T old = *p; *p = old & value; return old; }
template <typename T> T atomicExch(T* p, std::common_type_t<T> value) { T old = *p; *p = value; return old; }
template <typename T> T atomicCAS(T* p, std::common_type_t<T> expected, std::common_type_t<T> value) {
    T old = *p;
    if (old == expected) *p = value;
    return old;
}

// ---- numbers

template <typename T> T __ldg(const T* p) { return *p; }
template <typename T> T __ldcs(const T* p) { return *p; }
template <typename T> void __stcs(T* p, T value) { *p = value; }

static inline int min(int a, int b) { return a < b ? a : b; }
static inline int max(int a, int b) { return a > b ? a : b; }
static inline unsigned min(unsigned a, unsigned b) { return a < b ? a : b; }
static inline unsigned max(unsigned a, unsigned b) { return a > b ? a : b; }
static inline long long min(long long a, long long b) { return a < b ? a : b; }
static inline long long max(long long a, long long b) { return a > b ? a : b; }
static inline unsigned long long min(unsigned long long a, unsigned long long b) { return a < b ? a : b; }
static inline unsigned long long max(unsigned long long a, unsigned long long b) { return a > b ? a : b; }
static inline float min(float a, float b) { return fminf(a, b); }  // of nan and a number it is the number
static inline float max(float a, float b) { return fmaxf(a, b); }
static inline double min(double a, double b) { return fmin(a, b); }
static inline double max(double a, double b) { return fmax(a, b); }

static inline float rsqrtf(float x) { return 1 / sqrtf(x); }
static inline double rsqrt(double x) { return 1 / sqrt(x); }
static inline float rsqrt(float x) { return 1 / sqrtf(x); }
// the C library has declared these names for itself
#define __expf expf
#define __logf logf
#define __sinf sinf
#define __cosf cosf
#define __powf powf
static inline float __fdividef(float x, float y) { return x / y; }
static inline float __frcp_rn(float x) { return 1 / x; }
static inline float __fmaf_rn(float x, float y, float z) { return fmaf(x, y, z); }
static inline float __saturatef(float x) { return x > 1 ? 1 : x > 0 ? x : 0; }
static inline float cospif(float x) { return cos(M_PI * x); }
static inline float sinpif(float x) { return sin(M_PI * x); }
static inline double cospi(double x) { return cos(M_PI * x); }
static inline double sinpi(double x) { return sin(M_PI * x); }
static inline void sincospif(float x, float* s, float* c) { *s = sinpif(x), *c = cospif(x); }
static inline void sincospi(double x, double* s, double* c) { *s = sinpi(x), *c = cospi(x); }

static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
static inline int __clz(int x) { return x ? __builtin_clz(x) : 32; }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned long long)a * b >> 32; }
static inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return (unsigned __int128)a * b >> 64;
}

namespace emulator {
template <typename To, typename From> To bits(From value) {
    static_assert(sizeof(To) == sizeof(From));
    To result;
    memcpy((void*)&result, &value, sizeof result);
    return result;
}
}  // namespace emulator
static inline float __int_as_float(int x) { return emulator::bits<float>(x); }
static inline int __float_as_int(float x) { return emulator::bits<int>(x); }
static inline float __uint_as_float(unsigned x) { return emulator::bits<float>(x); }
static inline unsigned __float_as_uint(float x) { return emulator::bits<unsigned>(x); }
static inline double __longlong_as_double(long long x) { return emulator::bits<double>(x); }
static inline long long __double_as_longlong(double x) { return emulator::bits<long long>(x); }

// ---- several numbers that are read and written at once; memory must be aligned to their size

#define EMULATOR_VECTORS(T, name, align2, align4)                                        \
    struct alignas(align2) name##2 { T x, y; };                                          \
    struct alignas(align4) name##4 { T x, y, z, w; };                                    \
    static inline name##2 make_##name##2(T x, T y) { return {x, y}; }                    \
    static inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }
EMULATOR_VECTORS(float, float, 8, 16)
EMULATOR_VECTORS(int, int, 8, 16)
EMULATOR_VECTORS(unsigned, uint, 8, 16)
EMULATOR_VECTORS(unsigned short, ushort, 4, 8)
EMULATOR_VECTORS(double, double, 16, 16)
EMULATOR_VECTORS(long long, longlong, 16, 16)
#undef EMULATOR_VECTORS
static inline uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
