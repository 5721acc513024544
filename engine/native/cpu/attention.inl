// Attention over a paged KV cache.
//
// The queries of all heads of a group are rows of one matrix. For each tile of 64 keys, K and V
// are packed once into panels that the inner product reads in order, and strips of a few rows are
// scored, weighted by a running softmax, and added up. Every row goes through its key tiles in the
// same order with the same instructions, whichever strip it is in.

constexpr int kStrip = 6;  // rows of a strip

#if BATON_LEVEL >= 3
using Panel = std::uint32_t;  // two bf16 of neighbouring inner indices
constexpr int kPair = 2;
#else
using Panel = float;
constexpr int kPair = 1;
#endif

#if BATON_LEVEL >= 1
constexpr int kTileVecs = BATON_LEVEL >= 2 ? 4 : 2;  // accumulators a row
#else
constexpr int kTileVecs = 16;
#endif
constexpr int kTileColumns = kTileVecs * Vec::width;

constexpr int round_up(int n, int to) { return (n + to - 1) / to * to; }

/// Columns of a V panel and of an output row.
constexpr int padded(int head_dim) { return round_up(head_dim, kTileColumns); }

struct Scratch {
  Panel* k;       // [head_dim / kPair, rounded up][kKeyTile]
  Panel* v;       // [kKeyTile / kPair][padded(head_dim)]
  float* out;     // [kMaxAttentionRows][padded(head_dim)]
  float* sums;    // [kMaxAttentionRows][Vec::width]
  float* maxima;  // [kMaxAttentionRows]
  float* scores;  // [kStrip][kKeyTile]
  Act* weights;   // [kStrip][kKeyTile]
};

/// Lays the parts out from `memory`, which is aligned to 64 bytes; returns the bytes taken.
std::size_t carve(void* memory, int head_dim, Scratch* scratch) {
  auto* base = static_cast<std::byte*>(memory);
  std::size_t used = 0;
  auto take = [&](auto*& pointer, std::size_t count) {
    pointer = reinterpret_cast<std::remove_reference_t<decltype(pointer)>>(base + used);
    used += (count * sizeof(*pointer) + 63) / 64 * 64;
  };
  const auto columns = static_cast<std::size_t>(padded(head_dim));
  take(scratch->k, static_cast<std::size_t>(round_up(head_dim / kPair, 16)) * kKeyTile);
  take(scratch->v, columns * (kKeyTile / kPair));
  take(scratch->out, columns * kMaxAttentionRows);
  take(scratch->sums, std::size_t{kMaxAttentionRows} * Vec::width);
  take(scratch->maxima, kMaxAttentionRows);
  take(scratch->scores, kStrip * kKeyTile);
  take(scratch->weights, kStrip * kKeyTile);
  return used;
}

std::size_t attention_scratch_bytes(int head_dim) {
  Scratch scratch;
  return carve(nullptr, head_dim, &scratch);
}

/// c[r][0, kTileColumns) = initial[r] * c[r] + a[r] (inner indices) x b (inner, columns);
/// c is not read where `initial` is null.
template <int R>
inline void multiply(const Act* const* a, const Panel* b, int b_stride, int inner,
                     const float* initial, float* c, int c_stride) {
  Vec acc[R][kTileVecs];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 16
    for (int j = 0; j < kTileVecs; ++j) {
      acc[r][j] = initial == nullptr
                      ? Vec::zero()
                      : Vec::load(c + r * c_stride + j * Vec::width) * Vec::set(initial[r]);
    }
  }
#pragma GCC unroll 1
  for (int k = 0; k < inner; ++k) {
#if BATON_LEVEL >= 3
    __m512bh column[kTileVecs];
#pragma GCC unroll 8
    for (int j = 0; j < kTileVecs; ++j) {
      __m512i loaded = _mm512_load_si512(b + k * b_stride + j * 16);
      asm("" : "+v"(loaded));  // keeps it in a register: the loop is bound by loads otherwise
      column[j] = (__m512bh)loaded;
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      std::int32_t pair;
      __builtin_memcpy(&pair, a[r] + 2 * k, sizeof pair);
      const __m512bh row = (__m512bh)_mm512_set1_epi32(pair);
#pragma GCC unroll 8
      for (int j = 0; j < kTileVecs; ++j) {
        acc[r][j].v = _mm512_dpbf16_ps(acc[r][j].v, row, column[j]);
      }
    }
#else
    Vec column[kTileVecs];
#pragma GCC unroll 16
    for (int j = 0; j < kTileVecs; ++j) column[j] = Vec::load(b + k * b_stride + j * Vec::width);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const Vec row = Vec::set(a[r][k]);
#pragma GCC unroll 16
      for (int j = 0; j < kTileVecs; ++j) acc[r][j] = fma(row, column[j], acc[r][j]);
    }
#endif
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 16
    for (int j = 0; j < kTileVecs; ++j) acc[r][j].store(c + r * c_stride + j * Vec::width);
  }
}

#if BATON_LEVEL >= 3

