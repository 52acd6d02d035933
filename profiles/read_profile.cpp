#include "profiles/read_profile.hpp"

#include "profiles/reference.hpp"
#include "profiles/resolve.hpp"
#include "sim/spec/decode/cluster.hpp"
#include "sim/spec/decode/device.hpp"
#include "sim/spec/decode/link_profile.hpp"
#include "sim/spec/read_model.hpp"

namespace seqspan::profiles {
namespace {

namespace fs = std::filesystem;
using sim::Result;

Result<Document> load(ConfigKind kind, const std::string& path_or_name, const fs::path& data_root) {
  const Result<NamedFile> file = find_config(kind, path_or_name, {}, data_root, {});
  if (!file) return tl::unexpected(file.error());
  return load_document(*file);
}

}  // namespace

Result<sim::Model> read_model(const std::string& path_or_name, const fs::path& data_root) {
  const Result<NamedFile> file = find_config(ConfigKind::kModel, path_or_name, {}, data_root, {});
  if (!file) return tl::unexpected(file.error());
  return sim::read_model(file->path, file->shown);
}

Result<sim::DeviceProfile> read_device(const std::string& path_or_name, const fs::path& data_root) {
  const Result<Document> document = load(ConfigKind::kDevice, path_or_name, data_root);
  if (!document) return tl::unexpected(document.error());
  return sim::decode_device(document->value, {});
}

Result<sim::LinkProfile> read_fabric(const std::string& path_or_name, const fs::path& data_root) {
  const Result<Document> document = load(ConfigKind::kFabric, path_or_name, data_root);
  if (!document) return tl::unexpected(document.error());
  return sim::decode_link(document->value, {});
}

Result<sim::Cluster> read_cluster(const std::string& path_or_name, const fs::path& data_root) {
  Result<Document> document = load(ConfigKind::kCluster, path_or_name, data_root);
  if (!document) return tl::unexpected(document.error());
  Resolver resolver(data_root);
  const Result<void> whole =
      resolver.inline_parts(document->value, folder_of(document->source), {});
  if (!whole) return tl::unexpected(whole.error());
  Result<sim::Cluster> cluster = sim::decode_cluster(document->value, {});
  if (!cluster) return cluster;
  if (Result<void> ok = resolver.use_measurements(*cluster); !ok) {
    return tl::unexpected(ok.error());
  }
  if (cluster->name.empty()) {
    cluster->name = fs::path(document->source.shown).stem().string();
  }
  return cluster;
}

}  // namespace seqspan::profiles
