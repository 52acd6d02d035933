#include "profiles/resolve.hpp"

#include <algorithm>

#include "profiles/fabric_profile/decode.hpp"
#include "sim/spec/json/check_field.hpp"

namespace seqspan::profiles {

using sim::Result;
using sim::json::Kind;
using sim::json::Value;

namespace {

// A missing or wrong file is the fault of who names it.
template <class T>
Result<T> named_at(Result<T> result, const std::string& where) {
  if (!result && result.error().why.empty()) result.error().why = "it is named at " + where;
  return result;
}

}  // namespace

Result<NamedFile> Resolver::inline_member(Value& object, const std::string& key, ConfigKind kind,
                                          const NamedFile& from, const std::string& path) {
  Value* member = object.find(key);
  if (member == nullptr || member->kind != Kind::kText) return from;
  const NamedFile start = member->place.on_command_line() ? NamedFile{} : from;
  const std::string where = sim::json::where(member->place, sim::json::join(path, key));
  const Result<NamedFile> file = find_config(kind, member->text, start, data_root_, where);
  if (!file) return tl::unexpected(file.error());
  Result<Document> document = named_at(load_document(*file), where);
  if (!document) return tl::unexpected(document.error());
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
  return read_measured(cluster, from, path);
}

Result<void> Resolver::read_measured(const Value& cluster, const NamedFile& from,
                                     const std::string& path) {
  const Value* member = cluster.find("measured");
  if (member == nullptr) return {};
  const std::string inner = sim::json::join(path, "measured");
  const auto name = sim::json::check_field(sim::json::text("measured", {}), *member, inner);
  if (!name) return tl::unexpected(name.error());
  const NamedFile start = member->place.on_command_line() ? NamedFile{} : from;
  const NamedFile file{start.path / name->text,
                       (std::filesystem::path(start.shown) / name->text).lexically_normal()};
  const std::string where = sim::json::where(member->place, inner);
  Result<Document> document = named_at(load_document(file), where);
  if (!document) return tl::unexpected(document.error());
  Result<FabricProfile> profile = decode_fabric_profile(document->value, {});
  if (!profile) {
    sim::Error error = profile.error();
    error.why += (error.why.empty() ? "" : "; ") + where + " names it as a fabric profile";
    return tl::unexpected(std::move(error));
  }
  add_input(std::move(document->file));
  measured_ = NamedProfile{std::move(*profile), std::move(document->value), where};
  return {};
}

Result<void> Resolver::use_measurements(sim::Cluster& cluster) const {
  if (!measured_) return {};
  return profiles::use_measurements(cluster, *measured_);
}

void Resolver::add_input(sim::InputFile file) {
  if (std::find(inputs_.begin(), inputs_.end(), file) == inputs_.end()) {
    inputs_.push_back(std::move(file));
  }
}

}  // namespace seqspan::profiles
