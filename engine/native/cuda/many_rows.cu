// The gated product with many rows on Hopper: gate and up of an output lie in one accumulator, so that
// only their gated product is written.
//
// A cluster of two CTAs works on tiles of 256 rows by 128 outputs, 128 rows a CTA: a producer warp
// copies its rows of x, and the gate's or the up's rows of the weight to both CTAs; two consumer
// warpgroups compute 64 rows each. One of them runs ahead of the other, so that one computes products
// while the other finishes its tile. Tiles are taken in columns of kGroup, so that the L2 holds what
// neighbours read.
#include <algorithm>

#include "device.hpp"
#include "launch.hpp"
#include "products.hpp"
#include "silu.cuh"
#include "tensor_maps.hpp"
#include "warpgroup.cuh"

namespace baton::cuda {
namespace {

constexpr int kCtas = 2;       // of a cluster
constexpr int kRows = 128;     // of a CTA
constexpr int kOutputs = 128;  // of a cluster
constexpr int kDepth = 64;     // inputs of a stage
constexpr int kStages = 4;
constexpr int kConsumers = 2;
constexpr int kAhead = 1;   // stages that consumer 0 is ahead of consumer 1
constexpr int kGroup = 8;   // tiles, along the rows
constexpr int kThreads = 128 * (1 + kConsumers);
constexpr int kStageBytes = (kRows + 2 * kOutputs) * kDepth * 2;
constexpr int kStartBarrier = 1;
constexpr int kGroupBarrier = 2;  // + consumer: the threads of one warpgroup

struct Problem {
  int inputs;
  int row_tiles;
  int output_tiles;
};

/// Matrices lie as [row][64], 128-byte swizzle.
struct Shared {
  alignas(1024) bf16_t x[kStages][kRows * kDepth];
  alignas(1024) bf16_t weight[kStages][2][kOutputs * kDepth];  // gate, up
  alignas(1024) bf16_t out[kConsumers][kOutputs / 64][64 * 64];
  std::uint64_t full[kStages], empty[kStages];
};

using Turn = RingTurn<kStages>;

/// The tiles of this cluster, one after the other.
struct Tiles {
  int index;
  int count;
  int step;
  const Problem& problem;

  __device__ explicit Tiles(const Problem& p)
      : index(static_cast<int>(blockIdx.x) / kCtas),
        count(p.row_tiles * p.output_tiles),
        step(static_cast<int>(gridDim.x) / kCtas),
        problem(p) {}
  __device__ bool left() const { return index < count; }
  __device__ void next() { index += step; }

