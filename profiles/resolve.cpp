#include "profiles/resolve.hpp"

#include <algorithm>

namespace seqspan::profiles {

using sim::Result;
using sim::json::Kind;
using sim::json::Value;

Result<NamedFile> Resolver::inline_member(Value& object, const std::string& key, ConfigKind kind,
                                          const NamedFile& from, const std::string& path) {
  Value* member = object.find(key);
  if (member == nullptr || member->kind != Kind::kText) return from;
  const NamedFile start = member->place.on_command_line() ? NamedFile{} : from;
  const std::string where = sim::json::where(member->place, sim::json::join(path, key));
  const Result<NamedFile> file = find_config(kind, member->text, start, data_root_, where);
  if (!file) return tl::unexpected(file.error());
  Result<Document> document = load_document(*file);
  if (!document) {
    sim::Error error = document.error();
    // A missing file is the fault of who names it.
    if (error.why.empty()) error.why = "it is named at " + where;
    return tl::unexpected(std::move(error));
  }
  add_input(std::move(document->file));
  if (kind == ConfigKind::kModel) model_file_ = file->shown;
  *member = std::move(document->value);
  return folder_of(*file);
}

Result<void> Resolver::inline_parts(Value& cluster, const NamedFile& from,
                                    const std::string& path) {
  Result<NamedFile> device = inline_member(cluster, "device", ConfigKind::kDevice, from, path);
  if (!device) return tl::unexpected(device.error());
  Result<NamedFile> fabric = inline_member(cluster, "fabric", ConfigKind::kFabric, from, path);
  if (!fabric) return tl::unexpected(fabric.error());
  return {};
}

void Resolver::add_input(sim::InputFile file) {
  if (std::find(inputs_.begin(), inputs_.end(), file) == inputs_.end()) {
    inputs_.push_back(std::move(file));
  }
}

}  // namespace seqspan::profiles
