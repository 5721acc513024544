// The CUDA backend against the CPU's, whole models with random weights, through the C ABI of both.
// Usage: model_test libbaton_cuda.so libbaton_cpu.so [seed] [--small]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>

#include "backend.hpp"
#include "check.hpp"
#include "random_model.hpp"
#include "small.hpp"

using namespace baton;
using namespace baton::testing;

namespace {

constexpr int kBlocks = 96;
constexpr int kMaxTokens = 160;
constexpr int kMaxSequences = 12;

std::mt19937_64 random_number;
int mixed_steps = 24;  // of test_same_logits

double relative_error(const std::vector<float>& got, const std::vector<float>& want) {
  double difference = 0;
  double size = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double d = double{got[i]} - want[i];
    difference += d * d;
    size += double{want[i]} * want[i];
  }
  return std::isnan(difference) ? HUGE_VAL : std::sqrt(difference / size);
}

/// A sequence with blocks of its own; the same ids on both backends.
struct Sequence {
  std::vector<std::int32_t> tokens;
  std::vector<std::int32_t> blocks;
  std::vector<std::uint32_t> mask;  // of the next token; empty: all are allowed
  int computed = 0;
  baton_sampling sampling = greedy();

  /// The next `count` tokens; samples where they are the last.
  baton_slice slice(int count) const {
    const int end = computed + count;
    return {.tokens = tokens.data() + computed,
            .history = tokens.data(),
            .blocks = blocks.data(),
            .mask = mask.empty() ? nullptr : mask.data(),
            .start = computed,
            .count = count,
            .block_count = static_cast<std::int32_t>(blocks.size()),
            .sample = end == static_cast<int>(tokens.size()) ? 1 : 0,
            .sampling = sampling};
  }
  int left() const { return static_cast<int>(tokens.size()) - computed; }
};

/// Both backends with the same weights.
class Pair {
 public:
  Pair(const Backend& cuda, const Backend& cpu, const Shape& shape, bool tied,
       std::int32_t weight_dtype = BATON_BF16, std::int32_t kv_dtype = BATON_BF16,
       Stored layers = Stored::kBf16)
      : cuda_backend(cuda), shape(shape), weights(shape, tied, random_number(), layers) {
    block_bytes = std::size_t{4} * BATON_BLOCK_TOKENS *
                  static_cast<std::size_t>(shape.kv_heads * shape.layers * shape.head_dim);
    pool.resize(kBlocks * block_bytes);
    baton_options options = {.threads = 4,
                             .max_tokens = kMaxTokens,
                             .max_sequences = kMaxSequences,
                             .kv_blocks = kBlocks,
                             .kv_pool = pool.data(),
                             .kv_pool_bytes = pool.size(),
                             .isa = nullptr,
                             .device = 0,
                             .weight_dtype = BATON_BF16,
                             .kv_dtype = BATON_BF16,
                             .reserved = 0};
    on_cpu = std::make_unique<OpenModel>(cpu, weights.model(), options);
    options.kv_pool = nullptr;
    options.kv_pool_bytes = 0;
    options.weight_dtype = weight_dtype;
    options.kv_dtype = kv_dtype;
    on_cuda = std::make_unique<OpenModel>(cuda, weights.model(), options);
  }

  Sequence sequence(int length) {
    Sequence out;
    for (int i = 0; i < length; ++i) {
      out.tokens.push_back(
          static_cast<std::int32_t>(random_number() % static_cast<unsigned>(shape.vocabulary)));
    }
    // room for the tokens to come; blocks from both ends, so that none lies beside the one before
    for (int i = 0; i < (length + 40) / BATON_BLOCK_TOKENS + 1; ++i, ++taken) {
      out.blocks.push_back(taken % 2 == 0 ? taken / 2 : kBlocks - 1 - taken / 2);
    }
    CHECK(taken < kBlocks, "too few blocks");
    return out;
  }

  const Backend& cuda_backend;
  Shape shape;
  RandomWeights weights;
  std::size_t block_bytes;
  std::vector<std::byte> pool;
  int taken = 0;
  std::unique_ptr<OpenModel> on_cpu, on_cuda;
};

