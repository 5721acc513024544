// Compiled once for each instruction set: BATON_ISA names the namespace, BATON_LEVEL says what may
// be used (0 nothing beyond the baseline, 1 AVX2+FMA, 2 AVX-512, 3 AVX-512 with bf16 products).
#include "kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>

#include "vec.hpp"

namespace baton::cpu::BATON_ISA {
namespace {

#include "elementwise.inl"

#include "attention.inl"

}  // namespace

#define BATON_STRING_(x) #x
#define BATON_STRING(x) BATON_STRING_(x)

extern const Kernels kernels;
const Kernels kernels = {
    .name = BATON_STRING(BATON_ISA),
    .bf16_activations = BATON_LEVEL >= 3,
    .rms_norm = rms_norm,
    .swiglu = swiglu,
    .rope = rope,
    .rope_bf16 = rope_bf16,
    .store_bf16 = store_bf16,
    .load_bf16 = load_bf16,
    .attention = attention,
    .attention_scratch_bytes = attention_scratch_bytes,
};

}  // namespace baton::cpu::BATON_ISA