  /// First row of this CTA and first output of the tile.
  __device__ int2 place() const {
    const int in_group = kGroup * problem.output_tiles;
    const int first = index / in_group * kGroup;
    const int height = min(kGroup, problem.row_tiles - first);
    const int row_tile = first + index % in_group % height;
    return {(row_tile * kCtas + static_cast<int>(cluster_rank())) * kRows,
            index % in_group / height * kOutputs};
  }
};

__device__ inline int stages_of(const Problem& p) { return (p.inputs + kDepth - 1) / kDepth; }

__device__ void produce(Shared& shared, const CUtensorMap& x, const CUtensorMap& weight,
                        const Problem& p) {
  const int half = static_cast<int>(cluster_rank());  // the one that this CTA copies to both
  constexpr std::uint16_t kBoth = (1 << kCtas) - 1;
  int use = 0;
  for (Tiles tiles(p); tiles.left(); tiles.next()) {
    const int2 place = tiles.place();
    for (int step = 0; step < stages_of(p); ++step, ++use) {
      const Turn turn(use);
      std::uint64_t* full = &shared.full[turn.stage];
      barrier_wait(&shared.empty[turn.stage], turn.parity ^ 1);
      barrier_expect(full, kStageBytes);
      copy_box_3d(shared.x[turn.stage], &x, step * kDepth, place.x, 0, full);
      copy_box_3d_to(kBoth, shared.weight[turn.stage][half], &weight, step * kDepth, place.y, half,
                     full);
    }
  }
}

/// Both CTAs fill a stage, so both must know that it may be filled again.
__device__ inline void release(Shared& shared, int stage) {
  const int thread = threadIdx.x % 128;
  if (thread < kCtas) barrier_arrive_at(&shared.empty[stage], static_cast<std::uint32_t>(thread));
}

__device__ inline void issue(float (&sums)[128], const bf16_t* x, const bf16_t* weight, bool first) {
  products_fence();
#pragma unroll
  for (int k = 0; k < kDepth; k += 16) {
    multiply_shared(sums, describe(shared_address(x + k), 16, 1024),
                    describe(shared_address(weight + k), 16, 1024), !first || k > 0);
  }
  products_commit();
}

/// out[64][128] = silu(gate) * up, where `sums` are gate[64][128] and up[64][128].
__device__ void store(Shared& shared, const float (&sums)[128], const CUtensorMap& out, int row,
                      int output, int consumer) {
  const int thread = threadIdx.x % 128;
  if (thread == 0) stores_wait_read();  // the last tile's
  named_sync(kGroupBarrier + consumer, 128);
  // four matrices of 8 by 8 are stored at once: two of rows by two of columns; a lane has the address
  // of row lane % 8 of matrix lane / 8
  const int at_row = thread / 32 * 16 + thread / 8 % 2 * 8 + thread % 8;
#pragma unroll
  for (int n = 0; n < kOutputs / 8; n += 2) {
    std::uint32_t words[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int gate = 4 * n + 2 * i;
      const int up = gate + 64;
      words[i] = pack_bf16(silu(sums[gate]) * sums[up], silu(sums[gate + 1]) * sums[up + 1]);
    }
    const int chunk = (n % 8 + thread % 32 / 16) ^ thread % 8;
    store_matrices(shared_address(&shared.out[consumer][n / 8][at_row * 64 + chunk * 8]), words);
  }
  shared_writes_fence();
  named_sync(kGroupBarrier + consumer, 128);
  if (thread == 0) {
    for (int half = 0; half < kOutputs / 64; ++half) {
      store_box_3d(&out, shared.out[consumer][half], output + 64 * half, row, 0);
    }
    stores_commit();
  }
}

__device__ void consume(Shared& shared, const CUtensorMap& out, const Problem& p, int consumer) {
  const int steps = stages_of(p);
  const int ahead = min(kAhead, steps);
  bool first = true;
  int use = 0;
  if (consumer == 1) named_sync(kStartBarrier, 256);
  for (Tiles tiles(p); tiles.left(); tiles.next()) {
    float sums[128];
    for (int step = 0; step < steps; ++step, ++use) {
      const Turn turn(use);
      barrier_wait(&shared.full[turn.stage], turn.parity);
      issue(sums, shared.x[turn.stage] + consumer * 64 * kDepth, shared.weight[turn.stage][0],
            step == 0);
      if (step > 0) {
        products_wait<1>();
        release(shared, Turn(use - 1).stage);
      }
      if (consumer == 0 && first && step + 1 == ahead) {
        named_arrive(kStartBarrier, 256);
        first = false;
      }
    }
    products_wait<0>();
    pin(sums);
    release(shared, Turn(use - 1).stage);
    const int2 place = tiles.place();
    store(shared, sums, out, place.x + consumer * 64, place.y, consumer);
  }
  if (threadIdx.x % 128 == 0) stores_wait_read();
}

__global__ void __cluster_dims__(kCtas, 1, 1) __launch_bounds__(kThreads, 1)
    many_rows_swiglu_kernel(const __grid_constant__ CUtensorMap x,
                            const __grid_constant__ CUtensorMap weight,
                            const __grid_constant__ CUtensorMap out, const Problem p) {
  extern __shared__ std::uint8_t raw[];
  auto& shared = *reinterpret_cast<Shared*>(swizzle_aligned(raw));
  if (threadIdx.x == 0) {
    for (int s = 0; s < kStages; ++s) {
      barrier_init(&shared.full[s], 1);
      barrier_init(&shared.empty[s], kConsumers * kCtas);
    }
    barrier_init_fence();
    prefetch_map(&x);
    prefetch_map(&weight);
    prefetch_map(&out);
  }
  cluster_sync();
  dependency_wait();
  const int warpgroup = threadIdx.x / 128;
  if (warpgroup == 0) {
    registers_lower<24>();
    if (threadIdx.x == 0) produce(shared, x, weight, p);
    __syncwarp();
  } else {
    registers_raise<240>();
    consume(shared, out, p, warpgroup - 1);
  }
  cluster_sync();  // the other CTA may still copy to this one and arrive at its barriers
}

}  // namespace

bool has_many_rows_swiglu(const Matrix& weight, int rows) {
  return is_hopper() && rows >= kManyRows && !weight.is_fp8() && weight.inputs % 8 == 0 &&
         weight.outputs % 16 == 0;
}

void multiply_many_swiglu(const bf16_t* x, const Matrix& weight, int rows, bf16_t* out,
                          cudaStream_t stream) {
  require(has_many_rows_swiglu(weight, rows), "multiply_many_swiglu takes at least " +
                                                  std::to_string(kManyRows) +
                                                  " rows of bf16, on Hopper");
  const int inner = weight.outputs / 2;
  const Problem p = {.inputs = weight.inputs,
                     .row_tiles = (rows + kCtas * kRows - 1) / (kCtas * kRows),
                     .output_tiles = (inner + kOutputs - 1) / kOutputs};
  const int clusters = std::min(multiprocessors() / kCtas, p.row_tiles * p.output_tiles);
  launch(many_rows_swiglu_kernel, clusters * kCtas, kThreads, sizeof(Shared) + kSwizzleAlignment, stream,
         map_matrices(x, 1, rows, weight.inputs, kRows),
         map_matrices(weight.data, 2, inner, weight.inputs, kOutputs),
         map_matrices(out, 1, rows, inner, 64), p);
}

}  // namespace baton::cuda
