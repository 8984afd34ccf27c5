// float16 for g++. Arithmetic rounds after each operation, as the GPU's does.
#pragma once

namespace emulator {

// To nearest, ties to even.
inline unsigned short round_to_half(float value) {
    unsigned x = bits<unsigned>(value), sign = x >> 16 & 0x8000;
    x &= 0x7fffffff;
    if (x > 0x7f800000) return sign | 0x7fff;  // nan
    if (x >= 0x47800000) return sign | 0x7c00;  // 65536 and more: infinity
    if (x < 0x38800000) {                       // below 2^-14 a half's steps are 2^-24: let the addition round
        float scaled = bits<float>(x) + 0.5f;
        return sign | (unsigned short)(bits<unsigned>(scaled) - 0x3f000000);
    }
    x += 0xfff + (x >> 13 & 1);  // may carry into the exponent, up to infinity: that is right
    return sign | (x - 0x38000000) >> 13;
}

inline float widen_half(unsigned short half) {
    unsigned sign = (half & 0x8000u) << 16, rest = half & 0x7fff;
    if (rest >= 0x7c00) return bits<float>(sign | 0x7f800000 | (rest & 0x3ff) << 13);
    float value = rest < 0x400 ? rest * 0x1p-24f : bits<float>((rest << 13) + 0x38000000);
    return sign ? -value : value;
}

inline unsigned short round_to_bfloat16(float value) {
    unsigned x = bits<unsigned>(value);
    if ((x & 0x7fffffff) > 0x7f800000) return x >> 16 | 0x7fff;
    return (x + 0x7fff + (x >> 16 & 1)) >> 16;
}

inline float widen_bfloat16(unsigned short half) { return bits<float>((unsigned)half << 16); }

}  // namespace emulator

#define EMULATOR_HALF(Half, round, widen, name)                                          \
    struct Half {                                                                        \
        static constexpr const char* emulator_name = name;                               \
        unsigned short as_bits;                                                          \
        Half() = default;                                                                \
        template <typename N, typename = std::enable_if_t<std::is_arithmetic_v<N>>>      \
        Half(N value) : as_bits(emulator::round((float)value)) {}                        \
        operator float() const { return emulator::widen(as_bits); }                      \
    };                                                                                   \
    static inline Half operator+(Half a, Half b) { return (float)a + (float)b; }         \
    static inline Half operator-(Half a, Half b) { return (float)a - (float)b; }         \
    static inline Half operator*(Half a, Half b) { return (float)a * (float)b; }         \
    static inline Half operator/(Half a, Half b) { return (float)a / (float)b; }         \
    static inline bool operator<(Half a, Half b) { return (float)a < (float)b; }         \
    static inline bool operator>(Half a, Half b) { return (float)a > (float)b; }         \
    static inline bool operator==(Half a, Half b) { return (float)a == (float)b; }       \
    static inline bool operator!=(Half a, Half b) { return (float)a != (float)b; }

EMULATOR_HALF(__half, round_to_half, widen_half, "float16")
typedef __half half;
static inline float __half2float(__half x) { return x; }
static inline __half __float2half(float x) { return x; }
static inline __half __float2half_rn(float x) { return x; }
static inline unsigned short __half_as_ushort(__half x) { return x.as_bits; }
static inline __half __ushort_as_half(unsigned short x) { return emulator::bits<__half>(x); }
