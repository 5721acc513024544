// Attention with rotary positions and grouped key-value heads, over the paged pool.
#pragma once

#include "matrix.hpp"
#include "rope.hpp"
#include "step.hpp"

namespace baton::cuda {

/// What all attention layers of a model share.
struct AttentionContext {
  AttentionShape shape;
  bool fast;                // the Hopper kernels run this shape on this device
  KvView pool;
  CUtensorMap decode_map;   // of the pool, where `fast` and in bf16
  CUtensorMap prefill_map;
  DecodeAttention decode;
  ExpandedContext expanded;  // of an e4m3 pool, where `fast`
  int expanded_blocks;       // for which it has room
  DeviceBuffer<float> cosine, sine;  // [positions][head_dim / 2]
  Products* products;
};

class GroupedQueryAttention : public Sublayer {
 public:
  /// `layer` is the place of its keys and values in a block; qkv is [(heads + 2 kv_heads) head_dim]
  /// outputs, queries first, then keys, then values.
  GroupedQueryAttention(AttentionContext& context, int layer, DeviceMatrix qkv, DeviceMatrix out)
      : context_(context), layer_(layer), qkv_(std::move(qkv)), out_(std::move(out)) {}

  std::size_t scratch_bytes(int rows) const override;
  bool mixes_rows() const override { return true; }
  bool spreads_norms(int rows) const override {
    return has_few_rows(qkv_.view(), rows) && has_few_rows(out_.view(), rows);
  }
  void run(const Step& step, const Normed& x, const Residual& residual,
           std::byte* scratch) override;

 private:
  void attend(const Step& step, const bf16_t* q, bf16_t* attended);
  void attend_ends(const Step& step, const bf16_t* q, bf16_t* attended);

  AttentionContext& context_;
  int layer_;
  DeviceMatrix qkv_, out_;
};

}  // namespace baton::cuda
