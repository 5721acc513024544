#include "kv_ipc.hpp"

#include <cuda_runtime.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <mutex>
#include <string>
#include <vector>

#include "cuda_error.hpp"

namespace baton::cuda {
namespace {

using Handle = std::array<std::uint8_t, sizeof(baton_kv_handle::memory)>;

Handle memory_of(const baton_kv_handle& handle) {
  Handle memory;
  std::memcpy(memory.data(), handle.memory, memory.size());
  return memory;
}

/// Handles that this process gave out. CUDA opens none of them here, with errors that do not say
/// why.
class OwnHandles {
 public:
  static OwnHandles& get() {
    static auto* handles = new OwnHandles();  // threads may still use it when the process ends
    return *handles;
  }
  void add(const Handle& handle) {
    const std::lock_guard lock(mutex_);
    handles_.push_back(handle);
  }
  void remove(const Handle& handle) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find(handles_.begin(), handles_.end(), handle);
    if (found != handles_.end()) handles_.erase(found);
  }
  bool contains(const Handle& handle) {
    const std::lock_guard lock(mutex_);
    return std::find(handles_.begin(), handles_.end(), handle) != handles_.end();
  }

 private:
  std::mutex mutex_;
  std::vector<Handle> handles_;
};

/// Ordinal of the device with this UUID.
int ordinal_of(const std::uint8_t (&uuid)[16]) {
  int count = 0;
  BATON_CUDA(cudaGetDeviceCount(&count));
  for (int i = 0; i < count; ++i) {
    cudaDeviceProp properties{};
    BATON_CUDA(cudaGetDeviceProperties(&properties, i));
    if (std::memcmp(properties.uuid.bytes, uuid, sizeof uuid) == 0) return i;
  }
  throw Failure(BATON_UNSUPPORTED, "the pool lies on a device that this process does not see");
}

}  // namespace

ExportedPool::ExportedPool(int device, void* data, std::uint64_t bytes) {
  cudaDeviceProp properties{};
  BATON_CUDA(cudaGetDeviceProperties(&properties, device));
  cudaIpcMemHandle_t memory{};
  BATON_CUDA(cudaIpcGetMemHandle(&memory, data));
  static_assert(sizeof properties.uuid.bytes == sizeof handle_.device);
  static_assert(sizeof memory == sizeof handle_.memory);
  std::memcpy(handle_.device, properties.uuid.bytes, sizeof handle_.device);
  std::memcpy(handle_.memory, &memory, sizeof handle_.memory);
  handle_.bytes = bytes;
  OwnHandles::get().add(memory_of(handle_));
}

ExportedPool::~ExportedPool() { OwnHandles::get().remove(memory_of(handle_)); }

KvPeer::KvPeer(int device, const baton_kv_handle& handle, std::int64_t block_bytes)
    : device_(device), block_bytes_(block_bytes) {
  const auto bytes = static_cast<std::uint64_t>(block_bytes);
  require(handle.bytes > 0 && handle.bytes % bytes == 0 &&
              handle.bytes / bytes <= std::numeric_limits<std::int32_t>::max(),
          "a pool of " + std::to_string(handle.bytes) + " bytes has no blocks of " +
              std::to_string(block_bytes));
  require(!OwnHandles::get().contains(memory_of(handle)), "this is a pool of this very process");
  owner_ = ordinal_of(handle.device);
  if (owner_ != device) {
    int reachable = 0;
    BATON_CUDA(cudaDeviceCanAccessPeer(&reachable, device, owner_));
    if (reachable == 0) {
      throw Failure(BATON_UNSUPPORTED, "device " + std::to_string(device) +
                                           " cannot reach the memory of device " +
                                           std::to_string(owner_));
    }
  }
  cudaIpcMemHandle_t memory{};
  std::memcpy(&memory, handle.memory, sizeof memory);
  void* data = nullptr;
  BATON_CUDA(cudaIpcOpenMemHandle(&data, memory, cudaIpcMemLazyEnablePeerAccess));
  data_ = {static_cast<std::uint8_t*>(data), Unmap{device}};
  blocks_ = static_cast<int>(handle.bytes / bytes);
  // A size that is not the allocation's would end in a fault, after which the device is of no use.
  cudaPointerAttributes last{};
  BATON_CUDA(cudaPointerGetAttributes(&last, data_.get() + handle.bytes - 1));
  require(last.type == cudaMemoryTypeDevice, "the pool is smaller than its handle says");
}

void KvPeer::Unmap::operator()(std::uint8_t* data) const {
  cudaSetDevice(device);
  cudaIpcCloseMemHandle(data);
}

}  // namespace baton::cuda
