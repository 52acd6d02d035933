// The input formats by name, for `seqspan schema NAME` and `seqspan explain config.PATH`. Both
// are printed from the tables that decode the files, so they cannot say anything else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/errors/error.hpp"

namespace seqspan::sim {

// model, device, fabric, cluster, job, layout.
[[nodiscard]] std::vector<std::string> format_names();

// JSON Schema draft-07, indented, with a final newline.
// Errors: kInput for an unknown format.
[[nodiscard]] Result<std::string> schema_text(std::string_view format);

// Every field of a format, one line each: the reference of docs/formats.
[[nodiscard]] Result<std::string> describe_format(std::string_view format);

// One field of a job file: "training.sequence_length", "cluster.device.nvlink.bandwidth"; a
// leading "config." is ignored, and an empty path means the job itself.
// Errors: kInput for an unknown path, at "config.PATH".
[[nodiscard]] Result<std::string> explain_field(std::string_view path);

}  // namespace seqspan::sim
