// Digests and host copies of the KV pool, against a host CRC32C and over poisoned memory.
#include <chrono>
#include <thread>

#include "crc32c.hpp"
#include "kv_fixture.hpp"

using namespace baton::testing;
using namespace baton::cuda;

namespace {

std::uint64_t seed = 1;

void test_arithmetic() {
  const std::string digits = "123456789";
  const Bytes bytes(digits.begin(), digits.end());
  CHECK(reference_crc(bytes) == 0xE3069283, "%08x", reference_crc(bytes));
  CHECK(crc32c::power_of_x(32) == crc32c::kPolynomial, "x^32");
  CHECK(crc32c::multiply(crc32c::power_of_x(777), crc32c::power_of_x(1 << 20)) ==
            crc32c::power_of_x(777 + (1 << 20)),
        "exponents add up");
}

void test_digest(int blocks, std::int64_t block_bytes, std::size_t count) {
  KvMemory memory(0, blocks, block_bytes);
  const Bytes zeroes(static_cast<std::size_t>(block_bytes));
  std::vector<std::uint32_t> digests(count, 0xABABABAB);
  const auto ids = shuffled(blocks, count, seed++);
  memory.digest(ids, digests.data());
  CHECK(digests[count - 1] == reference_crc(zeroes), "a new pool is not zero");

  const Bytes bytes = random_bytes(static_cast<std::size_t>(blocks * block_bytes), seed++);
  fill(memory, bytes);
  for (int again = 0; again < 2; ++again) {
    std::fill(digests.begin(), digests.end(), 0xABABABAB);
    memory.digest(ids, digests.data());
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t expected = reference_crc(block_of(bytes, ids[i], block_bytes));
      CHECK(digests[i] == expected, "block %d of %lld bytes, %zu of %zu: %08x instead of %08x",
            ids[i], static_cast<long long>(block_bytes), i, count, digests[i], expected);
    }
  }
  std::printf("digest of %zu blocks of %lld bytes\n", count, static_cast<long long>(block_bytes));
}

/// Host memory with a guard page's worth of known bytes on both sides.
class HostBlocks {
 public:
  HostBlocks(std::size_t bytes, bool pinned)
      : size_(bytes), pinned_(pinned ? bytes + 2 * kGuard : 0), plain_(pinned ? 0 : bytes + 2 * kGuard) {
    std::memset(base(), kPoison, size_ + 2 * kGuard);
  }
  std::uint8_t* data() { return base() + kGuard; }
  void expect_guards(const char* what) {
    for (std::size_t i = 0; i < kGuard; ++i) {
      CHECK(base()[i] == kPoison && base()[kGuard + size_ + i] == kPoison, "%s: wrote outside", what);
    }
  }

 private:
  static constexpr std::size_t kGuard = 4096;
  static constexpr std::uint8_t kPoison = 0xEE;
  std::uint8_t* base() { return pinned_.data() != nullptr ? pinned_.data() : plain_.data(); }
  std::size_t size_;
  PinnedBuffer<std::uint8_t> pinned_;
  Bytes plain_;
};

void test_round_trip(int blocks, std::int64_t block_bytes, std::size_t count, bool pinned) {
  const auto size = static_cast<std::size_t>(block_bytes);
  KvMemory memory(0, blocks, block_bytes);
  const Bytes before = random_bytes(static_cast<std::size_t>(blocks) * size, seed++);
  fill(memory, before);

  const auto ids = shuffled(blocks, count, seed++);
  HostBlocks host(count * size, pinned);
  memory.read(ids, host.data());
  for (std::size_t i = 0; i < count; ++i) {
    const auto expected = block_of(before, ids[i], block_bytes);
    CHECK(std::memcmp(host.data() + i * size, expected.data(), size) == 0, "read block %zu", i);
  }
  host.expect_guards("read");

  const auto targets = shuffled(blocks, count, seed++);
  const Bytes fresh = random_bytes(count * size, seed++);
  std::memcpy(host.data(), fresh.data(), fresh.size());
  memory.write(targets, host.data());
  Bytes expected = before;
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(expected.data() + static_cast<std::size_t>(targets[i]) * size,
                fresh.data() + i * size, size);
  }
  CHECK(contents(memory) == expected, "write of %zu blocks of %zu bytes", count, size);
  host.expect_guards("write");
  std::printf("%zu of %d blocks of %lld bytes to %s memory and back\n", count, blocks,
              static_cast<long long>(block_bytes), pinned ? "pinned" : "plain");
}

