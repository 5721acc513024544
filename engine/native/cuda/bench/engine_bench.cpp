// Whole steps of a Llama-3.1-8B-shaped model with random weights, through the C ABI.
// Usage: engine_bench libbaton_cuda.so [copy bandwidth in TB/s]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "backend.hpp"
#include "bf16.hpp"

using namespace baton;
using namespace baton::testing;

namespace {

constexpr int kHidden = 4096;
constexpr int kLayers = 32;
constexpr int kHeads = 32;
constexpr int kKvHeads = 8;
constexpr int kDim = 128;
constexpr int kInner = 14336;
constexpr int kVocabulary = 128256;
constexpr int kContext = 6144;
constexpr int kBlocksEach = kContext / BATON_BLOCK_TOKENS + 8;  // and the tokens decoded
constexpr double kKvBytes = 2.0 * kLayers * kKvHeads * kDim * 2;  // a token, bf16

/// One stretch of noise in which every tensor begins somewhere else.
class NoiseModel {
 public:
  NoiseModel() : noise_(std::size_t{1} << 30) {
    const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::thread> workers;
    for (unsigned t = 0; t < threads; ++t) {
      workers.emplace_back([this, t, threads] {
        std::uint64_t state = 88172645463325252ULL + t * 0x9E3779B97F4A7C15ULL;
        const std::size_t each = noise_.size() / threads;
        for (std::size_t i = t * each; i < (t + 1) * each; ++i) {
          state ^= state << 13;
          state ^= state >> 7;
          state ^= state << 17;
          const double unit = static_cast<double>(state >> 11) * 0x1p-53;
          noise_[i] = to_bf16(static_cast<float>((unit - 0.5) * 0.06));
        }
      });
    }
    for (auto& worker : workers) worker.join();
    ones_.assign(kHidden, to_bf16(1.0F));
    for (int i = 0; i < kDim / 2; ++i) {
      frequencies_.push_back(static_cast<float>(std::pow(500000.0, -2.0 * i / kDim)));
    }
    names_.reserve(3 + 9 * kLayers);
    add("model.embed_tokens.weight", kVocabulary, kHidden);
    add("lm_head.weight", kVocabulary, kHidden);
    add("model.norm.weight", kHidden, 1);
    for (int i = 0; i < kLayers; ++i) {
      const std::string at = "model.layers." + std::to_string(i) + ".";
      add(at + "input_layernorm.weight", kHidden, 1);
      add(at + "self_attn.q_proj.weight", kHeads * kDim, kHidden);
      add(at + "self_attn.k_proj.weight", kKvHeads * kDim, kHidden);
      add(at + "self_attn.v_proj.weight", kKvHeads * kDim, kHidden);
      add(at + "self_attn.o_proj.weight", kHidden, kHeads * kDim);
      add(at + "post_attention_layernorm.weight", kHidden, 1);
      add(at + "mlp.gate_proj.weight", kInner, kHidden);
      add(at + "mlp.up_proj.weight", kInner, kHidden);
      add(at + "mlp.down_proj.weight", kHidden, kInner);
    }
    model_ = {.hidden = kHidden,
              .layers = kLayers,
              .heads = kHeads,
              .kv_heads = kKvHeads,
              .head_dim = kDim,
              .intermediate = kInner,
              .vocabulary = kVocabulary,
              .max_positions = 131072,
              .rms_epsilon = 1e-5F,
              .tied_embeddings = 0,
              .inverse_frequencies = frequencies_.data(),
              .tensors = tensors_.data(),
              .tensor_count = tensors_.size()};
  }
  const baton_model& model() const { return model_; }
  double layer_elements() const {
    return double{kLayers} * (kHidden * (2.0 * kHeads + 2.0 * kKvHeads) * kDim +
                              3.0 * kHidden * kInner);
  }

 private:
  void add(const std::string& name, std::int64_t rows, std::int64_t columns) {
    const auto size = static_cast<std::size_t>(rows * columns);
    next_ = (next_ + 7919 * 64) % (noise_.size() - size);
    names_.push_back(name);
    tensors_.push_back({.name = names_.back().c_str(),
                        .data = columns == 1 ? ones_.data() : noise_.data() + next_,
                        .bytes = size * 2,
                        .shape = {rows, columns},
                        .dtype = BATON_BF16,
                        .reserved = 0});
  }

