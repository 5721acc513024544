#include "kv_memory.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "cuda_error.hpp"
#include "stream.hpp"

namespace baton::cuda {
namespace {

constexpr std::size_t kLanes = 4;     // calls that proceed at a time
constexpr std::size_t kBatch = 1024;  // blocks of one launch

/// Blocks from here on go by copy engines, one copy a block: that leaves the multiprocessors to the
/// engine. Smaller ones would spend their time in starting copies.
constexpr std::int64_t kCopyEngineBytes = 1 << 20;

/// 16 CTAs keep 256 KiB under way, twice what a PCIe 5 link of 2 us needs.
constexpr int kHostCtas = 16;
constexpr int kDeviceCtasOfMultiprocessor = 8;

constexpr std::int64_t kStagingBytes = 4 << 20;

/// cudaMalloc may put smaller allocations beside others, which an exported handle would share.
constexpr std::size_t kExportAlignment = 2 << 20;

void enter(int device) { BATON_CUDA(cudaSetDevice(device)); }

DeviceBuffer<std::uint8_t> allocate_pool(int device, int blocks, std::int64_t block_bytes) {
  require(blocks > 0, "a KV pool needs at least one block");
  require(block_bytes > 0 && block_bytes % 64 == 0, "a KV block must be a multiple of 64 bytes");
  enter(device);
  const std::size_t bytes = static_cast<std::size_t>(blocks) * static_cast<std::size_t>(block_bytes);
  std::size_t available = 0;
  std::size_t total = 0;
  BATON_CUDA(cudaMemGetInfo(&available, &total));
  try {
    return DeviceBuffer<std::uint8_t>((bytes + kExportAlignment - 1) / kExportAlignment *
                                      kExportAlignment);
  } catch (const Failure& failure) {
    if (failure.status() != BATON_OUT_OF_MEMORY) throw;
    throw Failure(BATON_OUT_OF_MEMORY, "the KV pool needs " + std::to_string(bytes >> 20) +
                                           " MiB, the device has " +
                                           std::to_string(available >> 20) + " MiB free");
  }
}

int ctas_of(int device, int of_multiprocessor) {
  int count = 0;
  BATON_CUDA(cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device));
  return count * of_multiprocessor;
}

void check(std::span<const std::int32_t> blocks, int count) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    require(blocks[i] >= 0 && blocks[i] < count,
            "block " + std::to_string(blocks[i]) + " at index " + std::to_string(i) +
                " is not one of " + std::to_string(count));
  }
}

/// Whether `host` is pinned memory that the device can reach at the same address.
bool pinned(const void* host, std::size_t bytes) {
  const auto* first = static_cast<const std::uint8_t*>(host);
  for (const auto* at : {first, first + bytes - 1}) {
    cudaPointerAttributes attributes{};
    BATON_CUDA(cudaPointerGetAttributes(&attributes, at));
    require(attributes.type != cudaMemoryTypeDevice, "memory of a device instead of the host's");
    if (attributes.type != cudaMemoryTypeHost || attributes.devicePointer != at) return false;
  }
  return reinterpret_cast<std::uintptr_t>(host) % sizeof(uint4) == 0;
}

}  // namespace

/// What a call needs while it runs.
struct KvMemory::Lane {
  Stream stream;
  Event done[2];
  PinnedBuffer<std::int32_t> host_ids{2 * kBatch};
  DeviceBuffer<std::int32_t> ids{2 * kBatch};
  PinnedBuffer<std::uint32_t> host_digests{kBatch};
  DeviceBuffer<std::uint32_t> digests{kBatch};
  PinnedBuffer<std::uint8_t> staging;  // two halves, made when first needed

  /// Sends at most kBatch block numbers; of two lists in use, `list` 0 or 1.
  const std::int32_t* send(std::span<const std::int32_t> blocks, std::size_t list = 0) {
    std::int32_t* host = host_ids.data() + list * kBatch;
    std::int32_t* device = ids.data() + list * kBatch;
    std::copy(blocks.begin(), blocks.end(), host);
    BATON_CUDA(cudaMemcpyAsync(device, host, blocks.size_bytes(), cudaMemcpyHostToDevice, stream));
    return device;
  }
};

