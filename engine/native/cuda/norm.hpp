// The residual stream and its RMSNorm. With many rows the norm is a kernel. With few rows it is spread
// over its neighbours: whoever writes the residual also leaves residual * weight and sums of its
// squares, and the product that reads them divides its sums by the root mean square.
#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <cstdint>

#include "kv_view.hpp"

namespace baton::cuda {

/// RMSNorm(residual) * weight as a product takes it. Device pointers.
struct Normed {
  const bf16_t* x;                     // [rows][hidden], in bf16
  const float* squares = nullptr;      // null: x is all of it. Else x is still to be divided by the
                                       // root mean square: [rows][parts], sums of squares
  int parts = 0;
  float epsilon = 0;
  const std::int32_t* rows = nullptr;  // which rows of x and squares; null: all in order
};

/// The residual stream, and what its writer leaves for the norm behind it. Device pointers.
struct Residual {
  float* sum;                   // [rows][hidden]
  const float* norm = nullptr;  // [hidden] weight of the norm behind; null: nothing is left for it
  bf16_t* x = nullptr;          // as in Normed
  float* squares = nullptr;
};

/// residual.sum[count][hidden] = rows of embedding[vocabulary][hidden]. An id below 0 stands for
/// samples[-1 - id].token. Where residual.norm asks for it, leaves one part of squares a row.
void embed(const std::int32_t* tokens, const baton_sample* samples, const bf16_t* embedding,
           int count, int hidden, const Residual& residual, cudaStream_t stream);

/// out[count][hidden] = RMSNorm(residual) * weight of the rows that `rows` names, null: all in order.
/// `hidden` is a multiple of 2, at most 16,384.
void rms_norm(const float* residual, const std::int32_t* rows, const float* weight, float epsilon,
              int count, int hidden, bf16_t* out, cudaStream_t stream);

}  // namespace baton::cuda
