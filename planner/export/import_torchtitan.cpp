#include <fmt/format.h>

#include <array>
#include <cctype>
#include <string_view>

#include "planner/export/import_parts.hpp"

namespace seqspan::planner {
namespace {

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\"'");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\"'") - first + 1));
}

// "section.key = value" of every line; comments are dropped.
GivenValues keys_of(std::string_view text, const std::string& source) {
  GivenValues keys(source, "");
  std::string section;
  int line = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view row = text.substr(at, end - at);
    row = row.substr(0, row.find('#'));
    at = end + 1;
    ++line;
    const std::size_t open = row.find('[');
    const std::size_t equals = row.find('=');
    if (open != std::string_view::npos && (equals == std::string_view::npos || open < equals)) {
      section = trimmed(row.substr(open + 1, row.find(']') - open - 1));
    } else if (equals != std::string_view::npos) {
      keys.put(section + "." + trimmed(row.substr(0, equals)), trimmed(row.substr(equals + 1)),
               line);
    }
  }
  return keys;
}

struct Schedule {
  std::string_view name;
  bool is_single = false;           // one chunk of each stage
  std::string_view taken_for = {};  // where it is not modelled itself
};

// Names of torch.distributed.pipelining.schedules get_schedule_class, in any case.
constexpr std::array kSchedules = {
    Schedule{"1F1B", true},
    Schedule{"Interleaved1F1B"},
    Schedule{"GPipe", true, "1F1B"},
    Schedule{"LoopedBFS", false, "Interleaved1F1B"},
    Schedule{"InterleavedZeroBubble", false, "Interleaved1F1B"},
    Schedule{"ZBVZeroBubble", false, "Interleaved1F1B"},
    Schedule{"DualPipeV", false, "Interleaved1F1B"},
    Schedule{"PipelineScheduleSingle", true, "1F1B"},
    Schedule{"PipelineScheduleMulti", false, "Interleaved1F1B"},
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

sim::Result<Schedule> schedule_of(const GivenValues& keys, Imported& imported) {
  const char* const name = "parallelism.pipeline_parallel_schedule";
  if (!keys.has(name)) return kSchedules.front();
  for (const Schedule& schedule : kSchedules) {
    if (lower(schedule.name) != lower(keys.text(name))) continue;
    if (!schedule.taken_for.empty()) {
      imported.warnings.push_back(fmt::format("{}: {} is not modelled: taken for {}",
                                              keys.place(name), schedule.name, schedule.taken_for));
    }
    return schedule;
  }
  std::string names;
  for (const Schedule& schedule : kSchedules) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", schedule.name);
  }
  return keys.wrong(name, fmt::format("unknown schedule {}", sim::quote(keys.text(name))),
                    "one of " + names);
}

// Chunks of a stage. Schedules of one (PipelineScheduleSingle of torch.distributed.pipelining) have
// one; the others two unless pipeline_parallel_layers_per_stage N is given, and then as many as
// layers of N make. How many layers there are is not in the file (torchtitan
// distributed/pipeline_parallel.py).
sim::Result<void> read_chunks(const GivenValues& keys, std::int64_t pp, LayoutWords& words,
                              Imported& imported) {
  if (pp == 1) return {};
  const auto schedule = schedule_of(keys, imported);
  if (!schedule) return tl::unexpected(schedule.error());
  if (schedule->is_single) return {};
  const char* const name = "parallelism.pipeline_parallel_layers_per_stage";
  if (!keys.has(name)) {
    words.degree("vpp", 2);
    return {};
  }
  const auto layers = keys.count(name, 1);
  if (!layers) return tl::unexpected(layers.error());
  std::int64_t more = 0;  // what the embedding and the loss count as, 1 each unless it is said
  for (const char* less : {"parallelism.pipeline_parallel_first_stage_less_layers",
                           "parallelism.pipeline_parallel_last_stage_less_layers"}) {
    if (keys.text(less) == "0") continue;
    const auto counted = keys.count(less, 1);
    if (!counted) return tl::unexpected(counted.error());
    more += *counted;
  }
  imported.warnings.push_back(fmt::format(
      "{}: add vpp, the chunks of a stage: of a model of L layers ceil((L + {}) / {}) / {}",
      keys.place(name), more, *layers, pp));
  return {};
}

// How it computes beside the layout.
void read_computing(const GivenValues& keys, Imported& imported) {
  if (keys.has("compile.enable")) {
    imported.settings.push_back(
        fmt::format("training.compile={}", keys.text("compile.enable") == "true"));
  }
  if (keys.text("activation_checkpoint.early_stop") == "true") {
    imported.settings.emplace_back("training.recompute_early_stop=true");
  }
  if (keys.text("training.mixed_precision_reduce") == "bfloat16") {
    imported.settings.emplace_back("training.bf16_gradient_reduction=true");
  }
  if (keys.has("optimizer.implementation") && keys.text("optimizer.implementation") != "fused") {
    imported.settings.emplace_back("training.fused_optimizer=false");
  }
}

}  // namespace

