// Random batches of rows to sample, and their run on the device.
#pragma once

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "device_data.hpp"
#include "sampler.hpp"
#include "sampling.hpp"

namespace baton::testing {

/// Rows whose logits, parameters, histories and masks are random, most of them odd in some way.
class Batch {
 public:
  Batch(int vocabulary_size, int count, std::mt19937_64& random)
      : vocabulary(vocabulary_size), random_(random) {
    logits.resize(static_cast<std::size_t>(count) * vocabulary);
    for (int i = 0; i < count; ++i) {
      cuda::SampleRow row{};
      row.params = parameters();
      row.position = one_in(4) ? static_cast<std::int64_t>(random_() >> 20) : below(100000);
      row.history_offset = -1;
      row.mask_row = -1;
      kinds.push_back(fill(&logits[static_cast<std::size_t>(i) * vocabulary]));
      if (needs_history(row.params)) add_history(row);
      if (one_in(4)) add_mask(row);
      rows.push_back(row);
    }
  }

  int count() const { return static_cast<int>(rows.size()); }

  /// Takes from all rows what `kept` does not name.
  void keep_only(const cuda::SampleNeeds& kept) {
    for (auto& row : rows) {
      if (!kept.history) {
        row.history_offset = -1;
        row.params.repetition_penalty = 1;
        row.params.presence_penalty = row.params.frequency_penalty = 0;
      }
      if (!kept.draw) row.params.temperature = 0;
      if (!kept.alternatives) row.params.top_logprobs = 0;
    }
  }
  cuda::SampleNeeds needs() const {
    cuda::SampleNeeds out;
    for (const auto& row : rows) out.add(row);
    return out;
  }

  const float* logits_of(int row) const {
    return &logits[static_cast<std::size_t>(row) * vocabulary];
  }
  const std::int32_t* history_of(int row) const {
    const int offset = rows[static_cast<std::size_t>(row)].history_offset;
    return offset < 0 ? nullptr : histories.data() + offset;
  }
  const std::uint32_t* mask_of(int row) const {
    const int mask = rows[static_cast<std::size_t>(row)].mask_row;
    return mask < 0 ? nullptr : masks.data() + static_cast<std::size_t>(mask) * words();
  }

  int vocabulary;
  std::vector<float> logits;
  std::vector<std::string> kinds;  // what the logits of each row are like
  std::vector<cuda::SampleRow> rows;
  std::vector<std::int32_t> histories;
  std::vector<std::uint32_t> masks;

 private:
  std::size_t words() const { return static_cast<std::size_t>(vocabulary + 31) / 32; }
  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
  bool one_in(int n) { return below(n) == 0; }
  float number(float low, float high) {
    return std::uniform_real_distribution<float>(low, high)(random_);
  }
  template <class T>
  T any_of(std::initializer_list<T> values) {
    return values.begin()[below(static_cast<int>(values.size()))];
  }

  baton_sampling parameters() {
    baton_sampling out{};
    out.temperature = any_of({0.F, 0.01F, 0.3F, 0.7F, 1.F, 1.F, 1.5F, 5.F, 100.F, 1e-30F,
                              number(0.1F, 2)});
    out.top_p = any_of({1.F, 1.F, 0.95F, 0.5F, 1e-6F, number(0.01F, 1)});
    out.min_p = any_of({0.F, 0.F, 0.F, 0.05F, 1.F, 1e-3F, number(0, 1)});
    out.top_k = any_of({0, 0, 0, 1, 2, 40, 1000, vocabulary - 1, vocabulary, vocabulary + 5,
                        below(vocabulary)});
    out.repetition_penalty = any_of({1.F, 1.F, 1.1F, 0.8F, 5.F, 1e-38F});
    out.presence_penalty = any_of({0.F, 0.F, 0.5F, -1.F});
    out.frequency_penalty = any_of({0.F, 0.F, 0.2F, -0.1F, 2e38F});
    out.top_logprobs = any_of({0, 0, 0, 1, 5, BATON_MAX_TOP});
    out.seed = random_();
    return out;
  }

  void add_history(cuda::SampleRow& row) {
    row.history_length = any_of({0, 1, 30, 1000, 5000, one_in(10) ? 131072 : 100});
    row.position = row.history_length;
    row.params.prompt_length = any_of({0, row.history_length, below(row.history_length + 1)});
    row.history_offset = static_cast<std::int32_t>(histories.size());
    const int different = 1 + below(std::min(vocabulary, 3000));
    for (int i = 0; i < row.history_length; ++i) {
      const auto token = static_cast<unsigned>(below(different)) * 2654435761U;
      histories.push_back(static_cast<std::int32_t>(token % static_cast<unsigned>(vocabulary)));
    }
  }

  void add_mask(cuda::SampleRow& row) {
    row.mask_row = static_cast<std::int32_t>(masks.size() / words());
    const int kind = below(4);
    for (std::size_t i = 0; i < words(); ++i) {
      const auto word = static_cast<std::uint32_t>(random_());
      const auto few = one_in(50) ? 1U << word % 32 : 0U;
      masks.push_back(kind == 0 ? word : kind == 1 ? ~0U : kind == 2 ? few : word | word >> 7);
    }
  }

