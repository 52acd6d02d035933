#include "sim/spec/read_model.hpp"

#include <system_error>

#include "sim/spec/decode/model.hpp"
#include "sim/spec/json/parse.hpp"

namespace seqspan::sim {

Result<Model> read_model(const std::filesystem::path& path, const std::string& shown) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return read_model(path / "config.json",
                      (std::filesystem::path(shown) / "config.json").string());
  }
  const Result<FileText> file = read_input_file(path, shown);
  if (!file) return tl::unexpected(file.error());
  const Result<json::Value> value = json::parse(file->text, shown);
  if (!value) return tl::unexpected(value.error());
  return decode_model(*value, {}, model_name_from(shown));
}

std::string model_name_from(const std::filesystem::path& path) {
  if (path.filename() != "config.json") return path.stem().string();
  const std::string folder = path.parent_path().filename().string();
  return folder.empty() || folder == "." || folder == ".." ? "model" : folder;
}

}  // namespace seqspan::sim
