// Some rows of a matrix, one behind the other.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace baton::cuda {

/// to[count][row_bytes] = the rows of from[][row_bytes] that `rows[count]` names. row_bytes is a multiple
/// of 4. Device pointers.
void gather_rows(const void* from, const std::int32_t* rows, int count, std::size_t row_bytes, void* to,
                 cudaStream_t stream);

}  // namespace baton::cuda
