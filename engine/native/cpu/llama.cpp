#include "llama.hpp"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "batch.hpp"
#include "error.hpp"

namespace baton::cpu {
namespace {

constexpr int kMlpRows = 128;  // rows of a feed-forward tile, so that its intermediate stays cached

std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }

void check(const baton_options& options, const baton_model& model) {
  require(options.threads > 0 && options.threads <= 1024, "threads must be between 1 and 1024");
  require(options.max_tokens > 0 && options.max_tokens <= 1 << 20,
          "max_tokens must be between 1 and 1048576");
  require(options.max_sequences > 0 && options.max_sequences <= 1 << 16,
          "max_sequences must be between 1 and 65536");
  if (options.weight_dtype != BATON_BF16 || options.kv_dtype != BATON_BF16) {
    throw Failure(BATON_UNSUPPORTED, "weights and KV pool are in BF16 on a CPU");
  }
  require(options.kv_blocks > 0, "kv_blocks must be positive");
  require(options.kv_pool != nullptr, "the KV pool is missing");
  const std::uint64_t block = std::uint64_t{2} * BATON_BLOCK_TOKENS * sizeof(bf16) *
                              size(model.kv_heads) * size(model.layers) * size(model.head_dim);
  require(options.kv_pool_bytes / block >= size(options.kv_blocks),
          "the KV pool has " + std::to_string(options.kv_pool_bytes) + " bytes, " +
              std::to_string(options.kv_blocks) + " blocks of " + std::to_string(block) +
              " bytes do not fit");
}

const baton_model& checked(const baton_model& model, const baton_options& options) {
  baton::check(model);
  check(options, model);
  return model;
}

KvPool make_pool(const baton_model& model, const baton_options& options) {
  const std::int64_t head =
      std::int64_t{2} * model.layers * KvPool::block_tokens * model.head_dim;
  return {.data = static_cast<bf16*>(options.kv_pool),
          .block_stride = head * model.kv_heads,
          .head_stride = head,
          .layers = model.layers,
          .head_dim = model.head_dim};
}

}  // namespace

Llama::Llama(const baton_model& model, const baton_options& options)
    : kernels_(select_kernels((checked(model, options), options.isa))),
      shape_(model),
      options_(options),
      pool_(make_pool(model, options)),
      products_(kernels_.bf16_activations, options.max_tokens, options.threads) {
  const ThreadCount threads(options.threads);
  shape_.max_positions = static_cast<std::int32_t>(
      std::min<std::int64_t>(model.max_positions,
                             std::int64_t{options.kv_blocks} * BATON_BLOCK_TOKENS));
  load(model);
  build_rotary(model);
  allocate();
}

void Llama::load(const baton_model& model) {
  const Weights weights(model);
  auto pack = [&](const std::vector<Weights::Part>& parts, int inputs, bool accumulate,
                  int max_rows) {
    std::int64_t outputs = 0;
    for (const auto& part : parts) outputs += part.rows;
    const int columns = static_cast<int>(outputs);
    if (kernels_.bf16_activations) {
      return products_.pack(inputs, columns, accumulate, weights.stack_bf16(parts, inputs).data(),
                            max_rows);
    }
    return products_.pack(inputs, columns, accumulate, weights.stack_f32(parts, inputs).data(),
                          max_rows);
  };
  const int hidden = model.hidden;
  const std::int64_t q = std::int64_t{model.heads} * model.head_dim;
  const std::int64_t kv = std::int64_t{model.kv_heads} * model.head_dim;
  const std::int64_t inner = model.intermediate;

  const std::string embedding = "model.embed_tokens.weight";
  embedding_ = weights.stack_bf16({{embedding, model.vocabulary}}, hidden);
  for (int i = 0; i < model.layers; ++i) {
    const std::string at = "model.layers." + std::to_string(i) + ".";
    const std::string attention = at + "self_attn.";
    const std::string mlp = at + "mlp.";
    Layer& layer = layers_.emplace_back();
    layer.attention_norm = weights.vector(at + "input_layernorm.weight", hidden);
    layer.mlp_norm = weights.vector(at + "post_attention_layernorm.weight", hidden);
    layer.qkv = pack({{attention + "q_proj.weight", q},
                      {attention + "k_proj.weight", kv},
                      {attention + "v_proj.weight", kv}},
                     hidden, false, options_.max_tokens);
    layer.out = pack({{attention + "o_proj.weight", hidden}}, static_cast<int>(q), true,
                     options_.max_tokens);
    layer.gate_up = pack({{mlp + "gate_proj.weight", inner}, {mlp + "up_proj.weight", inner}},
                         hidden, false, std::min(options_.max_tokens, kMlpRows));
    layer.down = pack({{mlp + "down_proj.weight", hidden}}, static_cast<int>(inner), true,
                      std::min(options_.max_tokens, kMlpRows));
  }
  final_norm_ = weights.vector("model.norm.weight", hidden);
  head_ = pack({{model.tied_embeddings != 0 ? embedding : "lm_head.weight", model.vocabulary}},
               hidden, false, options_.max_sequences);
}

