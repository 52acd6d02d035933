#include "sim/spec/decode/job.hpp"

#include <fmt/format.h>

#include "sim/spec/decode/cluster.hpp"
#include "sim/spec/decode/documents.hpp"
#include "sim/spec/decode/layout.hpp"
#include "sim/spec/decode/model.hpp"
#include "sim/spec/layer_facts.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::sim {
namespace {

using json::FieldTable;
using json::Value;
using Path = std::string;

constexpr std::int64_t kLongestSequence = 1 << 30;
constexpr std::int64_t kLargestBatch = 1 << 24;

FieldTable<Training> make_training_table() {
  FieldTable<Training> t(json::ObjectFacts{
      "a training",
      "How the model is trained.",
      {},
      {{"micro_batch_size", "the micro-batch is part of the layout", "set layout.micro_batch"},
       {"precision", "training is bf16 with fp32 optimizer states", "remove the key"}},
      false});
  t.add(json::quantity("sequence_length", json::FieldType::kTokens,
                       static_cast<double>(kLongestSequence),
                       "s, tokens of one sequence over all its ranks"),
        &Training::sequence_length);
  t.add(json::integer("global_batch_size", 1, kLargestBatch, "sequences of one optimizer step"),
        &Training::global_batch_size);
  t.add(json::choice("loss", json::choices_up_to(LossKind::kEagerFloat32),
                     "how the language model loss keeps its logits")
            .with_default("the framework's default"),
        &Training::loss);
  t.add(json::choice("linear_precision", json::choices_up_to(LinearPrecision::kFloat8),
                     "what the linear layers of the decoder layers multiply")
            .with_default("bf16"),
        &Training::linear_precision);
  t.add(json::choice("fp8_recipe", json::choices_up_to(Fp8Recipe::kRowwise),
                     "with linear_precision fp8: how operands are scaled")
            .with_default("the framework's default"),
        &Training::fp8_recipe);
  t.add(json::boolean("fp8_all_gather",
                      "with linear_precision fp8: fully sharded weights are gathered in FP8")
            .with_default("false"),
        &Training::fp8_all_gather);
  t.add(json::choice("attention_kernel", json::choices_up_to(AttentionKernel::kUnfused),
                     "one flash kernel, or products, softmax and dropout one by one")
            .with_default("flash"),
        &Training::attention_kernel);
  t.add(json::real("dropout", 0, 0.999, "share of numbers dropped after embedding, attention, MLP")
            .with_default("0"),
        &Training::dropout);
  t.add(json::boolean("overlap_gradient_reduction", "reduce gradients under the last backward")
            .with_default("true"),
        &Training::overlap_gradient_reduction);
  t.add(
      json::boolean("overlap_parameter_gather", "gather updated parameters under the next forward")
          .with_default("true"),
      &Training::overlap_parameter_gather);
  t.add(json::boolean("overlap_tensor_parallel",
                      "tensor parallel communication in pieces under the products that need it")
            .with_default("false"),
        &Training::overlap_tensor_parallel);
  t.add(json::boolean("compile", "torch.compile of layers and loss: fused kernels")
            .with_default("the framework's default: torchtitan compiles with fp8 or "
                          "overlap_tensor_parallel only"),
        &Training::compile);
  t.add(json::boolean("overlap_offload",
                      "copies to and from the host on streams of their own, from pinned memory")
            .with_default("false, as the frameworks copy unless told otherwise"),
        &Training::overlap_offload);
  t.add(json::choice("scope", json::choices_up_to(TrainingScope::kAttention),
                     "all of a step, or the distributed attention of one layer alone")
            .with_default("step"),
        &Training::scope);
  t.add(json::choice("mask", json::choices_up_to(AttentionMask::kFull),
                     "which keys a query sees: those up to its own, or all")
            .with_default("causal"),
        &Training::mask);
  t.add(json::integer("flash_attention", 0, 4,
                      "version of FlashAttention, also where the device's usual kernel is another; "
                      "0: the framework's default")
            .with_default("0"),
        &Training::flash_attention);
  t.add(json::boolean("unpads_attention",
                      "rows are gathered without padding before each call of the attention kernel, "
                      "and its results are scattered after it")
            .with_default("false"),
        &Training::unpads_attention);
  t.add(json::boolean("recompute_early_stop",
                      "full recomputation ends where everything that backward reads is there "
                      "again, as PyTorch's non-reentrant checkpoint does from 2.1 on")
            .with_default("false"),
        &Training::recompute_early_stop);
  t.add(json::boolean("bf16_gradient_reduction",
                      "gradients are reduced in bf16: Megatron's, which are then added up in bf16 "
                      "too, and fully sharded ones, as backward wrote them")
            .with_default("false: in the framework's type"),
        &Training::bf16_gradient_reduction);
  t.add(json::boolean("expandable_segments",
                      "PyTorch's allocator maps memory into segments that grow, as "
                      "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True does")
            .with_default("the framework's launch script: torchtitan's sets it"),
        &Training::expandable_segments);
  t.add(json::boolean("fused_optimizer",
                      "the update of Adam is one kernel, not a pass for each of its operations")
            .with_default("true"),
        &Training::fused_optimizer);
  t.add(
      json::integer("logged_losses", 0, 16,
                    "cross entropies of a micro-batch that are computed in fp32 besides its loss, "
                    "to be logged; Composer has two")
          .with_default("0"),
      &Training::logged_losses);
  t.add(json::real("expert_imbalance", 1, 1024,
                   "tokens of the busiest expert parallel rank over the mean")
            .with_default("1"),
        &Training::expert_imbalance);
  t.add(json::object("documents", documents_facts, "documents that sequences are packed of")
            .with_default("every sequence is one document")
            .or_null(),
        [](Training& training, const Value& value, const Path& path) -> Result<void> {
          Result<Documents> documents = decode_documents(value, path);
          if (!documents) return tl::unexpected(documents.error());
          training.documents = std::move(*documents);
          return {};
        });
  return t;
}

const FieldTable<Training>& training_table() {
  static const FieldTable<Training> kTable = make_training_table();
  return kTable;
}

const json::ObjectFacts& training_facts() { return training_table().facts(); }

struct JobReading {
  Job job;
  std::string model_name;
};

void add_layout(FieldTable<JobReading>& t) {
  t.add(json::object("layout", layout_facts, "the parts of the layout that are already decided")
            .with_default("{}"),
        [](JobReading& reading, const Value& value, const Path& path) {
          return layout_table().decode(reading.job.layout, value, path);
        });
}

FieldTable<JobReading> make_job_table() {
  FieldTable<JobReading> t(
      json::ObjectFacts{"a job",
                        "What is trained, on what, by which framework, and how it is laid out.",
                        {},
                        {},
                        false});
  t.add(json::text("$schema", "the schema of this file, for editors").with_default("none"));
  t.add(json::text("name", "what the job is called").with_default("the name of the file"),
        [](JobReading& reading, const Value& value, const Path&) -> Result<void> {
          reading.job.name = value.text;
          return {};
        });
  t.add(json::object("model", model_facts, "what is trained").or_name(),
        [](JobReading& reading, const Value& value, const Path& path) -> Result<void> {
          Result<Model> model = decode_model(value, path, reading.model_name);
          if (!model) return tl::unexpected(model.error());
          reading.job.model = std::move(*model);
          return {};
        });
  t.add(json::object("cluster", cluster_facts, "where it is trained").or_name(),
        [](JobReading& reading, const Value& value, const Path& path) -> Result<void> {
          Result<Cluster> cluster = decode_cluster(value, path);
          if (!cluster) return tl::unexpected(cluster.error());
          reading.job.cluster = std::move(*cluster);
          return {};
        });
  json::FieldFacts framework =
      json::choice("framework", json::choices_up_to(Framework::kTorchTitan),
                   "whose way of doing things is followed");
  // The store sees the checked text, so the index follows from the same list of names.
  t.add(std::move(framework).with_default("megatron"),
        [](JobReading& reading, const Value& value, const Path&) -> Result<void> {
          for (const Framework candidate : {Framework::kMegatron, Framework::kDeepSpeed,
                                            Framework::kYunchang, Framework::kTorchTitan}) {
            if (value.text == name_of(candidate)) reading.job.framework = candidate;
          }
          return {};
        });
  t.add(json::object("training", training_facts, "how it is trained"),
        [](JobReading& reading, const Value& value, const Path& path) {
          return training_table().decode(reading.job.training, value, path);
        });
  add_layout(t);
  return t;
}

const FieldTable<JobReading>& job_table() {
  static const FieldTable<JobReading> kTable = make_job_table();
  return kTable;
}

// Halves with latent attention or experts are lowered without dropout: nobody trains them with it.
Result<void> check_dropout(const Job& job, const Value& value) {
  if (job.training.dropout == 0) return {};
  for (const LayerKind& kind : job.model.towers.front().kinds) {
    if (!is_latent(kind.attention) && expert_count(kind.feed_forward) == 0) continue;
    return json::error_at(*value.find("training"), "training", "dropout",
                          "dropout is not modelled for this model",
                          "it has latent attention or experts", "set it to 0");
  }
  return {};
}

// Scores of all pairs are computed whatever the mask leaves.
Result<void> check_documents(const Job& job, const Value& value) {
  if (!job.training.documents || job.training.attention_kernel == AttentionKernel::kFlash) {
    return {};
  }
  return json::error_at(*value.find("training"), "training", "documents",
                        "documents are not modelled with unfused attention",
                        "it computes the scores of all pairs, whatever document they belong to",
                        "set training.attention_kernel to flash, or leave out documents");
}

void add_warnings(Job& job) {
  const std::int64_t longest = job.model.max_positions;
  if (longest > 0 && job.training.sequence_length > longest) {
    job.warnings.push_back(Warning{
        "sequence_beyond_max_positions",
        fmt::format("sequence_length {} exceeds the model's max_position_embeddings {}: cost and "
                    "memory are computed all the same, but RoPE must be scaled to train it",
                    format_count(job.training.sequence_length), format_count(longest)),
        "training.sequence_length"});
  }
  if (job.model.prediction_layers > 0) {
    job.warnings.push_back(Warning{
        "prediction_layers_left_out",
        fmt::format(
            "the model's {} layers that predict later tokens (num_nextn_predict_layers) are "
            "left out: the answer is for training without them",
            job.model.prediction_layers),
        "model.num_nextn_predict_layers"});
  }
}

}  // namespace

Result<Job> decode_job(const json::Value& value, const std::string& model_name) {
  JobReading reading;
  reading.model_name = model_name;
  if (Result<void> ok = job_table().decode(reading, value, {}); !ok) {
    return tl::unexpected(ok.error());
  }
  if (Result<void> ok = check_dropout(reading.job, value); !ok) return tl::unexpected(ok.error());
  if (Result<void> ok = check_documents(reading.job, value); !ok) return tl::unexpected(ok.error());
  add_warnings(reading.job);
  return std::move(reading.job);
}

const json::ObjectFacts& job_facts() { return job_table().facts(); }

}  // namespace seqspan::sim
