// What a name in a job or on the command line stands for: a shipped file, or one of the user's.
//
// A reference with a '/' or ending in ".json" is a file, relative to the folder of the file that
// names it (to the working folder on the command line). Anything else is the name of a shipped
// configuration under the data root:
//
//   model NAME    configs/models/NAME/config.json     device NAME   profiles/devices/NAME.json
//   cluster NAME  configs/clusters/NAME.json          fabric NAME   profiles/fabrics/NAME.json
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/errors/error.hpp"
#include "sim/spec/input_file.hpp"
#include "sim/spec/json/value.hpp"

namespace seqspan::profiles {

enum class ConfigKind : std::uint8_t { kModel, kCluster, kDevice, kFabric };

[[nodiscard]] const char* name_of(ConfigKind kind);

// A file, and what messages and results call it: never an absolute path that the user did not
// write.
struct NamedFile {
  std::filesystem::path path;
  std::string shown;
};

// Names of the shipped configurations, sorted. Empty when the data root holds none.
[[nodiscard]] std::vector<std::string> shipped_names(ConfigKind kind,
                                                     const std::filesystem::path& data_root);

// `from`: the folder of the file that holds the reference. `where`: where that is, for messages.
// Errors: kInput for a name that is not shipped.
[[nodiscard]] sim::Result<NamedFile> find_config(ConfigKind kind, const std::string& reference,
                                                 const NamedFile& from,
                                                 const std::filesystem::path& data_root,
                                                 const std::string& where);

struct Document {
  sim::json::Value value;
  sim::InputFile file;
  NamedFile source;
};

// Errors: kInput, kEnvironment.
[[nodiscard]] sim::Result<Document> load_document(const NamedFile& file);

// The folder of a file, as a place for references to start from.
[[nodiscard]] NamedFile folder_of(const NamedFile& file);

}  // namespace seqspan::profiles
