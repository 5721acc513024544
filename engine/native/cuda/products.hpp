// Matrix products of the model: cuBLASLt for many rows, own kernel for a few. The own kernels read
// the weight before the kernel in front of them has finished (launch.hpp): weights must be complete
// before a stream uses them.
#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <cstdint>
#include <map>
#include <tuple>

#include "cublas_lt.hpp"
#include "device_buffer.hpp"
#include "kv_view.hpp"
#include "norm.hpp"
#include "rope.hpp"

namespace baton::cuda {

/// A weight [outputs][inputs] on the device. bf16, or e4m3 with one scale an output.
struct Matrix {
  const void* data = nullptr;
  const float* scales = nullptr;  // [outputs]; null: bf16
  int outputs = 0;
  int inputs = 0;
  bool is_fp8() const { return scales != nullptr; }
  std::int64_t bytes() const { return std::int64_t{outputs} * inputs * (is_fp8() ? 1 : 2); }
};

/// Most rows of the multiply_few functions: as many as their kernel has columns for, all at the
/// price of one.
inline constexpr int kFewRows = 8;

/// Whether the multiply_few functions can take this weight and number of rows.
inline bool has_few_rows(const Matrix& weight, int rows) {
  return rows <= kFewRows && weight.inputs % (weight.is_fp8() ? 16 : 8) == 0;
}

/// Parts of squares that multiply_few_add leaves of a row of the residual.
inline constexpr int kNormPart = 16;  // numbers of the row in a part
inline int norm_parts(int hidden) { return (hidden + kNormPart - 1) / kNormPart; }

/// out[rows][outputs] = x[rows][inputs] weight^T for up to kFewRows rows: bound by reading the
/// weight once. inputs is a multiple of 8 (bf16) or 16 (e4m3); fp32 sums. This and the next ones
/// throw Failure(BATON_INVALID_ARGUMENT) where `has_few_rows` does not hold.
template <class Out>
void multiply_few(const Normed& x, const Matrix& weight, int rows, Out* out, cudaStream_t stream);

/// residual.sum += x weight^T. Where residual.norm asks for it, leaves norm_parts(outputs) parts of
/// squares a row.
void multiply_few_add(const bf16_t* x, const Matrix& weight, int rows, const Residual& residual,
                      cudaStream_t stream);

/// out[rows][inner] = silu(x Wg^T) * (x Wu^T), where `weight` is [2 inner][inputs], Wg above Wu:
/// multiply_few and swiglu in one, without rounding in between.
void multiply_few_swiglu(const Normed& x, const Matrix& weight, int rows, bf16_t* out,
                         cudaStream_t stream);

/// multiply_few and rope_store in one, without rounding in between. head_dim is even.
void multiply_few_rope(const Normed& x, const Matrix& qkv, int rows, const RopeStore& to,
                       cudaStream_t stream);

/// Fewest rows for which `multiply_many_swiglu` is worth it.
inline constexpr int kManyRows = 512;

/// Whether multiply_many_swiglu can take this weight and number of rows on the current device.
bool has_many_rows_swiglu(const Matrix& weight, int rows);

/// multiply_few_swiglu with many rows: out[rows][inner] without writing gate and up.
/// Throws Failure(BATON_INVALID_ARGUMENT) where has_many_rows_swiglu does not hold.
void multiply_many_swiglu(const bf16_t* x, const Matrix& weight, int rows, bf16_t* out,
                          cudaStream_t stream);

/// q[rows][inputs] in e4m3 and one scale a row, so that x = q * scale.
void quantise_rows(const bf16_t* x, int rows, int inputs, std::uint8_t* q, float* scales,
                   cudaStream_t stream);

class Products {
 public:
  /// `max_rows` and `max_inputs` bound the activations that fp8 products quantise.
  Products(int max_rows, int max_inputs, bool fp8);
  ~Products();
  Products(const Products&) = delete;
  Products& operator=(const Products&) = delete;

  /// out[rows][outputs] = x[rows][inputs] weight^T, fp32 accumulation. A norm that is still to be
  /// finished takes has_few_rows.
  void run(const Normed& x, const Matrix& weight, int rows, bf16_t* out, cudaStream_t stream);
  void run(const Normed& x, const Matrix& weight, int rows, float* out, cudaStream_t stream);

  /// residual.sum += x weight^T. To leave something for the norm behind takes has_few_rows.
  void add(const bf16_t* x, const Matrix& weight, int rows, const Residual& residual,
           cudaStream_t stream);

  /// While on, the first product of a shape times the candidates of cuBLASLt on its arguments and
  /// keeps the fastest (`out` gets any values, the stream is waited for). Otherwise the first
  /// candidate of the library's heuristic is taken. Either way the choice is kept.
  void tune(bool on) { tuning_ = on; }

 private:
  struct Plan;
  using Key = std::tuple<int, int, int, bool, bool, bool>;  // outputs, inputs, rows, fp8, fp32, add

  template <class Out>
  void run_as(const Normed& x, const Matrix& weight, int rows, Out* out, cudaStream_t stream);
  template <class Out>
  void run_many(const bf16_t* x, const Matrix& weight, int rows, Out* out, bool add,
                cudaStream_t stream);
  Plan make_plan(const Matrix& weight, int rows, bool out_fp32, int candidates);
  void choose(Plan& plan, const void* x, const Matrix& weight, void* out, bool add,
              cudaStream_t stream);
  void call(const Plan& plan, const lt::Algorithm& algorithm, const void* x, const Matrix& weight,
            void* out, bool add, cudaStream_t stream);

  lt::Handle handle_ = nullptr;
  DeviceBuffer<std::uint8_t> workspace_;
  DeviceBuffer<std::uint8_t> quantised_;
  DeviceBuffer<float> scales_;
  std::map<Key, Plan> plans_;
  bool tuning_ = false;
};

}  // namespace baton::cuda
