#include "sim/engine/throughput.hpp"

#include "sim/formula/traced.hpp"
#include "sim/spec/model_flops.hpp"

namespace seqspan::sim {
namespace {

Flops flops_of_sequence(const Job& job, const RowContent& row) {
  const Training& training = job.training;
  const Tokens sequence(training.sequence_length);
  if (row.tokens != 1 || row.pairs != 1) {
    // Attention of all layers is what is not linear in the tokens.
    const Flops attention = layers_attention_flops(job.model, sequence, training.mask);
    if (training.scope == TrainingScope::kAttention) {
      return row.pairs * 3.5 * attention_flops(job.model, sequence, training.mask);
    }
    const Flops whole = model_flops(job.model, sequence, training.mask);
    return row.tokens * (whole - attention) + row.pairs * attention;
  }
  // Kernel benchmarks count five products backward for two forward.
  return training.scope == TrainingScope::kAttention
             ? 3.5 * attention_flops(job.model, sequence, training.mask)
             : model_flops(job.model, sequence, training.mask);
}

}  // namespace

template <class Numbers>
ThroughputOf<Numbers> throughput(const Numbers& in, const Job& job, const RowContent& row,
                                 Seconds step) {
  const auto gpus = real(in.given("gpus", job.cluster.gpu_count(), "the cluster"));
  auto length = real(in.given("sequence_length", job.training.sequence_length, "the job"));
  if (row.tokens != 1) {
    length = length * in.given("no_padding", row.tokens, "documents: the rows that were packed");
  }
  const auto sequences =
      real(in.given("global_batch_size", job.training.global_batch_size, "the job"));
  const auto seconds = amount(in.given("step", step, "the step's own formula"));
  const auto flops = in.given("flops_of_sequence", flops_of_sequence(job, row),
                              "PaLM, arXiv 2204.02311, appendix B, with causal pairs counted once "
                              "(sim/spec/model_flops.hpp)");
  ThroughputOf<Numbers> result;
  result.tokens = length * sequences / seconds / gpus;
  result.model_flops = as<FlopsPerSecond>(amount(sequences * flops) / seconds / gpus);
  result.mfu = in.named("model_flops", result.model_flops) /
               in.sourced("peak_bf16", job.cluster.device.peak_bf16, job.cluster.device.sources);
  return result;
}

template ThroughputOf<Plain> throughput(const Plain&, const Job&, const RowContent&, Seconds);
template ThroughputOf<Tracing> throughput(const Tracing&, const Job&, const RowContent&, Seconds);

}  // namespace seqspan::sim
