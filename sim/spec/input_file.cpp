#include "sim/spec/input_file.hpp"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <system_error>
#include <utility>

#include "sim/spec/sha256.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::sim {

Result<FileText> read_input_file(const std::filesystem::path& path, const std::string& shown,
                                 Bytes largest) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    return input_error("there is no such file", shown, {}, "check the path");
  }
  if (std::filesystem::is_directory(status)) return input_error("this is a directory", shown);
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return environment_error("the file cannot be read", shown);
  FileText result;
  // In pieces and up to just over the limit: a pipe has no size to ask for.
  std::array<char, 1 << 16> piece;
  while (std::cmp_less_equal(result.text.size(), largest.value())) {
    stream.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    if (stream.gcount() == 0) break;
    result.text.append(piece.data(), static_cast<std::size_t>(stream.gcount()));
  }
  if (stream.bad()) return environment_error("the file cannot be read", shown);
  if (std::cmp_greater(result.text.size(), largest.value())) {
    return input_error("the file is too large", shown,
                       fmt::format("at most {} bytes are read", format_count(largest.value())));
  }
  result.file = InputFile{shown, sha256(result.text)};
  return result;
}

}  // namespace seqspan::sim
