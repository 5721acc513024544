#include "engine.hpp"

#include <algorithm>
#include <cstdio>

#include "batch.hpp"
#include "llama.hpp"
#include "sampling.hpp"
#include "pending_tokens.hpp"

namespace baton::cuda {
namespace {

constexpr std::uint64_t kReserve = std::uint64_t{256} << 20;  // library workspaces, graphs, context

std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }

std::size_t answer_bytes(int samples) {
  return size(samples) * (sizeof(baton_sample) + sizeof(SampleFlaw));
}

void check(const baton_options& options) {
  require(options.max_tokens > 0 && options.max_tokens <= 1 << 20,
          "max_tokens must be between 1 and 1048576");
  require(options.max_sequences > 0 && options.max_sequences <= 1 << 12,
          "max_sequences must be between 1 and 4096");
  require(options.kv_blocks > 0, "kv_blocks must be positive");
  require(options.kv_pool == nullptr, "this backend keeps its own KV pool");
  require(options.weight_dtype == BATON_BF16 || options.weight_dtype == BATON_E4M3,
          "weights are kept as bf16 or e4m3");
  require(options.kv_dtype == BATON_BF16 || options.kv_dtype == BATON_E4M3,
          "the KV cache is kept as bf16 or e4m3");
}

int checked_device(const baton_model& model, const baton_options& options) {
  baton::check(model);
  check(options);
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    cudaGetLastError();
    throw Failure(BATON_UNSUPPORTED, "no CUDA device is usable here: is a driver installed?");
  }
  require(options.device >= 0 && options.device < devices,
          "device " + std::to_string(options.device) + " is not one of the " +
              std::to_string(devices) + " here");
  BATON_CUDA(cudaSetDevice(options.device));
  return options.device;
}

std::string gibibytes(std::uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f GiB", static_cast<double>(bytes) / (1 << 30));
  return text;
}

std::uint64_t block_bytes(const baton_model& model, const baton_options& options) {
  return std::uint64_t{2} * BATON_BLOCK_TOKENS * size(model.kv_heads) * size(model.layers) *
         size(model.head_dim) * (options.kv_dtype == BATON_E4M3 ? 1 : 2);
}

/// Fails before the first byte is allocated, with all that would have been.
void check_memory(const baton_model& model, const baton_options& options, int positions) {
  std::size_t left = 0;
  std::size_t all = 0;
  BATON_CUDA(cudaMemGetInfo(&left, &all));
  const LlamaMemory model_needs = llama_memory(model, options, positions);
  const std::uint64_t pool = block_bytes(model, options) * size(options.kv_blocks);
  const std::uint64_t rest = model_needs.activations + kReserve;
  const std::uint64_t needed = model_needs.weights + pool + rest;
  if (needed <= left) return;
  throw Failure(BATON_OUT_OF_MEMORY,
                "device " + std::to_string(options.device) + " has " + gibibytes(left) +
                    " free of " + gibibytes(all) + ", needed are " + gibibytes(needed) +
                    ": weights " + gibibytes(model_needs.weights) + ", " +
                    std::to_string(options.kv_blocks) + " KV blocks " + gibibytes(pool) +
                    ", activations " + gibibytes(rest));
}

KvView view(const baton_model& model, const baton_options& options, void* pool) {
  const std::int64_t head =
      std::int64_t{2} * model.layers * BATON_BLOCK_TOKENS * model.head_dim;
  return {pool, head * model.kv_heads, head, model.head_dim,
          options.kv_dtype == BATON_E4M3};
}

std::string architecture_of(int device) {
  cudaDeviceProp properties{};
  BATON_CUDA(cudaGetDeviceProperties(&properties, device));
  const std::string number = std::to_string(properties.major) + std::to_string(properties.minor);
  return number == "90" ? "sm_90a" : "sm_" + number + " (generic kernels)";
}

