#include "decoder.hpp"

#include <algorithm>

#include "elementwise.hpp"

namespace baton::cuda {
namespace {

std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }

std::size_t largest_scratch(const std::vector<Decoder::Part>& parts, int rows) {
  std::size_t bytes = 0;
  for (const auto& part : parts) bytes = std::max(bytes, part.sublayer->scratch_bytes(rows));
  return bytes;
}

}  // namespace

Decoder::Decoder(std::unique_ptr<Products> products, Weights weights, int max_rows, int max_samples)
    : products_(std::move(products)),
      weights_(std::move(weights)),
      residual_(size(max_rows) * size(weights_.hidden)),
      normed_(size(std::max(max_rows, padded(max_samples))) * size(weights_.hidden)),
      scratch_(largest_scratch(weights_.parts, max_rows)),
      logits_(size(padded(max_samples)) * size(weights_.vocabulary)) {}

int Decoder::padded(int tokens) {
  const int step = tokens <= kFewRows ? 1 : tokens <= 64 ? 8 : tokens <= 512 ? 16 : 64;
  return (tokens + step - 1) / step * step;
}

void Decoder::run(Step step, const std::int32_t* sampled, int count, const baton_sample* samples,
                  cudaStream_t stream) {
  step.stream = stream;
  const int hidden = weights_.hidden;
  embed(step.at.tokens, samples, static_cast<const bf16_t*>(weights_.embedding.view().data),
        step.rows, hidden, residual_.data(), step.stream);
  for (Part& part : weights_.parts) {
    add_rms_norm(residual_.data(), nullptr, part.norm.data(), weights_.rms_epsilon, step.rows, hidden,
             normed_.data(), step.stream);
    part.sublayer->run(step, normed_.data(), residual_.data(), scratch_.data());
  }
  if (count == 0) return;
  gather_add_rms_norm(residual_.data(), nullptr, sampled, weights_.final_norm.data(), weights_.rms_epsilon,
                  count, hidden, normed_.data(), step.stream);
  const DeviceMatrix& head = weights_.head ? *weights_.head : weights_.embedding;
  products_->run(normed_.data(), head.view(), count, logits_.data(), step.stream);
}

}  // namespace baton::cuda
