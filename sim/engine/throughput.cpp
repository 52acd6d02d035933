#include "sim/engine/throughput.hpp"

#include "sim/formula/traced.hpp"
#include "sim/spec/model_flops.hpp"

namespace seqspan::sim {
namespace {

Flops flops_of_sequence(const Job& job) {
  const Training& training = job.training;
  const Tokens sequence(training.sequence_length);
  // Kernel benchmarks count five products backward for two forward.
  return training.scope == TrainingScope::kAttention
             ? 3.5 * attention_flops(job.model, sequence, training.mask)
             : model_flops(job.model, sequence, training.mask);
}

}  // namespace

template <class Numbers>
ThroughputOf<Numbers> throughput(const Numbers& in, const Job& job, Seconds step) {
  const auto gpus = real(in.given("gpus", job.cluster.gpu_count(), "the cluster"));
  const auto length = real(in.given("sequence_length", job.training.sequence_length, "the job"));
  const auto sequences =
      real(in.given("global_batch_size", job.training.global_batch_size, "the job"));
  const auto seconds = amount(in.given("step", step, "the step's own formula"));
  const auto flops = in.given("flops_of_sequence", flops_of_sequence(job),
                              "PaLM, arXiv 2204.02311, appendix B, with causal pairs counted once "
                              "(sim/spec/model_flops.hpp)");
  ThroughputOf<Numbers> result;
  result.tokens = length * sequences / seconds / gpus;
  result.model_flops = as<FlopsPerSecond>(amount(sequences * flops) / seconds / gpus);
  result.mfu = in.named("model_flops", result.model_flops) /
               in.sourced("peak_bf16", job.cluster.device.peak_bf16, job.cluster.device.sources);
  return result;
}

template ThroughputOf<Plain> throughput(const Plain&, const Job&, Seconds);
template ThroughputOf<Tracing> throughput(const Tracing&, const Job&, Seconds);

}  // namespace seqspan::sim
