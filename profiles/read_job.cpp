#include "profiles/read_job.hpp"

#include <fmt/format.h>

#include <optional>

#include "profiles/read_lengths.hpp"
#include "profiles/reference.hpp"
#include "profiles/resolve.hpp"
#include "sim/spec/decode/job.hpp"
#include "sim/spec/json/parse.hpp"
#include "sim/spec/read_model.hpp"
#include "sim/spec/settings.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::profiles {
namespace {

namespace fs = std::filesystem;
using sim::Result;
using sim::Setting;
using sim::json::Kind;
using sim::json::Value;

enum class Stage { kReferences, kParts, kRest };

// When a setting can take effect: after the documents that it reaches into have been read.
Stage stage_of(const Setting& setting) {
  const std::vector<std::string>& path = setting.path;
  const bool inside = path.size() > 1 && (path[0] == "model" || path[0] == "cluster");
  if (!inside) return Stage::kReferences;
  const bool part =
      path[0] == "cluster" && (path[1] == "device" || path[1] == "fabric" || path[1] == "measured");
  return part && path.size() == 2 ? Stage::kParts : Stage::kRest;
}

Result<void> apply(Value& document, const std::vector<Setting>& settings, Stage stage) {
  for (const Setting& setting : settings) {
    if (stage_of(setting) != stage) continue;
    if (Result<void> ok = sim::apply_setting(document, setting); !ok) return ok;
  }
  return {};
}

Result<std::vector<Setting>> parse_all(const std::vector<std::string>& texts) {
  std::vector<Setting> settings;
  for (const std::string& text : texts) {
    Result<Setting> setting = sim::parse_setting(text);
    if (!setting) return tl::unexpected(setting.error());
    settings.push_back(std::move(*setting));
  }
  return settings;
}

// Reads everything that the document names, and applies the settings on the way.
Result<void> complete(Value& document, const NamedFile& folder, Resolver& resolver,
                      const std::vector<Setting>& settings) {
  if (Result<void> ok = apply(document, settings, Stage::kReferences); !ok) return ok;
  const Result<NamedFile> model =
      resolver.inline_member(document, "model", ConfigKind::kModel, folder, {});
  if (!model) return tl::unexpected(model.error());
  const Result<NamedFile> cluster_folder =
      resolver.inline_member(document, "cluster", ConfigKind::kCluster, folder, {});
  if (!cluster_folder) return tl::unexpected(cluster_folder.error());
  if (Result<void> ok = apply(document, settings, Stage::kParts); !ok) return ok;
  if (Value* cluster = document.find("cluster"); cluster != nullptr) {
    Result<void> ok = resolver.inline_parts(*cluster, *cluster_folder, "cluster");
    if (!ok) return ok;
  }
  return apply(document, settings, Stage::kRest);
}

// Rows cannot be filled of documents that hardly ever come.
Result<void> check_dropped(const sim::Job& job, const Value& document) {
  constexpr double kLeast = 1e-4;
  const std::optional<sim::Documents>& documents = job.training.documents;
  if (!documents || documents->too_long != sim::TooLong::kDrop) return {};
  const std::int64_t row = job.training.sequence_length;
  if (sim::share_up_to(documents->lengths, row) >= kLeast) return {};
  const Value& too_long = *document.find("training")->find("documents")->find("too_long");
  return sim::input_error(
      "too_long=drop drops nearly all documents",
      sim::json::where(too_long.place, "training.documents.too_long"),
      fmt::format("rows have {} tokens, and fewer than one document in 10,000 is that short",
                  sim::format_count(row)),
      "set training.documents.too_long to cut, or make sequences longer");
}

Result<sim::Job> decode(Value& document, const NamedFile& folder, Resolver& resolver,
                        const std::vector<std::string>& texts) {
  // Settings reach into objects only; the decoder says what else is wrong with the document.
  const Result<std::vector<Setting>> settings = parse_all(texts);
  if (!settings) return tl::unexpected(settings.error());
  if (document.kind == Kind::kObject) {
    Result<void> ok = complete(document, folder, resolver, *settings);
    if (!ok) return tl::unexpected(ok.error());
  }
  const std::string& model_file = resolver.model_file();
  const std::string model_name = model_file.empty() ? "model" : sim::model_name_from(model_file);
  Result<sim::Job> job = sim::decode_job(document, model_name);
  if (!job) return job;
  if (Result<void> ok = resolver.use_measurements(job->cluster); !ok) {
    return tl::unexpected(ok.error());
  }
  const auto lengths = read_lengths(*job, document, folder);
  if (!lengths) return tl::unexpected(lengths.error());
  if (*lengths) resolver.add_input(**lengths);
  if (Result<void> ok = check_dropped(*job, document); !ok) return tl::unexpected(ok.error());
  sim::Training& training = job->training;
  if (training.documents &&
      sim::is_one_document_per_row(*training.documents, training.sequence_length)) {
    training.documents.reset();
  }
  job->inputs = resolver.inputs();
  return job;
}

Value option(const char* flag, std::string text) {
  sim::json::Place place{std::make_shared<const std::string>(flag), 0, 0};
  // Numbers are numbers on the command line too; everything else is text.
  Result<Value> value = sim::json::parse(text, flag);
  if (value && value->kind == Kind::kInteger) {
    value->place = std::move(place);
    return std::move(*value);
  }
  return sim::json::make_text(std::move(text), std::move(place));
}

}  // namespace

Result<sim::Job> read_job(const std::string& path, const fs::path& data_root,
                          const std::vector<std::string>& settings) {
  const NamedFile file{path, path};
  Result<Document> document = load_document(file);
  if (!document) return tl::unexpected(document.error());
  Resolver resolver(data_root);
  resolver.add_input(std::move(document->file));
  Result<sim::Job> job = decode(document->value, folder_of(file), resolver, settings);
  if (job && job->name.empty()) job->name = fs::path(path).stem().string();
  if (job && job->cluster.name.empty()) job->cluster.name = "cluster";
  return job;
}

Result<sim::Job> make_job(const JobOptions& options, const fs::path& data_root) {
  const auto origin = std::make_shared<const std::string>("the command line");
  const sim::json::Place place{origin, 0, 0};
  Value document = sim::json::make_object(place);
  const auto text = [](const char* flag, const std::string& value) {
    return sim::json::make_text(value,
                                sim::json::Place{std::make_shared<const std::string>(flag), 0, 0});
  };
  sim::json::set_member(document, "model", text("--model", options.model));
  sim::json::set_member(document, "cluster", text("--cluster", options.cluster));
  if (options.framework) {
    sim::json::set_member(document, "framework", text("--framework", *options.framework));
  }
  Value training = sim::json::make_object(place);
  if (options.sequence_length) {
    sim::json::set_member(training, "sequence_length",
                          option("--sequence-length", *options.sequence_length));
  }
  if (options.global_batch_size) {
    sim::json::set_member(training, "global_batch_size",
                          option("--global-batch-size", *options.global_batch_size));
  }
  sim::json::set_member(document, "training", std::move(training));
  Resolver resolver(data_root);
  Result<sim::Job> job = decode(document, {}, resolver, options.settings);
  if (!job) return job;
  if (job->cluster.name.empty()) job->cluster.name = options.cluster;
  if (job->name.empty()) job->name = job->model.name + " on " + job->cluster.name;
  return job;
}

}  // namespace seqspan::profiles