/// Batch sizes for which a decode step is captured.
std::vector<int> buckets(const baton_options& options) {
  const int most = std::min({options.max_sequences, options.max_tokens, 512});
  std::vector<int> sizes;
  for (int n = 1; n < most; n += n < kFewRows ? 1 : n < 64 ? (n == kFewRows ? 4 : 8) : 32) {
    sizes.push_back(n);
  }
  sizes.push_back(most);
  return sizes;
}

}  // namespace

Engine::Engine(const baton_model& model, const baton_options& options)
    : device_(checked_device(model, options)),
      samples_room_(Decoder::padded(options.max_sequences)),
      options_(options),
      max_positions_(static_cast<std::int32_t>(std::min<std::int64_t>(
          model.max_positions, std::int64_t{options.kv_blocks} * BATON_BLOCK_TOKENS))),
      vocabulary_(model.vocabulary),
      architecture_(architecture_of(device_)) {
  check_memory(model, options, max_positions_);
  kv_ = std::make_unique<KvMemory>(device_, options.kv_blocks,
                                   static_cast<std::int64_t>(block_bytes(model, options)));
  decoder_ = load_llama(model, options, view(model, options, kv_->data()), max_positions_, stream_);
  BATON_CUDA(cudaDeviceSynchronize());  // weights are read before kernels wait for each other
  upload_ = std::make_unique<BatchUpload>(options, Decoder::padded(options.max_tokens),
                                          samples_room_, max_positions_, vocabulary_);
  sampler_ = std::make_unique<Sampler>(options.max_sequences, vocabulary_);
  answer_ = DeviceBuffer<std::byte>(answer_bytes(samples_room_));
  host_answers_ = PinnedBuffer<std::byte>(BATON_STEPS_AHEAD * answer_.size());
  warm_up();
}

Engine::~Engine() {
  cudaSetDevice(device_);
  cudaStreamSynchronize(stream_);
}

void Engine::warm_up() {
  decoder_->products().tune(true);
  const int rows = Decoder::padded(options_.max_tokens);
  upload_->write({}, {.rows = rows, .slices = 0, .samples = 0, .tiles = 0}, 0);
  upload_->copy(0, stream_);
  Step step = upload_->step();
  decoder_->run(step, nullptr, 0, device_samples(), stream_);
  for (const int bucket : buckets(options_)) {
    upload_->write({}, {.rows = bucket, .slices = bucket, .samples = bucket, .tiles = 0}, 0);
    upload_->copy(0, stream_);
    auto run = [&] {
      decoder_->run(upload_->step(), upload_->sampled_rows(), bucket, device_samples(), stream_);
    };
    run();
    stream_.wait();
    graphs_.emplace(bucket, Graph::capture(stream_, run));
  }
  decoder_->products().tune(false);
  stream_.wait();
}

int Engine::bucket_of(std::span<const baton_slice> slices) const {
  const bool decodes = std::all_of(slices.begin(), slices.end(), [](const baton_slice& slice) {
    return slice.count == 1 && slice.sample != 0;
  });
  const auto found = graphs_.lower_bound(static_cast<int>(slices.size()));
  return decodes && found != graphs_.end() ? found->first : 0;
}

void Engine::submit(std::span<const baton_slice> slices) {
  require(!broken_, "the engine has failed before and can only be closed");
  require(on_their_way() < BATON_STEPS_AHEAD,
          std::to_string(on_their_way()) + " steps are on their way: wait for one first");
  baton::check(slices.data(), slices.size(), slices.size(),
               {.vocabulary = vocabulary_,
                .max_positions = max_positions_,
                .max_tokens = options_.max_tokens,
                .max_sequences = options_.max_sequences,
                .kv_blocks = options_.kv_blocks,
                .pending = last_samples_});
  const int slot = submitted_ % BATON_STEPS_AHEAD;
  Pending& pending = pending_[slot];
  pending.slice_of.clear();
  pending.positions.clear();
  for (std::size_t i = 0; i < slices.size(); ++i) {
    if (slices[i].sample == 0) continue;
    pending.slice_of.push_back(static_cast<int>(i));
    pending.positions.push_back(std::int64_t{slices[i].start} + slices[i].count);
  }
  pending.samples = static_cast<int>(pending.slice_of.size());
  broken_ = true;  // until all of it is enqueued
  forward(slices, pending.samples, slot);
  answer(pending.samples, slot);
  pending.done.record(stream_);
  broken_ = false;
  last_samples_ = pending.samples;
  ++submitted_;
}

