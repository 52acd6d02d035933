// The plain format, for measurements that no benchmark printed as such (docs/formats/log.md):
//
//   # a comment
//   source: where the figures come from
//   date: 2026-05-18
//   columns: size_bytes time_us
//   ---
//   collective: all_gather
//   ranks: 16
//   nodes: 2
//   1024 34.44
//   ---                      the next set; keys above the first --- hold for all
//
// Columns: size_bytes, and time_us, algbw_GBps or busbw_GBps; more of them are checked against each
// other. Keys besides: variant, placement (out_of_place or in_place).
#pragma once

#include <string>
#include <vector>

#include "profiles/import/raw_log.hpp"

namespace seqspan::profiles {

[[nodiscard]] bool is_plain(const std::vector<Line>& lines);
[[nodiscard]] sim::Result<RawLog> read_plain(const std::vector<Line>& lines,
                                             const std::string& file);

// `sets` in this format. Reading it back gives the same sets, but for the name of the file.
[[nodiscard]] std::string plain_text(const std::vector<MeasurementSet>& sets);

}  // namespace seqspan::profiles