/// Prefills in chunks and decodes, mixed; compares the logits of every sample, and the token where
/// the two likeliest are further apart than the backends are.
void test_same_logits(const char* name, Pair& pair, double tolerance) {
  std::vector<Sequence> sequences;
  for (const int length : {1, 5, 16, 33, 97, 130}) sequences.push_back(pair.sequence(length));
  double worst = 0;
  int samples_seen = 0;
  for (int step = 0; step < mixed_steps; ++step) {
    std::vector<baton_slice> slices;
    std::vector<int> counts;
    int budget = kMaxTokens;
    for (const Sequence& sequence : sequences) {
      const int most = step % 3 == 0 ? 64 : 37;
      const int count = std::min({sequence.left(), most, budget});
      counts.push_back(count);
      budget -= count;
      if (count > 0) slices.push_back(sequence.slice(count));
    }
    const auto want = pair.on_cpu->step(slices);
    const auto got = pair.on_cuda->step(slices);
    std::size_t sample = 0;
    for (std::size_t i = 0; i < sequences.size(); ++i) {
      Sequence& sequence = sequences[i];
      sequence.computed += counts[i];
      if (counts[i] == 0 || sequence.left() > 0) continue;
      auto expected = pair.on_cpu->logits(sample, pair.shape.vocabulary);
      const auto logits = pair.on_cuda->logits(sample, pair.shape.vocabulary);
      const double error = relative_error(logits, expected);
      CHECK(error < tolerance, "%s: step %d, sequence %zu: relative error %g", name, step, i,
            error);
      worst = std::max(worst, error);
      float apart = 0;
      for (std::size_t t = 0; t < logits.size(); ++t) {
        apart = std::max(apart, std::abs(logits[t] - expected[t]));
      }
      const float best = expected[static_cast<std::size_t>(want[sample].token)];
      expected[static_cast<std::size_t>(want[sample].token)] = -HUGE_VALF;
      const float second = *std::max_element(expected.begin(), expected.end());
      CHECK(got[sample].token == want[sample].token || best - second <= 2 * apart,
            "%s: token %d, expected %d", name, got[sample].token, want[sample].token);
      sequence.tokens.push_back(want[sample].token);
      ++sample;
      ++samples_seen;
    }
  }
  std::printf("%s: %d samples, largest relative error of the logits %.2e\n", name, samples_seen,
              worst);
}

bool allows(const std::vector<std::uint32_t>& mask, std::int32_t token) {
  return mask.empty() || (mask[static_cast<std::size_t>(token / 32)] >> token % 32 & 1) == 1;
}

/// A bit a token, from one token to all but a few; bits behind the vocabulary are set at random.
std::vector<std::uint32_t> random_mask(int vocabulary) {
  std::vector<std::uint32_t> mask(static_cast<std::size_t>((vocabulary + 31) / 32));
  const auto kind = random_number() % 4;
  for (std::uint32_t& word : mask) {
    const auto bits = static_cast<std::uint32_t>(random_number());
    const auto others = static_cast<std::uint32_t>(random_number());
    word = kind == 0 ? 0 : kind == 1 ? bits & others & (bits >> 7) : kind == 2 ? bits : ~0U;
  }
  const auto one = static_cast<std::size_t>(random_number() % static_cast<unsigned>(vocabulary));
  mask[one / 32] |= 1U << one % 32;
  if (vocabulary % 32 != 0) {
    mask.back() ^= static_cast<std::uint32_t>(random_number()) << vocabulary % 32;
  }
  return mask;
}

