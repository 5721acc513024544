// Tensor maps tell the copy engine the shape of an array (PTX ISA 9.0, "Tensors").
#pragma once

#include <cuda.h>

#include "attention.hpp"

namespace baton::cuda {

/// matrices[count][rows][columns] of bf16 at an address that is a multiple of 16; columns is a multiple
/// of 8. Boxes of `box_rows` rows by 64 columns, 128-byte swizzle; zeros outside.
CUtensorMap map_matrices(const void* matrices, int count, int rows, int columns, int box_rows);

/// The pool as [row of head_dim][head_dim / 64][64], boxes of `rows` rows by 64, 128-byte swizzle: what
/// both fast attention kernels load. head_dim is 64 or 128. Empty for an e4m3 pool, whose blocks are
/// copied as they lie.
CUtensorMap map_pool(const KvView& pool, int blocks, int rows);

/// q[tokens][heads][head_dim] for attend_prefill.
CUtensorMap map_queries(const bf16_t* q, int tokens, const AttentionShape& shape);

}  // namespace baton::cuda
