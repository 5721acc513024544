// Attention of long slices on Hopper, after FlashAttention-3 (Shah et al., arXiv:2407.08608).
//
// One CTA works on tiles of 128 queries of one head: a producer warp copies K and V blocks of the
// paged pool into shared memory, two consumer warpgroups compute 64 query rows each. Within a
// warpgroup the scores of the next 128 keys are computed while the softmax of the last ones runs;
// between the two, named barriers let one compute products while the other computes weights.
#include <algorithm>
#include <cmath>

#include "attention.hpp"
#include "device.hpp"
#include "warpgroup.cuh"

namespace baton::cuda {
namespace {

constexpr int kTileQueries = 128;
constexpr int kTileKeys = 128;
constexpr int kBlock = BATON_BLOCK_TOKENS;
constexpr int kTileBlocks = kTileKeys / kBlock;
constexpr int kStages = 2;
constexpr int kConsumers = 2;
constexpr int kThreads = 128 * (1 + kConsumers);
constexpr int kTurnBarrier = 1;   // + consumer: its turn to issue products
constexpr int kGroupBarrier = 3;  // + consumer: the threads of one warpgroup
constexpr float kLog2E = 1.44269504F;

struct Arguments {
  SliceView view;
  const int2* tiles;  // (slice, tile of its queries), heaviest first
  int tile_count;
  AttentionShape shape;
  std::int64_t first_row;
  std::int64_t block_rows;
  std::int64_t head_rows;
  float scale;
  bf16_t* out;
};

/// Matrices lie as [half of head_dim][row][64], 128-byte swizzle.
template <int kDim>
struct Shared {
  static constexpr int kHalves = kDim / 64;
  static constexpr int kHalf = kTileKeys * 64;  // elements
  static constexpr int kMatrix = kHalves * kHalf;
  static constexpr int kMatrixBytes = kMatrix * 2;
  alignas(1024) bf16_t q[kMatrix];
  alignas(1024) bf16_t k[kStages][kMatrix];
  alignas(1024) bf16_t v[kStages][kMatrix];
  std::uint64_t q_full, q_empty;
  std::uint64_t k_full[kStages], k_empty[kStages];
  std::uint64_t v_full[kStages], v_empty[kStages];
};

/// One work item: a tile of queries and a head.
struct Item {
  int slice;
  int head;
  int first_query;  // in the slice
  int start;        // position of the slice's first token
  int context;      // positions written so far
  int key_tiles;

  __device__ Item(const Arguments& a, int index) {
    const int2 tile = a.tiles[index / a.shape.heads];
    slice = tile.x;
    head = index % a.shape.heads;
    first_query = tile.y * kTileQueries;
    start = a.view.start[slice];
    context = start + a.view.count[slice];
    const int last = min(context, start + first_query + kTileQueries);
    key_tiles = (last + kTileKeys - 1) / kTileKeys;
  }
};

/// The round-th item of this CTA: back and forth, so that no CTA always gets the heaviest.
__device__ inline int item_index(int round) {
  const int place = round % 2 == 0 ? static_cast<int>(blockIdx.x)
                                   : static_cast<int>(gridDim.x - 1 - blockIdx.x);
  return round * static_cast<int>(gridDim.x) + place;
}

using Turn = RingTurn<kStages>;

template <int kDim>
__device__ void produce(Shared<kDim>& shared, const CUtensorMap& pool, const CUtensorMap& queries,
                        const Arguments& a) {
  using Layout = Shared<kDim>;
  const int lane = threadIdx.x % 32;
  const int group = a.shape.heads / a.shape.kv_heads;
  int use = 0;
  for (int round = 0; item_index(round) < a.tile_count * a.shape.heads; ++round) {
    const Item item(a, item_index(round));
    barrier_wait(&shared.q_empty, (round & 1) ^ 1);
    if (lane == 0) {
      barrier_expect(&shared.q_full, Layout::kMatrixBytes);
      for (int half = 0; half < Layout::kHalves; ++half) {
        copy_box_4d(shared.q + half * Layout::kHalf, &queries, 0, half, item.head,
                    a.view.first[item.slice] + item.first_query, &shared.q_full);
      }
    }
    const std::int32_t* table = a.view.blocks + std::int64_t{item.slice} * a.view.block_stride;
    const int last_block = (item.context - 1) / kBlock;
    const std::int64_t head_row = a.first_row + item.head / group * a.head_rows;
    for (int tile = item.key_tiles - 1; tile >= 0; --tile, ++use) {
      const Turn turn(use);
      const int in_tile = lane % kTileBlocks;  // one lane a block and half
      const int half = lane / kTileBlocks;
      const int block = table[min(tile * kTileBlocks + in_tile, last_block)];
      const auto row = static_cast<int>(head_row + block * a.block_rows);
      const int to = half * Layout::kHalf + in_tile * kBlock * 64;
      barrier_wait(&shared.k_empty[turn.stage], turn.parity ^ 1);
      if (lane == 0) barrier_expect(&shared.k_full[turn.stage], Layout::kMatrixBytes);
      __syncwarp();
      if (half < Layout::kHalves) {
        copy_box_3d(&shared.k[turn.stage][to], &pool, 0, half, row, &shared.k_full[turn.stage]);
      }
      barrier_wait(&shared.v_empty[turn.stage], turn.parity ^ 1);
      if (lane == 0) barrier_expect(&shared.v_full[turn.stage], Layout::kMatrixBytes);
      __syncwarp();
      if (half < Layout::kHalves) {
        copy_box_3d(&shared.v[turn.stage][to], &pool, 0, half, row + kBlock,
                    &shared.v_full[turn.stage]);
      }
    }
  }
}

/// Softmax state of a warpgroup's 64 rows: this thread has rows lane / 4 and lane / 4 + 8 of its
/// warp's 16, columns lane % 4 * 2 + {0, 1} of every 8.
struct Softmax {
  float maximum[2];
  float sum[2];

