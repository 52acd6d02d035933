// What two results say differently.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/render/style.hpp"
#include "sim/spec/json/value.hpp"

namespace seqspan::cli {

struct ResultDifference {
  std::string path;    // "best[0].memory.peak_bytes"
  std::string first;   // as written; empty: not there
  std::string second;  // likewise
};

struct ResultDifferences {
  std::int64_t values = 0;  // compared
  std::vector<ResultDifference> rows;
};

// Numbers, texts and truth values by their place, in the order of the first, then what only the
// second has. Entries of an array that have a name ("name", "op" or "key") are told apart by
// it, others by their number; one that only one result has is one row ("there"). The time of a
// search is no difference.
[[nodiscard]] ResultDifferences differences_of(const sim::json::Value& first,
                                               const sim::json::Value& second);

[[nodiscard]] std::string diff_report(const Style& style, const DiffArguments& arguments,
                                      const ResultDifferences& differences);
[[nodiscard]] std::string diff_json(const ResultDifferences& differences);

}  // namespace seqspan::cli
