#include "profiles/replay/published/translate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "profiles/replay/published/attention_rows.hpp"
#include "profiles/replay/published/degrees.hpp"
#include "profiles/replay/published/format.hpp"
#include "profiles/replay/published/hardware.hpp"
#include "profiles/replay/published/job_facts.hpp"
#include "profiles/replay/published/layout.hpp"
#include "profiles/replay/published/measured.hpp"
#include "profiles/replay/published/model.hpp"
#include "profiles/replay/published/out_of_memory.hpp"
#include "profiles/replay/published/parts.hpp"
#include "profiles/replay/published/row_parts.hpp"
#include "profiles/replay/published/software.hpp"
#include "profiles/replay/published/words.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::profiles::published {
namespace {

using sim::Result;

constexpr std::int64_t kGpusOfANode = 8;  // HGX machines, where a file does not say

// What tells the rows of a file apart besides tokens and batch: parts of the names of groups.
struct Variety {
  bool models = false;
  bool gpus = false;
  bool counts = false;
};

std::string model_text(const JobFacts& job) {
  const auto layers = job.dimensions.find("layers");
  if (layers == job.dimensions.end()) return job.model;
  return fmt::format("{}, {} layers", job.model, layers->second);
}

// ", float8, compiled": what rows of one layout differ in.
std::string variant_text(const JobFacts& job) {
  std::string text;
  if (!job.variant.empty()) text += ", " + job.variant;
  if (job.float8.value_or(false)) text += ", float8";
  if (job.compile) text += *job.compile ? ", compiled" : ", not compiled";
  return text;
}

std::string count_text(const JobFacts& job) {
  return job.gpus.size() == 1 ? fmt::format("{} GPUs", job.gpus.front()) : std::string();
}

Variety variety_of(const FileFacts& file) {
  std::set<std::string> models;
  std::set<std::string> gpus;
  std::set<std::string> counts;
  for (const RowFacts& row : file.rows) {
    models.insert(model_text(row.job));
    gpus.insert(row.job.gpu);
    counts.insert(count_text(row.job));
  }
  return {models.size() > 1, gpus.size() > 1, counts.size() > 1};
}

std::string group_of(const RowFacts& facts, const ReplayRow& row, const Variety& variety) {
  std::string group;
  if (variety.models) group += model_text(facts.job) + ", ";
  if (variety.gpus) group += facts.job.gpu + ", ";
  if (variety.counts && !count_text(facts.job).empty()) group += count_text(facts.job) + ", ";
  return group + fmt::format("{} tokens, batch {}{}", tokens_text(row.sequence_length),
                             row.global_batch_size, variant_text(facts.job));
}

// What all columns of a row share.
struct RowParts {
  const GpuFacts* gpu = nullptr;
  SoftwareChoice software;
  ModelChoice model;
};

Result<RowParts> parts_of(const FileFacts& file, const RowFacts& facts,
                          const std::filesystem::path& data_root) {
  RowParts parts;
  const auto gpu = find_gpu(facts.job.gpu);
  if (!gpu) return tl::unexpected(gpu.error());
  parts.gpu = *gpu;
  if (!facts.job.sequence_length) {
    return sim::input_error("the row does not say how long its sequences are");
  }
  const auto as_run = file.dimensions_as_run.find(facts.job.model);
  auto model =
      choose_model(facts.job,
                   as_run == file.dimensions_as_run.end() ? std::map<std::string, std::int64_t>()
                                                          : as_run->second,
                   file.notes, data_root);
  if (!model) return tl::unexpected(model.error());
  parts.model = *std::move(model);
  JobFacts job = facts.job;
  if (!facts.layout.context_parallel.empty()) {
    job.context_parallel = facts.layout.context_parallel;
  }
  parts.software = choose_software(file, job, parts.gpu->cluster, {}, has_cp(facts.layout));
  return parts;
}

FigureRules rules_of(const FileFacts& file, const RowParts& parts, std::int64_t gpus) {
  FigureRules rules;
  rules.full_square = parts.software.counts_full_square;
  rules.peak_is_reserved = parts.software.peak_is_reserved;
  rules.gpus = gpus;
  rules.peak_tflops = parts.gpu->peak_tflops;
  for (const auto& [key, text] : file.notes) {
    if (const auto peak = number_after(text, "peak of"); peak && *peak > 0) {
      rules.peak_tflops = static_cast<double>(*peak);
    }
  }
  return rules;
}

// Rows of a step: one, or one for each column of the publication's table.
Result<std::vector<ReplayRow>> rows_of(const FileFacts& file, const RowFacts& facts,
                                       const Variety& variety,
                                       const std::filesystem::path& data_root,
                                       std::vector<std::string>& assumptions) {
  const auto parts = parts_of(file, facts, data_root);
  if (!parts) return tl::unexpected(parts.error());
  const std::int64_t per_node = file.gpus_per_node.value_or(kGpusOfANode);
  std::vector<std::string> said;
  const auto degrees = degrees_of(facts, parts->software, per_node, said);
  if (!degrees) return tl::unexpected(degrees.error());
  const std::vector<Column> columns =
      columns_of(facts.measured, rules_of(file, *parts, degrees->gpus), said);
  if (columns.empty()) return sim::input_error("nothing was measured that can be compared");
  std::vector<ReplayRow> rows;
  for (const Column& column : columns) {
    const auto layout = layout_of(facts, parts->software, per_node, column, said);
    if (!layout) return tl::unexpected(layout.error());
    const auto cluster = cluster_settings(*parts->gpu, layout->degrees.gpus, per_node);
    if (!cluster) return tl::unexpected(cluster.error());
    ReplayRow row;
    row.where = facts.where;
    row.sequence_length = *facts.job.sequence_length;
    row.global_batch_size = layout->global_batch_size;
    row.layout = layout->layout;
    row.measured = column.measured;
    if (!row.measured.out_of_memory) row.smaller_layout = layout->smaller_layout;
    row.group = row.measured.out_of_memory ? "out of memory" : group_of(facts, row, variety);
    row.settings = parts->model.settings;
    append(row.settings, *cluster);
    row.settings.push_back("framework=" + parts->software.framework);
    append(row.settings, parts->software.settings);
    append(row.settings, layout->settings);
    if (facts.job.compile) {
      row.settings.push_back(fmt::format("training.compile={}", *facts.job.compile));
    }
    const std::string inner = inner_links_text(*parts->gpu, file.intra_node);
    if (!inner.empty()) said.push_back(inner);
    if (layout->degrees.gpus > per_node) {
      const LinkChoice links = links_of(*parts->gpu, file, per_node);
      append(row.settings, links.settings);
      if (!links.assumption.empty()) said.push_back(links.assumption);
    }
    rows.push_back(std::move(row));
  }
  add_all(assumptions, parts->model.assumptions);
  add_all(assumptions, parts->software.assumptions);
  add_all(assumptions, said);
  return rows;
}

ReplayRow left_out(const RowFacts& facts, const std::string& why) {
  ReplayRow row;
  row.where = facts.where;
  row.group = "left out";
  row.sequence_length = facts.job.sequence_length.value_or(0);
  row.global_batch_size = facts.job.global_batch_size.value_or(0);
  row.layout = facts.layout_as_written;
  row.left_out = why;
  return row;
}

void add_step_rows(const FileFacts& file, const std::filesystem::path& data_root,
                   ReplayCase& target) {
  const Variety variety = variety_of(file);
  const auto add = [&](const RowFacts& facts) {
    if (!facts.left_out.empty()) {
      target.rows.push_back(left_out(facts, facts.left_out));
      return;
    }
    auto rows = rows_of(file, facts, variety, data_root, target.assumptions);
    if (!rows) {
      target.rows.push_back(left_out(facts, rows.error().what));
      return;
    }
    target.rows.insert(target.rows.end(), rows->begin(), rows->end());
  };
  for (const RowFacts& facts : file.rows) add(facts);
  if (file.rows.empty()) return;
  const auto model = choose_model(file.rows.front().job, {}, file.notes, data_root);
  const std::int64_t kv_heads = model ? model->kv_heads : 1;
  for (const RowFacts& facts : out_of_memory_rows(file, kv_heads, target.assumptions)) add(facts);
}

// What every case has, of the first row that has it; rows set their own.
void set_defaults(const FileFacts& file, ReplayCase& target) {
  target.source = file.source;
  for (const ReplayRow& row : target.rows) {
    if (!row.left_out.empty()) continue;
    const auto value_of = [&row](const std::string& key) {
      for (const std::string& setting : row.settings) {
        if (setting.starts_with(key)) return setting.substr(key.size());
      }
      return std::string();
    };
    target.model = value_of("model=");
    target.cluster = value_of("cluster=");
    target.framework = value_of("framework=");
    return;
  }
}

// Texts of the setup that are fields of a job as well.
bool is_read(const std::string& key) {
  const auto& fields = job_table().facts().fields;
  return std::any_of(fields.begin(), fields.end(), [&key](const sim::json::FieldFacts& field) {
    return key.substr(key.rfind('.') + 1) == field.name;
  });
}

}  // namespace

