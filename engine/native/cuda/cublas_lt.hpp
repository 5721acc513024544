// The part of cuBLASLt that Baton calls, opened at run time: a machine that only compiles needs
// neither its headers nor its library. Names, types and values as in cublasLt.h of CUDA 12.9 and 13.
#pragma once

#include <cuda_runtime.h>
#include <library_types.h>

#include <cstddef>
#include <cstdint>

namespace baton::cuda::lt {

using Handle = struct HandleOpaque*;
using Product = struct ProductOpaque*;        // cublasLtMatmulDesc_t
using Layout = struct LayoutOpaque*;          // cublasLtMatrixLayout_t
using Preference = struct PreferenceOpaque*;  // cublasLtMatmulPreference_t
using Status = int;                           // 0: success

struct Algorithm {  // cublasLtMatmulAlgo_t
  std::uint64_t data[8];
};

struct Candidate {  // cublasLtMatmulHeuristicResult_t
  Algorithm algorithm;
  std::size_t workspace;
  Status state;
  float waves;
  int reserved[4];
};

inline constexpr int kCompute32F = 68;
inline constexpr std::int32_t kTransposed = 1;
enum ProductAttribute : int {
  kTransposeA = 3,
  kScaleA = 17,
  kScaleB = 18,
  kFastAccumulation = 25,
  kScaleModeA = 31,
  kScaleModeB = 32,
};
inline constexpr std::int32_t kScaleByRow = 3;  // CUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F
inline constexpr int kMaxWorkspace = 1;         // CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES

struct Library {
  Status (*create)(Handle*);
  Status (*destroy)(Handle);
  Status (*product_create)(Product*, int compute, cudaDataType scale);
  Status (*product_destroy)(Product);
  Status (*product_set)(Product, ProductAttribute, const void*, std::size_t);
  Status (*layout_create)(Layout*, cudaDataType, std::uint64_t rows, std::uint64_t columns,
                          std::int64_t leading);
  Status (*layout_destroy)(Layout);
  Status (*preference_create)(Preference*);
  Status (*preference_destroy)(Preference);
  Status (*preference_set)(Preference, int, const void*, std::size_t);
  Status (*heuristic)(Handle, Product, Layout, Layout, Layout, Layout, Preference, int, Candidate*,
                      int*);
  Status (*matmul)(Handle, Product, const void* alpha, const void* a, Layout, const void* b, Layout,
                   const void* beta, const void* c, Layout, void* d, Layout, const Algorithm*,
                   void* workspace, std::size_t, cudaStream_t);
  const char* (*status_string)(Status);
};

/// Opens the library once. Throws Failure(BATON_UNSUPPORTED) that names what was looked for.
const Library& library();

/// Throws Failure(BATON_INTERNAL) for a status other than success.
void check_call(Status status, const char* call, const char* file, int line);

}  // namespace baton::cuda::lt

#define BATON_LT(call) ::baton::cuda::lt::check_call((call), #call, __FILE__, __LINE__)
