#include "llama.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "gated_feed_forward.hpp"
#include "tensor_maps.hpp"
#include "weights.hpp"

namespace baton::cuda {
namespace {

struct Shapes {
  std::int64_t q, kv, hidden, inner, vocabulary, layers;
  explicit Shapes(const baton_model& model)
      : q(std::int64_t{model.heads} * model.head_dim),
        kv(std::int64_t{model.kv_heads} * model.head_dim),
        hidden(model.hidden),
        inner(model.intermediate),
        vocabulary(model.vocabulary),
        layers(model.layers) {}
};

/// A weight of a layer, as the products take it.
struct Stacked {
  std::vector<Weights::Part> parts;
  std::int64_t inputs;
};
struct LayerWeights {
  Stacked qkv, out, gate_up, down;
};

LayerWeights layer_weights(const Shapes& shapes, int layer) {
  const std::string at = "model.layers." + std::to_string(layer) + ".";
  const std::string attention = at + "self_attn.";
  const std::string mlp = at + "mlp.";
  return {.qkv = {{{attention + "q_proj.weight", shapes.q},
                   {attention + "k_proj.weight", shapes.kv},
                   {attention + "v_proj.weight", shapes.kv}},
                  shapes.hidden},
          .out = {{{attention + "o_proj.weight", shapes.hidden}}, shapes.q},
          .gate_up = {{{mlp + "gate_proj.weight", shapes.inner},
                       {mlp + "up_proj.weight", shapes.inner}},
                      shapes.hidden},
          .down = {{{mlp + "down_proj.weight", shapes.hidden}}, shapes.inner}};
}

/// How the weights of layers are kept on the device: what a checkpoint has in e4m3 stays so.
class Kept {
 public:
  Kept(const Weights& weights, const Shapes& shapes, std::int32_t wanted)
      : weights_(weights), wanted_(wanted) {
    for (int i = 0; i < shapes.layers; ++i) {
      const LayerWeights layer = layer_weights(shapes, i);
      for (const Stacked* one : {&layer.qkv, &layer.out, &layer.gate_up, &layer.down}) {
        std::int64_t rows = 0;
        for (const auto& part : one->parts) rows += part.rows;
        const bool fp8 = dtype(*one) == BATON_E4M3;
        any_fp8_ |= fp8;
        bytes_ += rows * one->inputs * (fp8 ? 1 : 2) + (fp8 ? 4 * rows : 0);
      }
    }
  }
  std::int32_t dtype(const Stacked& one) const {
    return weights_.all_e4m3(one.parts, one.inputs) ? std::int32_t{BATON_E4M3} : wanted_;
  }
  bool any_fp8() const { return any_fp8_; }
  std::int64_t bytes() const { return bytes_; }

