#include "elementwise.hpp"

#include <string>

#include "cuda_error.hpp"

namespace baton::cuda {
namespace {

constexpr int kNormThreads = 256;

__device__ float block_sum(float value) {
  __shared__ float partial[kNormThreads / 32];
  for (int offset = 16; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(0xffffffff, value, offset);
  }
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = value;
  __syncthreads();
  float sum = 0;
  for (int i = 0; i < kNormThreads / 32; ++i) sum += partial[i];
  return sum;
}

__global__ void embed_kernel(const std::int32_t* tokens, const baton_sample* samples,
                             const bf16_t* embedding, int hidden, float* residual) {
  const std::int64_t row = blockIdx.x;
  const std::int32_t id = tokens[row];
  const bf16_t* from = embedding + std::int64_t{id < 0 ? samples[-1 - id].token : id} * hidden;
  for (int i = threadIdx.x; i < hidden; i += blockDim.x) {
    residual[row * hidden + i] = __bfloat162float(from[i]);
  }
}

/// One CTA a row of `out`; the row of x is the same, or the one that `rows` names. The row stays in
/// shared memory between its two uses.
__global__ void __launch_bounds__(kNormThreads)
    norm_kernel(const float* x, const std::int32_t* rows, const float* weight, float epsilon,
                int hidden, bf16_t* out) {
  extern __shared__ float4 kept[];
  const std::int64_t from = rows == nullptr ? static_cast<int>(blockIdx.x) : rows[blockIdx.x];
  const auto* values = reinterpret_cast<const float4*>(x + from * hidden);
  float squares = 0;
  for (int i = threadIdx.x; i < hidden / 4; i += kNormThreads) {
    const float4 v = values[i];
    kept[i] = v;
    squares += v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
  }
  const float scale = rsqrtf(block_sum(squares) / static_cast<float>(hidden) + epsilon);
  auto* to = reinterpret_cast<uint2*>(out + std::int64_t{blockIdx.x} * hidden);
  const auto* weights = reinterpret_cast<const float4*>(weight);
  for (int i = threadIdx.x; i < hidden / 4; i += kNormThreads) {
    const float4 v = kept[i];
    const float4 w = weights[i];
    uint2 packed;
    auto* pairs = reinterpret_cast<__nv_bfloat162*>(&packed);
    pairs[0] = __floats2bfloat162_rn(v.x * scale * w.x, v.y * scale * w.y);
    pairs[1] = __floats2bfloat162_rn(v.z * scale * w.z, v.w * scale * w.w);
    to[i] = packed;
  }
}

void launch_norm(const float* x, const std::int32_t* rows, const float* weight, float epsilon,
                 int count, int hidden, bf16_t* out, cudaStream_t stream) {
  require(hidden % 4 == 0 && hidden <= 16384,
          "hidden must be a multiple of 4 and at most 16384, not " + std::to_string(hidden));
  const std::size_t shared = sizeof(float) * static_cast<std::size_t>(hidden);
  BATON_CUDA(cudaFuncSetAttribute(norm_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                  static_cast<int>(shared)));
  norm_kernel<<<count, kNormThreads, shared, stream>>>(x, rows, weight, epsilon, hidden, out);
  BATON_CUDA(cudaGetLastError());
}

/// One CTA a token; threads walk the pairs of all heads.
__global__ void rope_store_kernel(const bf16_t* qkv, StepView step, const float* cosine,
                                  const float* sine, RopeShape shape, int layer, bf16_t* q,
                                  KvView pool) {
  const std::int64_t token = blockIdx.x;
  const int half = shape.head_dim / 2;
  const int heads = shape.heads + 2 * shape.kv_heads;
  const bf16_t* from = qkv + token * heads * shape.head_dim;
  const std::int64_t angle = std::int64_t{step.positions[token]} * half;
  const int slot = step.slots[token];
  const int block = slot / BATON_BLOCK_TOKENS;
  const int place = slot % BATON_BLOCK_TOKENS * shape.head_dim;
  for (int i = threadIdx.x; i < heads * half; i += blockDim.x) {
    const int head = i / half;
    const int pair = i % half;
    const float a = __bfloat162float(from[head * shape.head_dim + pair]);
    const float b = __bfloat162float(from[head * shape.head_dim + pair + half]);
    const int kv_head = head - shape.heads;
    if (kv_head >= 0 && slot < 0) continue;
    if (kv_head >= shape.kv_heads) {
      bf16_t* v = pool.at(block, kv_head - shape.kv_heads, layer, 1) + place;
      v[pair] = __float2bfloat16_rn(a);
      v[pair + half] = __float2bfloat16_rn(b);
      continue;
    }
    const float c = cosine[angle + pair];
    const float s = sine[angle + pair];
    bf16_t* to = kv_head < 0 ? q + (token * shape.heads + head) * shape.head_dim
                             : pool.at(block, kv_head, layer, 0) + place;
    to[pair] = __float2bfloat16_rn(a * c - b * s);
    to[pair + half] = __float2bfloat16_rn(b * c + a * s);
  }
}

/// Two pairs (8 bytes) a thread and access; head_dim is a multiple of 8.
__global__ void rope_store_vector_kernel(const bf16_t* qkv, StepView step, const float* cosine,
                                         const float* sine, RopeShape shape, int layer, bf16_t* q,
                                         KvView pool) {
  const std::int64_t token = blockIdx.x;
  const int half = shape.head_dim / 2;
  const int quads = half / 4;
  const int heads = shape.heads + 2 * shape.kv_heads;
  const bf16_t* from = qkv + token * heads * shape.head_dim;
  const std::int64_t angle = std::int64_t{step.positions[token]} * half;
  const int slot = step.slots[token];
  const int block = slot / BATON_BLOCK_TOKENS;
  const int place = slot % BATON_BLOCK_TOKENS * shape.head_dim;
  for (int i = threadIdx.x; i < heads * quads; i += blockDim.x) {
    const int head = i / quads;
    const int pair = i % quads * 4;
    const uint2 low = *reinterpret_cast<const uint2*>(from + head * shape.head_dim + pair);
    const uint2 high = *reinterpret_cast<const uint2*>(from + head * shape.head_dim + pair + half);
    const int kv_head = head - shape.heads;
    if (kv_head >= 0 && slot < 0) continue;
    if (kv_head >= shape.kv_heads) {
      bf16_t* v = pool.at(block, kv_head - shape.kv_heads, layer, 1) + place;
      *reinterpret_cast<uint2*>(v + pair) = low;
      *reinterpret_cast<uint2*>(v + pair + half) = high;
      continue;
    }
    const float4 c = *reinterpret_cast<const float4*>(cosine + angle + pair);
    const float4 s = *reinterpret_cast<const float4*>(sine + angle + pair);
    const auto* la = reinterpret_cast<const __nv_bfloat162*>(&low);
    const auto* ha = reinterpret_cast<const __nv_bfloat162*>(&high);
    const float2 a0 = __bfloat1622float2(la[0]);
    const float2 a1 = __bfloat1622float2(la[1]);
    const float2 b0 = __bfloat1622float2(ha[0]);
    const float2 b1 = __bfloat1622float2(ha[1]);
    uint2 out_low;
    uint2 out_high;
    auto* lo = reinterpret_cast<__nv_bfloat162*>(&out_low);
    auto* ho = reinterpret_cast<__nv_bfloat162*>(&out_high);
    lo[0] = __floats2bfloat162_rn(a0.x * c.x - b0.x * s.x, a0.y * c.y - b0.y * s.y);
    lo[1] = __floats2bfloat162_rn(a1.x * c.z - b1.x * s.z, a1.y * c.w - b1.y * s.w);
    ho[0] = __floats2bfloat162_rn(b0.x * c.x + a0.x * s.x, b0.y * c.y + a0.y * s.y);
    ho[1] = __floats2bfloat162_rn(b1.x * c.z + a1.x * s.z, b1.y * c.w + a1.y * s.w);
    bf16_t* to = kv_head < 0 ? q + (token * shape.heads + head) * shape.head_dim
                             : pool.at(block, kv_head, layer, 0) + place;
    *reinterpret_cast<uint2*>(to + pair) = out_low;
    *reinterpret_cast<uint2*>(to + pair + half) = out_high;
  }
}

__device__ float silu(float x) { return x / (1.0F + __expf(-x)); }

__global__ void swiglu_kernel(const bf16_t* gate_up, int inner, bf16_t* out) {
  const std::int64_t row = blockIdx.y;
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= inner) return;
  const float gate = __bfloat162float(gate_up[row * 2 * inner + i]);
  const float up = __bfloat162float(gate_up[row * 2 * inner + inner + i]);
  out[row * inner + i] = __float2bfloat16_rn(silu(gate) * up);
}

/// Eight elements (16 bytes) a thread; inner is a multiple of 8.
__global__ void swiglu_vector_kernel(const bf16_t* gate_up, int inner, bf16_t* out) {
  const std::int64_t row = blockIdx.y;
  const int i = (blockIdx.x * blockDim.x + threadIdx.x) * 8;
  if (i >= inner) return;
  const uint4 gate = *reinterpret_cast<const uint4*>(gate_up + row * 2 * inner + i);
  const uint4 up = *reinterpret_cast<const uint4*>(gate_up + row * 2 * inner + inner + i);
  const auto* g = reinterpret_cast<const __nv_bfloat162*>(&gate);
  const auto* u = reinterpret_cast<const __nv_bfloat162*>(&up);
  uint4 result;
  auto* r = reinterpret_cast<__nv_bfloat162*>(&result);
#pragma unroll
  for (int j = 0; j < 4; ++j) {
    const float2 a = __bfloat1622float2(g[j]);
    const float2 b = __bfloat1622float2(u[j]);
    r[j] = __floats2bfloat162_rn(silu(a.x) * b.x, silu(a.y) * b.y);
  }
  *reinterpret_cast<uint4*>(out + row * inner + i) = result;
}

}  // namespace

