// Time of a prefill in chunks and of decode steps, for a random model of the demo model's shape.
//
//   step_bench [prompt tokens] [chunk] [threads] [isa]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <numeric>
#include <string>
#include <vector>

#include "greedy.hpp"
#include "random_model.hpp"

namespace {

// Wall time, and processor time of all threads: what a machine busy with other work disturbs less.
class Timer {
 public:
  double wall() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  double cpu() const { return static_cast<double>(std::clock() - clock_) / CLOCKS_PER_SEC; }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::clock_t clock_ = std::clock();
};

}  // namespace

int main(int argc, char** argv) {
  const int prompt = argc > 1 ? std::atoi(argv[1]) : 6000;
  const int chunk = argc > 2 ? std::atoi(argv[2]) : 512;
  const int threads = argc > 3 ? std::atoi(argv[3]) : 1;
  const char* isa = argc > 4 ? argv[4] : "";
  const baton::testing::Shape shape;
  const int blocks = 2 * ((prompt + 64) / BATON_BLOCK_TOKENS + 1);
  const Timer opening;
  baton::testing::RandomModel model(shape, threads, chunk, 64, blocks, isa);
  std::printf("open %.0f ms, %s, %d threads\n", opening.wall() * 1e3,
              baton_isa(model.engine()), threads);

  std::vector<std::int32_t> table(static_cast<std::size_t>(blocks));
  std::iota(table.begin(), table.end(), 0);
  std::vector<std::int32_t> tokens(static_cast<std::size_t>(prompt + 64));
  for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<int>(i * 7919 % 4096);
  auto run = [&](int start, int count, bool sample) {
    model.step({{.tokens = tokens.data() + start,
                 .history = nullptr,
                 .blocks = table.data(),
                 .mask = nullptr,
                 .start = start,
                 .count = count,
                 .block_count = blocks,
                 .sample = sample ? 1 : 0,
                 .sampling = baton::testing::greedy()}});
  };
  run(0, std::min(chunk, prompt), true);  // warm up
  const Timer prefill;
  for (int start = 0; start < prompt; start += chunk) {
    const int count = std::min(chunk, prompt - start);
    run(start, count, start + count == prompt);
  }
  const double wall = prefill.wall();
  const double cpu = prefill.cpu();
  std::printf("prefill of %d tokens in chunks of %d: %.0f tokens/s (%.0f a processor second)\n",
              prompt, chunk, prompt / wall, prompt / cpu);
  for (const int context : {prompt / 2, prompt}) {
    run(context, 1, true);
    const Timer decode;
    for (int i = 0; i < 32; ++i) run(context + i, 1, true);
    std::printf("decode of 1 sequence at %d tokens: %.2f ms a step (%.2f of processor time)\n",
                context, decode.wall() / 32 * 1e3, decode.cpu() / 32 * 1e3);
  }
  return 0;
}