  /// Masks scores of keys behind their query or the end; `key` is the first key of the tile.
  __device__ static void mask(float (&s)[64], int key, int query, int context) {
    const int column = threadIdx.x % 4 * 2;
#pragma unroll
    for (int i = 0; i < 64; ++i) {
      const int at = key + i / 4 * 8 + column + i % 2;
      const int row = query + i / 2 % 2 * 8;
      if (at > row || at >= context) s[i] = -INFINITY;
    }
  }

  /// Turns raw scores into weights; `factor` is for what was accumulated before.
  __device__ void weigh(float (&s)[64], float scale, float (&factor)[2]) {
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      float largest = maximum[r];
#pragma unroll
      for (int i = 0; i < 16; ++i) {
        largest = fmaxf(largest, fmaxf(s[4 * i + 2 * r], s[4 * i + 2 * r + 1]));
      }
      largest = fmaxf(largest, __shfl_xor_sync(0xffffffff, largest, 1));
      largest = fmaxf(largest, __shfl_xor_sync(0xffffffff, largest, 2));
      // a row that has seen no key yet has no maximum: its weights are 0, not NaN
      const float shift = largest == -INFINITY ? 0.0F : largest * scale;
      factor[r] = exp2_fast(maximum[r] * scale - shift);
      maximum[r] = largest;
      float part = 0;
#pragma unroll
      for (int i = 0; i < 16; ++i) {
#pragma unroll
        for (int j = 0; j < 2; ++j) {
          float& value = s[4 * i + 2 * r + j];
          value = exp2_fast(fmaf(value, scale, -shift));
          part += value;
        }
      }
      sum[r] = sum[r] * factor[r] + part;
    }
  }
};

__device__ inline void pack(const float (&s)[64], std::uint32_t (&p)[8][4]) {
#pragma unroll
  for (int k = 0; k < 8; ++k) {
    p[k][0] = pack_bf16(s[8 * k], s[8 * k + 1]);
    p[k][1] = pack_bf16(s[8 * k + 2], s[8 * k + 3]);
    p[k][2] = pack_bf16(s[8 * k + 4], s[8 * k + 5]);
    p[k][3] = pack_bf16(s[8 * k + 6], s[8 * k + 7]);
  }
}

template <int kDim>
__device__ void issue_scores(float (&s)[64], const bf16_t* q, const bf16_t* k) {
  using Layout = Shared<kDim>;
  products_fence();
#pragma unroll
  for (int step = 0; step < kDim / 16; ++step) {
    const int at = step / 4 * Layout::kHalf + step % 4 * 16;
    multiply_shared(s, describe(shared_address(q + at), 16, 1024),
                    describe(shared_address(k + at), 16, 1024), step > 0);
  }
  products_commit();
}

template <int kDim>
__device__ void issue_output(float (&out)[kDim / 2], const std::uint32_t (&p)[8][4],
                             const bf16_t* v) {
  using Layout = Shared<kDim>;
  products_fence();
#pragma unroll
  for (int step = 0; step < kTileKeys / 16; ++step) {
    multiply_registers(out, p[step],
                       describe(shared_address(v + step * 16 * 64), Layout::kHalf * 2, 1024));
  }
  products_commit();
}

/// Rows of V behind the end of the sequence may hold anything, NaN too, and would meet weight 0.
template <int kDim>
__device__ void clear_behind(bf16_t* v, int valid, int consumer) {
  using Layout = Shared<kDim>;
  const int chunks = (kTileKeys - valid) * 8 * Layout::kHalves;
  for (int i = threadIdx.x % 128; i < chunks; i += 128) {
    const int row = valid + i / 8 % (kTileKeys - valid);
    const int half = i / 8 / (kTileKeys - valid);
    reinterpret_cast<uint4*>(v + half * Layout::kHalf + row * 64)[i % 8] = uint4{0, 0, 0, 0};
  }
  shared_writes_fence();
  named_sync(kGroupBarrier + consumer, 128);
}

template <int kDim>
__device__ void store(const float (&out)[kDim / 2], const Softmax& softmax, const Item& item,
                      const Arguments& a, int row) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    float sum = softmax.sum[r];
    sum += __shfl_xor_sync(0xffffffff, sum, 1);
    sum += __shfl_xor_sync(0xffffffff, sum, 2);
    const float inverse = 1.0F / sum;
    const int query = item.first_query + row + 8 * r;
    const std::int64_t token = a.view.first[item.slice] + query;
    bf16_t* to = a.out + (token * a.shape.heads + item.head) * kDim;
    const bool mine = query < a.view.count[item.slice];
    // four lanes hold 8 columns of a row: they swap, so that each writes 16 bytes of every 64
#pragma unroll
    for (int n = 0; n < kDim / 32; ++n) {
      std::uint32_t words[4];
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const float* from = &out[(4 * n + i) * 4 + 2 * r];
        words[i] = pack_bf16(from[0] * inverse, from[1] * inverse);
      }
      std::uint32_t line[4];
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        // lane l wants word l of every lane of its four
        const int source = (lane % 4 + i) % 4;
        const int give = (lane % 4 - i + 4) % 4;
        const std::uint32_t sent =
            give == 0 ? words[0] : give == 1 ? words[1] : give == 2 ? words[2] : words[3];
        const std::uint32_t got = __shfl_sync(0xffffffff, sent, lane / 4 * 4 + source);
        if (source == 0) line[0] = got;
        if (source == 1) line[1] = got;
        if (source == 2) line[2] = got;
        if (source == 3) line[3] = got;
      }
      if (mine) {
        *reinterpret_cast<uint4*>(to + n * 32 + lane % 4 * 8) =
            uint4{line[0], line[1], line[2], line[3]};
      }
    }
  }
}

