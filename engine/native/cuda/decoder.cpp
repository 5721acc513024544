#include "decoder.hpp"

#include <algorithm>

#include "gather.hpp"
#include "norm.hpp"

namespace baton::cuda {
namespace {

std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }

std::size_t largest_scratch(const std::vector<Decoder::Part>& parts, int rows) {
  std::size_t bytes = 0;
  for (const auto& part : parts) bytes = std::max(bytes, part.sublayer->scratch_bytes(rows));
  return bytes;
}

std::size_t last_mixing(const std::vector<Decoder::Part>& parts) {
  std::size_t last = parts.size() - 1;
  while (last > 0 && !parts[last].sublayer->mixes_rows()) --last;
  return last;
}

}  // namespace

Decoder::Decoder(std::unique_ptr<Products> products, Weights weights, int max_rows, int max_samples)
    : products_(std::move(products)),
      weights_(std::move(weights)),
      last_mixing_(last_mixing(weights_.parts)),
      residual_(size(max_rows) * size(weights_.hidden)),
      wanted_(size(padded(max_samples)) * size(weights_.hidden)),
      normed_(size(std::max(max_rows, padded(max_samples))) * size(weights_.hidden)),
      squares_(size(kFewRows) * size(norm_parts(weights_.hidden))),
      scratch_(largest_scratch(weights_.parts, max_rows)),
      logits_(size(padded(max_samples)) * size(weights_.vocabulary)) {}

int Decoder::padded(int tokens) {
  const int step = tokens <= kFewRows ? 1 : tokens <= 64 ? 8 : tokens <= 512 ? 16 : 64;
  return (tokens + step - 1) / step * step;
}

const Matrix& Decoder::head() const {
  return (weights_.head ? *weights_.head : weights_.embedding).view();
}

bool Decoder::spreads_norms(int rows) const {
  return has_few_rows(head(), rows) &&
         std::all_of(weights_.parts.begin(), weights_.parts.end(),
                     [&](const Part& part) { return part.sublayer->spreads_norms(rows); });
}

void Decoder::run(Step step, const std::int32_t* sampled, int count, const baton_sample* samples,
                  cudaStream_t stream) {
  step.stream = stream;
  const int hidden = weights_.hidden;
  const float epsilon = weights_.rms_epsilon;
  const bool spread = spreads_norms(step.rows);
  Residual residual{residual_.data()};
  Normed x{normed_.data()};
  if (spread) {
    residual = {residual_.data(), weights_.parts[0].norm.data(), normed_.data(), squares_.data()};
    x = {normed_.data(), squares_.data(), 1, epsilon};
  }
  embed(step.at.tokens, samples, static_cast<const bf16_t*>(weights_.embedding.view().data),
        step.rows, hidden, residual, stream);
  // behind the last sublayer that mixes rows, only the rows that are sampled from matter
  const bool narrows = !spread && count < step.rows;
  for (std::size_t i = 0; i < weights_.parts.size(); ++i) {
    const Part& part = weights_.parts[i];
    const bool last = i + 1 == weights_.parts.size();
    if (spread) {
      residual.norm = (last ? weights_.final_norm : weights_.parts[i + 1].norm).data();
    } else {
      rms_norm(residual.sum, nullptr, part.norm.data(), epsilon, step.rows, hidden, normed_.data(),
               stream);
    }
    if (narrows && i == last_mixing_) {
      step.wanted = sampled;
      step.wanted_count = count;
      residual.sum = wanted_.data();
      if (count > 0) {
        gather_rows(residual_.data(), sampled, count, size(hidden) * sizeof(float), residual.sum,
                    stream);
      }
    }
    part.sublayer->run(step, x, residual, scratch_.data());
    if (narrows && i == last_mixing_) {
      if (count == 0) return;
      step.rows = count;
      step.wanted_count = Step::kAll;
    }
    if (spread) x.parts = norm_parts(hidden);
  }
  if (count == 0) return;
  if (spread) {
    x.rows = sampled;
  } else {
    rms_norm(residual.sum, narrows ? nullptr : sampled, weights_.final_norm.data(), epsilon, count,
             hidden, normed_.data(), stream);
  }
  products_->run(x, head(), count, logits_.data(), stream);
}

}  // namespace baton::cuda
