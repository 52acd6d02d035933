#include "profiles/replay/published/methods.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "profiles/replay/published/hardware.hpp"
#include "profiles/replay/published/model.hpp"
#include "profiles/replay/published/row_parts.hpp"
#include "profiles/replay/published/software.hpp"
#include "profiles/replay/published/words.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::profiles::published {
namespace {

using sim::Result;

enum class MethodKind : std::uint8_t { kSingle, kUlysses, kRing, kHybrid };

struct Method {
  const char* name;  // small letters and digits
  const char* framework;
  MethodKind kind;
  const char* options;  // of the layout
  const char* assumption;
};

constexpr const char* kUlyssesText =
    "Ulysses repeats KV heads up to its degree, as DeepSpeed's ALST does";
constexpr const char* kTe = "ring and all-gather of keys and values are TransformerEngine's";
constexpr const char* kHybridText =
    "usp and loongtrain are yunchang's hybrid, with Ulysses inside a node";

constexpr Method kMethods[] = {
    {"single", "yunchang", MethodKind::kSingle, "", ""},
    {"ulysses", "deepspeed", MethodKind::kUlysses, "", kUlyssesText},
    {"ringp2p", "megatron", MethodKind::kRing, "", kTe},
    {"ringallgather", "megatron", MethodKind::kRing, ",kv_exchange=all_gather", kTe},
    {"allgather", "megatron", MethodKind::kRing, ",kv_exchange=all_gather", kTe},
    {"usp", "yunchang", MethodKind::kHybrid, "", kHybridText},
    {"loongtrain", "yunchang", MethodKind::kHybrid, "", kHybridText},
    {"ring", "yunchang", MethodKind::kRing, ",ring_order=contiguous", ""},
    {"zigzag", "yunchang", MethodKind::kRing, ",ring_order=zigzag", ""},
    {"stripe", "yunchang", MethodKind::kRing, ",ring_order=striped", ""},
    {"striped", "yunchang", MethodKind::kRing, ",ring_order=striped", ""},
};

const Method* method_of(const std::string& name) {
  for (const Method& method : kMethods) {
    if (plain(name) == method.name) return &method;
  }
  return nullptr;
}

std::string method_layout(const Method& method, std::int64_t gpus, std::int64_t per_node) {
  std::int64_t ulysses = 1;
  if (method.kind == MethodKind::kUlysses) ulysses = gpus;
  if (method.kind == MethodKind::kHybrid) ulysses = std::min(gpus, per_node);
  const std::int64_t ring = gpus / ulysses;
  std::string layout;
  if (ulysses > 1) layout += fmt::format("ulysses={},", ulysses);
  if (ring > 1) layout += fmt::format("ring={}{},", ring, method.options);
  return layout + "dp=1,micro_batch=1";
}

// Of the GPU by its name, or of all.
std::optional<std::int64_t> tokens_of(const JobFacts& job) {
  for (const auto& [name, tokens] : job.tokens_per_gpu) {
    if (name.empty() || has_word(job.gpu, lower(name))) return tokens;
  }
  return std::nullopt;
}

// "full", "causal", or empty where it is another.
std::string mask_of(const JobFacts& job) {
  if (job.mask.empty()) return job.causal.value_or(true) ? "causal" : "full";
  const std::string mask = lower(job.mask);
  return mask == "full" || mask == "causal" ? mask : "";
}

}  // namespace

Result<ReplayRow> row_of_method(const FileFacts& file, const RowFacts& facts,
                                const std::string& name, std::int64_t gpus,
                                const std::filesystem::path& data_root,
                                std::vector<std::string>& assumptions) {
  const JobFacts& job = facts.job;
  const Method* method = method_of(name);
  if (method == nullptr) {
    return sim::input_error(fmt::format("method {} is not modelled", sim::quote(name)));
  }
  if (method->kind == MethodKind::kSingle) gpus = 1;
  const std::string mask = mask_of(job);
  if (mask.empty()) {
    return sim::input_error(
        fmt::format("mask {} is not modelled: full and causal are", sim::quote(job.mask)));
  }
  const auto gpu = find_gpu(job.gpu);
  if (!gpu) return tl::unexpected(gpu.error());
  const std::int64_t per_node = file.gpus_per_node.value_or(8);
  const auto cluster = cluster_settings(**gpu, gpus, per_node);
  if (!cluster) return tl::unexpected(cluster.error());
  const auto tokens = tokens_of(job);
  if (!tokens && !job.sequence_length) {
    return sim::input_error("the file does not say how many tokens a GPU or a sequence has");
  }
  const auto model = choose_model(job, {}, file.notes, data_root);
  if (!model) return tl::unexpected(model.error());
  const SoftwareChoice software =
      choose_software(file, job, (*gpu)->cluster, method->framework, false);
  ReplayRow row;
  row.where = facts.where;
  row.sequence_length = tokens ? *tokens * gpus : *job.sequence_length;
  row.global_batch_size = job.local_batch.value_or(job.global_batch_size.value_or(1));
  row.layout = method_layout(*method, gpus, per_node);
  row.group = fmt::format("{}, {} mask, {} GPU{}, {} tokens", job.gpu, mask, gpus,
                          gpus > 1 ? "s" : "", tokens_text(row.sequence_length));
  row.settings = model->settings;
  append(row.settings, *cluster);
  row.settings.push_back(fmt::format("framework={}", method->framework));
  row.settings.emplace_back("training.scope=attention");
  row.settings.push_back("training.mask=" + mask);
  append(row.settings, software.settings);
  if (*method->assumption != '\0') add_once(assumptions, method->assumption);
  add_all(assumptions, software.assumptions);
  if (gpus > per_node) {
    const LinkChoice links = links_of(**gpu, file, per_node);
    append(row.settings, links.settings);
    if (!links.assumption.empty()) add_once(assumptions, links.assumption);
  }
  return row;
}

}  // namespace seqspan::profiles::published
