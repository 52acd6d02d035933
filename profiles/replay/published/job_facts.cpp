#include "profiles/replay/published/job_facts.hpp"

#include <fmt/format.h>

#include "profiles/replay/published/model.hpp"

namespace seqspan::profiles::published {
namespace {

namespace json = sim::json;
using json::FieldTable;
using json::Kind;
using json::Value;
using sim::Result;

constexpr std::int64_t kMostTokens = std::int64_t{1} << 40;
constexpr std::int64_t kMostSequences = 1 << 24;
constexpr std::int64_t kMostGpus = 1 << 20;

Result<std::int64_t> whole(const char* name, std::int64_t maximum, const Value& value,
                           const std::string& path) {
  const auto scalar = json::check_field(json::integer(name, 1, maximum, {}), value, path);
  if (!scalar) return tl::unexpected(scalar.error());
  return scalar->integer;
}

// One number, or a list of those that a benchmark of attention was run on.
Result<void> decode_gpus(JobFacts& job, const Value& value, const std::string& path) {
  if (value.kind == Kind::kArray) {
    const auto scalar = json::check_field(json::integers("gpus", 1, kMostGpus, {}), value, path);
    if (!scalar) return tl::unexpected(scalar.error());
    job.gpus = scalar->integers;
    return {};
  }
  const auto number = whole("gpus", kMostGpus, value, path);
  if (!number) return tl::unexpected(number.error());
  job.gpus = {*number};
  return {};
}

// One number, or one for each GPU by name.
Result<void> decode_tokens_per_gpu(JobFacts& job, const Value& value, const std::string& path) {
  if (value.kind != Kind::kObject) {
    const auto number = whole("tokens_per_gpu", kMostTokens, value, path);
    if (!number) return tl::unexpected(number.error());
    job.tokens_per_gpu[""] = *number;
    return {};
  }
  for (const json::Member& member : value.members) {
    const auto number =
        whole("tokens_per_gpu", kMostTokens, member.value, json::join(path, member.key));
    if (!number) return tl::unexpected(number.error());
    job.tokens_per_gpu[member.key] = *number;
  }
  return {};
}

// Text about it, or the number of micro-batches.
Result<void> decode_accumulation(JobFacts& job, const Value& value, const std::string& path) {
  if (value.kind == Kind::kText) {
    job.gradient_accumulation = value.text;
    return {};
  }
  const auto number = whole("gradient_accumulation", kMostSequences, value, path);
  if (!number) return tl::unexpected(number.error());
  job.micro_batches = *number;
  return {};
}

FieldTable<JobFacts> make_job_table() {
  FieldTable<JobFacts> t(json::ObjectFacts{"a job", "What was run.", {}, {}, true});
  t.add(json::quantity("sequence_length", json::FieldType::kTokens, kMostTokens,
                       "tokens of one sequence")
            .with_default("not said")
            .or_null(),
        &JobFacts::sequence_length);
  for (const char* name : {"global_batch_size", "global_batch"}) {
    t.add(number_field(name, kMostSequences, "sequences of a step"), &JobFacts::global_batch_size);
  }
  for (const char* name : {"micro_batch_size", "micro_batch"}) {
    t.add(number_field(name, kMostSequences, "sequences of a micro-batch and replica"),
          &JobFacts::micro_batch_size);
  }
  for (const char* name :
       {"micro_batches", "num_microbatches", "accumulation", "gradient_accumulation_steps"}) {
    t.add(number_field(name, kMostSequences, "micro-batches of a step and replica"),
          &JobFacts::micro_batches);
  }
  for (const char* name : {"local_batch", "local_batch_size", "batch", "batch_size"}) {
    t.add(number_field(name, kMostSequences, "sequences of a step and replica"),
          &JobFacts::local_batch);
  }
  t.add(json::any("gradient_accumulation", "micro-batches, or text about them")
            .with_default("not said")
            .or_null(),
        decode_accumulation);
  t.add(number_field("dp", kMostGpus, "data parallel replicas"), &JobFacts::dp);
  t.add(number_field("nodes", kMostGpus, "nodes"), &JobFacts::nodes);
  t.add(json::any("gpus", "GPUs").with_default("one node").or_null(), decode_gpus);
  t.add(json::any("tokens_per_gpu", "of attention alone").with_default("not said").or_null(),
        decode_tokens_per_gpu);
  t.add(text_field("gpu", "the GPU"), &JobFacts::gpu);
  t.add(text_field("model", "the model"), &JobFacts::model);
  t.add(text_field("framework", "what ran it, and how"), &JobFacts::framework);
  t.add(text_field("precision", "of numbers"), &JobFacts::precision);
  for (const char* name : {"recompute", "activation_checkpointing"}) {
    t.add(text_field(name, "what backward computes again"), &JobFacts::recompute);
  }
  for (const char* name : {"variant", "technique", "techniques"}) {
    t.add(text_field(name, "what else was switched on"), &JobFacts::variant);
  }
  t.add(text_field("sharding", "what is sharded"), &JobFacts::sharding);
  t.add(text_field("offload", "what lives on the host"), &JobFacts::offload);
  t.add(text_field("mask", "full or causal"), &JobFacts::mask);
  t.add(text_field("attention", "the kernel"), &JobFacts::attention);
  t.add(text_field("loss", "the loss"), &JobFacts::loss);
  for (const char* name : {"context_parallel", "cp_comm_type", "cp"}) {
    t.add(text_field(name, "how cp is run"), &JobFacts::context_parallel);
  }
  const auto flag = [](const char* name) {
    return json::boolean(name, {}).with_default("not said").or_null();
  };
  t.add(flag("causal"), &JobFacts::causal);
  t.add(flag("compile"), &JobFacts::compile);
  for (const char* name : {"float8", "fp8"}) t.add(flag(name), &JobFacts::float8);
  t.add(flag("tp_sequence_parallel"), &JobFacts::tp_sequence_parallel);
  for (const std::string& name : dimension_names()) {
    t.add(number_field(name.c_str(), 1 << 30, "of the model"),
          [name](JobFacts& job, const Value& value, const std::string&) {
            job.dimensions[name] = value.integer;
            return Result<void>();
          });
  }
  return t;
}

template <class T>
void keep(std::optional<T>& nearest, const std::optional<T>& farther) {
  if (!nearest) nearest = farther;
}

void keep(std::string& nearest, const std::string& farther) {
  if (nearest.empty()) nearest = farther;
}

}  // namespace

json::FieldFacts text_field(const char* name, const char* description) {
  return json::text(name, description).with_default("not said").or_null();
}

json::FieldFacts number_field(const char* name, std::int64_t maximum, const char* description) {
  return json::integer(name, 1, maximum, description).with_default("not said").or_null();
}

const FieldTable<JobFacts>& job_table() {
  static const FieldTable<JobFacts> kTable = make_job_table();
  return kTable;
}

JobFacts overlay(JobFacts nearest, const JobFacts& farther) {
  JobFacts& job = nearest;
  keep(job.sequence_length, farther.sequence_length);
  keep(job.global_batch_size, farther.global_batch_size);
  keep(job.micro_batch_size, farther.micro_batch_size);
  keep(job.micro_batches, farther.micro_batches);
  keep(job.local_batch, farther.local_batch);
  keep(job.dp, farther.dp);
  keep(job.nodes, farther.nodes);
  if (job.gpus.empty()) job.gpus = farther.gpus;
  if (job.tokens_per_gpu.empty()) job.tokens_per_gpu = farther.tokens_per_gpu;
  job.dimensions.insert(farther.dimensions.begin(), farther.dimensions.end());
  keep(job.causal, farther.causal);
  keep(job.compile, farther.compile);
  keep(job.float8, farther.float8);
  keep(job.tp_sequence_parallel, farther.tp_sequence_parallel);
  keep(job.gpu, farther.gpu);
  keep(job.model, farther.model);
  keep(job.framework, farther.framework);
  keep(job.precision, farther.precision);
  keep(job.recompute, farther.recompute);
  keep(job.variant, farther.variant);
  keep(job.sharding, farther.sharding);
  keep(job.offload, farther.offload);
  keep(job.mask, farther.mask);
  keep(job.attention, farther.attention);
  keep(job.loss, farther.loss);
  keep(job.gradient_accumulation, farther.gradient_accumulation);
  keep(job.context_parallel, farther.context_parallel);
  return nearest;
}

}  // namespace seqspan::profiles::published
