#include "cli/data_root.hpp"

#include <cstdlib>
#include <system_error>

namespace seqspan::cli {

namespace fs = std::filesystem;

bool is_data_root(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder / "configs" / "models", ignored) &&
         fs::is_directory(folder / "profiles" / "devices", ignored);
}

sim::Result<fs::path> find_data_root(const std::string& named, const fs::path& executable,
                                     const fs::path& source_tree) {
  if (!named.empty()) {
    if (is_data_root(named)) return fs::path(named);
    return sim::environment_error("no configs/models and profiles/devices here",
                                  "SEQSPAN_DATA=" + named, {},
                                  "name the folder that holds configs/ and profiles/, or unset it");
  }
  for (fs::path folder = executable.parent_path(); !folder.empty(); folder = folder.parent_path()) {
    if (is_data_root(folder)) return folder;
    if (folder == folder.root_path()) break;
  }
  if (is_data_root(source_tree)) return source_tree;
  return sim::environment_error("the shipped models, clusters and profiles cannot be found", {},
                                "they are looked for beside the program",
                                "set SEQSPAN_DATA to the folder that holds configs/ and profiles/");
}

sim::Result<fs::path> data_root() {
  const char* named = std::getenv("SEQSPAN_DATA");
  std::error_code ignored;
  const fs::path executable = fs::read_symlink("/proc/self/exe", ignored);
  return find_data_root(named != nullptr ? named : "", executable, SEQSPAN_SOURCE_TREE);
}

}  // namespace seqspan::cli
