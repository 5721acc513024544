// The one function of the ABI that needs no engine and is the same in all backends.
#include "baton_engine.h"
#include "error.hpp"
#include "sampling.hpp"

extern "C" baton_status baton_sample_logits(const float* logits, int32_t vocabulary,
                                            const baton_sampling* sampling, const int32_t* history,
                                            int64_t position, baton_sample* sample, char* error,
                                            size_t capacity) {
  return baton::guarded(error, capacity, [&] {
    baton::require(logits != nullptr && sampling != nullptr && sample != nullptr, "null argument");
    baton::require(vocabulary > 0 && position >= 0, "vocabulary or position out of range");
    baton::check(*sampling);
    if (baton::needs_history(*sampling)) {
      baton::require(history != nullptr, "penalties need the history");
      for (int64_t i = 0; i < position; ++i) {
        baton::require(history[i] >= 0 && history[i] < vocabulary, "history token out of range");
      }
    }
    baton::SamplerScratch scratch;
    baton::sample(logits, vocabulary, *sampling, history, position, scratch, *sample);
  });
}
