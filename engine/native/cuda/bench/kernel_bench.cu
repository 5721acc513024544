// Device time of single kernels at the shapes of Llama-3.1-8B, beside the floors they cannot pass.
#include <cstdio>

#include "attention_fixture.hpp"
#include "elementwise.hpp"
#include "products.hpp"
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

void decode(int batch, int context, double copy) {
  const AttentionShape shape{32, 8, 128};
  const AttentionFixture fixture(shape, std::vector<TestSlice>(batch, {context - 1, 1}), 7, 1, 0);
  const auto out = poisoned<bf16_t>(static_cast<std::size_t>(batch) * 32 * 128);
  const CUtensorMap map = map_pool(fixture.pool(), fixture.blocks(), 32);
  DecodeAttention attention(shape, batch);
  // more than the L2 holds for batch > 4; smaller batches are measured by the whole step
  const double ms = median_ms([&] {
    attention.run(fixture.q(), fixture.view(), batch, 0, fixture.pool(), map, out.data(), nullptr);
  });
  const double bytes = 4096.0 * batch * context;
  std::printf("decode attention, batch %3d at %5d          %9.3f ms  %7.2f TB/s  %5.1f %% of copy\n",
              batch, context, ms, bytes / ms / 1e9, 100 * bytes / ms / 1e9 / copy);
}

void products(int rows, double copy) {
  struct Shape {
    const char* name;
    int outputs, inputs;
  };
  const Shape shapes[] = {{"qkv", 6144, 4096}, {"out", 4096, 4096}, {"gate_up", 28672, 4096},
                          {"down", 4096, 14336}, {"head", 128256, 4096}};
  Products products(rows, 14336, false);
  for (const Shape& shape : shapes) {
    if (rows > 64 && shape.outputs > 100000) continue;
    const std::size_t size = static_cast<std::size_t>(shape.outputs) * shape.inputs;
    const int copies = static_cast<int>(std::max<std::size_t>(1, (std::size_t{1} << 28) / size));
    DeviceBuffer<bf16_t> weights(size * copies);  // several, so that the L2 does not hold them
    DeviceBuffer<bf16_t> x(static_cast<std::size_t>(rows) * shape.inputs);
    DeviceBuffer<bf16_t> out(static_cast<std::size_t>(rows) * shape.outputs);
    const auto values = upload_bf16(to_bf16(noise(1 << 20, 3)));
    for (std::size_t i = 0; i < weights.size(); i += values.size()) {
      cudaMemcpy(weights.data() + i, values.data(),
                 std::min(values.size(), weights.size() - i) * 2, cudaMemcpyDeviceToDevice);
    }
    for (std::size_t i = 0; i < x.size(); i += values.size()) {
      cudaMemcpy(x.data() + i, values.data(), std::min(values.size(), x.size() - i) * 2,
                 cudaMemcpyDeviceToDevice);
    }
    Matrix matrix{weights.data(), nullptr, shape.outputs, shape.inputs};
    if (rows > kFewRows) products.tune(x.data(), matrix, rows, out.data(), false, nullptr);
    int turn = 0;
    const double ms = median_ms([&] {
      matrix.data = weights.data() + static_cast<std::size_t>(turn++ % copies) * size;
      products.run(x.data(), matrix, rows, out.data(), nullptr);
    });
    const double bytes = 2.0 * static_cast<double>(size);
    std::printf("product %-8s %5d rows                   %9.3f ms  %7.2f TB/s  %5.1f %% of copy  %6.1f TFLOP/s\n",
                shape.name, rows, ms, bytes / ms / 1e9, 100 * bytes / ms / 1e9 / copy,
                2.0 * rows * static_cast<double>(size) / ms / 1e9);
  }
}

void elementwise(int rows, double copy) {
  const int hidden = 4096;
  const int inner = 14336;
  DeviceBuffer<float> residual(static_cast<std::size_t>(rows) * hidden);
  DeviceBuffer<bf16_t> delta(residual.size()), out(residual.size());
  DeviceBuffer<bf16_t> gate_up(static_cast<std::size_t>(rows) * 2 * inner);
  DeviceBuffer<bf16_t> gated(static_cast<std::size_t>(rows) * inner);
  for (auto* buffer : {&delta, &gate_up}) cudaMemset(buffer->data(), 0, buffer->bytes());
  cudaMemset(residual.data(), 0, residual.bytes());
  DeviceBuffer<float> weight(hidden);
  cudaMemset(weight.data(), 0, weight.bytes());
  const double norm = median_ms([&] {
    add_rms_norm(residual.data(), delta.data(), weight.data(), 1e-5F, rows, hidden, out.data(),
                 nullptr);
  });
  std::printf("add + RMSNorm %5d rows                       %9.3f ms  %5.1f %% of copy\n", rows, norm,
              100 * 12.0 * rows * hidden / norm / 1e9 / copy);
  const double gate =
      median_ms([&] { swiglu(gate_up.data(), rows, inner, gated.data(), nullptr); });
  std::printf("SwiGLU %5d rows                              %9.3f ms  %5.1f %% of copy\n", rows, gate,
              100 * 6.0 * rows * inner / gate / 1e9 / copy);
}

}  // namespace

int main() {
  cudaDeviceProp properties{};
  BATON_CUDA(cudaGetDeviceProperties(&properties, 0));
  std::printf("%s, %d multiprocessors\n", properties.name, properties.multiProcessorCount);
  const double copy = copy_bandwidth();
  prefill(0, 6144);
  prefill(4096, 2048);
  prefill(0, 2048);
  for (const int batch : {1, 8, 32, 64}) decode(batch, 6144, copy);
  for (const int rows : {1, 4, 8, 32, 64, 6144}) products(rows, copy);
  elementwise(6144, copy);
  return 0;
}