/// A lane for the time of one call. Whatever was enqueued is over when it goes back: a call that
/// fails in the middle must not leave copies behind that write into its caller's memory.
class KvMemory::Borrowed {
 public:
  explicit Borrowed(KvMemory& memory) : memory_(memory), lane_(memory.take()) {}
  ~Borrowed() {
    cudaStreamSynchronize(lane_->stream);
    memory_.give_back(std::move(lane_));
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  Lane& operator*() const { return *lane_; }
  Lane* operator->() const { return lane_.get(); }

 private:
  KvMemory& memory_;
  std::unique_ptr<Lane> lane_;
};

KvMemory::KvMemory(int device, int blocks, std::int64_t block_bytes)
    : device_(device),
      blocks_(blocks),
      block_bytes_(block_bytes),
      staged_blocks_(static_cast<std::size_t>(
          std::max<std::int64_t>(1, kStagingBytes / std::max<std::int64_t>(1, block_bytes)))),
      pool_(allocate_pool(device, blocks, block_bytes)),
      digest_(block_bytes),
      device_ctas_(ctas_of(device, kDeviceCtasOfMultiprocessor)) {
  for (std::size_t i = 0; i < kLanes; ++i) idle_.push_back(std::make_unique<Lane>());
  const Stream& stream = idle_.front()->stream;
  BATON_CUDA(cudaMemsetAsync(pool_.data(), 0, pool_.bytes(), stream));
  stream.wait();
}

KvMemory::~KvMemory() { cudaSetDevice(device_); }

std::unique_ptr<KvMemory::Lane> KvMemory::take() {
  enter(device_);
  std::unique_lock lock(mutex_);
  given_back_.wait(lock, [&] { return !idle_.empty(); });
  std::unique_ptr<Lane> lane = std::move(idle_.back());
  idle_.pop_back();
  return lane;
}

void KvMemory::give_back(std::unique_ptr<Lane> lane) noexcept {
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(lane));  // there was room for it before
  }
  given_back_.notify_one();
}

baton_kv_handle KvMemory::export_handle() {
  enter(device_);
  const std::lock_guard lock(mutex_);
  if (!exported_) {
    exported_.emplace(device_, pool_.data(),
                      static_cast<std::uint64_t>(blocks_) *
                          static_cast<std::uint64_t>(block_bytes_));
  }
  return exported_->handle();
}

void KvMemory::enqueue_digests(Lane& lane, const std::int32_t* ids, std::size_t count) const {
  digest_.run(pool_.data(), ids, static_cast<int>(count), lane.digests.data(), lane.stream);
  BATON_CUDA(cudaMemcpyAsync(lane.host_digests.data(), lane.digests.data(),
                             count * sizeof(std::uint32_t), cudaMemcpyDeviceToHost, lane.stream));
}

void KvMemory::digest(std::span<const std::int32_t> blocks, std::uint32_t* digests) {
  check(blocks, blocks_);
  if (blocks.empty()) return;
  require(digests != nullptr, "no room for digests");
  const Borrowed lane(*this);
  for (std::size_t at = 0; at < blocks.size(); at += kBatch) {
    const auto batch = blocks.subspan(at, std::min(kBatch, blocks.size() - at));
    enqueue_digests(*lane, lane->send(batch), batch.size());
    lane->stream.wait();
    std::copy_n(lane->host_digests.data(), batch.size(), digests + at);
  }
}

/// Enqueues copies of `blocks`, whose numbers the lane has from index `first` of its list on.
void KvMemory::to_pinned(Lane& lane, std::span<const std::int32_t> blocks, std::size_t first,
                         std::uint8_t* pinned) const {
  if (block_bytes_ < kCopyEngineBytes) {
    copy_blocks(pool_.data(), lane.ids.data() + first, pinned, nullptr,
                static_cast<int>(blocks.size()), block_bytes_, kHostCtas, lane.stream);
    return;
  }
  const auto bytes = static_cast<std::size_t>(block_bytes_);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    BATON_CUDA(cudaMemcpyAsync(pinned + i * bytes, block(blocks[i]), bytes, cudaMemcpyDeviceToHost,
                               lane.stream));
  }
}

void KvMemory::from_pinned(Lane& lane, std::span<const std::int32_t> blocks, std::size_t first,
                           const std::uint8_t* pinned) const {
  if (block_bytes_ < kCopyEngineBytes) {
    copy_blocks(pinned, nullptr, pool_.data(), lane.ids.data() + first,
                static_cast<int>(blocks.size()), block_bytes_, kHostCtas, lane.stream);
    return;
  }
  const auto bytes = static_cast<std::size_t>(block_bytes_);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    BATON_CUDA(cudaMemcpyAsync(block(blocks[i]), pinned + i * bytes, bytes, cudaMemcpyHostToDevice,
                               lane.stream));
  }
}

/// While one half of the staging buffer is filled, the other is emptied.
void KvMemory::read_staged(Lane& lane, std::span<const std::int32_t> blocks,
                           std::uint8_t* host) const {
  const auto bytes = static_cast<std::size_t>(block_bytes_);
  const std::size_t pieces = (blocks.size() + staged_blocks_ - 1) / staged_blocks_;
  const auto piece = [&](std::size_t i) {
    const std::size_t first = i * staged_blocks_;
    return blocks.subspan(first, std::min(staged_blocks_, blocks.size() - first));
  };
  const auto half = [&](std::size_t i) {
    return lane.staging.data() + i % 2 * staged_blocks_ * bytes;
  };
  for (std::size_t i = 0; i <= pieces; ++i) {
    if (i < pieces) {
      to_pinned(lane, piece(i), i * staged_blocks_, half(i));
      lane.done[i % 2].record(lane.stream);
    }
    if (i > 0) {
      lane.done[(i - 1) % 2].wait();
      std::memcpy(host + (i - 1) * staged_blocks_ * bytes, half(i - 1), piece(i - 1).size() * bytes);
    }
  }
}

