// The gated feed-forward network: down(silu(gate x) * up x). Shazeer, "GLU Variants Improve
// Transformer", 2020.
#pragma once

#include "matrix.hpp"
#include "scratch.hpp"
#include "step.hpp"
#include "swiglu.hpp"

namespace baton::cuda {

class GatedFeedForward : public Sublayer {
 public:
  /// gate_up is [2 inner][hidden], the gate's rows first; down is [hidden][inner].
  GatedFeedForward(Products& products, DeviceMatrix gate_up, DeviceMatrix down)
      : products_(products), gate_up_(std::move(gate_up)), down_(std::move(down)) {}

  std::size_t scratch_bytes(int rows) const override {
    const auto inner = static_cast<std::size_t>(down_.view().inputs);
    return Scratch::bytes<bf16_t>(rows * 2 * inner) + Scratch::bytes<bf16_t>(rows * inner);
  }

  bool mixes_rows() const override { return false; }
  bool spreads_norms(int rows) const override {
    return has_few_rows(gate_up_.view(), rows) && has_few_rows(down_.view(), rows);
  }

  void run(const Step& step, const Normed& x, const Residual& residual,
           std::byte* scratch) override {
    const auto inner = static_cast<std::size_t>(down_.view().inputs);
    Scratch left(scratch);
    auto* gated = left.take<bf16_t>(static_cast<std::size_t>(step.rows) * inner);
    if (has_few_rows(gate_up_.view(), step.rows)) {
      multiply_few_swiglu(x, gate_up_.view(), step.rows, gated, step.stream);
    } else if (has_many_rows_swiglu(gate_up_.view(), step.rows)) {
      multiply_many_swiglu(x.x, gate_up_.view(), step.rows, gated, step.stream);
    } else {
      auto* gate_up = left.take<bf16_t>(static_cast<std::size_t>(step.rows) * 2 * inner);
      products_.run(x, gate_up_.view(), step.rows, gate_up, step.stream);
      swiglu(gate_up, step.rows, down_.view().inputs, gated, step.stream);
    }
    products_.add(gated, down_.view(), step.rows, residual, step.stream);
  }

 private:
  Products& products_;
  DeviceMatrix gate_up_, down_;
};

}  // namespace baton::cuda
