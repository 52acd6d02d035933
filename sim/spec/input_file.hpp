// Files that a result was computed from: read whole, and named by their digest.
#pragma once

#include <filesystem>
#include <string>

#include "sim/errors/error.hpp"
#include "sim/spec/json/parse.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim {

struct InputFile {
  std::string path;    // as the user or the job names it, never an absolute path of our making
  std::string sha256;  // 64 hexadecimal digits

  bool operator==(const InputFile&) const = default;
};

struct FileText {
  InputFile file;
  std::string text;
};

// Reads `path`, which messages call `shown`. At most `largest` bytes are read.
// Errors: kInput when the file does not exist, is no file or is too large; kEnvironment when it
// cannot be read.
[[nodiscard]] Result<FileText> read_input_file(const std::filesystem::path& path,
                                               const std::string& shown,
                                               Bytes largest = json::kLargestFile);

}  // namespace seqspan::sim