void KvMemory::write_staged(Lane& lane, std::span<const std::int32_t> blocks,
                            const std::uint8_t* host) const {
  const auto bytes = static_cast<std::size_t>(block_bytes_);
  for (std::size_t i = 0; i * staged_blocks_ < blocks.size(); ++i) {
    const std::size_t first = i * staged_blocks_;
    const auto piece = blocks.subspan(first, std::min(staged_blocks_, blocks.size() - first));
    std::uint8_t* half = lane.staging.data() + i % 2 * staged_blocks_ * bytes;
    if (i >= 2) lane.done[i % 2].wait();
    std::memcpy(half, host + first * bytes, piece.size() * bytes);
    from_pinned(lane, piece, first, half);
    lane.done[i % 2].record(lane.stream);
  }
}

/// Calls direct(lane, batch, at) or staged(lane, batch, at) for the blocks of one launch at a time,
/// `at` being the first one's place in `host`.
template <class Direct, class Staged>
void KvMemory::in_batches(std::span<const std::int32_t> blocks, const void* host, Direct&& direct,
                          Staged&& staged) {
  check(blocks, blocks_);
  if (blocks.empty()) return;
  require(host != nullptr, "no host memory");
  const Borrowed lane(*this);
  const auto bytes = static_cast<std::size_t>(block_bytes_);
  const bool is_pinned = pinned(host, blocks.size() * bytes);
  if (!is_pinned && lane->staging.data() == nullptr) {
    lane->staging = PinnedBuffer<std::uint8_t>(2 * staged_blocks_ * bytes);
  }
  for (std::size_t at = 0; at < blocks.size(); at += kBatch) {
    const auto batch = blocks.subspan(at, std::min(kBatch, blocks.size() - at));
    lane->send(batch);
    is_pinned ? direct(*lane, batch, at * bytes) : staged(*lane, batch, at * bytes);
    lane->stream.wait();
  }
}

void KvMemory::read(std::span<const std::int32_t> blocks, void* host) {
  auto* to = static_cast<std::uint8_t*>(host);
  in_batches(
      blocks, host,
      [&](Lane& lane, auto batch, std::size_t at) { to_pinned(lane, batch, 0, to + at); },
      [&](Lane& lane, auto batch, std::size_t at) { read_staged(lane, batch, to + at); });
}

void KvMemory::write(std::span<const std::int32_t> blocks, const void* host) {
  const auto* from = static_cast<const std::uint8_t*>(host);
  in_batches(
      blocks, host,
      [&](Lane& lane, auto batch, std::size_t at) { from_pinned(lane, batch, 0, from + at); },
      [&](Lane& lane, auto batch, std::size_t at) { write_staged(lane, batch, from + at); });
}

std::unique_ptr<KvPeer> KvMemory::attach(const baton_kv_handle& handle) {
  enter(device_);
  return std::make_unique<KvPeer>(device_, handle, block_bytes_);
}

void KvMemory::pull(const KvPeer& peer, std::span<const std::int32_t> from,
                    std::span<const std::int32_t> to, std::uint32_t* digests) {
  require(from.size() == to.size(), "not as many blocks to fill as to copy");
  require(peer.device() == device_ && peer.block_bytes() == block_bytes_,
          "the peer was attached by another engine");
  check(from, peer.blocks());
  check(to, blocks_);
  if (from.empty()) return;
  require(digests != nullptr, "no room for digests");
  const bool by_kernel = peer.owner() == device_ || block_bytes_ < kCopyEngineBytes;
  const auto bytes = static_cast<std::size_t>(block_bytes_);
  const Borrowed lane(*this);
  for (std::size_t at = 0; at < from.size(); at += kBatch) {
    const std::size_t count = std::min(kBatch, from.size() - at);
    const std::int32_t* targets = lane->send(to.subspan(at, count), 1);
    if (by_kernel) {
      copy_blocks(peer.data(), lane->send(from.subspan(at, count), 0), pool_.data(), targets,
                  static_cast<int>(count), block_bytes_, device_ctas_, lane->stream);
    } else {
      for (std::size_t i = at; i < at + count; ++i) {
        BATON_CUDA(cudaMemcpyAsync(block(to[i]), peer.data() + from[i] * block_bytes_, bytes,
                                   cudaMemcpyDefault, lane->stream));
      }
    }
    enqueue_digests(*lane, targets, count);
    lane->stream.wait();
    std::copy_n(lane->host_digests.data(), count, digests + at);
  }
}

}  // namespace baton::cuda
