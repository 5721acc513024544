// The Llama family: what its checkpoints are called and how its layers are put together.
#pragma once

#include <memory>

#include "baton_engine.h"
#include "decoder.hpp"

namespace baton::cuda {

/// Device bytes that a model needs beside its KV pool.
struct LlamaMemory {
  std::uint64_t weights;
  std::uint64_t activations;  // and rotary angles
};
LlamaMemory llama_memory(const baton_model& model, const baton_options& options, int positions);

/// Uploads a model. `positions` rotary angles are computed.
std::unique_ptr<Decoder> load_llama(const baton_model& model, const baton_options& options,
                                    const KvView& pool, int positions, cudaStream_t stream);

}  // namespace baton::cuda
