// A Llama model on the CPU: weights, KV pool and one forward pass for a mixed batch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "baton_engine.h"
#include "kernels.hpp"
#include "linear.hpp"
#include "sampling.hpp"
#include "weights.hpp"

namespace baton::cpu {

class Llama {
 public:
  Llama(const baton_model& model, const baton_options& options);

  void step(std::span<const baton_slice> slices, std::span<baton_sample> samples);

  std::span<const float> logits(std::size_t sample) const;
  const Kernels& kernels() const { return kernels_; }

 private:
  struct Layer {
    std::vector<float> attention_norm, mlp_norm;  // [hidden]
    Products::Linear qkv, out, gate_up, down;
  };

  /// Activations of the products' type, [rows][columns].
  struct Activations {
    std::vector<std::byte> bytes;
    std::size_t row_bytes = 0;
    std::byte* row(int index) { return bytes.data() + row_bytes * static_cast<std::size_t>(index); }
  };

  void load(const baton_model& model);
  void build_rotary(const baton_model& model);
  void allocate();
  Activations activations(int columns) const;

  void embed(std::span<const baton_slice> slices);
  void norm(const float* x, const std::vector<float>& weight, int rows, Activations& out);
  void rotate_and_store(std::span<const baton_slice> slices, int layer);
  void attend(std::span<const baton_slice> slices, int layer);
  void feed_forward(Layer& layer);
  void sample_all(std::span<const baton_slice> slices, std::span<baton_sample> samples);

  const Kernels& kernels_;
  baton_model shape_;  // its pointers are not used after loading
  baton_options options_;
  KvPool pool_;
  Products products_;

  std::vector<bf16> embedding_;  // [vocabulary][hidden]
  std::vector<Layer> layers_;
  std::vector<float> final_norm_;
  Products::Linear head_;
  std::vector<float> cosine_, sine_;  // [positions][head_dim / 2]

  int tokens_ = 0;                       // of the step
  std::size_t sampled_ = 0;              // logits of the last step that are valid
  std::vector<std::int32_t> positions_;  // [tokens]
  std::vector<std::int32_t> slice_of_;   // [tokens]
  std::vector<float> residual_;          // [tokens][hidden]
  std::vector<float> qkv_;               // [tokens][(heads + 2 kv_heads) * head_dim]
  std::vector<float> gate_up_;           // [rows of a tile][2 * intermediate]
  std::vector<float> last_;              // [sequences][hidden]
  std::vector<float> logits_;            // [sequences][vocabulary]
  Activations normed_, queries_, attended_, gated_;
  struct alignas(64) CacheLine {
    std::byte bytes[64];
  };
  std::vector<std::vector<CacheLine>> attention_scratch_;  // one a thread
  std::vector<AttentionTask> tasks_;
  SamplerScratch sampler_;
};

}  // namespace baton::cpu