/// Decodes more and more sequences, most of them with a mask that changes from step to step; some
/// greedy, some drawn, some with penalties. What is chosen is allowed, greedy choices are the best
/// allowed logit of the same backend, and both backends agree where their logits are clear.
void test_masks(Pair& pair) {
  const int vocabulary = pair.shape.vocabulary;
  std::vector<Sequence> sequences;
  int masked = 0;
  int clear = 0;
  int drawn = 0;
  for (int step = 0; step < 30; ++step) {
    if (static_cast<int>(sequences.size()) < 9 && step % 2 == 0) {
      Sequence added = pair.sequence(1 + step);
      const auto kind = sequences.size() % 3;
      if (kind > 0) added.sampling.temperature = 1.5F;
      if (kind == 2) added.sampling.repetition_penalty = 1.3F;
      added.sampling.seed = random_number();
      added.sampling.prompt_length = added.left();
      sequences.push_back(std::move(added));
    }
    std::vector<baton_slice> slices;
    for (Sequence& sequence : sequences) {
      sequence.mask.clear();
      if (random_number() % 4 != 0) sequence.mask = random_mask(vocabulary);
      slices.push_back(sequence.slice(sequence.left()));
    }
    const auto want = pair.on_cpu->step(slices);
    const auto got = pair.on_cuda->step(slices);
    for (std::size_t i = 0; i < sequences.size(); ++i) {
      Sequence& sequence = sequences[i];
      CHECK(allows(sequence.mask, want[i].token), "the CPU chose %d", want[i].token);
      CHECK(got[i].token >= 0 && got[i].token < vocabulary && allows(sequence.mask, got[i].token),
            "step %d, sequence %zu: token %d is not allowed", step, i, got[i].token);
      masked += !sequence.mask.empty();
      if (sequence.sampling.temperature == 0) {
        const auto logits = pair.on_cuda->logits(i, vocabulary);
        const auto expected = pair.on_cpu->logits(i, vocabulary);
        std::int32_t best = -1;
        float apart = 0;
        for (std::int32_t t = 0; t < vocabulary; ++t) {
          const auto at = static_cast<std::size_t>(t);
          apart = std::max(apart, std::abs(logits[at] - expected[at]));
          if (!allows(sequence.mask, t)) continue;
          if (best < 0 || logits[at] > logits[static_cast<std::size_t>(best)]) best = t;
        }
        CHECK(got[i].token == best, "step %d, sequence %zu: token %d, the best allowed is %d", step,
              i, got[i].token, best);
        const float short_of = expected[static_cast<std::size_t>(want[i].token)] -
                               expected[static_cast<std::size_t>(got[i].token)];
        CHECK(short_of <= 2 * apart, "step %d, sequence %zu: token %d, on the CPU %d", step, i,
              got[i].token, want[i].token);
        clear += got[i].token == want[i].token;
      } else {
        ++drawn;
      }
      sequence.computed = static_cast<int>(sequence.tokens.size());
      sequence.tokens.push_back(want[i].token);
    }
  }
  std::printf("masks: %d masked samples; %d greedy tokens agree, %d drawn are allowed\n", masked,
              clear, drawn);
}

/// Masks of one token each; those of the second step need more room than there is, while the first
/// step may still read its own.
void test_masks_grow(Pair& pair) {
  std::vector<Sequence> sequences;
  std::vector<baton_slice> slices;
  std::vector<std::int32_t> only;
  for (int i = 0; i < 9; ++i) {
    only.push_back(static_cast<std::int32_t>(random_number() %
                                             static_cast<unsigned>(pair.shape.vocabulary)));
    Sequence& sequence = sequences.emplace_back(pair.sequence(12));
    sequence.mask.resize(static_cast<std::size_t>((pair.shape.vocabulary + 31) / 32));
    sequence.mask[static_cast<std::size_t>(only.back() / 32)] = 1U << only.back() % 32;
  }
  for (const Sequence& sequence : sequences) slices.push_back(sequence.slice(12));
  pair.on_cuda->submit({slices[0]});
  pair.on_cuda->submit({slices.begin() + 1, slices.end()});
  std::vector<baton_sample> samples = pair.on_cuda->wait(1);
  for (const baton_sample& sample : pair.on_cuda->wait(8)) samples.push_back(sample);
  for (std::size_t i = 0; i < only.size(); ++i) {
    CHECK(samples[i].token == only[i], "sequence %zu: token %d, only %d is allowed", i,
          samples[i].token, only[i]);
  }
}

/// Steps submitted ahead, whose tokens the host does not know, give what steps one by one give.
/// `masked`: every other token has a mask, which the host knows without the tokens.
void test_steps_ahead(Pair& pair, const baton_sampling& sampling, bool masked, const char* name) {
  Sequence by_one = pair.sequence(21);
  by_one.sampling = sampling;
  Sequence ahead = by_one;
  pair.taken -= static_cast<int>(by_one.blocks.size());
  ahead.blocks = pair.sequence(21).blocks;
  constexpr int kSteps = 20;
  std::vector<std::vector<std::uint32_t>> masks(kSteps + 1);
  for (int i = 0; masked && i <= kSteps; i += 2) {
    masks[static_cast<std::size_t>(i)] = random_mask(pair.shape.vocabulary);
  }
  for (int i = 0; i <= kSteps; ++i) {
    const int count = by_one.left();
    by_one.mask = masks[static_cast<std::size_t>(i)];
    const auto samples = pair.on_cuda->step({by_one.slice(count)});
    by_one.computed += count;
    by_one.tokens.push_back(samples[0].token);
  }
  ahead.mask = masks[0];
  pair.on_cuda->submit({ahead.slice(ahead.left())});
  ahead.computed = ahead.left();
  for (int i = 0; i < kSteps; ++i) {
    ahead.tokens.push_back(-1);
    ahead.mask = masks[static_cast<std::size_t>(i + 1)];
    pair.on_cuda->submit({ahead.slice(1)});
    ++ahead.computed;
    ahead.tokens.back() = pair.on_cuda->wait(1)[0].token;
  }
  ahead.tokens.push_back(pair.on_cuda->wait(1)[0].token);
  CHECK(ahead.tokens == by_one.tokens, "%s", name);
  std::printf("steps ahead, %s: %d tokens agree\n", name, kSteps + 1);
}

