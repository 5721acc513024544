// Submitted steps on a backend that runs them at once.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "baton_engine.h"
#include "error.hpp"
#include "llama.hpp"

namespace baton::cpu {

/// Runs a step when it is submitted and keeps its samples until they are asked for.
class StepsAhead {
 public:
  void submit(Llama& model, std::span<const baton_slice> slices) {
    require(answers_.size() < BATON_STEPS_AHEAD,
            std::to_string(answers_.size()) + " steps are on their way: wait for one first");
    std::vector<baton_slice> known(slices.begin(), slices.end());
    std::deque<std::vector<std::int32_t>> copies;
    std::size_t samples = 0;
    for (baton_slice& slice : known) {
      resolve(slice.tokens, slice.count, copies);
      resolve(slice.history, std::int64_t{slice.start} + slice.count, copies);
      samples += slice.sample != 0;
    }
    std::vector<baton_sample> answer(samples);
    model.step(known, answer);
    last_ = answer;
    answers_.push_back(std::move(answer));
  }

  void wait(std::span<baton_sample> samples) {
    require(!answers_.empty(), "no step is on its way");
    const auto& answer = answers_.front();
    require(samples.size() >= answer.size(),
            "no room for " + std::to_string(answer.size()) + " samples");
    std::copy(answer.begin(), answer.end(), samples.begin());
    answers_.pop_front();
  }

  bool none() const { return answers_.empty(); }

 private:
  /// Points `ids` to a copy with its last token known, if it is one of the last step's samples.
  void resolve(const std::int32_t*& ids, std::int64_t count,
               std::deque<std::vector<std::int32_t>>& copies) const {
    if (ids == nullptr || count <= 0 || ids[count - 1] >= 0) return;
    const auto sample = static_cast<std::size_t>(-1 - std::int64_t{ids[count - 1]});
    if (sample >= last_.size()) return;  // the check of the step names it
    auto& copy = copies.emplace_back(ids, ids + count);
    copy.back() = last_[sample].token;
    ids = copy.data();
  }

  std::vector<baton_sample> last_;
  std::deque<std::vector<baton_sample>> answers_;
};

}  // namespace baton::cpu
