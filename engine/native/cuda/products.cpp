#include "products.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "error.hpp"
#include "stream.hpp"

namespace baton::cuda {
namespace {

constexpr std::size_t kWorkspace = std::size_t{64} << 20;
constexpr int kTuneCandidates = 64;
constexpr int kTuneRepeats = 3;

}  // namespace

/// What a call of cublasLtMatmul needs, in its column-major terms: D[outputs x rows] = W^T X.
struct Products::Plan {
  lt::Product product = nullptr;
  lt::Layout weight = nullptr;
  lt::Layout input = nullptr;
  lt::Layout output = nullptr;
  std::vector<lt::Candidate> candidates;
  std::size_t chosen = 0;

  Plan() = default;
  Plan(Plan&& other) noexcept { *this = std::move(other); }
  Plan& operator=(Plan&& other) noexcept {
    std::swap(product, other.product);
    std::swap(weight, other.weight);
    std::swap(input, other.input);
    std::swap(output, other.output);
    std::swap(candidates, other.candidates);
    std::swap(chosen, other.chosen);
    return *this;
  }
  ~Plan() {
    if (product != nullptr) lt::library().product_destroy(product);
    for (lt::Layout layout : {weight, input, output}) {
      if (layout != nullptr) lt::library().layout_destroy(layout);
    }
  }
};

Products::Products(int max_rows, int max_inputs, bool fp8)
    : workspace_(kWorkspace),
      quantised_(fp8 ? static_cast<std::size_t>(max_rows) * max_inputs : 0),
      scales_(fp8 ? static_cast<std::size_t>(max_rows) : 0) {
  BATON_LT(lt::library().create(&handle_));
}

Products::~Products() {
  plans_.clear();
  if (handle_ != nullptr) lt::library().destroy(handle_);
}

Products::Plan Products::make_plan(const Matrix& weight, int rows, bool out_fp32, int wanted) {
  const lt::Library& library = lt::library();
  Plan plan;
  BATON_LT(library.product_create(&plan.product, lt::kCompute32F, CUDA_R_32F));
  auto set = [&](lt::ProductAttribute attribute, const auto& value) {
    BATON_LT(library.product_set(plan.product, attribute, &value, sizeof value));
  };
  set(lt::kTransposeA, lt::kTransposed);
  if (weight.is_fp8()) {
    set(lt::kScaleModeA, lt::kScaleByRow);
    set(lt::kScaleModeB, lt::kScaleByRow);
    set(lt::kFastAccumulation, std::int8_t{1});
    const void* of_weight = weight.scales;
    const void* of_input = scales_.data();
    set(lt::kScaleA, of_weight);
    set(lt::kScaleB, of_input);
  }
  const cudaDataType type = weight.is_fp8() ? CUDA_R_8F_E4M3 : CUDA_R_16BF;
  const auto k = static_cast<std::uint64_t>(weight.inputs);
  const auto n = static_cast<std::uint64_t>(weight.outputs);
  const auto m = static_cast<std::uint64_t>(rows);
  BATON_LT(library.layout_create(&plan.weight, type, k, n, weight.inputs));
  BATON_LT(library.layout_create(&plan.input, type, k, m, weight.inputs));
  BATON_LT(library.layout_create(&plan.output, out_fp32 ? CUDA_R_32F : CUDA_R_16BF, n, m,
                                 weight.outputs));
  lt::Preference preference = nullptr;
  BATON_LT(library.preference_create(&preference));
  const std::size_t limit = kWorkspace;
  int found = 0;
  plan.candidates.resize(static_cast<std::size_t>(wanted));
  lt::Status status = library.preference_set(preference, lt::kMaxWorkspace, &limit, sizeof limit);
  if (status == 0) {
    status = library.heuristic(handle_, plan.product, plan.weight, plan.input, plan.output,
                               plan.output, preference, wanted, plan.candidates.data(), &found);
  }
  library.preference_destroy(preference);
  BATON_LT(status);
  plan.candidates.resize(static_cast<std::size_t>(found));
  std::erase_if(plan.candidates, [](const lt::Candidate& c) { return c.state != 0; });
  if (plan.candidates.empty()) {
    throw Failure(BATON_UNSUPPORTED, "cuBLASLt has no kernel for a product of " +
                                         std::to_string(rows) + " x " +
                                         std::to_string(weight.inputs) + " by " +
                                         std::to_string(weight.outputs));
  }
  return plan;
}

void Products::call(const Plan& plan, const lt::Algorithm& algorithm, const void* x,
                    const Matrix& weight, void* out, bool add, cudaStream_t stream) {
  if (weight.is_fp8()) {  // the plan may have been made for another weight of this shape
    const void* of_weight = weight.scales;
    BATON_LT(lt::library().product_set(plan.product, lt::kScaleA, &of_weight, sizeof of_weight));
  }
  const float one = 1;
  const float kept = add ? 1 : 0;
  BATON_LT(lt::library().matmul(handle_, plan.product, &one, weight.data, plan.weight, x,
                                plan.input, &kept, out, plan.output, out, plan.output, &algorithm,
                                workspace_.data(), kWorkspace, stream));
}

template <class Out>
void Products::run_many(const bf16_t* x, const Matrix& weight, int rows, Out* out, bool add,
                        cudaStream_t stream) {
  const void* input = x;
  if (weight.is_fp8()) {
    quantise_rows(x, rows, weight.inputs, quantised_.data(), scales_.data(), stream);
    input = quantised_.data();
  }
  const bool fp32 = sizeof(Out) == sizeof(float);
  const Key key{weight.outputs, weight.inputs, rows, weight.is_fp8(), fp32, add};
  auto plan = plans_.find(key);
  if (plan == plans_.end()) {
    Plan made = make_plan(weight, rows, fp32, tuning_ ? kTuneCandidates : 1);
    if (tuning_) choose(made, input, weight, out, add, stream);
    plan = plans_.emplace(key, std::move(made)).first;
  }
  call(plan->second, plan->second.candidates[plan->second.chosen].algorithm, input, weight, out,
       add, stream);
}

template <class Out>
void Products::run_as(const Normed& x, const Matrix& weight, int rows, Out* out,
                      cudaStream_t stream) {
  if (has_few_rows(weight, rows)) {
    multiply_few(x, weight, rows, out, stream);
    return;
  }
  require(x.squares == nullptr && x.rows == nullptr, "a norm to be finished by many rows");
  run_many(x.x, weight, rows, out, false, stream);
}

void Products::run(const Normed& x, const Matrix& weight, int rows, bf16_t* out,
                   cudaStream_t stream) {
  run_as(x, weight, rows, out, stream);
}

void Products::run(const Normed& x, const Matrix& weight, int rows, float* out,
                   cudaStream_t stream) {
  run_as(x, weight, rows, out, stream);
}

void Products::add(const bf16_t* x, const Matrix& weight, int rows, const Residual& residual,
                   cudaStream_t stream) {
  if (has_few_rows(weight, rows)) {
    multiply_few_add(x, weight, rows, residual, stream);
    return;
  }
  require(residual.norm == nullptr, "a norm to be prepared by many rows");
  run_many(x, weight, rows, residual.sum, true, stream);
}

void Products::choose(Plan& plan, const void* x, const Matrix& weight, void* out, bool add,
                      cudaStream_t stream) {
  Event from;
  Event to;
  float best = std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < plan.candidates.size(); ++i) {
    float fastest = std::numeric_limits<float>::infinity();
    for (int repeat = 0; repeat < kTuneRepeats; ++repeat) {
      from.record(stream);
      call(plan, plan.candidates[i].algorithm, x, weight, out, add, stream);
      to.record(stream);
      to.wait();
      fastest = std::min(fastest, to.since(from));
    }
    if (fastest < best) {
      best = fastest;
      plan.chosen = i;
    }
  }
}

}  // namespace baton::cuda
