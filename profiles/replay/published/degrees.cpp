#include "profiles/replay/published/degrees.hpp"

#include <fmt/format.h>

#include "profiles/replay/published/row_parts.hpp"
#include "profiles/replay/published/words.hpp"

namespace seqspan::profiles::published {
namespace {

using sim::Result;

tl::unexpected<sim::Error> too_large() {
  return sim::input_error("its degrees and batch multiply to more than 2^40");
}

// Ulysses and ring: as the row says, or of its cp as the software runs it.
Result<void> split_context(const LayoutFacts& layout, const SoftwareChoice& software,
                           Degrees& degrees, std::vector<std::string>& assumptions) {
  const std::int64_t cp = layout.cp.value_or(1);
  if (layout.ulysses || layout.ring) {
    degrees.ulysses = layout.ulysses.value_or(1);
    degrees.ring = layout.ring.value_or(1);
    if (layout.cp && cp != degrees.ulysses * degrees.ring) {
      return sim::input_error(
          fmt::format("cp is {}, but ulysses x ring is {}", cp, degrees.ulysses * degrees.ring));
    }
    return {};
  }
  if (software.context_parallel == "ulysses") {
    degrees.ulysses = cp;
    return {};
  }
  degrees.ring = cp;
  if (software.context_parallel == "all_gather") degrees.kv_exchange = "all_gather";
  if (cp > 1 && software.framework == "megatron" && software.context_parallel == "ring") {
    add_once(assumptions,
             "context parallelism is a point-to-point ring, Megatron-LM's default (cp_comm_type "
             "p2p)");
  }
  return {};
}

// What the row says, or what its degrees and its batch need, or one node.
Result<std::int64_t> gpus_of(const RowFacts& row, std::int64_t shards, std::int64_t per_node,
                             std::vector<std::string>& assumptions) {
  const JobFacts& job = row.job;
  const auto times = [](std::int64_t a, std::int64_t b) -> Result<std::int64_t> {
    const auto gpus = product({a, b});
    if (!gpus) return too_large();
    return *gpus;
  };
  if (job.gpus.size() > 1) {
    return sim::input_error("the row does not say which of the numbers of GPUs it is of");
  }
  if (!job.gpus.empty()) return job.gpus.front();
  if (job.nodes) return times(*job.nodes, per_node);
  if (row.layout.fsdp) return times(shards, *row.layout.fsdp);
  if (row.layout.dp) return times(shards, *row.layout.dp);
  std::optional<std::int64_t> replica = job.local_batch;
  if (job.micro_batch_size && job.micro_batches) {
    replica = product({*job.micro_batch_size, *job.micro_batches});
  }
  if (job.global_batch_size && replica && *job.global_batch_size % *replica == 0) {
    return times(shards, *job.global_batch_size / *replica);
  }
  add_once(assumptions, fmt::format("one node of {} GPUs: the file does not say", per_node));
  return per_node;
}

Result<std::int64_t> dp_of(const RowFacts& row, std::int64_t gpus, std::int64_t shards,
                           std::int64_t cp, std::vector<std::string>& assumptions) {
  const LayoutFacts& layout = row.layout;
  if (gpus % shards != 0) {
    return sim::input_error(
        fmt::format("tp x pp x cp is {}, of which {} GPUs are no multiple", shards, gpus));
  }
  const std::int64_t dp = gpus / shards;
  if (layout.fsdp) {
    if (layout.dp.value_or(1) > 1) {
      return sim::input_error("sharding inside replicas that are not sharded is not modelled");
    }
    if (*layout.fsdp == dp) return dp;
    if (*layout.fsdp == dp * cp) {
      add_once(assumptions, "'fsdp' counts the ranks of context parallelism in");
      return dp;
    }
  }
  const auto said = layout.fsdp ? layout.fsdp : layout.dp ? layout.dp : row.job.dp;
  if (said && *said != dp) {
    return sim::input_error(fmt::format("tp x pp x cp x dp is {} x {}, but the row is of {} GPUs",
                                        shards, *said, gpus));
  }
  return dp;
}

}  // namespace

bool has_cp(const LayoutFacts& layout) {
  return layout.cp.value_or(1) > 1 && !layout.ulysses && !layout.ring;
}

Result<Degrees> degrees_of(const RowFacts& row, const SoftwareChoice& software,
                           std::int64_t per_node, std::vector<std::string>& assumptions) {
  Degrees degrees;
  if (Result<void> ok = split_context(row.layout, software, degrees, assumptions); !ok) {
    return tl::unexpected(ok.error());
  }
  degrees.tp = row.layout.tp.value_or(1);
  degrees.pp = row.layout.pp.value_or(1);
  const auto shards = product({degrees.tp, degrees.pp, degrees.ulysses, degrees.ring});
  if (!shards) return too_large();
  const auto gpus = gpus_of(row, *shards, per_node, assumptions);
  if (!gpus) return tl::unexpected(gpus.error());
  degrees.gpus = *gpus;
  const auto dp = dp_of(row, *gpus, *shards, degrees.ulysses * degrees.ring, assumptions);
  if (!dp) return tl::unexpected(dp.error());
  degrees.dp = *dp;
  return degrees;
}

Result<Batch> batch_of(const RowFacts& row, std::int64_t dp,
                       std::vector<std::string>& assumptions) {
  const JobFacts& job = row.job;
  const auto micro = row.layout.micro_batch ? row.layout.micro_batch : job.micro_batch_size;
  std::optional<std::int64_t> global = job.global_batch_size;
  if (!global && job.micro_batches) {
    global = product({*job.micro_batches, micro.value_or(1), dp});
    if (!global) return too_large();
  } else if (!global && job.local_batch) {
    global = product({*job.local_batch, dp});
    if (!global) return too_large();
  } else if (!global && micro) {
    add_once(assumptions, "a step of one micro-batch: the file does not say");
    global = product({*micro, dp});
    if (!global) return too_large();
  }
  if (!global) return sim::input_error("the row does not say how many sequences a step has");
  if (*global % dp != 0) {
    return sim::input_error(fmt::format("{} sequences are no multiple of dp {}", *global, dp));
  }
  Batch batch;
  batch.global = *global;
  const std::int64_t replica = batch.global / dp;
  const std::string& accumulation = job.gradient_accumulation;
  if (micro) {
    batch.micro = *micro;
  } else if (job.micro_batches && replica % *job.micro_batches == 0) {
    batch.micro = replica / *job.micro_batches;
  } else if (has_word(accumulation, "none") || says(accumulation, "at once")) {
    batch.micro = replica;
    batch.whole = replica > 1;
  } else if (replica > 1 && replica == job.local_batch && row.layout.pp.value_or(1) == 1) {
    add_once(assumptions, "sequences of a GPU's batch go through at once, without accumulation");
    batch.micro = replica;
  } else if (replica > 1) {
    add_once(assumptions, "micro-batches of one sequence: the file does not say");
  }
  if (replica % batch.micro != 0) {
    return sim::input_error(
        fmt::format("{} sequences of a replica are no multiple of the {} of a micro-batch", replica,
                    batch.micro));
  }
  return batch;
}

}  // namespace seqspan::profiles::published
