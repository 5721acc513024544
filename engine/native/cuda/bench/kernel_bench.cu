// Device time of single kernels at the shapes of Llama-3.1-8B, beside the floors they cannot pass.
#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>

#include "attention_fixture.hpp"
#include "norm.hpp"
#include "products.hpp"
#include "rope.hpp"
#include "swiglu.hpp"
#include "tensor_maps.hpp"
#include "timing.hpp"

using namespace baton::cuda;
using namespace baton::testing;
using baton::bench::median_ms;

namespace {

double copy_bandwidth() {
  const std::size_t bytes = std::size_t{2} << 30;
  DeviceBuffer<std::uint8_t> a(bytes), b(bytes);
  const double ms = median_ms(
      [&] { cudaMemcpyAsync(b.data(), a.data(), bytes, cudaMemcpyDeviceToDevice); }, 20);
  const double rate = 2.0 * static_cast<double>(bytes) / ms / 1e9;
  std::printf("%-44s %9.3f ms  %7.2f TB/s\n", "device copy of 2 GiB", ms, rate);
  return rate;
}

/// Fills device memory with some of `values`.
template <class T>
void fill(const DeviceBuffer<std::uint8_t>& to, const std::vector<T>& values) {
  const auto from = upload(values);
  for (std::size_t at = 0; at < to.size(); at += from.bytes()) {
    cudaMemcpy(to.data() + at, from.data(), std::min(from.bytes(), to.size() - at),
               cudaMemcpyDeviceToDevice);
  }
}

/// `copies` weights of a shape, so that the L2 does not hold them.
struct Weights {
  DeviceBuffer<std::uint8_t> data;
  DeviceBuffer<float> scales;
  Matrix matrix;

