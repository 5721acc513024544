// Rates at which blocks are digested and copied, beside plain copies of as many bytes.
#include <chrono>
#include <cstdio>
#include <numeric>

#include "kv_fixture.hpp"
#include "timing.hpp"

using namespace baton::cuda;
using namespace baton::testing;
using baton::bench::median_ms;

namespace {

struct Blocks {
  Blocks(int blocks, std::int64_t block_bytes)
      : count(blocks), bytes(block_bytes), total(static_cast<std::size_t>(blocks * block_bytes)),
        ids(shuffled(blocks, static_cast<std::size_t>(blocks), 3)), device_ids(upload(ids)) {}
  double rate(double ms) const { return static_cast<double>(total) / ms / 1e6; }

  int count;
  std::int64_t bytes;
  std::size_t total;
  std::vector<std::int32_t> ids;
  DeviceBuffer<std::int32_t> device_ids;
};

void digest(int count, std::int64_t block_bytes) {
  const Blocks blocks(count, block_bytes);
  const auto pool = poisoned<std::uint8_t>(blocks.total);
  const DeviceBuffer<std::uint32_t> digests(static_cast<std::size_t>(count));
  const BlockDigest kernel(block_bytes);
  const double ms = median_ms([&] {
    kernel.run(pool.data(), blocks.device_ids.data(), count, digests.data(), nullptr);
  });
  std::printf("digest    %5d blocks of %8lld bytes   %9.3f ms  %8.1f GB/s\n", count,
              static_cast<long long>(block_bytes), ms, blocks.rate(ms));
}

/// Random blocks of one pool into random blocks of another, as a pull on one device.
void pull(int count, std::int64_t block_bytes, int ctas) {
  const Blocks blocks(count, block_bytes);
  const auto from = poisoned<std::uint8_t>(blocks.total);
  const DeviceBuffer<std::uint8_t> to(blocks.total);
  const auto targets = upload(shuffled(count, static_cast<std::size_t>(count), 4));
  const double ms = median_ms([&] {
    copy_blocks(from.data(), blocks.device_ids.data(), to.data(), targets.data(), count,
                block_bytes, ctas, nullptr);
  });
  const double plain = median_ms([&] {
    cudaMemcpyAsync(to.data(), from.data(), blocks.total, cudaMemcpyDeviceToDevice);
  });
  std::printf(
      "on device %5d blocks of %8lld bytes, %4d CTAs   %8.1f GB/s copied  %5.1f %% of a copy\n",
      count, static_cast<long long>(block_bytes), ctas, blocks.rate(ms), 100 * plain / ms);
}

void host(int count, std::int64_t block_bytes) {
  const Blocks blocks(count, block_bytes);
  const auto pool = poisoned<std::uint8_t>(blocks.total);
  const PinnedBuffer<std::uint8_t> pinned(blocks.total);
  const auto copy = [&](bool out, cudaMemcpyKind kind) {
    return median_ms([&] {
      cudaMemcpyAsync(out ? pinned.data() : pool.data(), out ? pool.data() : pinned.data(),
                      blocks.total, kind);
    }, 10, 2);
  };
  const double plain_out = copy(true, cudaMemcpyDeviceToHost);
  const double plain_in = copy(false, cudaMemcpyHostToDevice);
  std::printf("host      %5d blocks of %8lld bytes, one copy: out %6.1f GB/s, in %6.1f GB/s\n", count,
              static_cast<long long>(block_bytes), blocks.rate(plain_out), blocks.rate(plain_in));
  for (const int ctas : {4, 8, 16, 32}) {
    const double out = median_ms([&] {
      copy_blocks(pool.data(), blocks.device_ids.data(), pinned.data(), nullptr, count, block_bytes,
                  ctas, nullptr);
    }, 10, 2);
    const double in = median_ms([&] {
      copy_blocks(pinned.data(), nullptr, pool.data(), blocks.device_ids.data(), count, block_bytes,
                  ctas, nullptr);
    }, 10, 2);
    std::printf("          %4d CTAs: out %6.1f GB/s (%5.1f %% of one copy), in %6.1f GB/s (%5.1f %%)\n",
                ctas, blocks.rate(out), 100 * plain_out / out, blocks.rate(in), 100 * plain_in / in);
  }
  const auto each = [&](bool out) {
    return median_ms([&] {
      for (int i = 0; i < count; ++i) {
        std::uint8_t* block = pool.data() + blocks.ids[static_cast<std::size_t>(i)] * block_bytes;
        std::uint8_t* place = pinned.data() + i * block_bytes;
        cudaMemcpyAsync(out ? place : block, out ? block : place,
                        static_cast<std::size_t>(block_bytes), cudaMemcpyDefault);
      }
    }, 10, 2);
  };
  std::printf("          a copy a block: out %6.1f GB/s, in %6.1f GB/s\n", blocks.rate(each(true)),
              blocks.rate(each(false)));
}

/// What a caller of the ABI sees, by the wall clock.
void calls(int count, std::int64_t block_bytes) {
  const Blocks blocks(count, block_bytes);
  KvMemory memory(0, count, block_bytes);
  const PinnedBuffer<std::uint8_t> pinned(blocks.total);
  Bytes plain(blocks.total);
  std::vector<std::uint32_t> digests(static_cast<std::size_t>(count));
  const auto rate = [&](auto&& call) {
    call();
    const auto begin = std::chrono::steady_clock::now();
    constexpr int kRounds = 10;
    for (int i = 0; i < kRounds; ++i) call();
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin;
    return blocks.rate(time.count() / kRounds);
  };
  std::printf("calls     %5d blocks of %8lld bytes: digest %7.1f GB/s, read %5.1f (plain %5.1f), "
              "write %5.1f (plain %5.1f)\n",
              count, static_cast<long long>(block_bytes),
              rate([&] { memory.digest(blocks.ids, digests.data()); }),
              rate([&] { memory.read(blocks.ids, pinned.data()); }),
              rate([&] { memory.read(blocks.ids, plain.data()); }),
              rate([&] { memory.write(blocks.ids, pinned.data()); }),
              rate([&] { memory.write(blocks.ids, plain.data()); }));
}

}  // namespace

int main() {
  cudaDeviceProp properties{};
  BATON_CUDA(cudaGetDeviceProperties(&properties, 0));
  std::printf("%s, %d multiprocessors\n", properties.name, properties.multiProcessorCount);
  for (const int count : {1, 8, 16, 64, 512}) digest(count, 2 << 20);
  digest(1024, 65536);
  for (const int of_multiprocessor : {1, 2, 4, 8}) {
    pull(512, 2 << 20, of_multiprocessor * properties.multiProcessorCount);
  }
  pull(1024, 65536, 8 * properties.multiProcessorCount);
  host(128, 2 << 20);
  host(1024, 65536);
  calls(1, 2 << 20);
  calls(128, 2 << 20);
  calls(1024, 65536);
  return 0;
}