void Engine::forward(std::span<const baton_slice> slices, int samples, int slot) {
  if (const int bucket = bucket_of(slices); bucket > 0) {
    upload_->write(slices, {.rows = bucket, .slices = bucket, .samples = bucket, .tiles = 0}, slot);
    upload_->copy(slot, stream_);
    graphs_.at(bucket).launch(stream_);
    return;
  }
  std::int64_t tokens = 0;
  for (const baton_slice& slice : slices) tokens += slice.count;
  const int padded_samples = samples == 0 ? 0 : Decoder::padded(samples);
  upload_->write(slices,
                 {.rows = Decoder::padded(static_cast<int>(tokens)),
                  .slices = static_cast<int>(slices.size()),
                  .samples = padded_samples,
                  .tiles = BatchUpload::tiles(slices)},
                 slot);
  upload_->copy(slot, stream_);
  decoder_->run(upload_->step(), upload_->sampled_rows(), padded_samples, device_samples(),
                stream_);
}

void Engine::answer(int count, int slot) {
  if (count == 0) return;
  const SampleNeeds& needs = upload_->sample_needs();
  baton_sample* samples = device_samples();
  auto* flaws = reinterpret_cast<SampleFlaw*>(samples + count);
  if (needs.history) {
    resolve_histories(upload_->sample_rows(), count, samples, upload_->histories(), stream_);
  }
  sampler_->run(decoder_->logits(), upload_->sample_rows(), needs, upload_->histories(),
                upload_->masks(), count, samples, flaws, stream_);
  BATON_CUDA(cudaMemcpyAsync(host_answers_.data() + size(slot) * answer_.size(), answer_.data(),
                             answer_bytes(count), cudaMemcpyDeviceToHost, stream_));
}

void Engine::wait(std::span<baton_sample> samples) {
  require(on_their_way() > 0, "no step is on its way");
  const int slot = waited_ % BATON_STEPS_AHEAD;
  const Pending& pending = pending_[slot];
  require(samples.size() >= size(pending.samples),
          "no room for " + std::to_string(pending.samples) + " samples");
  broken_ = true;
  pending.done.wait();
  const auto* answers = reinterpret_cast<const baton_sample*>(host_answers_.data() +
                                                              size(slot) * answer_.size());
  const auto* flaws = reinterpret_cast<const SampleFlaw*>(answers + pending.samples);
  for (int i = 0; i < pending.samples; ++i) {
    const std::int32_t flaw = flaws[i].token;
    if (flaw == kNoFlaw) continue;
    try {
      fail_sampling(flaw, pending.positions[size(i)]);
    } catch (const Failure& failure) {
      throw Failure(failure.status(), "slice " + std::to_string(pending.slice_of[size(i)]) + ": " +
                                          failure.what());
    }
  }
  broken_ = false;
  std::copy_n(answers, pending.samples, samples.data());
  ++waited_;
}

void Engine::logits(std::size_t index, std::span<float> out) const {
  require(on_their_way() == 0, "a step is on its way");
  require(index < size(last_samples_),
          "the last step sampled " + std::to_string(last_samples_) + " tokens");
  require(out.size() >= size(vocabulary_),
          "no room for " + std::to_string(vocabulary_) + " logits");
  BATON_CUDA(cudaMemcpy(out.data(), decoder_->logits() + index * size(vocabulary_),
                        size(vocabulary_) * sizeof(float), cudaMemcpyDeviceToHost));
}

}  // namespace baton::cuda