  Weights(int outputs, int inputs, bool fp8, int copies)
      : data(static_cast<std::size_t>(outputs) * inputs * (fp8 ? 1 : 2) * copies),
        scales(fp8 ? outputs : 0),
        matrix{data.data(), scales.data(), outputs, inputs} {
    const auto values = noise(1 << 20, 3, 0.02);
    fp8 ? fill(data, to_e4m3(values)) : fill(data, to_bf16(values));
    cudaMemset(scales.data(), 0, scales.bytes());
  }
  Matrix copy(int i) const {
    Matrix out = matrix;
    out.data = data.data() + i * matrix.bytes();
    return out;
  }
};

void prefill(int start, int count) {
  const AttentionShape shape{32, 8, 128};
  const AttentionFixture fixture(shape, {{start, count}}, 7, 1, 0);
  const auto tiles = fixture.tiles();
  const auto device_tiles = upload(tiles);
  const auto out = poisoned<bf16_t>(static_cast<std::size_t>(count) * 32 * 128);
  const CUtensorMap map = map_pool(fixture.pool(), fixture.blocks(), 16);
  const CUtensorMap q_map = map_queries(fixture.q(), count, shape);
  const double ms = median_ms([&] {
    attend_prefill(fixture.q(), fixture.view(), device_tiles.data(),
                   static_cast<int>(tiles.size()), shape, 0, fixture.pool(), map, q_map,
                   out.data(), nullptr);
  });
  const double keys = count * (start + (count + 1) / 2.0);
  std::printf("prefill attention %5d after %5d            %9.3f ms  %7.1f TFLOP/s\n", count, start,
              ms, 4.0 * 32 * 128 * keys / ms / 1e9);
}

/// The kernel that lets the one above run over an e4m3 pool.
void expand(int context, double copy) {
  const AttentionShape shape{32, 8, 128};
  const AttentionFixture fixture(shape, {{context - 1, 1}}, 7, 1, 0, true);
  ExpandedContext expanded(shape, fixture.used_blocks(), 1, fixture.table_stride());
  expanded.begin(fixture.view(), 1, fixture.used_blocks(), nullptr);
  const double ms = median_ms([&] { expanded.expand(0, fixture.pool(), nullptr); });
  std::printf("e4m3 context to bf16, %5d tokens             %9.3f ms  %5.1f %% of copy\n", context,
              ms, 100 * 6144.0 * context / ms / 1e9 / copy);
}

void decode(int batch, int context, bool fp8, double copy) {
  const AttentionShape shape{32, 8, 128};
  const AttentionFixture fixture(shape, std::vector<TestSlice>(batch, {context - 1, 1}), 7, 1, 0,
                                 fp8);
  const auto out = poisoned<bf16_t>(static_cast<std::size_t>(batch) * 32 * 128);
  const CUtensorMap map = map_pool(fixture.pool(), fixture.blocks(), 32);
  DecodeAttention attention(shape, batch);
  // more than the L2 holds for batch > 4; smaller batches are measured by the whole step
  const double ms = median_ms([&] {
    attention.run(fixture.q(), fixture.view(), batch, 0, fixture.pool(), map, out.data(), nullptr);
  });
  const double bytes = (fp8 ? 2048.0 : 4096.0) * batch * context;
  std::printf("decode attention, %s, batch %3d at %5d    %9.3f ms  %7.2f TB/s  %5.1f %% of copy\n",
              fp8 ? "e4m3" : "bf16", batch, context, ms, bytes / ms / 1e9, 100 * bytes / ms / 1e9 / copy);
}

constexpr int kInARow = 8;  // launches between two events where they may overlap

void print_product(const char* name, int rows, const Matrix& matrix, double ms, double copy) {
  const auto bytes = static_cast<double>(matrix.bytes());
  std::printf("product %-8s %s %5d rows               %9.4f ms  %7.2f TB/s  %5.1f %% of copy  %6.1f TFLOP/s\n",
              name, matrix.is_fp8() ? "e4m3" : "bf16", rows, ms, bytes / ms / 1e9,
              100 * bytes / ms / 1e9 / copy, 2.0 * rows * matrix.outputs * matrix.inputs / ms / 1e9);
}

void products(int rows, bool fp8, double copy) {
  struct Shape {
    const char* name;
    int outputs, inputs;
  };
  const Shape shapes[] = {{"qkv", 6144, 4096}, {"out", 4096, 4096}, {"gate_up", 28672, 4096},
                          {"down", 4096, 14336}, {"head", 128256, 4096}};
  Products products(rows, 14336, fp8);
  const bool few = rows <= kFewRows;
  const int in_a_row = few ? kInARow : 1;
  for (const Shape& shape : shapes) {
    if (shape.outputs > 100000 && (rows > 64 || fp8)) continue;  // the head stays in bf16
    const std::size_t size = static_cast<std::size_t>(shape.outputs) * shape.inputs;
    const int copies = static_cast<int>(std::max<std::size_t>(1, (std::size_t{1} << 28) / size));
    const Weights weights(shape.outputs, shape.inputs, fp8, copies);
    DeviceBuffer<std::uint8_t> x_memory(static_cast<std::size_t>(rows) * shape.inputs * 2);
    fill(x_memory, to_bf16(noise(1 << 20, 3)));
    const auto* x = reinterpret_cast<const bf16_t*>(x_memory.data());
    DeviceBuffer<bf16_t> out(static_cast<std::size_t>(rows) * shape.outputs);
    products.tune(true);
    products.run({x}, weights.matrix, rows, out.data(), nullptr);
    int turn = 0;
    if (shape.outputs == 4096) {  // what the residual stream gets
      DeviceBuffer<float> sum(static_cast<std::size_t>(rows) * shape.outputs);
      BATON_CUDA(cudaMemset(sum.data(), 0, sum.bytes()));
      const double add = median_ms([&] {
        for (int i = 0; i < in_a_row; ++i) {
          products.add(x, weights.copy(turn++ % copies), rows, {sum.data()}, nullptr);
        }
      }) / in_a_row;
      print_product((std::string(shape.name) + " +=").c_str(), rows, weights.matrix, add, copy);
    }
    products.tune(false);
    const double ms = median_ms([&] {
      for (int i = 0; i < in_a_row; ++i) {
        products.run({x}, weights.copy(turn++ % copies), rows, out.data(), nullptr);
      }
    }) / in_a_row;
    print_product(shape.name, rows, weights.matrix, ms, copy);
    const bool many = has_many_rows_swiglu(weights.matrix, rows);
    if ((few || many) && std::string_view(shape.name) == "gate_up") {
      const double fused = median_ms([&] {
        for (int i = 0; i < in_a_row; ++i) {
          const Matrix weight = weights.copy(turn++ % copies);
          few ? multiply_few_swiglu({x}, weight, rows, out.data(), nullptr)
              : multiply_many_swiglu(x, weight, rows, out.data(), nullptr);
        }
      }) / in_a_row;
      print_product("+ SwiGLU", rows, weights.matrix, fused, copy);
    }
  }
}

/// How the kernels of a layer are put together.
enum class Together {
  kApart,    // norms and rotation are kernels of their own
  kRotated,  // the product rotates
  kAll,      // and norms are spread over the products
};

/// All kernels of four layers of a decode step, back to back, for each layer.
void decode_layers(int batch, int context, bool fp8, Together together, double copy) {
  constexpr int kLayers = 4;
  const int hidden = 4096;
  const int inner = 14336;
  const AttentionShape shape{32, 8, 128};
  const int width = (32 + 2 * 8) * 128;
  const AttentionFixture fixture(shape, std::vector<TestSlice>(batch, {context - 1, 1}), 7, kLayers,
                                 0, fp8);
  const CUtensorMap map = map_pool(fixture.pool(), fixture.blocks(), 32);
  DecodeAttention attention(shape, batch);
  Products products(batch, inner, fp8);
  const Weights qkv(width, hidden, fp8, kLayers), out(hidden, hidden, fp8, kLayers);
  const Weights gate_up(2 * inner, hidden, fp8, kLayers), down(hidden, inner, fp8, kLayers);
  std::vector<DeviceBuffer<std::uint8_t>> memory;
  auto zeros = [&](std::size_t bytes) {
    memory.emplace_back(bytes);
    cudaMemset(memory.back().data(), 0, bytes);
    return memory.back().data();
  };
  const auto rows = static_cast<std::size_t>(batch);
  auto floats = [&](std::size_t count) { return reinterpret_cast<float*>(zeros(count * 4)); };
  auto activations = [&](int columns) {
    return reinterpret_cast<bf16_t*>(zeros(rows * static_cast<std::size_t>(columns) * 2));
  };
  float* sum = floats(rows * hidden);
  const float* weight = floats(hidden);
  const float* angle = floats(static_cast<std::size_t>(context) * 64);
  const auto* zero = reinterpret_cast<const std::int32_t*>(zeros(rows * 4));
  bf16_t *normed = activations(hidden), *projected = activations(width), *q = activations(hidden),
         *attended = activations(hidden), *gated = activations(inner);
  const bool spread = together == Together::kAll;
  const int parts = norm_parts(hidden);
  Residual residual{sum};
  Normed x{normed};
  if (spread) {
    float* squares = floats(rows * static_cast<std::size_t>(parts));
    residual = {sum, weight, normed, squares};
    x = {normed, squares, parts, 1e-5F};
  }
  auto norm = [&] {
    if (!spread) rms_norm(sum, nullptr, weight, 1e-5F, batch, hidden, normed, nullptr);
  };
  const double ms = median_ms([&] {
    for (int layer = 0; layer < kLayers; ++layer) {
      const RopeStore to = {shape, angle, angle, {zero, zero, zero}, layer, q, fixture.pool()};
      norm();
      if (together == Together::kApart) {
        products.run(x, qkv.copy(layer), batch, projected, nullptr);
        rope_store(projected, to, batch, nullptr);
      } else {
        multiply_few_rope(x, qkv.copy(layer), batch, to, nullptr);
      }
      attention.run(q, fixture.view(), batch, layer, fixture.pool(), map, attended, nullptr);
      products.add(attended, out.copy(layer), batch, residual, nullptr);
      norm();
      multiply_few_swiglu(x, gate_up.copy(layer), batch, gated, nullptr);
      products.add(gated, down.copy(layer), batch, residual, nullptr);
    }
  }) / kLayers;
  double bytes = (fp8 ? 2048.0 : 4096.0) * batch * context;
  for (const Weights* w : {&qkv, &out, &gate_up, &down}) {
    bytes += static_cast<double>(w->matrix.bytes());
  }
  const char* name = together == Together::kApart     ? "8 kernels"
                     : together == Together::kRotated ? "7 kernels"
                                                      : "5 kernels";
  std::printf("decode layer, %s, batch %3d at %5d, %s %9.4f ms  %7.2f TB/s  %5.1f %% of copy\n",
              fp8 ? "e4m3" : "bf16", batch, context, name, ms, bytes / ms / 1e9,
              100 * bytes / ms / 1e9 / copy);
}

void elementwise(int rows, double copy) {
  const int hidden = 4096;
  const int inner = 14336;
  DeviceBuffer<float> residual(static_cast<std::size_t>(rows) * hidden);
  DeviceBuffer<bf16_t> out(residual.size());
  DeviceBuffer<bf16_t> gate_up(static_cast<std::size_t>(rows) * 2 * inner);
  DeviceBuffer<bf16_t> gated(static_cast<std::size_t>(rows) * inner);
  cudaMemset(gate_up.data(), 0, gate_up.bytes());
  cudaMemset(residual.data(), 0, residual.bytes());
  DeviceBuffer<float> weight(hidden);
  cudaMemset(weight.data(), 0, weight.bytes());
  const double norm = median_ms([&] {
    rms_norm(residual.data(), nullptr, weight.data(), 1e-5F, rows, hidden, out.data(), nullptr);
  });
  std::printf("RMSNorm %5d rows                             %9.3f ms  %5.1f %% of copy\n", rows, norm,
              100 * 6.0 * rows * hidden / norm / 1e9 / copy);
  const double gate =
      median_ms([&] { swiglu(gate_up.data(), rows, inner, gated.data(), nullptr); });
  std::printf("SwiGLU %5d rows                              %9.3f ms  %5.1f %% of copy\n", rows, gate,
              100 * 6.0 * rows * inner / gate / 1e9 / copy);
}

}  // namespace

