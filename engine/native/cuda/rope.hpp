// Rotary positions, and where queries, keys and values go. Su et al., "RoFormer: Enhanced Transformer
// with Rotary Position Embedding", 2021.
#pragma once

#include <cuda_runtime.h>

#include "attention.hpp"
#include "kv_view.hpp"

namespace baton::cuda {

/// Queries are rotated into q, keys are rotated and values copied into their slots of the pool.
/// Rotary pairs are (i, i + head_dim / 2). In an e4m3 pool, what is too large becomes 448. Keys and
/// values of a token with a slot below 0 are dropped. Device pointers.
struct RopeStore {
  AttentionShape shape;
  const float* cosine;  // [positions][head_dim / 2]
  const float* sine;
  StepView step;
  int layer;
  bf16_t* q;  // [tokens][heads][head_dim]
  KvView pool;
};

/// Takes qkv[count][(heads + 2 kv_heads) head_dim]: queries, then keys, then values.
void rope_store(const bf16_t* qkv, const RopeStore& to, int count, cudaStream_t stream);

}  // namespace baton::cuda
