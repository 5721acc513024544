// A decoder-only transformer on the device: embedding, sublayers with their norms, output head.
#pragma once

#include <memory>
#include <vector>

#include "grouped_query_attention.hpp"
#include "matrix.hpp"
#include "products.hpp"
#include "step.hpp"

namespace baton::cuda {

class Decoder {
 public:
  struct Part {
    DeviceBuffer<float> norm;  // [hidden]
    std::unique_ptr<Sublayer> sublayer;
  };

  /// The weights, as the loader of an architecture puts them together.
  struct Weights {
    int hidden;
    int vocabulary;
    float rms_epsilon;
    DeviceMatrix embedding;
    std::unique_ptr<DeviceMatrix> head;  // null: the embedding is the output matrix too
    DeviceBuffer<float> final_norm;
    std::unique_ptr<AttentionContext> attention;
    std::vector<Part> parts;
  };

  Decoder(std::unique_ptr<Products> products, Weights weights, int max_rows, int max_samples);

  /// Computes KV of all tokens of a step and logits[count][vocabulary] (fp32) of the rows that
  /// `sampled[count]` (device) names. A token id below 0 stands for samples[-1 - id].token.
  void run(Step step, const std::int32_t* sampled, int count, const baton_sample* samples,
           cudaStream_t stream);

  float* logits() const { return logits_.data(); }
  int vocabulary() const { return weights_.vocabulary; }
  Products& products() { return *products_; }

  /// Rows that products compute for `tokens` tokens: few shapes, so that few plans are made.
  static int padded(int tokens);

 private:
  const Matrix& head() const;
  bool spreads_norms(int rows) const;

  std::unique_ptr<Products> products_;
  Weights weights_;
  std::size_t last_mixing_;          // index of the last part that mixes rows
  DeviceBuffer<float> residual_;     // [rows][hidden]
  DeviceBuffer<float> wanted_;       // [samples][hidden], the residual of the rows sampled from
  DeviceBuffer<bf16_t> normed_;      // [rows][hidden]
  DeviceBuffer<float> squares_;      // [few rows][parts], of norms spread over products
  DeviceBuffer<std::byte> scratch_;  // of the sublayers
  DeviceBuffer<float> logits_;       // [samples][vocabulary]
};

}  // namespace baton::cuda