void embed(const std::int32_t* tokens, const baton_sample* samples, const bf16_t* embedding,
           int count, int hidden, float* residual, cudaStream_t stream) {
  embed_kernel<<<count, 256, 0, stream>>>(tokens, samples, embedding, hidden, residual);
  BATON_CUDA(cudaGetLastError());
}

void rms_norm(const float* x, const float* weight, float epsilon, int count, int hidden,
              bf16_t* out, cudaStream_t stream) {
  launch_norm(x, nullptr, weight, epsilon, count, hidden, out, stream);
}

void gather_rms_norm(const float* x, const std::int32_t* rows, const float* weight, float epsilon,
                     int count, int hidden, bf16_t* out, cudaStream_t stream) {
  launch_norm(x, rows, weight, epsilon, count, hidden, out, stream);
}

void rope_store(const bf16_t* qkv, const StepView& step, const float* cosine, const float* sine,
                const RopeShape& shape, int count, int layer, bf16_t* q, const KvView& pool,
                cudaStream_t stream) {
  const auto kernel = shape.head_dim % 8 == 0 ? rope_store_vector_kernel : rope_store_kernel;
  kernel<<<count, 256, 0, stream>>>(qkv, step, cosine, sine, shape, layer, q, pool);
  BATON_CUDA(cudaGetLastError());
}

void swiglu(const bf16_t* gate_up, int count, int inner, bf16_t* out, cudaStream_t stream) {
  const bool vector = inner % 8 == 0;
  const int threads = 256;
  const int columns = vector ? inner / 8 : inner;
  const dim3 grid((columns + threads - 1) / threads, count);
  (vector ? swiglu_vector_kernel : swiglu_kernel)<<<grid, threads, 0, stream>>>(gate_up, inner,
                                                                               out);
  BATON_CUDA(cudaGetLastError());
}

}  // namespace baton::cuda
