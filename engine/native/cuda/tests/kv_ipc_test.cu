// Two processes and one device: the program runs itself again as the holder of blocks.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "kv_fixture.hpp"

using namespace baton::testing;
using namespace baton::cuda;

namespace {

struct Case {
  int blocks;
  std::int64_t block_bytes;
  std::uint64_t seed;
  Bytes bytes() const { return random_bytes(static_cast<std::size_t>(blocks * block_bytes), seed); }
};
constexpr Case kCases[] = {{40, 65536, 11}, {9, 2 << 20, 12}, {2100, 192, 13}};

/// Fills a pool, writes its handle to `out` and stays until `in` ends.
int hold(const Case& the, int in, int out) {
  KvMemory memory(0, the.blocks, the.block_bytes);
  fill(memory, the.bytes());
  const baton_kv_handle handle = memory.export_handle();
  CHECK(write(out, &handle, sizeof handle) == sizeof handle, "pipe");
  char byte;
  while (read(in, &byte, 1) > 0) {
  }
  return 0;
}

class Holder {
 public:
  /// Before the first CUDA call of this process, which does not survive a fork.
  explicit Holder(int which) {
    int to[2];
    int from[2];
    // Closed in every other holder: its copy of an end would keep the pipe open.
    CHECK(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0, "pipe");
    child_ = fork();
    CHECK(child_ >= 0, "fork");
    if (child_ == 0) {
      fcntl(to[0], F_SETFD, 0);
      fcntl(from[1], F_SETFD, 0);
      const std::string arguments[] = {std::to_string(which), std::to_string(to[0]),
                                       std::to_string(from[1])};
      execl("/proc/self/exe", "kv_ipc_test", arguments[0].c_str(), arguments[1].c_str(),
            arguments[2].c_str(), static_cast<char*>(nullptr));
      _exit(127);
    }
    close(to[0]);
    close(from[1]);
    to_ = to[1];
    from_ = from[0];
  }
  ~Holder() { leave(); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  baton_kv_handle handle() const {
    baton_kv_handle out{};
    std::size_t got = 0;
    while (got < sizeof out) {
      const ssize_t n = read(from_, reinterpret_cast<char*>(&out) + got, sizeof out - got);
      CHECK(n > 0, "the holder died");
      got += static_cast<std::size_t>(n);
    }
    return out;
  }

  void kill() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    reap();
  }

  /// Lets it free its pool and exit.
  void leave() {
    if (child_ <= 0) return;
    close(to_);
    to_ = -1;
    reap();
  }

