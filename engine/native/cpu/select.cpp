#include <string>
#include <string_view>

#include "error.hpp"
#include "kernels.hpp"

namespace baton::cpu {

namespace scalar {
extern const Kernels kernels;
}
namespace avx2 {
extern const Kernels kernels;
}
namespace avx512 {
extern const Kernels kernels;
}
namespace avx512_bf16 {
extern const Kernels kernels;
}

const Kernels& select_kernels(const char* isa) {
  __builtin_cpu_init();
  const bool avx2_here = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512_here = avx2_here && __builtin_cpu_supports("avx512f") &&
                           __builtin_cpu_supports("avx512bw") &&
                           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  const struct {
    const Kernels* kernels;
    bool here;
  } tables[] = {  // best first
      {&avx512_bf16::kernels, avx512_here && __builtin_cpu_supports("avx512bf16")},
      {&avx512::kernels, avx512_here},
      {&avx2::kernels, avx2_here},
      {&scalar::kernels, true},
  };
  const std::string_view wanted = isa == nullptr ? "" : isa;
  for (const auto& table : tables) {
    if (wanted.empty() ? table.here : wanted == table.kernels->name) {
      if (table.here) return *table.kernels;
      throw Failure(BATON_UNSUPPORTED, "this machine lacks instruction set " + std::string(wanted));
    }
  }
  throw Failure(BATON_UNSUPPORTED, "unknown instruction set " + std::string(wanted));
}

}  // namespace baton::cpu
