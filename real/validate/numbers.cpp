#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "real/execute/predicted_peak.hpp"
#include "real/validate/run_context.hpp"
#include "real/validate/sub_cluster.hpp"

namespace seqspan::real {
namespace {

bool bytes_agree(const sim::Program& program, const ExecutedBlock& executed) {
  return std::all_of(executed.communications.begin(), executed.communications.end(),
                     [&](const ExecutedOp& op) {
                       const auto& work = std::get<sim::Communication>(program.ops[op.op].work);
                       return op.sent == sim::bytes_sent(work, program.group_size(work.axis));
                     });
}

std::string shapes_of(const sim::Job& job) {
  const sim::Tower& tower = job.model.towers.front();
  const auto& attention = std::get<sim::FullAttention>(tower.kinds.front().attention);
  const auto& dense = std::get<sim::DenseFeedForward>(tower.kinds.front().feed_forward);
  return fmt::format("s={}, h={}, a={}, g={}, d={}, f={}", job.training.sequence_length,
                     tower.hidden, attention.query_heads, attention.kv_heads, attention.head_dim,
                     dense.intermediate);
}

// That end inside the chunks which ranks own: 31, 3 and 30 of 64 tokens.
std::vector<std::int64_t> some_documents(std::int64_t tokens) {
  return {tokens / 2 - 1, 3, tokens - tokens / 2 - 2};
}

}  // namespace

sim::Result<void> validate_numbers(const RunContext& context) {
  const sim::Layout layout = layout_for_numbers(context.layout, context.transport.world_size());
  auto small = small_job(context.job, layout);
  if (!small) {
    context.validation.notes.emplace_back(
        "numbers: left out, no small shapes are legal for the layout on these ranks");
    return {};
  }
  if (!std::holds_alternative<sim::DenseFeedForward>(
          context.job.model.towers.front().kinds.front().feed_forward)) {
    context.validation.notes.emplace_back(
        "numbers: experts are replaced by a dense feed-forward, which is what has kernels");
  }
  if (context.job.training.linear_precision != small->training.linear_precision) {
    context.validation.notes.emplace_back(
        "numbers: FP8 linears are replaced by bf16 ones, which have kernels");
  }
  if (context.layout.head_groups > 1) {
    context.validation.notes.emplace_back(
        "numbers: all heads at once, which is what has kernels, in place of head_groups");
  }
  if (small->training.overlap_tensor_parallel) {
    context.validation.notes.emplace_back(
        "numbers: products and tensor parallel communication are whole, which is what has kernels");
    small->training.overlap_tensor_parallel = false;
  }
  std::vector<std::int64_t> documents = context.options.documents;
  if (documents.empty() && context.has_documents) {
    documents = some_documents(small->training.sequence_length);
    context.validation.notes.push_back(fmt::format(
        "numbers: sequences are packed of documents of {} tokens, and dealt as whole rows",
        fmt::join(documents, ", ")));
  }
  const auto check = check_layer(context.transport, *small, layout,
                                 {.seed = 1,
                                  .documents = std::move(documents),
                                  .limit = context.options.measure.limit,
                                  .groups = context.groups_limit(),
                                  .change = {}});
  if (!check) return tl::unexpected(check.error());
  const sim::Part& part = check->program.parts[check->part];
  ValidatedNumbers numbers;
  numbers.layout = layout;
  numbers.shapes = shapes_of(*small);
  const bool bytes =
      bytes_agree(check->program, check->forward) && bytes_agree(check->program, check->backward);
  const bool peaks = predicted_peak(check->program, part, false) == check->forward.peak.by_role &&
                     predicted_peak(check->program, part, true) == check->backward.peak.by_role;
  const std::vector<double> own = {check->errors.output, check->errors.input_gradient,
                                   check->errors.weight_gradient, bytes ? 0.0 : 1.0,
                                   peaks ? 0.0 : 1.0};
  const auto all = context.timer.gather_numbers(own, context.options.measure.limit);
  if (!all) return tl::unexpected(all.error());
  for (const std::vector<double>& rank : *all) {
    const auto take = [](double& largest, double value) {
      largest = larger_or_nan(largest, value);
    };
    take(numbers.errors.output, rank[0]);
    take(numbers.errors.input_gradient, rank[1]);
    take(numbers.errors.weight_gradient, rank[2]);
    numbers.bytes_agree = numbers.bytes_agree && rank[3] == 0;
    numbers.peaks_agree = numbers.peaks_agree && rank[4] == 0;
  }
  context.validation.numbers = numbers;
  return {};
}

}  // namespace seqspan::real
