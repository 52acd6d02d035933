// Reads a log of any known format into sets of measurements.
//
// The format is recognised from the text: '{' starts nccl-tests' JSON, a line "# OSU" the OSU
// benchmarks, a line "columns:" the plain format; anything else is nccl-tests' text.
//
// Checked in all of them: every row's algbw is size / time, and its busbw is the collective's
// factor of it (within 3 %, busbw from 1 GB/s on, where the figures have enough digits), so that
// units that were mixed up, or a wrong --collective or --ranks, are noticed. Fewer than kFewPoints
// sizes are flagged, and so is a single one, of which nothing can be fitted.
//
// Errors: kInput at file:line:column; what a log does not say is asked for by its option.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "profiles/import/measurement.hpp"
#include "sim/errors/error.hpp"
#include "sim/errors/warning.hpp"
#include "sim/spec/input_file.hpp"

namespace seqspan::profiles {

inline constexpr std::size_t kFewPoints = 6;
inline constexpr std::size_t kLeastSizes = 2;  // of a curve
// Code of the warning of a set that has fewer.
inline constexpr const char* kOneSize = "one_size";

// What the user says about a log. It fills in what the log does not say, and must not contradict
// what it says.
struct LogOptions {
  std::optional<CollectiveKind> collective;
  std::optional<std::int64_t> ranks;
  std::optional<std::int64_t> nodes;
};

struct ImportedLog {
  std::vector<MeasurementSet> sets;
  std::vector<sim::Warning> warnings;  // their path is file:line:column
  sim::InputFile file;
};

// `file` is what messages call the text.
[[nodiscard]] sim::Result<ImportedLog> read_log(std::string_view text, const std::string& file,
                                                const LogOptions& options = {});
// Errors also: kEnvironment when the file cannot be read.
[[nodiscard]] sim::Result<ImportedLog> read_log_file(const std::filesystem::path& path,
                                                     const std::string& shown,
                                                     const LogOptions& options = {});

}  // namespace seqspan::profiles