  /// Fills a row and says how.
  std::string fill(float* row) {
    constexpr float kInfinity = INFINITY;
    std::normal_distribution<float> normal(0, any_of({0.5F, 2.5F, 6.F}));
    for (int i = 0; i < vocabulary; ++i) row[i] = normal(random_);
    auto each = [&](auto&& change) {
      for (int i = 0; i < vocabulary; ++i) row[i] = change(row[i], i);
    };
    switch (below(15)) {
      case 0:
      case 1:
        return "flat";
      case 2:
        for (int i = 0; i < 5; ++i) row[below(vocabulary)] += number(5, 20);
        return "peaked";
      case 3:
        each([](float x, int) { return std::round(x * 4) / 4; });
        return "quantised";
      case 4:
        each([](float x, int) { return std::round(x / 2) * 0.F + std::copysign(0.F, x); });
        return "zeros of both signs";
      case 5: {
        const float value = number(-10, 10);
        each([&](float, int) { return value; });
        return "constant";
      }
      case 6:
        each([&](float x, int) { return one_in(10) ? x : -kInfinity; });
        row[below(vocabulary)] = 1;
        return "mostly -infinity";
      case 7:
        each([&](float x, int) { return 20 + x * 1e-6F; });
        return "nearly constant";
      case 8:
        each([](float x, int) { return x * 3000; });
        return "huge";
      case 9: {
        const int step = any_of({1, 7, 1001});
        each([&](float, int i) { return -0.01F * static_cast<float>(i * step % 65537); });
        return "geometric";
      }
      case 10:
        each([](float x, int) { return x > 0 ? 1.F : -1.F; });
        return "two values";
      case 11:
        each([&](float, int) { return -kInfinity; });
        row[below(vocabulary)] = -5;
        return "one token";
      case 12:
        each([](float x, int) { return x * 1e38F; });
        each([](float x, int) { return std::isinf(x) ? 0 : x; });
        return "largest floats";
      case 13:
        if (!one_in(3)) return "flat";
        for (int i = 0; i < 3; ++i) row[below(vocabulary)] = any_of({NAN, kInfinity});
        return "not finite";
      default:
        if (!one_in(3)) return "flat";
        each([&](float, int) { return -kInfinity; });
        return "all -infinity";
    }
  }

  std::mt19937_64& random_;
};

template <class T>
std::vector<unsigned char> bytes_of(const std::vector<T>& values) {
  std::vector<unsigned char> out(values.size() * sizeof(T));
  std::memcpy(out.data(), values.data(), out.size());
  return out;
}

template <class T>
std::vector<unsigned char> download_bytes(const cuda::DeviceBuffer<T>& from) {
  std::vector<unsigned char> out(from.bytes());
  BATON_CUDA(cudaMemcpy(out.data(), from.data(), from.bytes(), cudaMemcpyDeviceToHost));
  return out;
}

struct Results {
  std::vector<baton_sample> samples;
  std::vector<cuda::SampleFlaw> flaws;

  bool operator==(const Results& other) const {
    return bytes_of(samples) == bytes_of(other.samples) && bytes_of(flaws) == bytes_of(other.flaws);
  }
};

class DeviceBatch {
 public:
  explicit DeviceBatch(const Batch& batch)
      : count_(batch.count()),
        logits_(upload(batch.logits)),
        rows_(upload(batch.rows)),
        histories_(upload(batch.histories)),
        masks_(upload(batch.masks)) {}

  const cuda::DeviceBuffer<float>& logits() const { return logits_; }

  /// Into outputs that were full of ones; by way of a CUDA graph if `as_graph`.
  Results run(cuda::Sampler& sampler, const cuda::SampleNeeds& needs, bool as_graph) const {
    const auto size = static_cast<std::size_t>(count_);
    const auto samples = poisoned<baton_sample>(size);
    const auto flaws = poisoned<cuda::SampleFlaw>(size);
    cudaStream_t stream = nullptr;
    BATON_CUDA(cudaDeviceSynchronize());
    BATON_CUDA(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    if (as_graph) BATON_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    sampler.run(logits_.data(), rows_.data(), needs, histories_.data(), masks_.data(), count_,
                samples.data(), flaws.data(), stream);
    if (as_graph) replay(stream);
    BATON_CUDA(cudaStreamSynchronize(stream));
    BATON_CUDA(cudaStreamDestroy(stream));
    Results out{std::vector<baton_sample>(size), std::vector<cuda::SampleFlaw>(size)};
    BATON_CUDA(cudaMemcpy(out.samples.data(), samples.data(), samples.bytes(),
                          cudaMemcpyDeviceToHost));
    BATON_CUDA(cudaMemcpy(out.flaws.data(), flaws.data(), flaws.bytes(), cudaMemcpyDeviceToHost));
    return out;
  }

 private:
  static void replay(cudaStream_t stream) {
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t executable = nullptr;
    BATON_CUDA(cudaStreamEndCapture(stream, &graph));
    BATON_CUDA(cudaGraphInstantiate(&executable, graph, 0));
    BATON_CUDA(cudaGraphLaunch(executable, stream));
    BATON_CUDA(cudaStreamSynchronize(stream));
    BATON_CUDA(cudaGraphExecDestroy(executable));
    BATON_CUDA(cudaGraphDestroy(graph));
  }

  int count_;
  cuda::DeviceBuffer<float> logits_;
  cuda::DeviceBuffer<cuda::SampleRow> rows_;
  cuda::DeviceBuffer<std::int32_t> histories_;
  cuda::DeviceBuffer<std::uint32_t> masks_;
};

}  // namespace baton::testing