template <int kDim>
__device__ void consume(Shared<kDim>& shared, const Arguments& a, int consumer) {
  const bool leader = threadIdx.x % 128 == 0;
  const int lane = threadIdx.x % 32;
  const int row = consumer * 64 + threadIdx.x % 128 / 32 * 16 + lane / 4;
  const bf16_t* q = shared.q + consumer * 64 * 64;
  if (consumer == 1) named_arrive(kTurnBarrier, 256);  // the first turn is consumer 0's
  int use = 0;
  for (int round = 0; item_index(round) < a.tile_count * a.shape.heads; ++round) {
    const Item item(a, item_index(round));
    const int query = item.start + item.first_query + row;  // position of this thread's first row
    float s[64];
    std::uint32_t p[8][4];
    float out[kDim / 2];
#pragma unroll
    for (int i = 0; i < kDim / 2; ++i) out[i] = 0;
    Softmax softmax{{-INFINITY, -INFINITY}, {0, 0}};
    float factor[2];

    barrier_wait(&shared.q_full, round & 1);
    int tile = item.key_tiles - 1;
    Turn now(use);
    barrier_wait(&shared.k_full[now.stage], now.parity);
    named_sync(kTurnBarrier + consumer, 256);
    issue_scores<kDim>(s, q, shared.k[now.stage]);
    named_arrive(kTurnBarrier + (consumer ^ 1), 256);
    products_wait<0>();
    pin(s);
    if (leader) barrier_arrive(&shared.k_empty[now.stage]);
    Softmax::mask(s, tile * kTileKeys, query, item.context);
    softmax.weigh(s, a.scale, factor);
    pack(s, p);
    barrier_wait(&shared.v_full[now.stage], now.parity);
    if (item.context - tile * kTileKeys < kTileKeys) {
      clear_behind<kDim>(shared.v[now.stage], item.context - tile * kTileKeys, consumer);
    }

    for (--tile; tile >= 0; --tile) {
      const Turn next(use + 1);
      barrier_wait(&shared.k_full[next.stage], next.parity);
      named_sync(kTurnBarrier + consumer, 256);
      issue_scores<kDim>(s, q, shared.k[next.stage]);
      barrier_wait(&shared.v_full[now.stage], now.parity);
      issue_output<kDim>(out, p, shared.v[now.stage]);
      named_arrive(kTurnBarrier + (consumer ^ 1), 256);
      products_wait<1>();
      pin(s);
      if (leader) barrier_arrive(&shared.k_empty[next.stage]);
      if ((tile + 1) * kTileKeys > item.start + item.first_query + consumer * 64) {
        Softmax::mask(s, tile * kTileKeys, query, item.context);
      }
      softmax.weigh(s, a.scale, factor);
      products_wait<0>();
      pin(out);
      if (leader) barrier_arrive(&shared.v_empty[now.stage]);
      if (__any_sync(0xffffffff, factor[0] != 1 || factor[1] != 1)) {
#pragma unroll
        for (int i = 0; i < kDim / 2; ++i) out[i] *= factor[i / 2 % 2];
      }
      pack(s, p);
      ++use;
      now = next;
    }
    if (leader) barrier_arrive(&shared.q_empty);
    barrier_wait(&shared.v_full[now.stage], now.parity);
    issue_output<kDim>(out, p, shared.v[now.stage]);
    products_wait<0>();
    pin(out);
    if (leader) barrier_arrive(&shared.v_empty[now.stage]);
    ++use;
    store<kDim>(out, softmax, item, a, row);
  }
  if (consumer == 0) named_sync(kTurnBarrier, 256);  // consumer 1's last arrival
}

