// Reads models, devices, fabrics and clusters by name or by file (profiles/reference.hpp says
// which is which; files are relative to the working folder).
//
// Errors: kInput, located by file, line, column and JSON path; kEnvironment when a file cannot be
// read.
#pragma once

#include <filesystem>
#include <string>

#include "sim/errors/error.hpp"
#include "sim/spec/cluster.hpp"
#include "sim/spec/device.hpp"
#include "sim/spec/model.hpp"

namespace seqspan::profiles {

[[nodiscard]] sim::Result<sim::Model> read_model(const std::string& path_or_name,
                                                 const std::filesystem::path& data_root);
[[nodiscard]] sim::Result<sim::DeviceProfile> read_device(const std::string& path_or_name,
                                                          const std::filesystem::path& data_root);
[[nodiscard]] sim::Result<sim::LinkProfile> read_fabric(const std::string& path_or_name,
                                                        const std::filesystem::path& data_root);
[[nodiscard]] sim::Result<sim::Cluster> read_cluster(const std::string& path_or_name,
                                                     const std::filesystem::path& data_root);

}  // namespace seqspan::profiles