  std::vector<bf16> noise_, ones_;
  std::vector<float> frequencies_;
  std::vector<std::string> names_;
  std::vector<baton_tensor> tensors_;
  std::size_t next_ = 0;
  baton_model model_{};
};

struct Sequence {
  std::vector<std::int32_t> tokens;
  std::vector<std::int32_t> blocks;
};

double now() {
  return std::chrono::duration<double, std::milli>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

class Bench {
 public:
  Bench(const Backend& backend, const NoiseModel& noise, int sequences, std::int32_t weight_dtype,
        std::int32_t kv_dtype)
      : weight_bytes_(noise.layer_elements() * (weight_dtype == BATON_E4M3 ? 1 : 2) +
                      2.0 * kVocabulary * kHidden),
        kv_bytes_(kKvBytes / (kv_dtype == BATON_E4M3 ? 2 : 1)),
        model_(backend, noise.model(),
               {.threads = 1,
                .max_tokens = kContext,
                .max_sequences = std::max(sequences, 1),
                .kv_blocks = sequences * kBlocksEach,
                .kv_pool = nullptr,
                .kv_pool_bytes = 0,
                .isa = nullptr,
                .device = 0,
                .weight_dtype = weight_dtype,
                .kv_dtype = kv_dtype,
                .reserved = 0}) {
    std::uint64_t state = 1;
    for (int s = 0; s < sequences; ++s) {
      auto& sequence = sequences_.emplace_back();
      for (int i = 0; i < kContext + 120; ++i) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        sequence.tokens.push_back(static_cast<std::int32_t>((state >> 33) % kVocabulary));
      }
      // neighbours in a sequence are not neighbours in the pool
      for (int i = 0; i < kBlocksEach; ++i) sequence.blocks.push_back(i * sequences + s);
    }
  }

  /// Prefills every sequence, the first several times: one at a time, and without a pause, which makes
  /// the device lower its clock to keep its limit of power.
  void prefill(const char* name) {
    std::vector<double> alone;
    for (int repeat = 0; repeat < 7; ++repeat) {
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
      alone.push_back(prefill(sequences_[0]));
    }
    print_prefill(name, "one at a time", median(alone));
    std::vector<double> in_a_row;
    for (int repeat = 0; repeat < 15; ++repeat) in_a_row.push_back(prefill(sequences_[0]));
    print_prefill(name, "in a row", median(in_a_row));
    for (std::size_t i = 1; i < sequences_.size(); ++i) prefill(sequences_[i]);
  }

  /// Decode steps with the next one submitted before the tokens of the last are read.
  void decode(const char* name, int batch, double copy) {
    std::vector<double> times;
    submit(batch, 0, false);
    double last = now();
    for (int i = 1; i < 60; ++i) {
      submit(batch, i, true);
      model_.wait(static_cast<std::size_t>(batch));
      const double at = now();
      if (i > 8) times.push_back(at - last);
      last = at;
    }
    model_.wait(static_cast<std::size_t>(batch));
    const double ms = median(times);
    const double bytes = weight_bytes_ + kv_bytes_ * batch * kContext;
    std::printf("decode batch %2d, context %d, %-18s %8.3f ms  %6.2f TB/s  %5.1f %% of copy\n",
                batch, kContext, name, ms, bytes / ms / 1e9, 100 * bytes / ms / 1e9 / copy);
  }

 private:
  static void print_prefill(const char* name, const char* how, double ms) {
    std::printf("prefill %d tokens, batch 1, %-16s %-13s %8.1f ms  %8.0f tokens/s\n", kContext, name,
                how, ms, kContext / ms * 1e3);
  }

  double prefill(const Sequence& sequence) {
    const double from = now();
    model_.step({slice(sequence.tokens.data(), sequence, 0, kContext)});
    return now() - from;
  }

  void submit(int batch, int step, bool pending) {
    std::vector<baton_slice> slices;
    pending_.resize(static_cast<std::size_t>(batch));
    for (int s = 0; s < batch; ++s) {
      const Sequence& sequence = sequences_[static_cast<std::size_t>(s)];
      pending_[static_cast<std::size_t>(s)] =
          pending ? -1 - s : sequence.tokens[static_cast<std::size_t>(kContext)];
      slices.push_back(slice(&pending_[static_cast<std::size_t>(s)], sequence, kContext + step, 1));
    }
    model_.submit(slices);
  }

  static baton_slice slice(const std::int32_t* tokens, const Sequence& sequence, int start,
                           int count) {
    return {.tokens = tokens,
            .history = nullptr,
            .blocks = sequence.blocks.data(),
            .mask = nullptr,
            .start = start,
            .count = count,
            .block_count = kBlocksEach,
            .sample = 1,
            .sampling = greedy()};
  }

  double weight_bytes_;
  double kv_bytes_;
  std::vector<Sequence> sequences_;
  std::vector<std::int32_t> pending_;
  OpenModel model_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s libbaton_cuda.so [TB/s of a device copy]\n", argv[0]);
    return 2;
  }
  const Backend backend(argv[1]);
  const double copy = argc > 2 ? std::atof(argv[2]) : 4.25;
  const int most = argc > 3 ? std::atoi(argv[3]) : 64;
  double from = now();
  const NoiseModel noise;
  std::printf("weights made in %.1f s\n", (now() - from) / 1e3);
  {
    from = now();
    Bench bench(backend, noise, most, BATON_BF16, BATON_BF16);
    std::printf("model opened in %.1f s\n", (now() - from) / 1e3);
    bench.prefill("bf16");
    for (const int batch : {1, 2, 4, 8, 16, 32, 64}) {
      if (batch <= most) bench.decode("bf16", batch, copy);
    }
  }
  {
    Bench bench(backend, noise, 8, BATON_E4M3, BATON_BF16);
    bench.prefill("e4m3 weights");
    for (const int batch : {1, 8}) bench.decode("e4m3 weights", batch, copy);
  }
  {
    Bench bench(backend, noise, std::min(32, most), BATON_E4M3, BATON_E4M3);
    bench.prefill("e4m3 weights, KV");
    for (const int batch : {1, 8, 32}) {
      if (batch <= most) bench.decode("e4m3 weights, KV", batch, copy);
    }
  }
  return 0;
}