/// Arguments name the sections to run: attention, layers, products, elementwise. None: all.
int main(int argc, char** argv) {
  const std::vector<std::string_view> named(argv + 1, argv + argc);
  auto wanted = [&](std::string_view section) {
    return named.empty() || std::find(named.begin(), named.end(), section) != named.end();
  };
  cudaDeviceProp properties{};
  BATON_CUDA(cudaGetDeviceProperties(&properties, 0));
  std::printf("%s, %d multiprocessors\n", properties.name, properties.multiProcessorCount);
  const double copy = copy_bandwidth();
  if (wanted("attention")) {
    prefill(0, 6144);
    prefill(4096, 2048);
    prefill(0, 2048);
    expand(6144, copy);
  }
  if (wanted("elementwise")) elementwise(6144, copy);
  for (const bool fp8 : {false, true}) {
    if (wanted("attention")) {
      for (const int batch : {1, 8, 32, 64}) decode(batch, 6144, fp8, copy);
    }
    if (wanted("layers")) {
      for (const int batch : {1, 4, 8}) {
        for (const Together together : {Together::kApart, Together::kRotated, Together::kAll}) {
          decode_layers(batch, 6144, fp8, together, copy);
        }
      }
    }
    if (wanted("products")) {
      for (const int rows : {1, 4, 8, 32, 64, 6144}) products(rows, fp8, copy);
    }
  }
  return 0;
}
