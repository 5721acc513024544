// The KV pool of the CUDA backend, and the ways by which blocks leave and enter it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "baton_engine.h"
#include "device_buffer.hpp"
#include "kv_blocks.hpp"
#include "kv_ipc.hpp"

namespace baton::cuda {

/// `blocks` blocks of `block_bytes` each, zeroed. Any thread may call anything but the destructor,
/// also while the engine's stream runs: the work goes to streams of its own, which take no part in
/// the order of other streams, and is done when a call returns or throws. Block numbers are
/// checked. Errors are Failures.
class KvMemory {
 public:
  KvMemory(int device, int blocks, std::int64_t block_bytes);
  ~KvMemory();
  KvMemory(const KvMemory&) = delete;
  KvMemory& operator=(const KvMemory&) = delete;

  std::uint8_t* data() const { return pool_.data(); }
  int blocks() const { return blocks_; }
  std::int64_t block_bytes() const { return block_bytes_; }

  /// What another process needs to attach. Blocks must not be freed while it is attached.
  baton_kv_handle export_handle();

  /// digests[i] (host) = CRC32C of block blocks[i].
  void digest(std::span<const std::int32_t> blocks, std::uint32_t* digests);

  /// host[i] = block blocks[i], or back. Memory that is not pinned goes by way of some that is.
  void read(std::span<const std::int32_t> blocks, void* host);
  void write(std::span<const std::int32_t> blocks, const void* host);

  /// Maps another process's pool of equal blocks; destroy it before this object.
  std::unique_ptr<KvPeer> attach(const baton_kv_handle& handle);

  /// Copies block from[i] of the peer to block to[i] of this pool; digests what arrived.
  void pull(const KvPeer& peer, std::span<const std::int32_t> from,
            std::span<const std::int32_t> to, std::uint32_t* digests);

 private:
  struct Lane;
  class Borrowed;

  std::unique_ptr<Lane> take();
  void give_back(std::unique_ptr<Lane> lane) noexcept;
  std::uint8_t* block(std::int32_t id) const { return pool_.data() + id * block_bytes_; }
  template <class Direct, class Staged>
  void in_batches(std::span<const std::int32_t> blocks, const void* host, Direct&& direct,
                  Staged&& staged);
  void to_pinned(Lane& lane, std::span<const std::int32_t> blocks, std::size_t first,
                 std::uint8_t* pinned) const;
  void from_pinned(Lane& lane, std::span<const std::int32_t> blocks, std::size_t first,
                   const std::uint8_t* pinned) const;
  void read_staged(Lane& lane, std::span<const std::int32_t> blocks, std::uint8_t* host) const;
  void write_staged(Lane& lane, std::span<const std::int32_t> blocks,
                    const std::uint8_t* host) const;
  void enqueue_digests(Lane& lane, const std::int32_t* ids, std::size_t count) const;

  const int device_;
  const int blocks_;
  const std::int64_t block_bytes_;
  const std::size_t staged_blocks_;  // of one half of a staging buffer
  DeviceBuffer<std::uint8_t> pool_;
  BlockDigest digest_;
  int device_ctas_;
  std::mutex mutex_;
  std::condition_variable given_back_;
  std::vector<std::unique_ptr<Lane>> idle_;  // guarded by mutex_
  std::optional<ExportedPool> exported_;     // guarded by mutex_
};

}  // namespace baton::cuda
