// bfloat16 for g++: the upper half of a float32.
#pragma once
#include "cuda_fp16.h"

EMULATOR_HALF(__nv_bfloat16, round_to_bfloat16, widen_bfloat16, "bfloat16")
static inline float __bfloat162float(__nv_bfloat16 x) { return x; }
static inline __nv_bfloat16 __float2bfloat16(float x) { return x; }
static inline __nv_bfloat16 __float2bfloat16_rn(float x) { return x; }
static inline unsigned short __bfloat16_as_ushort(__nv_bfloat16 x) { return x.as_bits; }
static inline __nv_bfloat16 __ushort_as_bfloat16(unsigned short x) { return emulator::bits<__nv_bfloat16>(x); }
