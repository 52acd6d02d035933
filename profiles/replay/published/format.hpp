// A file of the published format as it stands: keys, numbers and texts, not yet what they mean.
// docs/formats/published.md describes it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "profiles/replay/replay_case.hpp"
#include "sim/errors/error.hpp"
#include "sim/spec/json/value.hpp"

namespace seqspan::profiles::published {

// What may stand at the file, in its setup and in its rows; the nearest counts.
struct JobFacts {
  std::optional<std::int64_t> sequence_length;
  std::optional<std::int64_t> global_batch_size;
  std::optional<std::int64_t> micro_batch_size;
  std::optional<std::int64_t> micro_batches;  // of a step and replica
  std::optional<std::int64_t> local_batch;    // sequences of a step and replica
  std::optional<std::int64_t> dp;
  std::optional<std::int64_t> nodes;
  std::vector<std::int64_t> gpus;                      // more than one: of attention alone
  std::map<std::string, std::int64_t> tokens_per_gpu;  // by GPU; "" is any
  std::map<std::string, std::int64_t> dimensions;      // of the model, by published key
  std::optional<bool> causal;
  std::optional<bool> compile;
  std::optional<bool> float8;  // linear layers
  std::optional<bool> tp_sequence_parallel;
  // Texts.
  std::string gpu, model, framework, precision, recompute, sharding, offload, mask, attention, loss;
  std::string gradient_accumulation, context_parallel, variant;
};

// `nearest` before `farther`.
[[nodiscard]] JobFacts overlay(JobFacts nearest, const JobFacts& farther);

// Degrees, and what else a layout says; absent where it does not.
struct LayoutFacts {
  std::optional<std::int64_t> tp, pp, vpp, ep, etp, dp, fsdp, cp, ulysses, ring, micro_batch;
  std::string ring_order, kv_exchange, placement, recompute, sharding, context_parallel;
  std::optional<bool> sequence_parallel;
};

struct MeasuredFacts {
  std::vector<std::pair<std::string, double>> figures;  // by published key, in the file's order
  bool out_of_memory = false;
};

// Method of distributed attention to one figure, or to one for each number of GPUs.
using MethodFigures = std::vector<std::pair<std::string, std::vector<std::optional<double>>>>;

struct RowFacts {
  JobFacts job;  // with that of the setup and of the file
  LayoutFacts layout;
  MeasuredFacts measured;
  std::string pass;
  MethodFigures tflops;
  MethodFigures iterations_per_second;
  std::string left_out;
  std::string layout_as_written;  // "tp=8, cp=2": what names a row that is left out
  std::string where;              // "file.json:12:5 (rows[3])"
};

struct FileFacts {
  std::string source;
  std::string intra_node;
  std::string inter_node;
  std::optional<std::int64_t> gpus_per_node;
  std::vector<std::string> facts;
  // Texts of the setup and of the file that no field above is of, by key.
  std::vector<std::pair<std::string, std::string>> notes;
  std::map<std::string, std::map<std::string, std::int64_t>> dimensions_as_run;  // by model
  std::vector<RowFacts> rows;
};

// A file with a setup or hardware, and without a name, which every replay case has.
[[nodiscard]] bool is_published(const sim::json::Value& document);

// Errors: kInput, located: unknown keys but free texts of file, setup and hardware; values of the
// wrong kind or out of range.
[[nodiscard]] sim::Result<FileFacts> read_facts(const sim::json::Value& document);

// Decoders of the parts, one file each.
[[nodiscard]] sim::Result<void> decode_layout(LayoutFacts& target, const sim::json::Value& value,
                                              const std::string& path);
[[nodiscard]] sim::Result<void> decode_measured(MeasuredFacts& target,
                                                const sim::json::Value& value,
                                                const std::string& path);
[[nodiscard]] sim::Result<void> decode_methods(MethodFigures& target, const sim::json::Value& value,
                                               const std::string& path);

}  // namespace seqspan::profiles::published
