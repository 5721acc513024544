// Matrix products through oneDNN: y[rows][outputs] = x[rows][inputs] * w^T, f32 accumulation.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include <dnnl.hpp>

namespace baton::cpu {

/// Primitives of one (inputs, outputs, accumulate) for a ladder of row counts, all proven to give
/// one row the same bits.
///
/// oneDNN picks a kernel, and with it an order of summation, by the shape of the product, so a
/// row's result could depend on its batch mates. Therefore rows are cut into fixed counts (powers
/// of two), and a count whose result differs from that of the reference, the largest count on one
/// thread, in any bit is not used; see prove().
class Product {
 public:
  Product(const dnnl::engine& engine, dnnl::stream& stream, int inputs, int outputs,
          bool accumulate, bool bf16, int max_rows, int threads);

  const dnnl::memory::desc& weights_desc() const { return weights_; }

  /// x: [rows rounded up to smallest_rows()][inputs]; y likewise. On accumulate adds to y.
  void run(dnnl::stream& stream, const dnnl::memory& weights, int rows, const void* x, float* y);

  /// Drops the row counts that do not reproduce the reference bit by bit with these weights.
  void prove(dnnl::stream& stream, const dnnl::memory& weights);

  int smallest_rows() const { return steps_.front().rows; }

 private:
  struct Step {
    int rows;
    dnnl::matmul primitive;
    dnnl::memory x, y;
  };
  Step make(int rows) const;
  void execute(dnnl::stream& stream, Step& step, const dnnl::memory& weights, const void* x,
               float* y) const;

  dnnl::engine engine_;
  int inputs_;
  int outputs_;
  bool accumulate_;
  bool bf16_;
  int threads_;
  dnnl::memory::desc weights_;
  std::vector<Step> steps_;  // ascending rows
};

/// Builds products once a shape; owned by one engine.
class Products {
 public:
  Products(bool bf16, int max_rows, int threads);

  /// A weight matrix packed for its product; w: [outputs][inputs], bf16 or float as the products.
  class Linear {
   public:
    void run(int rows, const void* x, float* y) { product_->run(*stream_, weights_, rows, x, y); }
    int smallest_rows() const { return product_->smallest_rows(); }

   private:
    friend class Products;
    Product* product_ = nullptr;
    dnnl::stream* stream_ = nullptr;
    dnnl::memory weights_;
  };

  Linear pack(int inputs, int outputs, bool accumulate, const void* w, int max_rows);

  /// Extra rows that inputs and outputs have room for: at least any smallest_rows().
  static constexpr int padding = 256;

 private:
  dnnl::engine engine_;
  dnnl::stream stream_;
  bool bf16_;
  int max_rows_;
  int threads_;
  std::map<std::tuple<int, int, bool, int>, std::unique_ptr<Product>> products_;
};

/// Sets this thread's number of OpenMP threads for a scope.
class ThreadCount {
 public:
  explicit ThreadCount(int threads);
  ~ThreadCount();
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;

 private:
  int before_;
};

}  // namespace baton::cpu
