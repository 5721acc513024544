#include "batch_upload.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "sampling.hpp"

namespace baton::cuda {
namespace {

constexpr int kTileQueries = 128;
constexpr std::size_t kSmallTables = std::size_t{64} << 10;  // bytes; as quick to copy as nothing

int tiles_of(const baton_slice& slice) {
  return slice.count == 1 ? 0 : (slice.count + kTileQueries - 1) / kTileQueries;
}

int blocks_of(const baton_slice& slice) {
  return (slice.start + slice.count + BATON_BLOCK_TOKENS - 1) / BATON_BLOCK_TOKENS;
}

}  // namespace

/// Byte offsets of the arrays.
struct BatchUpload::Layout {
  std::size_t sample_rows, sampled, tiles, tokens, positions, slots, slice_of, first, count, start,
      end_first, end_count, end_start, tables;
  std::size_t bytes = 0;

  Layout(const BatchSize& size, int max_blocks) {
    sample_rows = add(sizeof(SampleRow), size.samples);
    tiles = add(sizeof(int2), size.tiles);
    sampled = add(sizeof(std::int32_t), size.samples);
    for (auto* of_rows : {&tokens, &positions, &slots, &slice_of}) {
      *of_rows = add(sizeof(std::int32_t), size.rows);
    }
    for (auto* of_slices : {&first, &count, &start, &end_first, &end_count, &end_start}) {
      *of_slices = add(sizeof(std::int32_t), size.slices);
    }
    tables = add(sizeof(std::int32_t) * static_cast<std::size_t>(max_blocks), size.slices);
  }

