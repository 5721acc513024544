// Kernels between the matrix products. Shapes are row-major; T = tokens of the step.
// All of them enqueue on `stream` and return; launch errors surface as Failure. They overlap their
// start with the end of the kernel before them, under the rules of launch.hpp.
#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <cstdint>

#include "kv_view.hpp"

namespace baton::cuda {

/// residual[T][hidden] (fp32) = rows of embedding[vocabulary][hidden] (bf16). An id below 0 stands
/// for samples[-1 - id].token.
void embed(const std::int32_t* tokens, const baton_sample* samples, const bf16_t* embedding,
           int count, int hidden, float* residual, cudaStream_t stream);

/// out[T][hidden] = RMSNorm(residual + delta) * weight, residual += delta.
/// `delta` (bf16, the product before) may be null. `hidden` is a multiple of 2, at most 16,384.
void add_rms_norm(float* residual, const bf16_t* delta, const float* weight, float epsilon,
                  int count, int hidden, bf16_t* out, cudaStream_t stream);

/// As add_rms_norm, for the rows that `rows[count]` names: out[i] = norm of row rows[i].
void gather_add_rms_norm(const float* residual, const bf16_t* delta, const std::int32_t* rows,
                         const float* weight, float epsilon, int count, int hidden, bf16_t* out,
                         cudaStream_t stream);

struct RopeShape {
  int heads;
  int kv_heads;
  int head_dim;
};

/// Splits qkv[T][(heads + 2 kv_heads) head_dim]: rotates queries in place of q[T][heads][head_dim],
/// rotates keys and copies values into their slots of the pool. Rotary pairs are (i, i + dim / 2);
/// cosine and sine are [positions][head_dim / 2]. In an e4m3 pool, what is too large becomes 448.
/// Keys and values of a token with a slot below 0 are dropped.
void rope_store(const bf16_t* qkv, const StepView& step, const float* cosine, const float* sine,
                const RopeShape& shape, int count, int layer, bf16_t* q, const KvView& pool,
                cudaStream_t stream);

/// out[T][inner] = silu(gate) * up of gate_up[T][2 inner].
void swiglu(const bf16_t* gate_up, int count, int inner, bf16_t* out, cudaStream_t stream);

}  // namespace baton::cuda
