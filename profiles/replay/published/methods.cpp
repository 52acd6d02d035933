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

// Figures of one row, method and number of GPUs.
struct Point {
  const RowFacts& row;
  const std::string& method;
  std::int64_t gpus = 1;
  double value = 0;
  bool of_iterations = false;
};

// Everything but what was measured.
Result<ReplayRow> row_of(const Point& point, const FileFacts& file,
                         const std::filesystem::path& data_root,
                         std::vector<std::string>& assumptions) {
  const JobFacts& job = point.row.job;
  const Method* method = method_of(point.method);
  if (method == nullptr) {
    return sim::input_error(fmt::format("method {} is not modelled", sim::quote(point.method)));
  }
  const std::string mask = mask_of(job);
  if (mask.empty()) {
    return sim::input_error(
        fmt::format("mask {} is not modelled: full and causal are", sim::quote(job.mask)));
  }
  const auto gpu = find_gpu(job.gpu);
  if (!gpu) return tl::unexpected(gpu.error());
  const std::int64_t per_node = file.gpus_per_node.value_or(8);
  const auto cluster = cluster_settings(**gpu, point.gpus, per_node);
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
  row.where = point.row.where;
  row.sequence_length = tokens ? *tokens * point.gpus : *job.sequence_length;
  row.global_batch_size = job.local_batch.value_or(job.global_batch_size.value_or(1));
  row.layout = method_layout(*method, point.gpus, per_node);
  row.group = fmt::format("{}, {} mask, {} GPU{}, {} tokens", job.gpu, mask, point.gpus,
                          point.gpus > 1 ? "s" : "", tokens_text(row.sequence_length));
  row.settings = model->settings;
  add_all(row.settings, *cluster);
  row.settings.push_back(fmt::format("framework={}", method->framework));
  row.settings.emplace_back("training.scope=attention");
  row.settings.push_back("training.mask=" + mask);
  add_all(row.settings, software.settings);
  if (*method->assumption != '\0') add_once(assumptions, method->assumption);
  add_all(assumptions, software.assumptions);
  if (point.gpus > per_node) {
    const LinkChoice links = links_of(**gpu, file, per_node);
    add_all(row.settings, links.settings);
    if (!links.assumption.empty()) add_once(assumptions, links.assumption);
  }
  return row;
}

// False: the pass has no such figure.
bool measure(const Point& point, ReplayMeasured& measured) {
  const std::string pass = plain(point.row.pass);
  const bool forward = pass == "fwd" || pass == "forward";
  const bool backward = pass == "bwd" || pass == "backward";
  const bool both = pass == "fwdbwd" || pass == "forwardbackward" || pass.empty();
  if (point.of_iterations) {
    if (forward) measured.forward_iterations_per_second = point.value;
    if (both) measured.iterations_per_second = point.value;
    return forward || both;
  }
  if (forward) measured.attention_forward_tflops = point.value;
  if (backward) measured.attention_backward_tflops = point.value;
  if (both) measured.tflops_per_gpu = point.value;
  return forward || backward || both;
}

ReplayRow left_out(const RowFacts& facts, const std::string& method, const std::string& why) {
  ReplayRow row;
  row.where = facts.where;
  row.group = "left out";
  row.layout = method;
  row.left_out = why;
  return row;
}

void add_point(const Point& point, const FileFacts& file, const std::filesystem::path& data_root,
               std::vector<std::string>& methods, ReplayCase& target) {
  auto made = row_of(point, file, data_root, target.assumptions);
  ReplayRow row;
  if (made) {
    row = *std::move(made);
  } else {
    row = left_out(point.row, point.method, made.error().what);
  }
  // What is left out for the same reason on any number of GPUs is said once.
  const bool is_known =
      std::any_of(target.rows.begin(), target.rows.end(), [&row](const ReplayRow& other) {
        return other.where == row.where && other.layout == row.layout &&
               other.left_out == row.left_out;
      });
  if (!made && is_known) return;
  // Passes of the same method are one row.
  for (std::size_t i = 0; made && i < methods.size(); ++i) {
    ReplayRow& known = target.rows[i];
    if (methods[i] == point.method && known.group == row.group && known.left_out.empty()) {
      measure(point, known.measured);
      return;
    }
  }
  if (row.left_out.empty() && !measure(point, row.measured)) {
    row.left_out = fmt::format("pass {} has no such figure", sim::quote(point.row.pass));
  }
  target.rows.push_back(std::move(row));
  methods.push_back(point.method);
}

}  // namespace

bool is_of_attention(const FileFacts& file) {
  return std::any_of(file.rows.begin(), file.rows.end(), [](const RowFacts& row) {
    return !row.tflops.empty() || !row.iterations_per_second.empty();
  });
}

void add_attention_rows(const FileFacts& file, const std::filesystem::path& data_root,
                        ReplayCase& target) {
  std::vector<std::string> methods;  // of target.rows
  for (const RowFacts& row : file.rows) {
    for (const bool of_iterations : {false, true}) {
      const MethodFigures& figures = of_iterations ? row.iterations_per_second : row.tflops;
      std::vector<std::int64_t> gpus = row.job.gpus;
      if (gpus.empty()) gpus.push_back(file.gpus_per_node.value_or(8));
      for (std::size_t i = 0; i < gpus.size(); ++i) {
        for (const auto& [method, values] : figures) {
          if (i == 0 && values.size() > gpus.size()) {
            target.rows.push_back(
                left_out(row, method, "there are more figures of it than numbers of GPUs"));
            methods.push_back(method);
            continue;
          }
          if (values.size() > gpus.size() || i >= values.size() || !values[i]) continue;
          const Method* known = method_of(method);
          const bool single = known != nullptr && known->kind == MethodKind::kSingle;
          add_point({row, method, single ? 1 : gpus[i], *values[i], of_iterations}, file, data_root,
                    methods, target);
        }
      }
    }
  }
}

}  // namespace seqspan::profiles::published