 private:
  std::size_t add(std::size_t element, int count) {
    const std::size_t from = bytes;
    bytes += element * static_cast<std::size_t>(count);
    return from;
  }
};

BatchUpload::BatchUpload(const baton_options& options, int max_rows, int max_samples,
                         int max_positions, int vocabulary)
    : max_blocks_((max_positions + BATON_BLOCK_TOKENS - 1) / BATON_BLOCK_TOKENS),
      mask_words_((vocabulary + 31) / 32) {
  const Layout largest({.rows = max_rows,
                        .slices = max_samples,
                        .samples = max_samples,
                        .tiles = max_rows / kTileQueries + options.max_sequences},
                       max_blocks_);
  device_ = DeviceBuffer<std::byte>(largest.bytes);
  BATON_CUDA(cudaMemset(device_.data(), 0, device_.bytes()));
  for (int i = 0; i < BATON_STEPS_AHEAD; ++i) {
    host_.emplace_back(largest.bytes);
  }
}

int BatchUpload::tiles(std::span<const baton_slice> slices) {
  int count = 0;
  for (const baton_slice& slice : slices) count += tiles_of(slice);
  return count;
}

void BatchUpload::write(std::span<const baton_slice> slices, const BatchSize& size, int slot) {
  const Layout layout(size, max_blocks_);
  std::byte* to = host_[static_cast<std::size_t>(slot)].data();
  order_.resize(slices.size());
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_partition(order_.begin(), order_.end(), [&](int i) {
    return slices[static_cast<std::size_t>(i)].count == 1;
  });
  place(layout);
  step_.rows = size.rows;
  write_slices(slices, size, layout, to);
  write_samples(slices, size, layout, to, slot);
  tables_at_ = layout.tables;
  used_slices_ = static_cast<int>(slices.size());
}

void BatchUpload::place(const Layout& layout) {
  auto at = [&](std::size_t offset) {
    return reinterpret_cast<const std::int32_t*>(device_.data() + offset);
  };
  step_.at = {at(layout.tokens), at(layout.positions), at(layout.slots)};
  step_.slice_of = at(layout.slice_of);
  step_.slices = {at(layout.first), at(layout.count), at(layout.start), at(layout.tables),
                  max_blocks_};
  step_.ends = {at(layout.end_first), at(layout.end_count), at(layout.end_start),
                at(layout.tables), max_blocks_};
  step_.tiles = reinterpret_cast<const int2*>(device_.data() + layout.tiles);
  sampled_rows_ = at(layout.sampled);
  sample_rows_ = reinterpret_cast<const SampleRow*>(device_.data() + layout.sample_rows);
}

void BatchUpload::write_slices(std::span<const baton_slice> slices, const BatchSize& size,
                               const Layout& layout, std::byte* to) {
  auto at = [&](std::size_t offset) { return reinterpret_cast<std::int32_t*>(to + offset); };
  std::int32_t* tokens = at(layout.tokens);
  std::int32_t* positions = at(layout.positions);
  std::int32_t* slots = at(layout.slots);
  std::int32_t* slice_of = at(layout.slice_of);
  last_rows_.resize(slices.size());
  tiles_.clear();
  step_.decodes = 0;
  step_.chunk_blocks = 0;
  used_blocks_ = 0;
  int row = 0;
  for (int place = 0; place < static_cast<int>(order_.size()); ++place) {
    const auto index = static_cast<std::size_t>(order_[static_cast<std::size_t>(place)]);
    const baton_slice& slice = slices[index];
    at(layout.first)[place] = row;
    at(layout.count)[place] = slice.count;
    at(layout.start)[place] = slice.start;
    const int blocks = blocks_of(slice);
    used_blocks_ = std::max(used_blocks_, blocks);
    std::copy_n(slice.blocks, blocks, at(layout.tables) + std::int64_t{place} * max_blocks_);
    for (int i = 0; i < slice.count; ++i, ++row) {
      const int position = slice.start + i;
      tokens[row] = slice.tokens[i];
      positions[row] = position;
      slots[row] = slice.blocks[position / BATON_BLOCK_TOKENS] * BATON_BLOCK_TOKENS +
                   position % BATON_BLOCK_TOKENS;
      slice_of[row] = place;
    }
    last_rows_[index] = row - 1;
    at(layout.end_first)[place] = row - 1;
    at(layout.end_count)[place] = slice.sample != 0 ? 1 : 0;
    at(layout.end_start)[place] = slice.start + slice.count - 1;
    if (slice.count == 1) {
      ++step_.decodes;
      continue;
    }
    for (int tile = 0; tile < tiles_of(slice); ++tile) {
      tiles_.push_back({place - step_.decodes, tile});
    }
    step_.chunk_blocks += blocks;
  }
  step_.tokens = row;
  std::fill(tokens + row, tokens + size.rows, 0);
  std::fill(positions + row, positions + size.rows, 0);
  std::fill(slots + row, slots + size.rows, -1);
  std::fill(slice_of + row, slice_of + size.rows, -1);
  for (const std::size_t offset : {layout.first, layout.count, layout.start, layout.end_first,
                                   layout.end_count, layout.end_start}) {
    std::fill(at(offset) + order_.size(), at(offset) + size.slices, 0);
  }
  step_.slice_count = size.slices;
  step_.chunk_count = static_cast<int>(slices.size()) - step_.decodes;
  const SliceView& all = step_.slices;
  step_.chunks = {all.first + step_.decodes, all.count + step_.decodes, all.start + step_.decodes,
                  all.blocks + std::int64_t{step_.decodes} * max_blocks_, max_blocks_};

  // those with the most keys first, so that none starts late
  const std::int32_t* start = at(layout.start) + step_.decodes;
  std::stable_sort(tiles_.begin(), tiles_.end(), [&](int2 a, int2 b) {
    return start[a.x] + a.y * kTileQueries > start[b.x] + b.y * kTileQueries;
  });
  std::copy(tiles_.begin(), tiles_.end(), reinterpret_cast<int2*>(to + layout.tiles));
  step_.tile_count = static_cast<int>(tiles_.size());
  if (step_.chunk_count == 0) step_.decodes = size.slices;
}

void BatchUpload::write_samples(std::span<const baton_slice> slices, const BatchSize& size,
                                const Layout& layout, std::byte* to, int slot) {
  auto* rows = reinterpret_cast<SampleRow*>(to + layout.sample_rows);
  auto* sampled = reinterpret_cast<std::int32_t*>(to + layout.sampled);
  std::size_t history_tokens = 0;
  std::size_t masked = 0;
  for (const baton_slice& slice : slices) {
    if (slice.sample == 0) continue;
    if (needs_history(slice.sampling)) {
      history_tokens += static_cast<std::size_t>(slice.start + slice.count);
    }
    masked += slice.mask != nullptr;
  }
  std::int32_t* history = histories_.begin(history_tokens, slot);
  std::uint32_t* mask = masks_.begin(masked * static_cast<std::size_t>(mask_words_), slot);
  std::int32_t history_offset = 0;
  std::int32_t mask_row = 0;
  sample_needs_ = {};
  int next = 0;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const baton_slice& slice = slices[i];
    if (slice.sample == 0) continue;
    const int end = slice.start + slice.count;
    SampleRow row{};
    row.params = slice.sampling;
    row.position = end;
    row.history_offset = -1;
    row.mask_row = -1;
    if (needs_history(slice.sampling)) {
      row.history_offset = history_offset;
      row.history_length = end;
      std::copy_n(slice.history, end, history + history_offset);
      history_offset += end;
    }
    if (slice.mask != nullptr) {
      row.mask_row = mask_row++;
      std::copy_n(slice.mask, mask_words_, mask + std::int64_t{row.mask_row} * mask_words_);
    }
    sample_needs_.add(row);
    rows[next] = row;
    sampled[next++] = last_rows_[i];
  }
  std::fill(sampled + next, sampled + size.samples, 0);
}

void BatchUpload::copy(int slot, cudaStream_t stream) {
  const auto index = static_cast<std::size_t>(slot);
  const std::byte* from = host_[index].data();
  const std::size_t stride = sizeof(std::int32_t) * static_cast<std::size_t>(max_blocks_);
  const std::size_t width = sizeof(std::int32_t) * static_cast<std::size_t>(used_blocks_);
  const auto tables = static_cast<std::size_t>(used_slices_);
  const std::size_t span = tables == 0 ? 0 : (tables - 1) * stride + width;
  const bool small = span <= kSmallTables;
  BATON_CUDA(cudaMemcpyAsync(device_.data(), from, tables_at_ + (small ? span : 0),
                             cudaMemcpyHostToDevice, stream));
  if (!small) {
    BATON_CUDA(cudaMemcpy2DAsync(device_.data() + tables_at_, stride, from + tables_at_, stride,
                                 width, tables, cudaMemcpyHostToDevice, stream));
  }
  histories_.copy(slot, stream);
  masks_.copy(slot, stream);
}

std::uint64_t BatchUpload::bytes(const baton_options& options, int max_rows, int max_positions) {
  return std::uint64_t{32} * static_cast<std::uint64_t>(max_rows) +
         static_cast<std::uint64_t>(options.max_sequences) *
             static_cast<std::uint64_t>(max_positions / BATON_BLOCK_TOKENS + 1) * 4;
}

}  // namespace baton::cuda