 private:
  const Weights& weights_;
  std::int32_t wanted_;
  bool any_fp8_ = false;
  std::int64_t bytes_ = 0;
};

/// Blocks of prompts in one step that prefill attention over an e4m3 pool widens: a whole sequence,
/// and what a step of many fresh prompts has.
int expanded_blocks(const baton_options& options, int positions) {
  return (positions + options.max_tokens) / BATON_BLOCK_TOKENS + options.max_sequences;
}

/// Angles as the CPU backend computes them.
void upload_rotary(const baton_model& model, int positions, AttentionContext& context) {
  const std::size_t half = static_cast<std::size_t>(model.head_dim / 2);
  std::vector<float> cosine(half * static_cast<std::size_t>(positions));
  std::vector<float> sine(cosine.size());
  for (std::size_t i = 0; i < cosine.size(); ++i) {
    const float angle =
        static_cast<float>(i / half) * model.inverse_frequencies[i % half];
    cosine[i] = std::cos(angle);
    sine[i] = std::sin(angle);
  }
  context.cosine = DeviceBuffer<float>(cosine.size());
  context.sine = DeviceBuffer<float>(sine.size());
  BATON_CUDA(cudaMemcpy(context.cosine.data(), cosine.data(), context.cosine.bytes(),
                        cudaMemcpyHostToDevice));
  BATON_CUDA(cudaMemcpy(context.sine.data(), sine.data(), context.sine.bytes(),
                        cudaMemcpyHostToDevice));
}

std::unique_ptr<AttentionContext> attention_context(const baton_model& model,
                                                    const baton_options& options,
                                                    const KvView& pool, int positions,
                                                    Products& products) {
  auto context = std::make_unique<AttentionContext>();
  context->shape = {model.heads, model.kv_heads, model.head_dim};
  context->fast = has_fast_attention(context->shape);
  context->pool = pool;
  context->products = &products;
  if (context->fast) {
    context->decode_map = map_pool(pool, options.kv_blocks, 32);
    context->prefill_map = map_pool(pool, options.kv_blocks, 16);
    context->decode = DecodeAttention(context->shape, Decoder::padded(options.max_sequences));
    if (pool.fp8) {
      const int longest = (positions + BATON_BLOCK_TOKENS - 1) / BATON_BLOCK_TOKENS;
      context->expanded_blocks = expanded_blocks(options, positions);
      context->expanded = ExpandedContext(context->shape, context->expanded_blocks,
                                          options.max_sequences, longest);
    }
  }
  upload_rotary(model, positions, *context);
  return context;
}

}  // namespace

LlamaMemory llama_memory(const baton_model& model, const baton_options& options, int positions) {
  const Shapes shapes(model);
  const Weights weights(model);
  const Kept kept(weights, shapes, options.weight_dtype);
  const std::int64_t heads = shapes.vocabulary * shapes.hidden * (model.tied_embeddings ? 1 : 2);
  const std::int64_t norms = shapes.hidden * (2 * shapes.layers + 1);
  const std::int64_t rows = Decoder::padded(options.max_tokens);
  const std::int64_t widest = std::max(2 * (3 * shapes.q + 2 * shapes.kv), 6 * shapes.inner);
  const std::int64_t samples = Decoder::padded(options.max_sequences);
  const std::int64_t widened =
      options.kv_dtype == BATON_E4M3 ? expanded_blocks(options, positions) * 64 * shapes.kv : 0;
  const std::int64_t angles = std::int64_t{positions} * model.head_dim;
  return {.weights = static_cast<std::uint64_t>(
              kept.bytes() + 2 * heads + 4 * norms),
          .activations = static_cast<std::uint64_t>(
              rows * (6 * shapes.hidden + widest + (kept.any_fp8() ? shapes.inner : 0)) +
              4 * samples * shapes.hidden + 8 * samples * shapes.vocabulary + 4 * angles +
              widened)};
}

std::unique_ptr<Decoder> load_llama(const baton_model& model, const baton_options& options,
                                    const KvView& pool, int positions, cudaStream_t stream) {
  const Weights weights(model);
  const Shapes shapes(model);
  const Kept kept(weights, shapes, options.weight_dtype);
  const int rows = Decoder::padded(options.max_tokens);
  const int hidden = model.hidden;
  const int q = static_cast<int>(shapes.q);
  const int inner = model.intermediate;
  auto products =
      std::make_unique<Products>(rows, std::max({hidden, q, inner}), kept.any_fp8());
  auto in_bf16 = [&](const std::string& name) {
    return DeviceMatrix(weights, {{name, shapes.vocabulary}}, hidden, BATON_BF16, stream);
  };
  auto matrix = [&](const Stacked& one) {
    return DeviceMatrix(weights, one.parts, static_cast<int>(one.inputs), kept.dtype(one), stream);
  };

  const std::string embedding = "model.embed_tokens.weight";
  Decoder::Weights loaded{.hidden = hidden,
                          .vocabulary = model.vocabulary,
                          .rms_epsilon = model.rms_epsilon,
                          .embedding = in_bf16(embedding),
                          .head = nullptr,
                          .final_norm = upload_vector(weights, "model.norm.weight", hidden),
                          .attention = attention_context(model, options, pool, positions,
                                                         *products),
                          .parts = {}};
  if (model.tied_embeddings == 0) {
    loaded.head = std::make_unique<DeviceMatrix>(in_bf16("lm_head.weight"));
  }
  for (int i = 0; i < model.layers; ++i) {
    const std::string at = "model.layers." + std::to_string(i) + ".";
    const LayerWeights layer = layer_weights(shapes, i);
    loaded.parts.push_back(
        {upload_vector(weights, at + "input_layernorm.weight", hidden),
         std::make_unique<GroupedQueryAttention>(*loaded.attention, i, matrix(layer.qkv),
                                                 matrix(layer.out))});
    loaded.parts.push_back(
        {upload_vector(weights, at + "post_attention_layernorm.weight", hidden),
         std::make_unique<GatedFeedForward>(*products, matrix(layer.gate_up), matrix(layer.down))});
  }
  return std::make_unique<Decoder>(std::move(products), std::move(loaded), rows,
                                   options.max_sequences);
}

}  // namespace baton::cuda
