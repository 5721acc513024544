// Attention kernels against double precision, over pools of both element types whose unused places
// are NaN.
#include <chrono>

#include "attention_fixture.hpp"
#include "small.hpp"
#include "tensor_maps.hpp"

using namespace baton::testing;
using namespace baton::cuda;

namespace {

std::uint64_t seed = 1;
bool fp8 = false;  // the pool's element in the cases below

const char* element() { return fp8 ? "e4m3" : "bf16"; }

void test_prefill(const AttentionShape& shape, const std::vector<TestSlice>& slices, int step) {
  const AttentionFixture fixture(shape, slices, seed++, 2, 1, fp8);
  const auto tiles = fixture.tiles();
  const auto device_tiles = upload(tiles);
  const auto out =
      poisoned<bf16_t>(static_cast<std::size_t>(fixture.tokens()) * shape.heads * shape.head_dim);
  const CUtensorMap q_map = map_queries(fixture.q(), fixture.tokens(), shape);
  const auto tile_count = static_cast<int>(tiles.size());
  ExpandedContext expanded;
  if (fp8) {
    expanded = ExpandedContext(shape, fixture.used_blocks(), fixture.slices(),
                               fixture.table_stride() + 1);
    expanded.begin(fixture.view(), fixture.slices(), fixture.used_blocks(), nullptr);
    expanded.expand(fixture.layer(), fixture.pool(), nullptr);
    attend_prefill(fixture.q(), expanded.over(fixture.view()), device_tiles.data(), tile_count,
                   shape, 0, expanded.pool(), expanded.map(), q_map, out.data(), nullptr);
  } else {
    attend_prefill(fixture.q(), fixture.view(), device_tiles.data(), tile_count, shape,
                   fixture.layer(), fixture.pool(), map_pool(fixture.pool(), fixture.blocks(), 16),
                   q_map, out.data(), nullptr);
  }
  BATON_CUDA(cudaDeviceSynchronize());
  char name[128];
  std::snprintf(name, sizeof name, "prefill, %s, %d/%d heads of %d, %zu slices, first %d + %d",
                element(), shape.heads, shape.kv_heads, shape.head_dim, slices.size(), slices[0].start,
                slices[0].count);
  fixture.expect_close(download(out), step, 6e-3, name);
}

void test_decode(const AttentionShape& shape, const std::vector<TestSlice>& slices) {
  const AttentionFixture fixture(shape, slices, seed++, 2, 1, fp8);
  const auto out =
      poisoned<bf16_t>(static_cast<std::size_t>(fixture.tokens()) * shape.heads * shape.head_dim);
  DecodeAttention decode(shape, fixture.slices());
  for (int again = 0; again < 2; ++again) {  // the counters must be back at 0
    decode.run(fixture.q(), fixture.view(), fixture.slices(), fixture.layer(), fixture.pool(),
               map_pool(fixture.pool(), fixture.blocks(), 32), out.data(), nullptr);
    BATON_CUDA(cudaDeviceSynchronize());
  }
  char name[128];
  std::snprintf(name, sizeof name, "decode, %s, %d/%d heads of %d, %zu slices, first at %d",
                element(), shape.heads, shape.kv_heads, shape.head_dim, slices.size(), slices[0].start);
  fixture.expect_close(download(out), 1, 6e-3, name);
}

void test_any(const AttentionShape& shape, const std::vector<TestSlice>& slices) {
  const AttentionFixture fixture(shape, slices, seed++, 2, 1, fp8);
  const auto out =
      poisoned<bf16_t>(static_cast<std::size_t>(fixture.tokens()) * shape.heads * shape.head_dim);
  attend_any(fixture.q(), fixture.view(), fixture.slice_of(), fixture.tokens(), shape,
             fixture.layer(), fixture.pool(), out.data(), nullptr);
  BATON_CUDA(cudaDeviceSynchronize());
  fixture.expect_close(download(out), 1, 6e-3, fp8 ? "any shape, e4m3" : "any shape, bf16");
}

void test_any_shapes() {
  test_any({5, 1, 24}, {{63, 66}, {0, 3}});
  test_any({3, 3, 20}, {{100, 2}});
  test_any({8, 2, 128}, {{10, 40}});
}

void test_small() {
  for (const AttentionShape shape : {AttentionShape{6, 2, 64}, AttentionShape{4, 2, 128}}) {
    test_prefill(shape, {{0, 1}}, 1);
    test_prefill(shape, {{5, 130}, {0, 40}}, 1);
    test_prefill(shape, {{600, 30}}, 1);  // 5 tiles of keys through a ring of 2
    test_decode(shape, {{0, 1}});
    test_decode(shape, {{15, 1}, {16, 1}, {700, 1}, {1, 1}});
  }
  // more (tile, head) pairs than multiprocessors: a CTA takes several
  for (const AttentionShape shape : {AttentionShape{32, 8, 64}, AttentionShape{32, 8, 128}}) {
    test_prefill(shape, {{0, 10}, {3, 5}, {0, 129}, {17, 20}, {30, 2}}, 1);
  }
  // more pairs than places for CTAs: one CTA each, nothing to merge
  test_decode({4, 4, 128}, std::vector<TestSlice>(70, {40, 1}));
  test_decode({4, 4, 64}, std::vector<TestSlice>(70, {40, 1}));
  // 64 splits of a pair, each more than twice around the rings of its 4 warps (3 blocks; e4m3: 6)
  const int start = 64 * 4 * (fp8 ? 14 : 8) * BATON_BLOCK_TOKENS + 3;
  test_decode({16, 1, 64}, {{start, 1}});
  test_decode({2, 1, 128}, {{start, 1}});
  test_any_shapes();
}

}  // namespace

int main(int argc, char** argv) {
  const bool small = take_small(argc, argv);
  seed = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  for (const bool element : {false, true}) {
    fp8 = element;
    if (small) {
      test_small();
      continue;
    }
    for (const AttentionShape shape : {AttentionShape{32, 8, 128}, AttentionShape{6, 2, 64},
                                       AttentionShape{4, 4, 128}, AttentionShape{16, 1, 64}}) {
      test_prefill(shape, {{0, 1}}, 1);
      test_prefill(shape, {{0, 17}}, 1);
      test_prefill(shape, {{0, 128}}, 3);
      test_prefill(shape, {{5, 130}}, 3);
      test_prefill(shape, {{100, 300}, {0, 40}, {1000, 129}, {63, 64}}, 7);
      test_prefill(shape, {{0, 2100}}, 61);
      test_decode(shape, {{0, 1}});
      test_decode(shape, {{15, 1}, {16, 1}, {6143, 1}, {700, 1}, {1, 1}});
      test_decode(shape, std::vector<TestSlice>(40, {517, 1}));
      test_decode(shape, {{20000, 1}});
    }
    test_decode({16, 1, 64}, {{140000, 1}});  // a warp has more than 32 blocks
    test_any_shapes();
  }
  return 0;
}