template <int kDim>
__global__ void __launch_bounds__(kThreads, 1)
    prefill_kernel(const __grid_constant__ CUtensorMap pool,
                   const __grid_constant__ CUtensorMap queries, const Arguments a) {
  extern __shared__ std::uint8_t raw[];
  auto& shared = *reinterpret_cast<Shared<kDim>*>(swizzle_aligned(raw));
  if (threadIdx.x == 0) {
    barrier_init(&shared.q_full, 1);
    barrier_init(&shared.q_empty, kConsumers);
    for (int s = 0; s < kStages; ++s) {
      barrier_init(&shared.k_full[s], 1);
      barrier_init(&shared.v_full[s], 1);
      barrier_init(&shared.k_empty[s], kConsumers);
      barrier_init(&shared.v_empty[s], kConsumers);
    }
    barrier_init_fence();
    prefetch_map(&pool);
    prefetch_map(&queries);
  }
  __syncthreads();
  const int warpgroup = threadIdx.x / 128;
  if (warpgroup == 0) {
    registers_lower<24>();
    if (threadIdx.x < 32) produce<kDim>(shared, pool, queries, a);
  } else {
    registers_raise<240>();
    consume<kDim>(shared, a, warpgroup - 1);
  }
}

template <int kDim>
void launch(int ctas, const CUtensorMap& pool, const CUtensorMap& queries,
            const Arguments& arguments, cudaStream_t stream) {
  constexpr int bytes = sizeof(Shared<kDim>) + kSwizzleAlignment;
  BATON_CUDA(cudaFuncSetAttribute(prefill_kernel<kDim>,
                                  cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
  prefill_kernel<kDim><<<ctas, kThreads, bytes, stream>>>(pool, queries, arguments);
  BATON_CUDA(cudaGetLastError());
}

}  // namespace

void attend_prefill(const bf16_t* q, const SliceView& view, const int2* tiles, int tile_count,
                    const AttentionShape& shape, int layer, const KvView& pool,
                    const CUtensorMap& map, const CUtensorMap& q_map, bf16_t* out,
                    cudaStream_t stream) {
  (void)q;
  require(!pool.fp8, "attend_prefill reads bf16: expand an e4m3 pool first");
  const int dim = shape.head_dim;
  const Arguments arguments = {.view = view,
                               .tiles = tiles,
                               .tile_count = tile_count,
                               .shape = shape,
                               .first_row = std::int64_t{2} * layer * kBlock,
                               .block_rows = pool.block_stride / dim,
                               .head_rows = pool.head_stride / dim,
                               .scale = kLog2E / std::sqrt(static_cast<float>(dim)),
                               .out = out};
  const int ctas = std::min(multiprocessors(), tile_count * shape.heads);
  dim == 64 ? launch<64>(ctas, map, q_map, arguments, stream)
            : launch<128>(ctas, map, q_map, arguments, stream);
}

}  // namespace baton::cuda
