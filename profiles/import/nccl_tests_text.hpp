// The text that nccl-tests prints, with or without what surrounds it (a command line, mpirun's
// words, Markdown).
//
// Rows begin with two whole numbers (size, count). A header line "# size count ... time algbw busbw
// #wrong" says which columns there are; without one a row has the usual 11 to 13. Read as well:
// "# Rank 0 Group 0 Pid 1 on HOST device 0" (ranks and nodes), the name of the binary
// ("all_gather_perf"), and "# key: value" with the keys of the plain format.
//
// A row whose check column says that results were wrong is left out, with a warning. Units other
// than (B), (us) and (GB/s) are refused, and so is a row whose algbw is not size / time.
#pragma once

#include <string>
#include <vector>

#include "profiles/import/raw_log.hpp"

namespace seqspan::profiles {

[[nodiscard]] sim::Result<RawLog> read_nccl_tests_text(const std::vector<Line>& lines,
                                                       const std::string& file);

}  // namespace seqspan::profiles
