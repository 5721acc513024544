// The kernel tables that this machine can run.
#pragma once

#include <vector>

#include "error.hpp"
#include "kernels.hpp"

namespace baton::testing {

inline std::vector<const cpu::Kernels*> instruction_sets() {
  std::vector<const cpu::Kernels*> sets;
  for (const char* name : {"scalar", "avx2", "avx512", "avx512_bf16"}) {
    try {
      sets.push_back(&cpu::select_kernels(name));
    } catch (const Failure&) {
      // not on this machine
    }
  }
  return sets;
}

}  // namespace baton::testing