 private:
  void reap() {
    waitpid(child_, nullptr, 0);
    child_ = -1;
    close(from_);
    if (to_ >= 0) close(to_);
  }
  pid_t child_;
  int to_;
  int from_;
};

void test_pull(const Case& the, const baton_kv_handle& handle) {
  const Bytes theirs = the.bytes();
  KvMemory memory(0, the.blocks + 3, the.block_bytes);
  Bytes expected = random_bytes(static_cast<std::size_t>(memory.blocks() * the.block_bytes), 99);
  fill(memory, expected);
  const auto peer = memory.attach(handle);
  const auto count = static_cast<std::size_t>(the.blocks - 2);
  const auto from = shuffled(the.blocks, count, 1);
  const auto to = shuffled(memory.blocks(), count, 2);
  std::vector<std::uint32_t> digests(count, 0xABABABAB);
  memory.pull(*peer, from, to, digests.data());
  for (std::size_t i = 0; i < count; ++i) {
    const auto block = block_of(theirs, from[i], the.block_bytes);
    CHECK(digests[i] == reference_crc(block), "digest of move %zu", i);
    std::copy(block.begin(), block.end(), expected.begin() + to[i] * the.block_bytes);
  }
  CHECK(contents(memory) == expected, "%d blocks of %lld bytes", the.blocks,
        static_cast<long long>(the.block_bytes));

  const std::vector<std::int32_t> zero = {0};
  for (const std::int32_t bad : {-1, the.blocks}) {
    const std::vector<std::int32_t> ids = {bad};
    CHECK(status_of([&] { memory.pull(*peer, ids, zero, digests.data()); }) ==
              BATON_INVALID_ARGUMENT,
          "from %d", bad);
  }
  const std::vector<std::int32_t> beyond = {memory.blocks()};
  CHECK(status_of([&] { memory.pull(*peer, zero, beyond, digests.data()); }) ==
            BATON_INVALID_ARGUMENT,
        "to a block that is not there");
  CHECK(status_of([&] { memory.pull(*peer, from, zero, digests.data()); }) ==
            BATON_INVALID_ARGUMENT,
        "lists of two lengths");
  const auto again = memory.attach(handle);  // a second mapping, given up before the first
  memory.pull(*again, zero, zero, digests.data());
  CHECK(digests[0] == reference_crc(block_of(theirs, 0, the.block_bytes)), "second mapping");
  std::printf("pulled %zu blocks of %lld bytes\n", count, static_cast<long long>(the.block_bytes));
}

void test_refusals(const Case& the, const baton_kv_handle& handle) {
  KvMemory memory(0, 4, the.block_bytes);
  KvMemory other(0, 4, the.block_bytes);
  std::string message;
  for (KvMemory* own : {&memory, &other}) {
    CHECK(status_of([&] { memory.attach(own->export_handle()); }, &message) ==
              BATON_INVALID_ARGUMENT,
          "own pool: %s", message.c_str());
    CHECK(message.find("this very process") != std::string::npos, "\"%s\"", message.c_str());
  }
  baton_kv_handle bad = handle;
  bad.bytes -= 64;
  CHECK(status_of([&] { memory.attach(bad); }) == BATON_INVALID_ARGUMENT, "no whole blocks");
  bad = handle;
  bad.bytes *= 1000;
  CHECK(status_of([&] { memory.attach(bad); }, &message) == BATON_INVALID_ARGUMENT,
        "more than there is: %s", message.c_str());
  bad = handle;
  bad.device[3] ^= 0xff;
  CHECK(status_of([&] { memory.attach(bad); }) == BATON_UNSUPPORTED, "a device elsewhere");
  bad = handle;
  std::memset(bad.memory, 0, sizeof bad.memory);
  CHECK(status_of([&] { memory.attach(bad); }, &message) != BATON_OK, "a handle of nothing");
  std::printf("a handle of nothing: %s\n", message.c_str());
}

/// Whatever CUDA makes of memory whose owner is gone, it must be a status, and the engine's own
/// pool must go on working.
void test_gone(const Case& the, const baton_kv_handle& handle, Holder& holder, bool killed) {
  KvMemory memory(0, the.blocks, the.block_bytes);
  const Bytes own = random_bytes(static_cast<std::size_t>(the.blocks * the.block_bytes), 5);
  fill(memory, own);
  const std::vector<std::int32_t> ids = {1, 3};
  std::vector<std::uint32_t> digests(2);
  auto peer = memory.attach(handle);
  memory.pull(*peer, ids, ids, digests.data());
  if (killed) {
    holder.kill();
  } else {
    holder.leave();
  }
  std::string message;
  const char* how = killed ? "killed" : "gone";
  baton_status status = status_of([&] { memory.pull(*peer, ids, ids, digests.data()); }, &message);
  std::printf("pull from a %s holder: status %d %s\n", how, status, message.c_str());
  peer.reset();
  status = status_of([&] { memory.attach(handle); }, &message);
  std::printf("attach to a %s holder: status %d %s\n", how, status, message.c_str());
  CHECK(status != BATON_OK, "attached to nobody");
  const std::vector<std::int32_t> mine = {0, 2};
  memory.digest(mine, digests.data());
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(digests[i] == reference_crc(block_of(own, mine[i], the.block_bytes)), "own block after that");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4) {
    return hold(kCases[std::stoi(argv[1])], std::stoi(argv[2]), std::stoi(argv[3]));
  }
  Holder holders[] = {Holder(0), Holder(1), Holder(2)};
  for (std::size_t i = 0; i < 3; ++i) {
    const baton_kv_handle handle = holders[i].handle();
    test_pull(kCases[i], handle);
    if (i == 0) test_refusals(kCases[i], handle);
    test_gone(kCases[i], handle, holders[i], i != 1);
  }
  return 0;
}
