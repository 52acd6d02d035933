// Reads a model from a Hugging Face config.json.
#pragma once

#include <filesystem>
#include <string>

#include "sim/spec/input_file.hpp"
#include "sim/spec/json/value.hpp"
#include "sim/spec/model.hpp"

namespace seqspan::sim {

// `path` is a config.json, or a folder that holds one. `shown` is its name in messages and, for a
// model without a name of its own, where the name comes from: the folder of a config.json.
// Errors: kInput, located; kEnvironment when the file cannot be read.
[[nodiscard]] Result<Model> read_model(const std::filesystem::path& path, const std::string& shown);
[[nodiscard]] inline Result<Model> read_model(const std::filesystem::path& path) {
  return read_model(path, path.string());
}

// "configs/models/Qwen3-8B/config.json" and "Qwen3-8B.json" are both "Qwen3-8B".
[[nodiscard]] std::string model_name_from(const std::filesystem::path& path);

}  // namespace seqspan::sim
