#include "tensor_maps.hpp"

#include <cuda_runtime.h>

#include <string>

#include "cuda_error.hpp"
#include "error.hpp"

namespace baton::cuda {
namespace {

using Encode = CUresult (*)(CUtensorMap*, CUtensorMapDataType, cuuint32_t, void*,
                            const cuuint64_t*, const cuuint64_t*, const cuuint32_t*,
                            const cuuint32_t*, CUtensorMapInterleave, CUtensorMapSwizzle,
                            CUtensorMapL2promotion, CUtensorMapFloatOOBfill);

Encode encoder() {
  static const Encode found = [] {
    void* function = nullptr;
    cudaDriverEntryPointQueryResult result{};
    BATON_CUDA(cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function, 12000,
                                                cudaEnableDefault, &result));
    if (result != cudaDriverEntryPointSuccess) {
      throw Failure(BATON_UNSUPPORTED, "the driver has no cuTensorMapEncodeTiled: it is too old");
    }
    return reinterpret_cast<Encode>(function);
  }();
  return found;
}

/// bf16, innermost dimension 64 elements, 128-byte swizzle; `strides` in bytes, from dimension 1.
template <int kRank>
CUtensorMap encode(void* data, const cuuint64_t (&sizes)[kRank],
                   const cuuint64_t (&strides)[kRank - 1], const cuuint32_t (&box)[kRank],
                   CUtensorMapL2promotion promotion = CU_TENSOR_MAP_L2_PROMOTION_L2_256B) {
  CUtensorMap map;
  cuuint32_t steps[kRank];
  for (auto& step : steps) step = 1;
  const CUresult result =
      encoder()(&map, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, kRank, data, sizes, strides, box, steps,
                CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B, promotion, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (result != CUDA_SUCCESS) {
    throw Failure(BATON_INTERNAL,
                  "cuTensorMapEncodeTiled: error " + std::to_string(static_cast<int>(result)));
  }
  return map;
}

}  // namespace

CUtensorMap map_pool(const KvView& pool, int blocks, int rows) {
  if (pool.fp8) return CUtensorMap{};
  const auto dim = static_cast<cuuint64_t>(pool.head_dim);
  const auto all_rows = static_cast<cuuint64_t>(pool.block_stride) / dim *
                        static_cast<cuuint64_t>(blocks);
  if (all_rows > 0x7fffffff) {
    throw Failure(BATON_UNSUPPORTED, "the KV pool has " + std::to_string(all_rows) +
                                         " rows of a head, more than a tensor map can address");
  }
  return encode<3>(pool.data, {64, dim / 64, all_rows}, {128, dim * 2},
                   {64, 1, static_cast<cuuint32_t>(rows)});
}

CUtensorMap map_queries(const bf16_t* q, int tokens, const AttentionShape& shape) {
  const auto dim = static_cast<cuuint64_t>(shape.head_dim);
  const auto heads = static_cast<cuuint64_t>(shape.heads);
  return encode<4>(const_cast<bf16_t*>(q), {64, dim / 64, heads, static_cast<cuuint64_t>(tokens)},
                   {128, dim * 2, heads * dim * 2}, {64, 1, 1, 128});
}

CUtensorMap map_matrices(const void* matrices, int count, int rows, int columns, int box_rows) {
  const auto width = static_cast<cuuint64_t>(columns);
  const auto height = static_cast<cuuint64_t>(rows);
  return encode<3>(const_cast<void*>(matrices), {width, height, static_cast<cuuint64_t>(count)},
                   {width * 2, width * height * 2}, {64, static_cast<cuuint32_t>(box_rows), 1},
                   CU_TENSOR_MAP_L2_PROMOTION_L2_128B);
}

}  // namespace baton::cuda
