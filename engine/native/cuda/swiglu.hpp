// The activation of a gated feed-forward layer between two products with many rows.
#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include "kv_view.hpp"

namespace baton::cuda {

/// out[count][inner] = silu(gate) * up of gate_up[count][2 inner].
void swiglu(const bf16_t* gate_up, int count, int inner, bf16_t* out, cudaStream_t stream);

}  // namespace baton::cuda