Result<ReplayCase> translate(const sim::json::Value& document, const std::string& name,
                             const std::filesystem::path& data_root) {
  const auto file = read_facts(document);
  if (!file) return tl::unexpected(file.error());
  ReplayCase result;
  result.name = name;
  result.translated = true;
  if (is_of_attention(*file)) {
    add_attention_rows(*file, data_root, result);
    for (const std::string& fact : file->facts) {
      add_once(result.assumptions, fmt::format("fact {} is not read", sim::quote(fact)));
    }
  } else {
    add_step_rows(*file, data_root, result);
  }
  for (const auto& [key, text] : file->notes) {
    if (is_usual_note(key.substr(key.rfind('.') + 1)) || is_read(key)) continue;
    add_once(result.assumptions, fmt::format("'{}' is not read: {}", key, sim::quote(text)));
  }
  const auto kept = std::find_if(result.rows.begin(), result.rows.end(),
                                 [](const ReplayRow& row) { return row.left_out.empty(); });
  if (kept == result.rows.end()) {
    const sim::json::Value& rows = *document.find("rows");
    if (result.rows.empty()) {
      return sim::input_error("the file has no rows", sim::json::where(rows.place, "rows"),
                              "there is nothing to compare");
    }
    return sim::input_error("no row can be compared", result.rows.front().where,
                            result.rows.front().left_out,
                            "docs/formats/published.md says what is read; a replay case can say it "
                            "in our own words");
  }
  set_defaults(*file, result);
  return result;
}

}  // namespace seqspan::profiles::published
