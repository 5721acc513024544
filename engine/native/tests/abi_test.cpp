// The C ABI as a caller without Java sees it: errors come back as a status with a message.
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "check.hpp"
#include "greedy.hpp"
#include "philox.hpp"
#include "random_model.hpp"

namespace {

using baton::testing::RandomModel;
using baton::testing::Shape;

const Shape kSmall = {.hidden = 32,
                      .layers = 2,
                      .heads = 4,
                      .kv_heads = 2,
                      .head_dim = 8,
                      .intermediate = 48,
                      .vocabulary = 50,
                      .max_positions = 128};

baton_slice slice(const std::vector<std::int32_t>& tokens, const std::vector<std::int32_t>& blocks) {
  baton_slice out = {};
  out.tokens = tokens.data();
  out.blocks = blocks.data();
  out.count = static_cast<std::int32_t>(tokens.size());
  out.block_count = static_cast<std::int32_t>(blocks.size());
  out.sample = 1;
  out.sampling = baton::testing::greedy();
  return out;
}

void expect(RandomModel& model, const baton_slice& bad, const std::string& message) {
  baton_sample sample;
  char error[256] = {};
  const baton_status status =
      baton_step(model.engine(), &bad, 1, &sample, 1, error, sizeof error);
  CHECK(status == BATON_INVALID_ARGUMENT, "status %d", status);
  CHECK(std::string(error).find(message) != std::string::npos, "\"%s\" lacks \"%s\"", error,
        message.c_str());
}

/// The next token is sampled among those of the mask, whatever else the slice says.
void test_masks(RandomModel& model, const baton_slice& good) {
  std::vector<float> logits(50);
  model.step({good});
  char error[256] = {};
  CHECK(baton_logits(model.engine(), 0, logits.data(), logits.size(), error, sizeof error) ==
            BATON_OK,
        "\"%s\"", error);
  baton_slice masked = good;
  for (std::uint64_t draw = 0; draw < 200; ++draw) {
    std::vector<std::uint32_t> mask(2);
    std::int32_t best = -1;
    for (std::int32_t token = 0; token < 50; ++token) {
      if (baton::uniform(draw, token) > 0.1 && token != static_cast<std::int32_t>(draw % 50)) {
        continue;
      }
      mask[static_cast<std::size_t>(token / 32)] |= 1U << token % 32;
      const auto logit = [&](std::int32_t t) { return logits[static_cast<std::size_t>(t)]; };
      if (best < 0 || logit(token) > logit(best)) best = token;
    }
    masked.mask = mask.data();
    masked.sampling.temperature = 0;
    CHECK(model.step({masked}).token == best, "mask %llu: not the best allowed",
          static_cast<unsigned long long>(draw));
    masked.sampling.temperature = 2;
    masked.sampling.seed = draw;
    const std::int32_t drawn = model.step({masked}).token;
    CHECK((mask[static_cast<std::size_t>(drawn / 32)] >> drawn % 32 & 1) == 1,
          "token %d is not allowed", drawn);
  }
  const std::vector<std::uint32_t> none(2);
  masked.mask = none.data();
  expect(model, masked, "slice 0: the mask allows no token");
  const std::vector<std::uint32_t> beyond = {0, ~0U << 18};
  masked.mask = beyond.data();
  expect(model, masked, "slice 0: the mask allows no token");
}

}  // namespace

int main() {
  CHECK(baton_abi_version() == BATON_ABI_VERSION, "%u", baton_abi_version());
  RandomModel model(kSmall, 1, 32, 4, 6);
  const std::vector<std::int32_t> tokens = {1, 2, 3, 49};
  const std::vector<std::int32_t> blocks = {5};
  const baton_slice good = slice(tokens, blocks);
  const baton_sample sampled = model.step({good});
  CHECK(sampled.token >= 0 && sampled.token < 50, "token %d", sampled.token);

  baton_slice bad = good;
  bad.count = 0;
  expect(model, bad, "slice 0: count");
  bad = good;
  bad.start = 16 * 6 - 3;
  expect(model, bad, "position 96 is beyond the last of 96");
  bad = good;
  bad.start = 14;
  expect(model, bad, "1 blocks for 18 positions");
  bad = good;
  bad.sampling.temperature = std::numeric_limits<float>::quiet_NaN();
  expect(model, bad, "temperature");
  bad = good;
  bad.sampling.top_logprobs = 21;
  expect(model, bad, "top_logprobs");
  bad = good;
  bad.sampling.presence_penalty = 1;
  expect(model, bad, "history");
  const std::vector<std::int32_t> wild = {1, 50};
  expect(model, slice(wild, blocks), "token 50 at index 1");
  const std::vector<std::int32_t> outside = {6};
  expect(model, slice(tokens, outside), "block 6 at index 0");

  test_masks(model, good);

  // A message is cut to the room that there is.
  char tiny[8];
  CHECK(baton_step(model.engine(), nullptr, 0, nullptr, 0, tiny, sizeof tiny) ==
            BATON_INVALID_ARGUMENT,
        "no slices");
  CHECK(std::string(tiny) == "a step ", "\"%s\"", tiny);
  CHECK(baton_open(nullptr, nullptr, nullptr, nullptr, 0) == BATON_INVALID_ARGUMENT, "null");

  // The pool is the caller's: it needs no help to reach it.
  char error[256] = {};
  std::uint32_t digest = 0;
  CHECK(baton_kv_digest(model.engine(), blocks.data(), 1, &digest, error, sizeof error) ==
            BATON_UNSUPPORTED,
        "digest");
  CHECK(std::string(error).find("caller's memory") != std::string::npos, "\"%s\"", error);
  void* memory = nullptr;
  CHECK(baton_host_allocate(100, &memory, error, sizeof error) == BATON_OK, "\"%s\"", error);
  std::memset(memory, 1, 100);
  CHECK(reinterpret_cast<std::uintptr_t>(memory) % 64 == 0, "%p", memory);
  baton_host_free(memory);
  CHECK(baton_host_allocate(0, &memory, error, sizeof error) == BATON_INVALID_ARGUMENT, "no bytes");
  return 0;
}
