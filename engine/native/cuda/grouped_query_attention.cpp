#include "grouped_query_attention.hpp"

#include "gather.hpp"
#include "scratch.hpp"
#include "tensor_maps.hpp"

namespace baton::cuda {

std::size_t GroupedQueryAttention::scratch_bytes(int rows) const {
  const auto width = static_cast<std::size_t>(qkv_.view().outputs);
  const auto queries = static_cast<std::size_t>(out_.view().inputs);
  return Scratch::bytes<bf16_t>(rows * width) + 2 * Scratch::bytes<bf16_t>(rows * queries);
}

void GroupedQueryAttention::run(const Step& step, const Normed& x, const Residual& residual,
                                std::byte* scratch) {
  const std::size_t rows = static_cast<std::size_t>(step.rows);
  Scratch left(scratch);
  auto* qkv = left.take<bf16_t>(rows * static_cast<std::size_t>(qkv_.view().outputs));
  auto* q = left.take<bf16_t>(rows * static_cast<std::size_t>(out_.view().inputs));
  auto* attended = left.take<bf16_t>(rows * static_cast<std::size_t>(out_.view().inputs));
  const RopeStore to = {context_.shape, context_.cosine.data(), context_.sine.data(), step.at,
                        layer_,         q,                      context_.pool};
  if (has_few_rows(qkv_.view(), step.rows)) {
    multiply_few_rope(x, qkv_.view(), step.rows, to, step.stream);
  } else {
    context_.products->run(x, qkv_.view(), step.rows, qkv, step.stream);
    rope_store(qkv, to, step.rows, step.stream);
  }
  if (step.wanted_count == Step::kAll) {
    attend(step, q, attended);
    context_.products->add(attended, out_.view(), step.rows, residual, step.stream);
    return;
  }
  if (step.wanted_count == 0) return;
  attend_ends(step, q, attended);
  bf16_t* wanted = qkv;  // that is no longer needed
  gather_rows(attended, step.wanted, step.wanted_count,
              static_cast<std::size_t>(out_.view().inputs) * sizeof(bf16_t), wanted, step.stream);
  context_.products->add(wanted, out_.view(), step.wanted_count, residual, step.stream);
}

/// What is wanted are the ends of slices, and those attend like slices of one token.
void GroupedQueryAttention::attend_ends(const Step& step, const bf16_t* q, bf16_t* attended) {
  if (!context_.fast) {
    attend(step, q, attended);
    return;
  }
  context_.decode.run(q, step.ends, step.slice_count, layer_, context_.pool, context_.decode_map,
                      attended, step.stream);
}

void GroupedQueryAttention::attend(const Step& step, const bf16_t* q, bf16_t* attended) {
  const bool widened = context_.pool.fp8 && step.chunk_count > 0;
  if (!context_.fast || (widened && step.chunk_blocks > context_.expanded_blocks)) {
    attend_any(q, step.slices, step.slice_of, step.rows, context_.shape, layer_, context_.pool,
               attended, step.stream);
    return;
  }
  if (step.decodes > 0) {
    context_.decode.run(q, step.slices, step.decodes, layer_, context_.pool, context_.decode_map,
                        attended, step.stream);
  }
  if (step.chunk_count == 0) return;
  const CUtensorMap q_map = map_queries(q, step.tokens, context_.shape);
  if (!widened) {
    attend_prefill(q, step.chunks, step.tiles, step.tile_count, context_.shape, layer_,
                   context_.pool, context_.prefill_map, q_map, attended, step.stream);
    return;
  }
  ExpandedContext& expanded = context_.expanded;
  if (layer_ == 0) {
    expanded.begin(step.chunks, step.chunk_count, step.chunk_blocks, step.stream);
  }
  expanded.expand(layer_, context_.pool, step.stream);
  attend_prefill(q, expanded.over(step.chunks), step.tiles, step.tile_count, context_.shape, 0,
                 expanded.pool(), expanded.map(), q_map, attended, step.stream);
}

}  // namespace baton::cuda
