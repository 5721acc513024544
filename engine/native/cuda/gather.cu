#include "gather.hpp"

#include "launch.hpp"

namespace baton::cuda {
namespace {

constexpr int kThreads = 256;

/// One CTA a row of `width` words.
template <class Word>
__global__ void __launch_bounds__(kThreads)
    gather_kernel(const Word* from, const std::int32_t* rows, int width, Word* to) {
  dependents_launch();
  dependency_wait();
  const Word* source = from + std::int64_t{rows[blockIdx.x]} * width;
  Word* target = to + std::int64_t{blockIdx.x} * width;
  for (int i = threadIdx.x; i < width; i += kThreads) target[i] = source[i];
}

template <class Word>
void gather(const void* from, const std::int32_t* rows, int count, std::size_t row_bytes, void* to,
            cudaStream_t stream) {
  launch(gather_kernel<Word>, count, kThreads, 0, stream, static_cast<const Word*>(from), rows,
         static_cast<int>(row_bytes / sizeof(Word)), static_cast<Word*>(to));
}

}  // namespace

void gather_rows(const void* from, const std::int32_t* rows, int count, std::size_t row_bytes, void* to,
                 cudaStream_t stream) {
  row_bytes % sizeof(uint4) == 0 ? gather<uint4>(from, rows, count, row_bytes, to, stream)
                                 : gather<std::uint32_t>(from, rows, count, row_bytes, to, stream);
}

}  // namespace baton::cuda