/// Prefill on one backend, decode on the other, through the bytes of the blocks.
void test_hand_off(Pair& pair, bool to_cuda) {
  Sequence sequence = pair.sequence(75);
  OpenModel& first = to_cuda ? *pair.on_cpu : *pair.on_cuda;
  OpenModel& second = to_cuda ? *pair.on_cuda : *pair.on_cpu;
  Sequence whole = sequence;
  auto sample = first.step({sequence.slice(75)})[0];
  sequence.computed = whole.computed = 75;
  std::vector<std::byte> bytes(sequence.blocks.size() * pair.block_bytes);
  for (std::size_t i = 0; i < sequence.blocks.size(); ++i) {
    std::byte* on_host = pair.pool.data() +
                         static_cast<std::size_t>(sequence.blocks[i]) * pair.block_bytes;
    std::byte* staged = bytes.data() + i * pair.block_bytes;
    if (to_cuda) std::copy_n(on_host, pair.block_bytes, staged);
  }
  if (to_cuda) {
    BATON_CALL(pair.cuda_backend, baton_kv_write, second.engine(), sequence.blocks.data(),
               sequence.blocks.size(), static_cast<const void*>(bytes.data()));
  } else {
    BATON_CALL(pair.cuda_backend, baton_kv_read, first.engine(), sequence.blocks.data(),
               sequence.blocks.size(), static_cast<void*>(bytes.data()));
    for (std::size_t i = 0; i < sequence.blocks.size(); ++i) {
      std::copy_n(bytes.data() + i * pair.block_bytes, pair.block_bytes,
                  pair.pool.data() +
                      static_cast<std::size_t>(sequence.blocks[i]) * pair.block_bytes);
    }
  }
  int agreed = 0;
  for (int i = 0; i < 24; ++i) {
    sequence.tokens.push_back(sample.token);
    whole.tokens.push_back(sample.token);
    sample = first.step({whole.slice(1)})[0];
    const auto handed = second.step({sequence.slice(1)})[0];
    ++whole.computed;
    ++sequence.computed;
    const double error = relative_error(second.logits(0, pair.shape.vocabulary),
                                        first.logits(0, pair.shape.vocabulary));
    CHECK(error < 2e-2, "hand-off: step %d: relative error %g", i, error);
    agreed += handed.token == sample.token;
  }
  CHECK(agreed >= 22, "hand-off: %d of 24 tokens agree", agreed);
  std::printf("hand-off %s: %d of 24 greedy tokens agree\n",
              to_cuda ? "CPU to CUDA" : "CUDA to CPU", agreed);
}

template <class Run>
void expect_failure(baton_status status, const std::string& words, Run&& run) {
  try {
    run();
  } catch (const CallFailure& failure) {
    CHECK(failure.status == status && std::string(failure.what()).find(words) != std::string::npos,
          "status %d: %s", failure.status, failure.what());
    std::printf("refused as it should be: %s\n", failure.what());
    return;
  }
  CHECK(false, "nothing failed: %s", words.c_str());
}

void test_refusals(Pair& pair) {
  OpenModel& model = *pair.on_cuda;
  Sequence sequence = pair.sequence(20);
  auto bad = sequence.slice(20);
  sequence.tokens[3] = pair.shape.vocabulary;
  expect_failure(BATON_INVALID_ARGUMENT, "slice 0: token", [&] { model.step({bad}); });
  sequence.tokens[3] = -1;
  expect_failure(BATON_INVALID_ARGUMENT, "slice 0: token", [&] { model.step({bad}); });
  sequence.tokens[3] = 1;
  sequence.blocks[1] = kBlocks;
  expect_failure(BATON_INVALID_ARGUMENT, "slice 0: block", [&] { model.step({bad}); });
  sequence.blocks[1] = 1;
  sequence.mask.assign(static_cast<std::size_t>((pair.shape.vocabulary + 31) / 32), 0);
  expect_failure(BATON_INVALID_ARGUMENT, "slice 0: the mask allows no token",
                 [&] { model.step({sequence.slice(20)}); });
  sequence.mask.clear();
  expect_failure(BATON_INVALID_ARGUMENT, "at least one slice", [&] { model.step({}); });
  expect_failure(BATON_INVALID_ARGUMENT, "no step", [&] { model.wait(1); });
  model.submit({sequence.slice(20)});
  model.submit({sequence.slice(20)});
  expect_failure(BATON_INVALID_ARGUMENT, "wait for one first",
                 [&] { model.submit({sequence.slice(20)}); });
  model.wait(1);
  model.wait(1);
  baton_options options = {.threads = 1,
                           .max_tokens = 16,
                           .max_sequences = 1,
                           .kv_blocks = 1 << 30,
                           .kv_pool = nullptr,
                           .kv_pool_bytes = 0,
                           .isa = nullptr,
                           .device = 0,
                           .weight_dtype = BATON_BF16,
                           .kv_dtype = BATON_BF16,
                           .reserved = 0};
  const auto open = [&] {
    const OpenModel opened(pair.cuda_backend, pair.weights.model(), options);
  };
  expect_failure(BATON_OUT_OF_MEMORY, "needed are", open);
  options.kv_blocks = 16;
  options.device = 99;
  expect_failure(BATON_INVALID_ARGUMENT, "device 99", open);
}

}  // namespace

