#include "profiles/replay/published/layout.hpp"

#include <fmt/format.h>

#include "profiles/replay/published/row_parts.hpp"
#include "profiles/replay/published/words.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::profiles::published {
namespace {

using sim::Result;

struct Meaning {
  const char* word;
  const char* value;
};

// "": the text says none of them.
template <std::size_t N>
std::string meaning_of(const std::string& text, const Meaning (&meanings)[N]) {
  for (const Meaning& meaning : meanings) {
    if (says(text, meaning.word)) return meaning.value;
  }
  return {};
}

constexpr Meaning kRecompute[] = {
    {"not stated", ""},         {"not said", ""}, {"unknown", ""},
    {"selective", "selective"}, {"full", "full"}, {"none", "none"},
    {"no recompute", "none"},   {"off", "none"},  {"disabled", "none"},
    {"no activation", "none"},
};
// A shipped framework's default where nothing is said.
constexpr Meaning kSharding[] = {
    {"zero-1", "optimizer"},      {"zero1", "optimizer"},
    {"zero 1", "optimizer"},      {"distributed optimizer", "optimizer"},
    {"zero-2", "gradients"},      {"zero2", "gradients"},
    {"zero 2", "gradients"},      {"zero-3", "parameters"},
    {"zero3", "parameters"},      {"zero 3", "parameters"},
    {"full_shard", "parameters"}, {"fsdp", "parameters"},
    {"optimizer", "optimizer"},   {"gradients", "gradients"},
    {"parameters", "parameters"}, {"none", "none"},
};
constexpr Meaning kOrder[] = {
    {"zigzag", "zigzag"},   {"balanced", "zigzag"}, {"contiguous", "contiguous"},
    {"striped", "striped"}, {"stripe", "striped"},
};
constexpr Meaning kExchange[] = {
    {"p2p", "p2p"},
    {"ring", "p2p"},
    {"all_gather", "all_gather"},
    {"allgather", "all_gather"},
    {"all-gather", "all_gather"},
};

struct Split {
  std::int64_t ulysses = 1;
  std::int64_t ring = 1;
  std::string kv_exchange;
};

Result<Split> split_of(const LayoutFacts& layout, const SoftwareChoice& software,
                       std::vector<std::string>& assumptions) {
  Split split;
  const std::int64_t cp = layout.cp.value_or(1);
  if (layout.ulysses || layout.ring) {
    split.ulysses = layout.ulysses.value_or(1);
    split.ring = layout.ring.value_or(1);
    if (layout.cp && cp != split.ulysses * split.ring) {
      return sim::input_error(
          fmt::format("cp is {}, but ulysses x ring is {}", cp, split.ulysses * split.ring));
    }
    return split;
  }
  if (software.context_parallel == "ulysses") {
    split.ulysses = cp;
    return split;
  }
  split.ring = cp;
  if (software.context_parallel == "all_gather") split.kv_exchange = "all_gather";
  if (cp > 1 && software.framework == "megatron" && software.context_parallel == "ring") {
    add_once(
        assumptions,
        "context parallelism is a point-to-point ring, Megatron-LM's default (cp_comm_type p2p)");
  }
  return split;
}

// GPUs of the row: what it says, or what its degrees and its batch need, or one node.
Result<std::int64_t> gpus_of(const RowFacts& row, std::int64_t shards, std::int64_t per_node,
                             std::vector<std::string>& assumptions) {
  const JobFacts& job = row.job;
  if (job.gpus.size() > 1)
    return sim::input_error("the row does not say which of the GPUs it is of");
  if (!job.gpus.empty()) return job.gpus.front();
  if (job.nodes) return *job.nodes * per_node;
  if (row.layout.fsdp) return shards * *row.layout.fsdp * row.layout.dp.value_or(1);
  if (row.layout.dp) return shards * *row.layout.dp;
  const auto per_replica = job.micro_batch_size && job.micro_batches
                               ? std::optional(*job.micro_batch_size * *job.micro_batches)
                               : job.local_batch;
  if (job.global_batch_size && per_replica && *job.global_batch_size % *per_replica == 0) {
    return shards * (*job.global_batch_size / *per_replica);
  }
  add_once(assumptions, fmt::format("one node of {} GPUs: the file does not say", per_node));
  return per_node;
}

Result<std::int64_t> dp_of(const RowFacts& row, std::int64_t gpus, std::int64_t shards,
                           std::int64_t cp, std::vector<std::string>& assumptions) {
  const LayoutFacts& layout = row.layout;
  std::optional<std::int64_t> dp = layout.dp ? layout.dp : row.job.dp;
  if (layout.fsdp) {
    const std::int64_t replicas = layout.dp.value_or(1);
    if (replicas > 1) {
      return sim::input_error("sharding inside replicas that are not sharded is not modelled");
    }
    dp = *layout.fsdp;
    // Some count the ranks of context parallelism in.
    if (*dp * shards != gpus && *dp % cp == 0 && *dp / cp * shards == gpus) {
      add_once(assumptions, "'fsdp' counts the ranks of context parallelism in");
      dp = *dp / cp;
    }
  }
  if (gpus % shards != 0) {
    return sim::input_error(
        fmt::format("tp x pp x cp is {}, of which {} GPUs are no multiple", shards, gpus));
  }
  if (dp && *dp * shards != gpus) {
    return sim::input_error(
        fmt::format("tp x pp x cp x dp is {}, but the row is of {} GPUs", *dp * shards, gpus));
  }
  return gpus / shards;
}

struct Batch {
  std::int64_t global = 0;
  std::int64_t micro = 1;
  bool whole = false;  // all of a replica's at once, as a text says
};

Result<Batch> batch_of(const RowFacts& row, std::int64_t dp,
                       std::vector<std::string>& assumptions) {
  const JobFacts& job = row.job;
  Batch batch;
  const auto micro = row.layout.micro_batch ? row.layout.micro_batch : job.micro_batch_size;
  if (job.global_batch_size) {
    batch.global = *job.global_batch_size;
  } else if (job.micro_batches) {
    if (!micro) add_once(assumptions, "micro-batches of one sequence: the file does not say");
    batch.global = *job.micro_batches * micro.value_or(1) * dp;
  } else if (job.local_batch) {
    batch.global = *job.local_batch * dp;
  } else if (micro) {
    add_once(assumptions, "a step of one micro-batch: the file does not say");
    batch.global = *micro * dp;
  } else {
    return sim::input_error("the row does not say how many sequences a step has");
  }
  if (batch.global % dp != 0) {
    return sim::input_error(fmt::format("{} sequences are no multiple of dp {}", batch.global, dp));
  }
  const std::int64_t replica = batch.global / dp;
  const std::string& accumulation = job.gradient_accumulation;
  if (micro) {
    batch.micro = *micro;
  } else if (job.micro_batches && replica % *job.micro_batches == 0) {
    batch.micro = replica / *job.micro_batches;
  } else if (has_word(accumulation, "none") || says(accumulation, "at once")) {
    batch.micro = replica;
    batch.whole = replica > 1;
  } else {
    batch.micro = 1;
    if (replica > 1) add_once(assumptions, "micro-batches of one sequence: the file does not say");
  }
  if (replica % batch.micro != 0) {
    return sim::input_error(
        fmt::format("{} sequences of a replica are no multiple of the {} of a "
                    "micro-batch",
                    replica, batch.micro));
  }
  return batch;
}

std::string recompute_of(const RowFacts& row, const std::string& of_column,
                         std::vector<std::string>& assumptions) {
  std::string text = of_column;
  if (text.empty()) text = row.layout.recompute;
  if (text.empty()) text = row.job.recompute;
  std::string found = meaning_of(text, kRecompute);
  if (found.empty()) {
    add_once(assumptions, "recomputation is the framework's default: the file does not say");
  }
  return found;
}

}  // namespace

