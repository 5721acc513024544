// Kernels over whole KV blocks: digests and copies. A block is a multiple of 64 bytes, and blocks
// lie one after the other; ids are device pointers to block numbers, which nobody checks here.
// All of them enqueue on `stream` and return; launch errors surface as Failure.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "device_buffer.hpp"

namespace baton::cuda {

/// CRC32C of blocks of one size. Holds tables on the device that is current when it is made.
class BlockDigest {
 public:
  explicit BlockDigest(std::int64_t block_bytes);

  /// digests[i] (device) = CRC32C of block ids[i] of `pool`.
  void run(const std::uint8_t* pool, const std::int32_t* ids, int count, std::uint32_t* digests,
           cudaStream_t stream) const;

 private:
  std::int64_t block_bytes_;
  int most_ctas_;
  std::uint32_t constant_;                    // what initial value and final inversion add
  DeviceBuffer<std::uint32_t> rows_;          // how a thread's sum advances over all others' words
  DeviceBuffer<uint4> thread_weights_;        // [threads] powers of x for each thread's four sums
  DeviceBuffer<std::uint32_t> part_weights_;  // [k] x^(bits of k units behind a part)
};

/// Copies block from_ids[i] of `from` to block to_ids[i] of `to`; ids may be null for 0, 1, 2, ...
/// Both sides are readable from the device: its own memory, a peer's, or mapped host memory.
/// `ctas` bounds how much of the device the copy takes.
void copy_blocks(const std::uint8_t* from, const std::int32_t* from_ids, std::uint8_t* to,
                 const std::int32_t* to_ids, int count, std::int64_t block_bytes, int ctas,
                 cudaStream_t stream);

}  // namespace baton::cuda
