// A KV pool of one process in the hands of another of the same host, by CUDA IPC.
#pragma once

#include <cstdint>
#include <memory>

#include "baton_engine.h"

namespace baton::cuda {

/// A pool that other processes may map; while it lives, this one knows its handle for its own.
class ExportedPool {
 public:
  /// `data` are the `bytes` of one cudaMalloc on the current device, which is `device`.
  ExportedPool(int device, void* data, std::uint64_t bytes);
  ~ExportedPool();
  ExportedPool(const ExportedPool&) = delete;
  ExportedPool& operator=(const ExportedPool&) = delete;

  const baton_kv_handle& handle() const { return handle_; }

 private:
  baton_kv_handle handle_{};
};

/// The pool of another process of this host, mapped while the object lives.
class KvPeer {
 public:
  /// Maps it for reads by `device`, the current one. Throws Failure: BATON_INVALID_ARGUMENT for a
  /// pool of this process or without whole blocks, BATON_UNSUPPORTED for one out of reach.
  KvPeer(int device, const baton_kv_handle& handle, std::int64_t block_bytes);

  int device() const { return device_; }
  int owner() const { return owner_; }
  int blocks() const { return blocks_; }
  std::int64_t block_bytes() const { return block_bytes_; }
  const std::uint8_t* data() const { return data_.get(); }

 private:
  struct Unmap {
    int device;
    void operator()(std::uint8_t* data) const;
  };

  int device_;     // ordinal of the device that reads
  int owner_ = 0;  // ordinal of the device that the pool lies on
  int blocks_ = 0;
  std::int64_t block_bytes_;
  std::unique_ptr<std::uint8_t, Unmap> data_;
};

}  // namespace baton::cuda