/// Transposes 16 rows of 16 dwords.
inline void transpose16(__m512i r[16]) {
  __m512i t[16];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    r[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
    r[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
    r[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
    r[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0x88);
    t[4 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0x88);
    t[8 + i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0xdd);
    t[12 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0xdd);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[4 + i], 0x88);
    r[8 + i] = _mm512_shuffle_i32x4(t[i], t[4 + i], 0xdd);
    r[4 + i] = _mm512_shuffle_i32x4(t[8 + i], t[12 + i], 0x88);
    r[12 + i] = _mm512_shuffle_i32x4(t[8 + i], t[12 + i], 0xdd);
  }
}

/// `tokens` rows of K, the rest zero, into columns [column, column + 16) of the panel.
inline void pack_k(const bf16* k, int tokens, int head_dim, Panel* panel, int column) {
  const int pairs = head_dim / 2;
  for (int first = 0; first < pairs; first += 16) {
    const int left = pairs - first;
    const auto mask = static_cast<__mmask16>(left >= 16 ? 0xffff : (1 << left) - 1);
    __m512i rows[16];
    for (int t = 0; t < 16; ++t) {
      rows[t] = t < tokens ? _mm512_maskz_loadu_epi32(mask, k + t * head_dim + 2 * first)
                           : _mm512_setzero_si512();
    }
    transpose16(rows);
    for (int i = 0; i < 16; ++i) {
      _mm512_storeu_si512(panel + (first + i) * kKeyTile + column, rows[i]);
    }
  }
}

/// `tokens` rows of V, the rest zero, into inner indices [row, row + 16) of the panel.
inline void pack_v(const bf16* v, int tokens, int head_dim, Panel* panel, int row) {
  const int columns = padded(head_dim);
  for (int t = 0; t < 16; t += 2) {
    for (int d = 0; d < columns; d += 16) {
      const int left = head_dim - d;
      const auto mask = static_cast<__mmask16>(left >= 16 ? 0xffff : left <= 0 ? 0 : (1 << left) - 1);
      const __mmask16 none = 0;
      const bf16* from = v + t * head_dim + d;
      const __m512i low = _mm512_cvtepu16_epi32(
          _mm256_maskz_loadu_epi16(t < tokens ? mask : none, from));
      const __m512i high = _mm512_cvtepu16_epi32(
          _mm256_maskz_loadu_epi16(t + 1 < tokens ? mask : none, from + head_dim));
      _mm512_storeu_si512(panel + (row + t) / 2 * columns + d,
                          _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
    }
  }
}

#else

inline void pack_k(const bf16* k, int tokens, int head_dim, Panel* panel, int column) {
  for (int t = 0; t < 16; ++t) {
    for (int d = 0; d < head_dim; ++d) {
      panel[d * kKeyTile + column + t] = t < tokens ? to_float(k[t * head_dim + d]) : 0.0F;
    }
  }
}

inline void pack_v(const bf16* v, int tokens, int head_dim, Panel* panel, int row) {
  const int columns = padded(head_dim);
  for (int t = 0; t < 16; ++t) {
    float* to = panel + (row + t) * columns;
    if (t < tokens) load_bf16(v + t * head_dim, head_dim, to);
    for (int d = t < tokens ? head_dim : 0; d < columns; ++d) to[d] = 0.0F;
  }
}

#endif

/// Largest of the first `valid` scores and `largest`.
inline float maximum_of(const float* scores, int valid, float largest) {
  Vec of_lanes = Vec::set(largest);
  int i = 0;
#pragma GCC unroll 4
  for (; i + Vec::width <= valid; i += Vec::width) of_lanes = max(of_lanes, Vec::load(scores + i));
  float of_rest = largest;
  for (; i < valid; ++i) of_rest = scores[i] > of_rest ? scores[i] : of_rest;
  const float result = of_lanes.largest();
  return of_rest > result ? of_rest : result;
}

/// Turns scores [kKeyTile] into weights, relative to the largest score so far, and adds them to
/// `sums`; keys from `valid` on get no weight. Returns the factor for what was added up before.
inline float weigh(const float* scores, int valid, float scale, float* maximum, float* sums,
                   Act* weights) {
  const float now = maximum_of(scores, valid, *maximum);
  const Vec factor = Vec::set(scale * kLog2E);
  const Vec shift = Vec::set(-now * scale * kLog2E);
  Vec sum = Vec::zero();
  if (valid == kKeyTile) {
#pragma GCC unroll 4
    for (int i = 0; i < kKeyTile; i += Vec::width) {
      const Vec weight = exp2_weight(fma(Vec::load(scores + i), factor, shift));
      sum = sum + weight;
      store_act(weight, weights + i);
    }
  } else {
    for (int i = 0; i < kKeyTile; i += Vec::width) {
      alignas(64) float lanes[Vec::width];
      exp2_weight(fma(Vec::load(scores + i), factor, shift)).store(lanes);
      for (int j = 0; j < Vec::width; ++j) lanes[j] = i + j < valid ? lanes[j] : 0.0F;
      const Vec weight = Vec::load(lanes);
      sum = sum + weight;
      store_act(weight, weights + i);
    }
  }
  float before = 1.0F;
  if (*maximum != now) {
    alignas(64) float lanes[Vec::width];
    exp2(Vec::set((*maximum - now) * scale * kLog2E)).store(lanes);
    before = *maximum == -INFINITY ? 0.0F : lanes[0];
    *maximum = now;
  }
  fma(Vec::load(sums), Vec::set(before), sum).store(sums);
  return before;
}

template <int R>
void strip(const AttentionTask& task, const Scratch& scratch, int first_row, int tile_start) {
  const int head_dim = task.head_dim;
  const int columns = padded(head_dim);
  const Act* q[R];
  const Act* weights[R];
  float before[R];
  for (int r = 0; r < R; ++r) {
    const int row = first_row + r;
    q[r] = static_cast<const Act*>(task.q) +
           (std::int64_t{row / task.group} * task.heads + row % task.group) * head_dim;
    weights[r] = scratch.weights + r * kKeyTile;
  }
  for (int c = 0; c < kKeyTile; c += kTileColumns) {
    multiply<R>(q, scratch.k + c, kKeyTile, head_dim / kPair, nullptr, scratch.scores + c,
                kKeyTile);
  }
  for (int r = 0; r < R; ++r) {
    const int row = first_row + r;
    const int visible = task.position + row / task.group + 1 - tile_start;
    before[r] = weigh(scratch.scores + r * kKeyTile, visible < kKeyTile ? visible : kKeyTile,
                      task.scale, scratch.maxima + row, scratch.sums + row * Vec::width,
                      scratch.weights + r * kKeyTile);
  }
  for (int c = 0; c < columns; c += kTileColumns) {
    multiply<R>(weights, scratch.v + c, columns, kKeyTile / kPair, before,
                scratch.out + first_row * columns + c, columns);
  }
}

/// Blocks of a layer are far apart, too far for the hardware to see a pattern.
inline void prefetch(const AttentionTask& task, int start, int keys) {
  const int bytes = 2 * KvPool::block_tokens * task.head_dim * static_cast<int>(sizeof(bf16));
  const int end = start + kKeyTile < keys ? start + kKeyTile : keys;
  for (; start < end; start += KvPool::block_tokens) {
    const int block = task.blocks[start / KvPool::block_tokens];
    const auto* from = reinterpret_cast<const char*>(
        task.pool->at(block, task.kv_head, task.layer, 0, 0));
    for (int i = 0; i < bytes; i += 64) __builtin_prefetch(from + i);
  }
}

void attention(const AttentionTask& task, void* memory) {
  Scratch scratch;
  carve(memory, task.head_dim, &scratch);
  const int columns = padded(task.head_dim);
  const int rows = task.queries * task.group;
  const int keys = task.position + task.queries;
  for (int row = 0; row < rows; ++row) scratch.maxima[row] = -INFINITY;
  std::fill(scratch.sums, scratch.sums + rows * Vec::width, 0.0F);
  std::fill(scratch.out, scratch.out + rows * columns, 0.0F);

  for (int start = 0; start < keys; start += kKeyTile) {
    prefetch(task, start + kKeyTile, keys);
    for (int i = 0; i < kKeyTile; i += KvPool::block_tokens) {
      const int tokens = keys - start - i;
      const int block = tokens > 0 ? task.blocks[(start + i) / KvPool::block_tokens] : 0;
      pack_k(task.pool->at(block, task.kv_head, task.layer, 0, 0), tokens, task.head_dim,
             scratch.k, i);
      pack_v(task.pool->at(block, task.kv_head, task.layer, 1, 0), tokens, task.head_dim,
             scratch.v, i);
    }
    // Rows of queries before this tile see none of its keys.
    int row = start > task.position ? (start - task.position) * task.group : 0;
    for (; row + kStrip <= rows; row += kStrip) strip<kStrip>(task, scratch, row, start);
    switch (rows - row) {
      case 5: strip<5>(task, scratch, row, start); break;
      case 4: strip<4>(task, scratch, row, start); break;
      case 3: strip<3>(task, scratch, row, start); break;
      case 2: strip<2>(task, scratch, row, start); break;
      case 1: strip<1>(task, scratch, row, start); break;
      default: break;
    }
  }

  for (int row = 0; row < rows; ++row) {
    Act* to = static_cast<Act*>(task.out) +
              (std::int64_t{row / task.group} * task.heads + row % task.group) * task.head_dim;
    const float inverse = 1.0F / Vec::load(scratch.sums + row * Vec::width).sum();
    const float* from = scratch.out + row * columns;
    int d = 0;
    for (; d + Vec::width <= task.head_dim; d += Vec::width) {
      store_act(Vec::load(from + d) * Vec::set(inverse), to + d);
    }
    for (; d < task.head_dim; ++d) store_act(from[d] * inverse, to + d);
  }
}