void Llama::build_rotary(const baton_model& model) {
  const auto half = size(model.head_dim / 2);
  cosine_.resize(half * size(shape_.max_positions));
  sine_.resize(cosine_.size());
  for (std::size_t position = 0; position < size(shape_.max_positions); ++position) {
    for (std::size_t i = 0; i < half; ++i) {
      const float angle = static_cast<float>(position) * model.inverse_frequencies[i];
      cosine_[position * half + i] = std::cos(angle);
      sine_[position * half + i] = std::sin(angle);
    }
  }
}

Llama::Activations Llama::activations(int columns) const {
  Activations out;
  out.row_bytes = size(columns) * (kernels_.bf16_activations ? sizeof(bf16) : sizeof(float));
  out.bytes.resize(out.row_bytes * size(options_.max_tokens + Products::padding));
  return out;
}

void Llama::allocate() {
  const std::size_t rows = size(options_.max_tokens + Products::padding);
  const std::size_t sequences = size(options_.max_sequences + head_.smallest_rows());
  const int q = shape_.heads * shape_.head_dim;
  positions_.resize(rows);
  slice_of_.resize(rows);
  residual_.resize(rows * size(shape_.hidden));
  qkv_.resize(rows * size(q + 2 * shape_.kv_heads * shape_.head_dim));
  gate_up_.resize(size(kMlpRows + Products::padding) * 2 * size(shape_.intermediate));
  last_.resize(sequences * size(shape_.hidden));
  logits_.resize(sequences * size(shape_.vocabulary));
  normed_ = activations(shape_.hidden);
  normed_.bytes.resize(normed_.row_bytes * std::max(rows, sequences));
  queries_ = activations(q);
  attended_ = activations(q);
  gated_ = activations(shape_.intermediate);
  attention_scratch_.resize(size(options_.threads));
  for (auto& scratch : attention_scratch_) {
    scratch.resize(kernels_.attention_scratch_bytes(shape_.head_dim) / sizeof(CacheLine));
  }
}

void Llama::step(std::span<const baton_slice> slices, std::span<baton_sample> samples) {
  baton::check(slices.data(), slices.size(), samples.size(),
               {.vocabulary = shape_.vocabulary,
                .max_positions = shape_.max_positions,
                .max_tokens = options_.max_tokens,
                .max_sequences = options_.max_sequences,
                .kv_blocks = options_.kv_blocks});
  const ThreadCount threads(options_.threads);
  embed(slices);
  for (int i = 0; i < shape_.layers; ++i) {
    Layer& layer = layers_[size(i)];
    norm(residual_.data(), layer.attention_norm, tokens_, normed_);
    layer.qkv.run(tokens_, normed_.row(0), qkv_.data());
    rotate_and_store(slices, i);
    attend(slices, i);
    layer.out.run(tokens_, attended_.row(0), residual_.data());
    feed_forward(layer);
  }
  sample_all(slices, samples);
}

void Llama::embed(std::span<const baton_slice> slices) {
  tokens_ = 0;
  for (std::size_t s = 0; s < slices.size(); ++s) {
    for (int i = 0; i < slices[s].count; ++i, ++tokens_) {
      positions_[size(tokens_)] = slices[s].start + i;
      slice_of_[size(tokens_)] = static_cast<std::int32_t>(s);
      kernels_.load_bf16(&embedding_[size(slices[s].tokens[i]) * size(shape_.hidden)],
                         shape_.hidden, &residual_[size(tokens_) * size(shape_.hidden)]);
    }
  }
}

void Llama::norm(const float* x, const std::vector<float>& weight, int rows, Activations& out) {
#pragma omp parallel for if (rows > 8)
  for (int row = 0; row < rows; ++row) {
    kernels_.rms_norm(x + std::int64_t{row} * shape_.hidden, weight.data(), shape_.hidden,
                      shape_.rms_epsilon, out.row(row));
  }
}