int main(int argc, char** argv) {
  const bool less = take_small(argc, argv);
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s libbaton_cuda.so libbaton_cpu.so [seed] [--small]\n", argv[0]);
    return 2;
  }
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  const auto seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10)
                             : static_cast<unsigned long long>(now);
  std::printf("seed %llu\n", seed);
  random_number.seed(seed);
  const Backend cuda(argv[1]);
  const Backend cpu(argv[2]);
  Shape small{.hidden = 384, .layers = 4, .heads = 6, .kv_heads = 2, .head_dim = 64,
              .intermediate = 1024, .vocabulary = 4096, .max_positions = 1024};
  Shape wide{.hidden = 1024, .layers = 2, .heads = 8, .kv_heads = 2, .head_dim = 128,
             .intermediate = 2816, .vocabulary = 5003, .max_positions = 1024};
  const Shape odd{.hidden = 120, .layers = 3, .heads = 5, .kv_heads = 1, .head_dim = 24,
                  .intermediate = 200, .vocabulary = 999, .max_positions = 512};
  if (less) {
    small.hidden = small.intermediate = 128;
    small.layers = wide.layers = 1;
    small.vocabulary = wide.vocabulary = 1003;
    wide.hidden = wide.intermediate = 256;
    mixed_steps = 10;
  }
  {
    Pair pair(cuda, cpu, small, true);
    test_same_logits("heads of 64", pair, 2e-2);
  }
  {
    Pair pair(cuda, cpu, wide, false);
    test_same_logits("heads of 128", pair, 2e-2);
  }
  {
    Pair pair(cuda, cpu, odd, true);
    test_same_logits("heads of 24", pair, 2e-2);
  }
  {
    Pair pair(cuda, cpu, wide, false, BATON_E4M3);
    test_same_logits("e4m3 weights", pair, 0.2);
  }
  {
    Pair pair(cuda, cpu, wide, false, BATON_BF16, BATON_E4M3);
    test_same_logits("e4m3 KV", pair, 0.2);
  }
  {
    Pair pair(cuda, cpu, small, true, BATON_E4M3, BATON_E4M3);
    test_same_logits("e4m3 weights and KV", pair, 0.25);
  }
  {
    Pair pair(cuda, cpu, wide, false, BATON_BF16, BATON_BF16, Stored::kScaleEach);
    test_same_logits("e4m3 checkpoint", pair, 0.2);
  }
  {
    Pair pair(cuda, cpu, small, true, BATON_E4M3, BATON_BF16, Stored::kOneScale);
    test_same_logits("e4m3 checkpoint, a scale a tensor", pair, 0.2);
  }
  Pair pair(cuda, cpu, wide, true);
  test_hand_off(pair, true);
  test_hand_off(pair, false);
  test_steps_ahead(pair, greedy(), false, "greedy");
  baton_sampling drawn = greedy();
  drawn.temperature = 0.9F;
  drawn.top_p = 0.95F;
  drawn.repetition_penalty = 1.2F;
  drawn.frequency_penalty = 0.3F;
  drawn.seed = random_number();
  drawn.prompt_length = 21;
  test_steps_ahead(pair, drawn, false, "drawn, with penalties");
  test_steps_ahead(pair, drawn, true, "drawn, with penalties and masks");
  test_refusals(pair);
  Pair masks(cuda, cpu, wide, true);
  test_masks_grow(masks);
  test_masks(masks);
  return 0;
}
