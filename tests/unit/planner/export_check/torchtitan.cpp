// torchtitan: torchtitan/config (what a key takes), distributed/parallel_dims.py (ParallelDims:
// product of the degrees, expert parallelism, seq_len_divisor = tp x 2 x cp), train.py (gradient
// accumulation), distributed/pipeline_parallel.py (stages of a rank).
#include <algorithm>

#include "tests/unit/planner/export_check/checked.hpp"
#include "tests/unit/planner/export_check/text_parts.hpp"

namespace seqspan::planner::export_check {
namespace {

std::int64_t size(std::string_view text, const std::string& key) {
  return number_after(text, "\n" + key + " = ", 1);
}

// Of [parallelism]; returns dp.
std::int64_t check_degrees(std::string_view text, const JobFacts& job, Checked& checked) {
  const std::int64_t replicas = size(text, "data_parallel_replicate_degree");
  const std::int64_t dp = size(text, "data_parallel_shard_degree");
  const std::int64_t tp = size(text, "tensor_parallel_degree");
  const std::int64_t cp = size(text, "context_parallel_degree");
  const std::int64_t pp = size(text, "pipeline_parallel_degree");
  const std::int64_t ep = size(text, "expert_parallel_degree");
  checked.expect(std::min({replicas, dp, tp, cp, pp, ep}) >= 1, "every degree is at least 1");
  checked.expect(replicas * dp * tp * cp * pp == checked.world,
                 "dp_replicate x dp_shard x cp x tp x pp is WORLD_SIZE");
  checked.expect(dp * cp * tp % ep == 0, "expert parallelism divides dp_shard x cp x tp");
  checked.expect(job.sequence_length % (tp * (cp > 1 ? 2 * cp : 1)) == 0,
                 "seq_len divides by tp x 2 x cp");
  const std::string balancer = after(text, "\ncontext_parallel_load_balancer = ");
  checked.expect(cp == 1 ? balancer.empty() : balancer == "\"headtail\"" || balancer == "\"none\"",
                 "the load balancer is headtail or none");
  checked.word("tp", tp);
  checked.word("ring", cp);
  if (cp > 1) checked.word("ring_order", balancer == "\"none\"" ? "contiguous" : "zigzag");
  checked.word("pp", pp);
  checked.word("ep", ep);
  const std::string schedule = after(text, "\npipeline_parallel_schedule = ");
  // Embedding and loss count as so many layers; 1 each unless it is said.
  const std::int64_t effective = job.layers +
                                 size(text, "pipeline_parallel_first_stage_less_layers") +
                                 size(text, "pipeline_parallel_last_stage_less_layers");
  checked.expect(pp == 1 || effective % pp == 0, "stages have as many layers each");
  if (schedule == "\"Interleaved1F1B\"") {
    const std::int64_t layers = size(text, "pipeline_parallel_layers_per_stage");
    checked.expect(layers >= 1 && effective % (layers * pp) == 0,
                   "as many stages on every rank, of as many layers");
    checked.word("vpp", effective / std::max<std::int64_t>(layers * pp, 1));
  } else {
    checked.expect(schedule == (pp > 1 ? "\"1F1B\"" : ""), "a schedule where there are stages");
  }
  return dp * replicas;
}

}  // namespace

Checked check_torchtitan(std::string_view text, const JobFacts& job) {
  Checked checked;
  checked.world = number_after(text, "--nnodes ", -1) * number_after(text, "--nproc-per-node ", -1);
  const std::int64_t dp = check_degrees(text, job, checked);
  checked.expect(size(text, "seq_len") == job.sequence_length, "seq_len is that of the job");
  checked.global_batch_size = size(text, "global_batch_size");
  const std::int64_t local = size(text, "local_batch_size");
  checked.expect(local >= 1 && checked.global_batch_size % (local * dp) == 0,
                 "global_batch_size divides by local_batch_size x dp");
  if (size(text, "pipeline_parallel_degree") > 1) {
    const std::int64_t micro_batch = size(text, "pipeline_parallel_microbatch_size");
    checked.expect(local % micro_batch == 0, "local_batch_size divides by the microbatch size");
    checked.expect(checked.global_batch_size == local * dp, "a step is one run of the schedule");
    checked.word("micro_batch", micro_batch);
  } else {
    checked.word("micro_batch", local);
  }
  const std::string mode = after(text, "\n[activation_checkpoint]\nmode = ");
  checked.expect(mode == "\"none\"" || mode == "\"selective\"" || mode == "\"full\"",
                 "activation_checkpoint.mode is none, selective or full");
  if (mode.size() > 2) checked.word("recompute", mode.substr(1, mode.size() - 2));
  checked.word("sharding", "parameters");
  return checked;
}

}  // namespace seqspan::planner::export_check
