// One step as the sublayers of a model see it, and what a sublayer is.
#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

#include "attention.hpp"
#include "kv_view.hpp"
#include "norm.hpp"

namespace baton::cuda {

/// A mixed batch. Rows are tokens; those of slices with one token come first. Device pointers.
struct Step {
  static constexpr int kAll = -1;

  int tokens;  // rows that hold a token
  int rows;    // rows that are computed: `tokens` rounded up, the rest is discarded
  StepView at;
  SliceView slices;              // the slices of one token first
  const std::int32_t* slice_of;  // [rows], -1 for a row without token
  int decodes;                   // slices of one token, unused places of a bucket included
  SliceView chunks;              // the slices of several tokens
  int chunk_count;
  int chunk_blocks;              // that hold their tokens and all before them
  const int2* tiles;             // of the chunks: (chunk, tile of 128 queries)
  int tile_count;
  SliceView ends;                // of every slice the token that is sampled from, count 0 where none is
  int slice_count;
  const std::int32_t* wanted;    // [wanted_count] rows whose result is read
  int wanted_count = kAll;
  cudaStream_t stream;
};

/// Half of a decoder layer: attention of some kind, or a feed-forward network of some kind. It
/// reads normed activations and adds its result to the residual stream. An architecture is a list
/// of these (see llama.cpp); a new one brings its own and leaves the others alone.
class Sublayer {
 public:
  virtual ~Sublayer() = default;

  /// Device memory that `run` needs for `rows` rows; shared by all sublayers, one after the other.
  virtual std::size_t scratch_bytes(int rows) const = 0;

  /// Whether a row's result depends on other rows of the step.
  virtual bool mixes_rows() const = 0;

  /// Whether `run` with so many rows finishes the norm in front of it and prepares the one behind
  /// (norm.hpp); otherwise it is given neither to do.
  virtual bool spreads_norms(int rows) const = 0;

  /// residual.sum[rows][hidden] += f(x[rows][hidden]), or, of a sublayer that mixes rows,
  /// residual.sum[wanted_count][hidden] += the wanted rows of that. `scratch` is aligned to 1,024
  /// bytes.
  virtual void run(const Step& step, const Normed& x, const Residual& residual,
                   std::byte* scratch) = 0;
};

}  // namespace baton::cuda