bool has_cp(const LayoutFacts& layout) {
  return layout.cp.value_or(1) > 1 && !layout.ulysses && !layout.ring;
}

Result<LayoutText> layout_of(const RowFacts& row, const SoftwareChoice& software,
                             std::int64_t per_node, const std::string& recompute,
                             bool sequence_parallel, std::vector<std::string>& assumptions) {
  const LayoutFacts& layout = row.layout;
  const auto split = split_of(layout, software, assumptions);
  if (!split) return tl::unexpected(split.error());
  LayoutText result;
  Degrees& degrees = result.degrees;
  degrees.tp = layout.tp.value_or(1);
  degrees.pp = layout.pp.value_or(1);
  degrees.ulysses = split->ulysses;
  degrees.ring = split->ring;
  const std::int64_t cp = split->ulysses * split->ring;
  const std::int64_t shards = degrees.tp * degrees.pp * cp;
  const auto gpus = gpus_of(row, shards, per_node, assumptions);
  if (!gpus) return tl::unexpected(gpus.error());
  degrees.gpus = *gpus;
  const auto dp = dp_of(row, *gpus, shards, cp, assumptions);
  if (!dp) return tl::unexpected(dp.error());
  degrees.dp = *dp;
  const auto batch = batch_of(row, *dp, assumptions);
  if (!batch) return tl::unexpected(batch.error());
  result.global_batch_size = batch->global;

  std::string text;
  const auto add = [&text](const char* key, const std::string& value) {
    if (!value.empty()) text += fmt::format("{}{}={}", text.empty() ? "" : ",", key, value);
  };
  const auto add_degree = [&add](const char* key, std::optional<std::int64_t> given,
                                 std::int64_t taken) {
    if (given || taken > 1) add(key, std::to_string(taken));
  };
  add_degree("tp", layout.tp, degrees.tp);
  add_degree("pp", layout.pp, degrees.pp);
  add_degree("vpp", layout.vpp, layout.vpp.value_or(1));
  add_degree("ulysses", layout.ulysses, degrees.ulysses);
  add_degree("ring", layout.ring, degrees.ring);
  add("dp", std::to_string(degrees.dp));
  add_degree("ep", std::nullopt, layout.ep.value_or(1));
  add_degree("etp", layout.etp, layout.etp.value_or(1));
  add("ring_order", meaning_of(layout.ring_order, kOrder));
  add("kv_exchange",
      layout.kv_exchange.empty() ? split->kv_exchange : meaning_of(layout.kv_exchange, kExchange));
  add("placement", layout.placement);
  for (const std::string& part : software.layout) text += fmt::format(",{}", part);
  if (text.find("sharding=") == std::string::npos) {
    add("sharding", meaning_of(layout.sharding, kSharding));
    const std::string of_all = meaning_of(row.job.sharding, kSharding);
    if (layout.sharding.empty() && !of_all.empty()) {
      result.settings.push_back("layout.sharding=" + of_all);
    }
  }
  const std::string recomputed = recompute_of(row, recompute, assumptions);
  if (recomputed == "none") {
    result.settings.emplace_back("layout.recompute=none");
  } else {
    add("recompute", recomputed);
  }
  const bool split_by_tokens =
      sequence_parallel &&
      layout.sequence_parallel.value_or(row.job.tp_sequence_parallel.value_or(true));
  if (!split_by_tokens) add("sequence_parallel", "false");
  if (degrees.tp > 1 && sequence_parallel && !layout.sequence_parallel &&
      !row.job.tp_sequence_parallel) {
    add_once(assumptions, "sequence parallelism goes with tp: the file does not say");
  }
  result.layout = fmt::format("{},micro_batch={}", text, batch->micro);
  if (batch->whole) {
    result.smaller_layout = text + ",micro_batch=1";
    add_once(assumptions,
             "micro-batch = global batch / dp, as the file says; where a row ran that would need "
             "over 1.25 times the GPU's memory so, micro-batches of one sequence");
  }
  return result;
}

}  // namespace seqspan::profiles::published
