#include "swiglu.hpp"

#include "launch.hpp"
#include "silu.cuh"
#include "vectors.cuh"

namespace baton::cuda {
namespace {

constexpr int kThreads = 256;

__global__ void swiglu_kernel(const bf16_t* gate_up, int inner, bf16_t* out) {
  dependents_launch();
  dependency_wait();
  const std::int64_t row = blockIdx.y;
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= inner) return;
  const float gate = __bfloat162float(gate_up[row * 2 * inner + i]);
  const float up = __bfloat162float(gate_up[row * 2 * inner + inner + i]);
  out[row * inner + i] = __float2bfloat16_rn(silu(gate) * up);
}

/// kSteps times eight numbers a thread, all loads first. Rows lie one behind the other in the grid,
/// so that only its last CTA can be partly empty. `inner8` = inner / 8, `chunks` = rows * inner8.
template <int kSteps>
__global__ void __launch_bounds__(kThreads)
    swiglu_vector_kernel(const bf16_t* gate_up, unsigned chunks, unsigned inner8, bf16_t* out) {
  dependents_launch();
  dependency_wait();
  const unsigned first = blockIdx.x * kSteps * kThreads + threadIdx.x;
  const auto* from = reinterpret_cast<const uint4*>(gate_up);
  uint4 gates[kSteps];
  uint4 ups[kSteps];
#pragma unroll
  for (int i = 0; i < kSteps; ++i) {
    const unsigned chunk = first + i * kThreads;
    if (chunk >= chunks) break;
    const std::size_t at = std::size_t{chunk} + std::size_t{chunk / inner8} * inner8;
    gates[i] = __ldcs(from + at);
    ups[i] = __ldcs(from + at + inner8);
  }
#pragma unroll
  for (int i = 0; i < kSteps; ++i) {
    const unsigned chunk = first + i * kThreads;
    if (chunk >= chunks) break;
    const float4 a = widen({gates[i].x, gates[i].y});
    const float4 b = widen({gates[i].z, gates[i].w});
    const float4 c = widen({ups[i].x, ups[i].y});
    const float4 d = widen({ups[i].z, ups[i].w});
    const uint2 low = pack(silu(a.x) * c.x, silu(a.y) * c.y, silu(a.z) * c.z, silu(a.w) * c.w);
    const uint2 high = pack(silu(b.x) * d.x, silu(b.y) * d.y, silu(b.z) * d.z, silu(b.w) * d.w);
    reinterpret_cast<uint4*>(out)[chunk] = uint4{low.x, low.y, high.x, high.y};
  }
}

}  // namespace

void swiglu(const bf16_t* gate_up, int count, int inner, bf16_t* out, cudaStream_t stream) {
  auto ctas = [](std::int64_t items, int in_cta) {
    return static_cast<unsigned>((items + in_cta - 1) / in_cta);
  };
  const std::int64_t chunks = std::int64_t{count} * inner / 8;
  if (inner % 8 != 0 || chunks > 0x7fffffff) {
    launch(swiglu_kernel, dim3(ctas(inner, kThreads), count), kThreads, 0, stream,
           gate_up, inner, out);
    return;
  }
  constexpr int kSteps = 4;
  constexpr int kManyChunks = 1 << 18;  // enough for every thread of the device to have several
  const bool many = chunks >= kManyChunks;
  launch(many ? swiglu_vector_kernel<kSteps> : swiglu_vector_kernel<1>,
         ctas(chunks, (many ? kSteps : 1) * kThreads), kThreads, 0, stream, gate_up,
         static_cast<unsigned>(chunks), static_cast<unsigned>(inner / 8), out);
}

}  // namespace baton::cuda
