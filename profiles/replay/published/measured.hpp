// Published figures to what a replay case compares.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "profiles/replay/published/format.hpp"

namespace seqspan::profiles::published {

// Keys that `measured` may have, sorted.
[[nodiscard]] const std::vector<std::string>& figure_names();

struct FigureRules {
  bool full_square = false;             // TFLOP/s count every query with all keys
  bool peak_is_reserved = false;        // a 'peak' is max_memory_reserved
  std::optional<double> peak_tflops{};  // what MFU is of, where no TFLOP/s are given
  std::int64_t gpus = 1;
};

// One column of a table that has more than one step in a row.
struct Column {
  ReplayMeasured measured;
  std::string recompute;  // of this column; empty: of the row
  bool sequence_parallel = true;
};

// Appends sentences about figures that are not compared to `assumptions`.
// No column: nothing of it is a quantity that can be compared.
[[nodiscard]] std::vector<Column> columns_of(const MeasuredFacts& facts, const FigureRules& rules,
                                             std::vector<std::string>& assumptions);

// Whether a text says that it did not fit: "OOM", "out of memory".
[[nodiscard]] bool is_out_of_memory(const std::string& text);

}  // namespace seqspan::profiles::published