void Llama::rotate_and_store(std::span<const baton_slice> slices, int layer) {
  const int dim = shape_.head_dim;
  const int width = (shape_.heads + 2 * shape_.kv_heads) * dim;
  const std::size_t head_bytes = queries_.row_bytes / size(shape_.heads);
#pragma omp parallel for if (tokens_ > 8)
  for (int token = 0; token < tokens_; ++token) {
    const int position = positions_[size(token)];
    const float* cosine = &cosine_[size(position) * size(dim / 2)];
    const float* sine = &sine_[size(position) * size(dim / 2)];
    const float* from = &qkv_[size(token) * size(width)];
    for (int head = 0; head < shape_.heads; ++head, from += dim) {
      kernels_.rope(from, cosine, sine, dim, queries_.row(token) + head_bytes * size(head));
    }
    const baton_slice& slice = slices[size(slice_of_[size(token)])];
    const std::int32_t block = slice.blocks[position / BATON_BLOCK_TOKENS];
    const int in_block = position % BATON_BLOCK_TOKENS;
    for (int head = 0; head < shape_.kv_heads; ++head, from += dim) {
      kernels_.rope_bf16(from, cosine, sine, dim, pool_.at(block, head, layer, 0, in_block));
    }
    for (int head = 0; head < shape_.kv_heads; ++head, from += dim) {
      kernels_.store_bf16(from, dim, pool_.at(block, head, layer, 1, in_block));
    }
  }
}

void Llama::attend(std::span<const baton_slice> slices, int layer) {
  const int group = shape_.heads / shape_.kv_heads;
  const int tile = std::max(1, kMaxAttentionRows / group);
  const std::size_t head_bytes = queries_.row_bytes / size(shape_.heads);
  tasks_.clear();
  int token = 0;
  for (const baton_slice& slice : slices) {
    for (int first = 0; first < slice.count; first += tile) {
      for (int head = 0; head < shape_.kv_heads; ++head) {
        const std::size_t offset = head_bytes * size(head * group);
        tasks_.push_back({.pool = &pool_,
                          .blocks = slice.blocks,
                          .kv_head = head,
                          .layer = layer,
                          .group = group,
                          .queries = std::min(tile, slice.count - first),
                          .position = slice.start + first,
                          .head_dim = shape_.head_dim,
                          .heads = shape_.heads,
                          .scale = 1.0F / std::sqrt(static_cast<float>(shape_.head_dim)),
                          .q = queries_.row(token + first) + offset,
                          .out = attended_.row(token + first) + offset});
      }
    }
    token += slice.count;
  }
  const int count = static_cast<int>(tasks_.size());
#pragma omp parallel for schedule(dynamic) if (count > 1)
  for (int i = 0; i < count; ++i) {
    kernels_.attention(tasks_[size(i)], attention_scratch_[size(omp_get_thread_num())].data());
  }
}

void Llama::feed_forward(Layer& layer) {
  norm(residual_.data(), layer.mlp_norm, tokens_, normed_);
  const int inner = shape_.intermediate;
  for (int first = 0; first < tokens_; first += kMlpRows) {
    const int rows = std::min(kMlpRows, tokens_ - first);
    layer.gate_up.run(rows, normed_.row(first), gate_up_.data());
#pragma omp parallel for if (rows > 8)
    for (int row = 0; row < rows; ++row) {
      const float* gate = &gate_up_[size(row) * 2 * size(inner)];
      kernels_.swiglu(gate, gate + inner, inner, gated_.row(row));
    }
    layer.down.run(rows, gated_.row(0), &residual_[size(first) * size(shape_.hidden)]);
  }
}

void Llama::sample_all(std::span<const baton_slice> slices, std::span<baton_sample> samples) {
  sampled_ = 0;
  std::size_t token = 0;
  for (const baton_slice& slice : slices) {
    token += size(slice.count);
    if (slice.sample == 0) continue;
    std::memcpy(&last_[sampled_ * size(shape_.hidden)],
                &residual_[(token - 1) * size(shape_.hidden)],
                size(shape_.hidden) * sizeof(float));
    ++sampled_;
  }
  if (sampled_ == 0) return;
  const int rows = static_cast<int>(sampled_);
  norm(last_.data(), final_norm_, rows, normed_);
  head_.run(rows, normed_.row(0), logits_.data());
  std::size_t next = 0;
  for (std::size_t s = 0; s < slices.size(); ++s) {
    const baton_slice& slice = slices[s];
    if (slice.sample == 0) continue;
    try {
      sample(&logits_[next * size(shape_.vocabulary)], shape_.vocabulary, slice.sampling,
             slice.history, std::int64_t{slice.start} + slice.count, sampler_, samples[next],
             slice.mask);
    } catch (const Failure& failure) {
      throw Failure(failure.status(), "slice " + std::to_string(s) + ": " + failure.what());
    }
    ++next;
  }
}

std::span<const float> Llama::logits(std::size_t sample) const {
  require(sample < sampled_, "the last step sampled " + std::to_string(sampled_) + " tokens");
  return std::span(logits_).subspan(sample * size(shape_.vocabulary), size(shape_.vocabulary));
}

}  // namespace baton::cpu