void test_refusals() {
  KvMemory memory(0, 6, 1024);
  Bytes host(1024);
  std::uint32_t digest = 0;
  std::string message;
  for (const std::int32_t bad : {-1, 6, 1 << 30}) {
    const std::vector<std::int32_t> ids = {bad};
    CHECK(status_of([&] { memory.digest(ids, &digest); }, &message) == BATON_INVALID_ARGUMENT,
          "digest of block %d: %s", bad, message.c_str());
    CHECK(message == "block " + std::to_string(bad) + " at index 0 is not one of 6", "\"%s\"",
          message.c_str());
    CHECK(status_of([&] { memory.read(ids, host.data()); }) == BATON_INVALID_ARGUMENT, "read");
    CHECK(status_of([&] { memory.write(ids, host.data()); }) == BATON_INVALID_ARGUMENT, "write");
  }
  const std::vector<std::int32_t> good = {5};
  CHECK(status_of([&] { memory.read(good, nullptr); }) == BATON_INVALID_ARGUMENT, "null");
  CHECK(status_of([&] { memory.read(good, memory.data()); }) == BATON_INVALID_ARGUMENT, "device");
  CHECK(status_of([&] { memory.read({}, nullptr); }) == BATON_OK, "nothing to do");
  CHECK(status_of([] { KvMemory(0, 6, 100); }) == BATON_INVALID_ARGUMENT, "100 bytes a block");
  CHECK(status_of([] { KvMemory(0, 0, 64); }) == BATON_INVALID_ARGUMENT, "no blocks");
  CHECK(status_of([] { KvMemory(0, 1 << 30, 1 << 20); }, &message) == BATON_OUT_OF_MEMORY,
        "a petabyte");
  CHECK(message.find("MiB free") != std::string::npos, "\"%s\"", message.c_str());
  CHECK(status_of([&] { memory.digest(good, &digest); }) == BATON_OK, "after failures");
}

/// More callers than lanes, each with blocks of its own.
void test_threads() {
  constexpr int kThreads = 10;
  constexpr std::int64_t kBytes = 8192;
  KvMemory memory(0, 3 * kThreads, kBytes);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&memory, t, from = seed + static_cast<std::uint64_t>(t)] {
      const std::vector<std::int32_t> ids = {3 * t + 2, 3 * t, 3 * t + 1};
      for (int round = 0; round < 20; ++round) {
        const Bytes bytes = random_bytes(3 * kBytes, from + 100 * static_cast<std::uint64_t>(round));
        Bytes back(3 * kBytes);
        std::uint32_t digests[3];
        memory.write(ids, bytes.data());
        memory.digest(ids, digests);
        memory.read(ids, back.data());
        CHECK(back == bytes, "thread %d", t);
        for (int i = 0; i < 3; ++i) {
          CHECK(digests[i] == reference_crc(block_of(bytes, i, kBytes)), "thread %d, block %d", t, i);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

int main() {
  seed = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  test_arithmetic();
  for (const std::int64_t bytes : {64, 128, 192, 4032, 4096, 4160, 16448, 32704, 32768, 32832, 98304,
                                   262080, 262144, 262208, 1048640, 2097088, 2097152}) {
    test_digest(9, bytes, 7);
  }
  test_digest(1, 2 << 20, 1);
  test_digest(3000, 64, 2501);      // several launches
  test_digest(1500, 65536, 1301);   // long parts
  test_digest(200, 2 << 20, 133);
  for (const bool pinned : {true, false}) {
    test_round_trip(11, 64, 9, pinned);
    test_round_trip(2500, 192, 2101, pinned);
    test_round_trip(300, 65536, 150, pinned);
    test_round_trip(30, 1048512, 13, pinned);
    test_round_trip(30, 1048576, 13, pinned);
    test_round_trip(9, 2 << 20, 7, pinned);
    test_round_trip(4, 6 << 20, 3, pinned);
  }
  test_refusals();
  test_threads();
  return 0;
}
