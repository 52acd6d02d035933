#include "profiles/reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "sim/errors/did_you_mean.hpp"
#include "sim/errors/quote.hpp"
#include "sim/spec/json/parse.hpp"

namespace seqspan::profiles {
namespace {

namespace fs = std::filesystem;

struct Shelf {
  const char* name;
  const char* folder;
  bool in_folders;  // NAME/config.json rather than NAME.json
};

Shelf shelf_of(ConfigKind kind) {
  switch (kind) {
    case ConfigKind::kModel:
      return {"model", "configs/models", true};
    case ConfigKind::kCluster:
      return {"cluster", "configs/clusters", false};
    case ConfigKind::kDevice:
      return {"device", "profiles/devices", false};
    case ConfigKind::kFabric:
      return {"fabric", "profiles/fabrics", false};
  }
  return {"", "", false};
}

bool is_path(const std::string& reference) {
  return reference.find('/') != std::string::npos || reference.ends_with(".json");
}

// A model may be given by the folder that holds its config.json.
NamedFile inside_folder(NamedFile file) {
  std::error_code error;
  if (!fs::is_directory(file.path, error)) return file;
  return NamedFile{file.path / "config.json", (fs::path(file.shown) / "config.json").string()};
}

}  // namespace

const char* name_of(ConfigKind kind) { return shelf_of(kind).name; }

std::vector<std::string> shipped_names(ConfigKind kind, const fs::path& data_root) {
  const Shelf shelf = shelf_of(kind);
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entry(data_root / shelf.folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const fs::path& path = entry->path();
    std::error_code ignored;
    if (shelf.in_folders) {
      if (fs::exists(path / "config.json", ignored)) names.push_back(path.filename().string());
    } else if (path.extension() == ".json") {
      names.push_back(path.stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

sim::Result<NamedFile> find_config(ConfigKind kind, const std::string& reference,
                                   const NamedFile& from, const fs::path& data_root,
                                   const std::string& where) {
  if (is_path(reference)) {
    const NamedFile file{from.path / reference,
                         (fs::path(from.shown) / reference).lexically_normal().string()};
    return kind == ConfigKind::kModel ? inside_folder(file) : file;
  }
  const Shelf shelf = shelf_of(kind);
  const std::vector<std::string> names = shipped_names(kind, data_root);
  if (std::find(names.begin(), names.end(), reference) == names.end()) {
    return sim::input_error(
        fmt::format("there is no {} {}", shelf.name, sim::quote(reference)), where,
        fmt::format("a name without '/' and '.json' is looked up in {}", shelf.folder),
        names.empty() ? std::string("give a file")
                      : sim::did_you_mean(reference, names, std::string(shelf.name) + "s"));
  }
  const fs::path relative = shelf.in_folders ? fs::path(shelf.folder) / reference / "config.json"
                                             : fs::path(shelf.folder) / (reference + ".json");
  return NamedFile{data_root / relative, relative.string()};
}

sim::Result<Document> load_document(const NamedFile& file) {
  sim::Result<sim::FileText> text = sim::read_input_file(file.path, file.shown);
  if (!text) return tl::unexpected(text.error());
  sim::Result<sim::json::Value> value = sim::json::parse(text->text, file.shown);
  if (!value) return tl::unexpected(value.error());
  return Document{std::move(*value), std::move(text->file), file};
}

NamedFile folder_of(const NamedFile& file) {
  return NamedFile{file.path.parent_path(), fs::path(file.shown).parent_path().string()};
}

}  // namespace seqspan::profiles
