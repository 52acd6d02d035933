// Predictions for the rows of a replay case, and their errors.
//
// The job of a row is the case's model on its cluster; the prediction is that of `simulate`, of the
// same profiles for all cases. Times are predicted also for layouts that do not fit.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "profiles/replay/replay_case.hpp"
#include "profiles/replay/statistics.hpp"

namespace seqspan::profiles {

enum class ReplayQuantity : std::uint8_t {
  kStepTime,
  kTflops,
  kFullSquareTflops,
  kTokens,
  kPeakMemory,
  kReservedMemory,
  kAttentionForward,
  kAttentionBackward,
  kForwardIterations,
  kIterations,
};
inline constexpr std::size_t kReplayQuantities = 10;
[[nodiscard]] const char* name_of(ReplayQuantity quantity);  // "step time"
[[nodiscard]] const char* unit_of(ReplayQuantity quantity);  // "ms"

// In the unit of the quantity.
struct ReplayComparison {
  ReplayQuantity quantity = ReplayQuantity::kStepTime;
  double predicted = 0;
  double measured = 0;
  // The model FLOP/s that the measured figure implies, over the fastest peak of the GPU for what
  // the job computes (FP8's where linear layers are FP8, else bf16's); nothing for memory.
  std::optional<double> implied_mfu;

  [[nodiscard]] double error() const { return predicted / measured - 1; }
};

struct ReplayedRow {
  ReplayRow row;
  bool fits = true;  // as predicted
  std::vector<ReplayComparison> comparisons;
  std::string refused;  // the rule that the layout breaks; empty: none

  // Sentences, with the place of the row, about figures that no GPU of the kind can reach: more
  // model FLOP/s than its peak. They are compared all the same.
  std::vector<std::string> impossible;
};

// Rows of one group that were timed, and how they are ordered.
struct ReplayedGroup {
  std::string name;
  std::size_t rows = 0;
  std::string picked;   // layout predicted to be the fastest
  std::string fastest;  // measured
  std::optional<double> tau;
  std::optional<double> regret;
};

struct Replay {
  ReplayCase source;
  std::vector<ReplayedRow> rows;
  std::vector<ReplayedGroup> groups;

  // Of all compared rows.
  [[nodiscard]] ErrorSummary errors(ReplayQuantity quantity) const;
  // Rows that ran out of memory, and those of them that are predicted to.
  [[nodiscard]] std::pair<std::size_t, std::size_t> out_of_memory() const;
};

// Errors: kInput where a row is no job (a model that is not shipped, a layout that cannot be read).
[[nodiscard]] sim::Result<Replay> replay(const ReplayCase& source,
                                         const std::filesystem::path& data_root);

}  // namespace seqspan::profiles
