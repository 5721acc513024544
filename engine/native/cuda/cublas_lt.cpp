#include "cublas_lt.hpp"

#include <dlfcn.h>

#include <string>

#include "error.hpp"

#if __has_include(<cublasLt.h>)
#include <cublasLt.h>
// Where the header is there, it vouches for what is declared by hand.
static_assert(sizeof(baton::cuda::lt::Algorithm) == sizeof(cublasLtMatmulAlgo_t));
static_assert(sizeof(baton::cuda::lt::Candidate) == sizeof(cublasLtMatmulHeuristicResult_t));
static_assert(baton::cuda::lt::kCompute32F == CUBLAS_COMPUTE_32F);
static_assert(baton::cuda::lt::kTransposed == CUBLAS_OP_T);
static_assert(baton::cuda::lt::kTransposeA == CUBLASLT_MATMUL_DESC_TRANSA);
static_assert(baton::cuda::lt::kScaleA == CUBLASLT_MATMUL_DESC_A_SCALE_POINTER);
static_assert(baton::cuda::lt::kScaleB == CUBLASLT_MATMUL_DESC_B_SCALE_POINTER);
static_assert(baton::cuda::lt::kFastAccumulation == CUBLASLT_MATMUL_DESC_FAST_ACCUM);
static_assert(baton::cuda::lt::kScaleModeA == CUBLASLT_MATMUL_DESC_A_SCALE_MODE);
static_assert(baton::cuda::lt::kScaleModeB == CUBLASLT_MATMUL_DESC_B_SCALE_MODE);
static_assert(baton::cuda::lt::kScaleByRow == CUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F);
static_assert(baton::cuda::lt::kMaxWorkspace == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES);
#endif

namespace baton::cuda::lt {
namespace {

constexpr const char* kNames[] = {"libcublasLt.so.13", "libcublasLt.so.12"};

template <class Function>
void bind(void* handle, const char* symbol, Function& function) {
  function = reinterpret_cast<Function>(dlsym(handle, symbol));
  if (function == nullptr) {
    throw Failure(BATON_UNSUPPORTED, std::string("cuBLASLt has no ") + symbol);
  }
}

Library open() {
  void* handle = nullptr;
  for (const char* name : kNames) {
    if (handle == nullptr) handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  }
  if (handle == nullptr) {
    throw Failure(BATON_UNSUPPORTED, std::string("cuBLASLt cannot be opened (") + kNames[0] +
                                         " or " + kNames[1] + "): " + dlerror());
  }
  Library all{};
  bind(handle, "cublasLtCreate", all.create);
  bind(handle, "cublasLtDestroy", all.destroy);
  bind(handle, "cublasLtMatmulDescCreate", all.product_create);
  bind(handle, "cublasLtMatmulDescDestroy", all.product_destroy);
  bind(handle, "cublasLtMatmulDescSetAttribute", all.product_set);
  bind(handle, "cublasLtMatrixLayoutCreate", all.layout_create);
  bind(handle, "cublasLtMatrixLayoutDestroy", all.layout_destroy);
  bind(handle, "cublasLtMatmulPreferenceCreate", all.preference_create);
  bind(handle, "cublasLtMatmulPreferenceDestroy", all.preference_destroy);
  bind(handle, "cublasLtMatmulPreferenceSetAttribute", all.preference_set);
  bind(handle, "cublasLtMatmulAlgoGetHeuristic", all.heuristic);
  bind(handle, "cublasLtMatmul", all.matmul);
  bind(handle, "cublasLtGetStatusString", all.status_string);
  return all;
}

}  // namespace

const Library& library() {
  static const Library opened = open();
  return opened;
}

void check_call(Status status, const char* call, const char* file, int line) {
  if (status == 0) return;
  throw Failure(BATON_INTERNAL, std::string(file) + ":" + std::to_string(line) + ": " + call +
                                    ": " + library().status_string(status));
}

}  // namespace baton::cuda::lt
