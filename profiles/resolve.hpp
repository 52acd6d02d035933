// Replaces references inside a document by the documents that they name, so that one decoder and
// one `--set` see everything. Values keep the file and line that they came from.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "profiles/reference.hpp"
#include "profiles/use_measurements.hpp"
#include "sim/errors/error.hpp"
#include "sim/spec/input_file.hpp"
#include "sim/spec/json/value.hpp"

namespace seqspan::profiles {

class Resolver {
 public:
  explicit Resolver(std::filesystem::path data_root) : data_root_(std::move(data_root)) {}

  // If the member `key` of `object` is text, reads what it names in its place. `from` is the
  // folder that relative paths of `object` start from; references given on the command line start
  // from the working folder. `path` is the JSON path of `object`.
  // Returns the folder that relative paths inside the new member start from.
  [[nodiscard]] sim::Result<NamedFile> inline_member(sim::json::Value& object,
                                                     const std::string& key, ConfigKind kind,
                                                     const NamedFile& from,
                                                     const std::string& path);

  // The device and the fabric of a cluster, and reads the fabric profile that it names.
  [[nodiscard]] sim::Result<void> inline_parts(sim::json::Value& cluster, const NamedFile& from,
                                               const std::string& path);

  // Puts that profile to use on the decoded cluster; without one nothing changes.
  [[nodiscard]] sim::Result<void> use_measurements(sim::Cluster& cluster) const;

  // What was read so far, in that order, each file once.
  [[nodiscard]] const std::vector<sim::InputFile>& inputs() const { return inputs_; }
  void add_input(sim::InputFile file);

  // The file that the last model came from, empty if none did.
  [[nodiscard]] const std::string& model_file() const { return model_file_; }

 private:
  [[nodiscard]] sim::Result<void> read_measured(const sim::json::Value& cluster,
                                                const NamedFile& from, const std::string& path);

  std::filesystem::path data_root_;
  std::vector<sim::InputFile> inputs_;
  std::string model_file_;
  std::optional<NamedProfile> measured_;
};

}  // namespace seqspan::profiles
