#include "linear.hpp"

#include <omp.h>

#include <algorithm>
#include <cstring>

#include "bf16.hpp"
#include "error.hpp"
#include "philox.hpp"

namespace baton::cpu {
namespace {

using dnnl::memory;

constexpr int kMaxRows = 256;  // of one primitive; more rows take several

memory::data_type type_of(bool bf16) {
  return bf16 ? memory::data_type::bf16 : memory::data_type::f32;
}

memory::desc matrix(int rows, int columns, memory::data_type type, memory::format_tag tag) {
  return {{rows, columns}, type, tag};
}

}  // namespace

ThreadCount::ThreadCount(int threads) : before_(omp_get_max_threads()) {
  omp_set_num_threads(threads);
}

ThreadCount::~ThreadCount() { omp_set_num_threads(before_); }

Product::Product(const dnnl::engine& engine, dnnl::stream&, int inputs, int outputs,
                 bool accumulate, bool bf16, int max_rows, int threads)
    : engine_(engine),
      inputs_(inputs),
      outputs_(outputs),
      accumulate_(accumulate),
      bf16_(bf16),
      threads_(threads) {
  int largest = 1;
  while (largest < max_rows && largest < kMaxRows) largest *= 2;
  const memory::desc x = matrix(largest, inputs, type_of(bf16), memory::format_tag::ab);
  const memory::desc y =
      matrix(largest, outputs, memory::data_type::f32, memory::format_tag::ab);
  const memory::desc any = matrix(inputs, outputs, type_of(bf16), memory::format_tag::any);
  weights_ = dnnl::matmul::primitive_desc(engine_, x, any, y).weights_desc();
  for (int rows = 1; rows <= largest; rows *= 2) steps_.push_back(make(rows));
}

Product::Step Product::make(int rows) const {
  const memory::desc x = matrix(rows, inputs_, type_of(bf16_), memory::format_tag::ab);
  const memory::desc y = matrix(rows, outputs_, memory::data_type::f32, memory::format_tag::ab);
  dnnl::primitive_attr attributes;
  if (accumulate_) {
    dnnl::post_ops post;
    post.append_sum(1.0F);
    attributes.set_post_ops(post);
  }
  const dnnl::matmul::primitive_desc description(engine_, x, weights_, y, attributes);
  return {rows, dnnl::matmul(description), memory(x, engine_, nullptr),
          memory(y, engine_, nullptr)};
}

void Product::execute(dnnl::stream& stream, Step& step, const memory& weights, const void* x,
                      float* y) const {
  step.x.set_data_handle(const_cast<void*>(x));  // oneDNN does not write to a source
  step.y.set_data_handle(y);
  step.primitive.execute(stream, {{DNNL_ARG_SRC, step.x},
                                  {DNNL_ARG_WEIGHTS, weights},
                                  {DNNL_ARG_DST, step.y}});
}

void Product::run(dnnl::stream& stream, const memory& weights, int rows, const void* x, float* y) {
  const std::size_t x_row = static_cast<std::size_t>(inputs_) * (bf16_ ? 2 : 4);
  const auto* from = static_cast<const std::byte*>(x);
  while (rows > 0) {
    auto step = steps_.end() - 1;
    while (step != steps_.begin() && step->rows > rows) --step;
    execute(stream, *step, weights, from, y);
    from += x_row * static_cast<std::size_t>(step->rows);
    y += static_cast<std::ptrdiff_t>(outputs_) * step->rows;
    rows -= step->rows;
  }
}

void Product::prove(dnnl::stream& stream, const memory& weights) {
  const int rows = steps_.back().rows;
  const auto inputs = static_cast<std::size_t>(inputs_);
  const auto outputs = static_cast<std::size_t>(outputs_);
  std::vector<bf16> x16(bf16_ ? inputs * static_cast<std::size_t>(rows) : 0);
  std::vector<float> x32(bf16_ ? 0 : inputs * static_cast<std::size_t>(rows));
  for (std::size_t i = 0; i < std::max(x16.size(), x32.size()); ++i) {
    const auto value = static_cast<float>(uniform(1, i) * 4 - 2);
    if (bf16_) {
      x16[i] = to_bf16(value);
    } else {
      x32[i] = value;
    }
  }
  const void* x = bf16_ ? static_cast<const void*>(x16.data()) : x32.data();
  const std::size_t x_row = inputs * (bf16_ ? 2 : 4);

  std::vector<float> before(outputs * static_cast<std::size_t>(rows));
  for (std::size_t i = 0; i < before.size(); ++i) {
    before[i] = static_cast<float>(uniform(2, i) * 4 - 2);
  }
  std::vector<float> reference = before;
  {
    const ThreadCount one(1);
    Step step = make(rows);
    execute(stream, step, weights, x, reference.data());
  }
  std::vector<Step> proven;
  for (Step& step : steps_) {
    std::vector<float> y = before;
    for (int row = 0; row + step.rows <= rows; row += step.rows) {
      execute(stream, step, weights,
              static_cast<const std::byte*>(x) + x_row * static_cast<std::size_t>(row),
              y.data() + outputs * static_cast<std::size_t>(row));
    }
    if (std::memcmp(y.data(), reference.data(), y.size() * sizeof(float)) == 0) {
      proven.push_back(std::move(step));
    }
  }
  if (proven.empty()) {
    throw Failure(BATON_UNSUPPORTED, "no matrix product of " + std::to_string(inputs_) + " x " +
                                         std::to_string(outputs_) +
                                         " gives the same result on " +
                                         std::to_string(threads_) + " threads as on one");
  }
  steps_ = std::move(proven);
}

Products::Products(bool bf16, int max_rows, int threads)
    : engine_(dnnl::engine::kind::cpu, 0),
      stream_(engine_),
      bf16_(bf16),
      max_rows_(max_rows),
      threads_(threads) {}

Products::Linear Products::pack(int inputs, int outputs, bool accumulate, const void* w,
                                int max_rows) {
  const int rows = std::min(max_rows, max_rows_);
  auto& product = products_[{inputs, outputs, accumulate, rows}];
  const bool fresh = product == nullptr;
  if (fresh) {
    product = std::make_unique<Product>(engine_, stream_, inputs, outputs, accumulate, bf16_, rows,
                                        threads_);
  }
  Linear linear;
  linear.product_ = product.get();
  linear.stream_ = &stream_;
  linear.weights_ = memory(product->weights_desc(), engine_);
  memory source(matrix(inputs, outputs, type_of(bf16_), memory::format_tag::ba), engine_,
                const_cast<void*>(w));
  dnnl::reorder(source, linear.weights_).execute(stream_, source, linear.weights_);
  stream_.wait();
  if (fresh) product->prove(stream_, linear.weights_);
  return linear;
}

}  // namespace baton::cpu
