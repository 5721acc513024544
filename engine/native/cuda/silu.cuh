// The activation of a gated feed-forward layer.
#pragma once

namespace baton::cuda {

/// x / (1 + exp(-x)) within a few units in the last place of fp32. A divisor too large for the fast
/// division (x < -87) gives 0, as it should.
__device__ inline float silu(float x) { return __fdividef(x, 1.0F + __expf(-x)); }

}  // namespace baton::cuda
