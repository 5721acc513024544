// What becomes of the sums of a product with few rows (few_rows.cu). Every thread has a place: a row
// of x and an output or, for results that take two sums at once (kPairs), a pair of outputs. Memory
// that a result needs is asked for before the sums are there: `ask` what nobody writes during the
// step, before the kernel in front has finished; `ask_written` the rest, right after.
#pragma once

#include "launch.hpp"
#include "products.hpp"
#include "silu.cuh"
#include "vectors.cuh"

namespace baton::cuda {

constexpr int kTile = 16;  // weight rows of a CTA

/// `there` is false behind the last row or output; all threads of a warp `finish` all the same.
struct Place {
  int row;
  int output;
  bool there;
};

/// out[row][output] = sum.
template <class Out>
struct Store {
  static constexpr bool kPairs = false;
  struct Ahead {};
  Out* out;
  int outputs;

  __device__ void ask(const Place&, Ahead&) const {}
  __device__ void ask_written(const Place&, Ahead&) const {}
  __device__ void finish(const Place& at, const Ahead&, float sum) const {
    if (at.there) out[std::int64_t{at.row} * outputs + at.output] = static_cast<Out>(sum);
  }
};

/// The residual stream += sum, and what the norm behind it needs: a part of squares a tile.
struct AddToResidual {
  static constexpr bool kPairs = false;
  struct Ahead {
    float before = 0;
    float weight = 0;
  };
  Residual to;
  int outputs;

  __device__ void ask(const Place& at, Ahead& ahead) const {
    if (at.there && to.norm != nullptr) ahead.weight = to.norm[at.output];
  }
  __device__ void ask_written(const Place& at, Ahead& ahead) const {
    if (at.there) ahead.before = to.sum[index(at)];
  }
  __device__ void finish(const Place& at, const Ahead& ahead, float sum) const {
    const float after = ahead.before + sum;
    if (at.there) to.sum[index(at)] = after;
    if (to.norm == nullptr) return;
    if (at.there) store(to.x + index(at), after * ahead.weight);
    float square = at.there ? after * after : 0;
#pragma unroll
    for (int offset = kTile / 2; offset > 0; offset /= 2) {
      square += __shfl_xor_sync(0xffffffff, square, offset);
    }
    if (at.there && at.output % kTile == 0) to.squares[at.row * gridDim.x + blockIdx.x] = square;
  }
  __device__ std::int64_t index(const Place& at) const {
    return std::int64_t{at.row} * outputs + at.output;
  }
};

/// out[row][i] = silu(gate) * up, gate the sum of weight row i, up that of row inner + i.
struct Gated {
  static constexpr bool kPairs = true;
  struct Ahead {};
  bf16_t* out;
  int inner;

  __device__ int2 weight_rows(int pair) const { return {pair, inner + pair}; }
  __device__ void ask(const Place&, Ahead&) const {}
  __device__ void ask_written(const Place&, Ahead&) const {}
  __device__ void finish(const Place& at, const Ahead&, float gate, float up) const {
    if (at.there) store(out + std::int64_t{at.row} * inner + at.output, silu(gate) * up);
  }
};

/// A rotary pair of a query, key or value, to where it belongs.
struct Rotated {
  static constexpr bool kPairs = true;
  struct Ahead {
    int slot = -1;
    float cosine = 1;
    float sine = 0;
  };
  RopeStore to;

  __device__ int half() const { return to.shape.head_dim / 2; }
  __device__ int2 weight_rows(int pair) const {
    const int low = pair / half() * to.shape.head_dim + pair % half();
    return {low, low + half()};
  }
  __device__ void ask(const Place& at, Ahead& ahead) const {
    if (!at.there) return;
    // the host copied these before the step's first kernel; no older ones from the L1
    const int position = __ldcg(to.step.positions + at.row);
    ahead.slot = __ldcg(to.step.slots + at.row);
    if (at.output / half() >= to.shape.heads + to.shape.kv_heads) return;  // a value
    const std::int64_t angle = std::int64_t{position} * half() + at.output % half();
    ahead.cosine = to.cosine[angle];
    ahead.sine = to.sine[angle];
  }
  __device__ void ask_written(const Place&, Ahead&) const {}
  __device__ void finish(const Place& at, const Ahead& ahead, float a, float b) const {
    if (!at.there) return;
    const int head = at.output / half();
    const int i = at.output % half();
    const float low = a * ahead.cosine - b * ahead.sine;
    const float high = b * ahead.cosine + a * ahead.sine;
    const int kv_head = head - to.shape.heads;
    if (kv_head < 0) {
      bf16_t* q = to.q + (std::int64_t{at.row} * to.shape.heads + head) * to.shape.head_dim + i;
      store(q, low);
      store(q + half(), high);
    } else if (ahead.slot >= 0) {
      to.pool.fp8 ? store_kv<e4m3_t>(kv_head, i, ahead.slot, low, high)
                  : store_kv<bf16_t>(kv_head, i, ahead.slot, low, high);
    }
  }
  template <class Element>
  __device__ void store_kv(int kv_head, int i, int slot, float low, float high) const {
    const bool value = kv_head >= to.shape.kv_heads;
    Element* at = to.pool.at<Element>(slot / BATON_BLOCK_TOKENS,
                                      value ? kv_head - to.shape.kv_heads : kv_head, to.layer,
                                      value ? 1 : 0) +
                  slot % BATON_BLOCK_TOKENS * to.shape.head_dim + i;
    store(at, low);
    store(at + half(), high);
  }
};

}  // namespace baton::cuda
