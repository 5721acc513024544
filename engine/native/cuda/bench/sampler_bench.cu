// Device time of sampling a batch, by what its rows ask for.
#include <cstdio>
#include <random>
#include <vector>

#include "sampler.hpp"
#include "timing.hpp"

using namespace baton::cuda;
using baton::bench::median_ms;

namespace {

constexpr int kVocabulary = 128256;
constexpr int kHistory = 2048;

baton_sampling parameters(float temperature, int top_k, float top_p) {
  baton_sampling out{};
  out.temperature = temperature;
  out.top_k = top_k;
  out.top_p = top_p;
  out.repetition_penalty = 1;
  out.seed = 1;
  return out;
}

void measure(const char* name, int count, float deviation, const baton_sampling& params,
             bool penalties = false) {
  std::mt19937_64 random(1);
  std::normal_distribution<float> normal(0, 1);
  std::vector<float> logits(static_cast<std::size_t>(count) * kVocabulary);
  for (float& logit : logits) logit = deviation * normal(random);
  std::vector<std::int32_t> histories(static_cast<std::size_t>(count) * kHistory);
  for (auto& token : histories) token = static_cast<std::int32_t>(random() % kVocabulary);
  std::vector<SampleRow> rows(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    rows[static_cast<std::size_t>(i)] = {params, kHistory + i, penalties ? i * kHistory : -1,
                                         kHistory, -1, 0};
  }
  DeviceBuffer<float> device_logits(logits.size());
  DeviceBuffer<std::int32_t> device_histories(histories.size());
  DeviceBuffer<SampleRow> device_rows(rows.size());
  DeviceBuffer<baton_sample> samples(rows.size());
  DeviceBuffer<SampleFlaw> flaws(rows.size());
  auto copy = [](const auto& to, const auto& from) {
    BATON_CUDA(cudaMemcpy(to.data(), from.data(), to.bytes(), cudaMemcpyHostToDevice));
  };
  copy(device_logits, logits);
  copy(device_histories, histories);
  copy(device_rows, rows);
  Sampler sampler(count, kVocabulary);
  SampleNeeds needs;
  for (const SampleRow& row : rows) needs.add(row);
  const double ms = median_ms([&] {
    sampler.run(device_logits.data(), device_rows.data(), needs, device_histories.data(), nullptr,
                count, samples.data(), flaws.data(), nullptr);
  });
  std::printf("%3d rows, %-42s %8.1f us\n", count, name, ms * 1000);
}

}  // namespace

int main() {
  cudaDeviceProp properties{};
  BATON_CUDA(cudaGetDeviceProperties(&properties, 0));
  std::printf("%s, vocabulary %d\n", properties.name, kVocabulary);
  const baton_sampling greedy = parameters(0, 0, 1);
  baton_sampling alternatives = greedy;
  alternatives.top_logprobs = BATON_MAX_TOP;
  baton_sampling penalised = parameters(0.7F, 40, 0.95F);
  penalised.repetition_penalty = 1.1F;
  for (const int count : {1, 8, 64}) {
    measure("greedy", count, 2.5F, greedy);
    measure("greedy, 20 alternatives", count, 2.5F, alternatives);
    measure("temperature 1", count, 2.5F, parameters(1, 0, 1));
    measure("temperature 0.7, top_k 40, top_p 0.95", count, 2.5F, parameters(0.7F, 40, 0.95F));
    measure("the same with a repetition penalty", count, 2.5F, penalised, true);
    measure("temperature 1, top_p 0.9", count, 2.5F, parameters(1, 0, 0.9F));
    measure("temperature 1, top_p 0.9, nearly flat logits", count, 0.01F, parameters(1, 0, 0.9F));
    measure("temperature 1, equal logits", count, 0, parameters(1, 0, 1));
  }
  return 0;
}