sim::Result<Imported> import_torchtitan(std::string_view text, const std::string& source) {
  const GivenValues keys = keys_of(text, source);
  Imported imported;
  imported.framework = sim::Framework::kTorchTitan;
  LayoutWords words;
  const auto degree = [&](const char* key, const char* name) -> sim::Result<void> {
    const auto value = keys.count(std::string("parallelism.") + name, 1);
    if (!value) return tl::unexpected(value.error());
    words.degree(key, *value);
    return {};
  };
  for (const auto& [key, name] :
       {std::pair{"tp", "tensor_parallel_degree"}, std::pair{"ring", "context_parallel_degree"},
        std::pair{"pp", "pipeline_parallel_degree"}, std::pair{"ep", "expert_parallel_degree"}}) {
    if (auto read = degree(key, name); !read) return tl::unexpected(read.error());
  }
  const auto replicas = keys.count("parallelism.data_parallel_replicate_degree", 1);
  if (!replicas) return tl::unexpected(replicas.error());
  if (*replicas > 1) {
    return keys.wrong("parallelism.data_parallel_replicate_degree",
                      "parameters are replicated beside being sharded",
                      "hybrid sharding (HSDP) is not modelled: 1");
  }
  const auto pp = keys.count("parallelism.pipeline_parallel_degree", 1);
  const char* const micro_batch =
      *pp > 1 ? "parallelism.pipeline_parallel_microbatch_size" : "training.local_batch_size";
  const auto batch = keys.count(micro_batch, 1);
  if (!batch) return tl::unexpected(batch.error());
  words.degree("micro_batch", *batch);
  const std::string balancer = keys.text("parallelism.context_parallel_load_balancer");
  const auto cp = keys.count("parallelism.context_parallel_degree", 1);
  if (*cp > 1 && (balancer == "none" || balancer == "None")) {
    words.word("ring_order", "contiguous");
  } else if (balancer == "ptrr") {
    imported.warnings.emplace_back("context_parallel_load_balancer ptrr is taken for headtail");
  }
  const std::string mode = keys.text("activation_checkpoint.mode");
  if (mode == "full" || mode == "selective") words.word("recompute", mode);
  const char* const option = "activation_checkpoint.selective_ac_option";
  if (mode == "selective" && keys.has(option) && keys.text(option) != "op") {
    imported.warnings.push_back(fmt::format(
        "{}: every {}-th layer is not modelled: taken for \"op\", every second product of each",
        keys.place(option), keys.text(option)));
  }
  if (auto read = read_chunks(keys, *pp, words, imported); !read) {
    return tl::unexpected(read.error());
  }
  const char* const less = "parallelism.pipeline_parallel_first_stage_less_layers";
  if (*pp > 1 && !keys.has(less)) {
    imported.warnings.emplace_back(
        "torchtitan gives the first and the last stage a layer less each unless "
        "pipeline_parallel_first_stage_less_layers and _last_ are 0; seqspan does where the layers "
        "do not divide");
  }
  imported.layout = words.text();
  for (const auto& [field, name] : {std::pair{"sequence_length", "training.seq_len"},
                                    std::pair{"global_batch_size", "training.global_batch_size"}}) {
    if (!keys.has(name) || keys.text(name) == "-1") continue;
    const auto value = keys.count(name, 1);
    if (!value) return tl::unexpected(value.error());
    imported.settings.push_back(fmt::format("training.{}={}", field, *value));
  }
  const std::string float8 = "quantize.linear.float8";
  if (keys.text("model.converters").find(float8) != std::string::npos) {
    imported.settings.emplace_back("training.linear_precision=fp8");
    const bool rows = keys.text(float8 + ".recipe_name").find("rowwise") != std::string::npos;
    imported.settings.push_back(
        fmt::format("training.fp8_recipe={}", rows ? "rowwise" : "tensorwise"));
    if (keys.text(float8 + ".enable_fsdp_float8_all_gather") == "true") {
      imported.settings.emplace_back("training.fp8_all_gather=true");
    }
  }
  read_computing(keys, imported);
  if (keys.text("parallelism.enable_async_tensor_parallel") == "true") {
    imported.settings.emplace_back("training.overlap_tensor_parallel=true");
  }
  return imported;
}

sim::Result<Imported> import_any(std::string_view text, const std::string& source) {
  const bool is_toml = text.find("[parallelism]") != std::string_view::npos ||
                       text.find("[training]") != std::string_view::npos;
  return is_toml ? import_torchtitan(text, source) : import_megatron(text, source);
}

}  // namespace seqspan::planner
