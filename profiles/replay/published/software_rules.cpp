#include "profiles/replay/published/software_rules.hpp"

namespace seqspan::profiles::published {
namespace {

const std::vector<const char*> kFoundry = {"llm-foundry", "llmfoundry", "composer"};

// torchtitan, and what is modelled by it: Composer of MosaicML.
void add_fsdp(std::vector<Rule>& rules) {
  rules.push_back({.framework = "torchtitan",
                   .conditions = {{Text::kSoftware, {"torchtitan"}}},
                   .settings = {"training.loss=eager_fp32_logits"},
                   .assumption =
                       "torchtitan of 2024-12: the loss is not compiled (train.py: 'compiling loss "
                       "function causes CUDA errors, turning off for now')",
                   .peak_is_reserved = true});
  rules.push_back(
      {.framework = "torchtitan",
       .cluster = "h",
       .conditions = {{Text::kSoftware, {"torchtitan"}}, {Text::kAttention, {"cudnn"}, false}},
       .settings = {"training.flash_attention=2"},
       .assumption = "torchtitan of 2024-12: attention is FlashAttention-2, PyTorch's default"});
  rules.push_back(
      {.framework = "torchtitan",
       .conditions = {{Text::kSoftware, {"torchtitan"}}},
       .settings = {"training.recompute_early_stop=true"},
       .assumption = "torchtitan: recomputation ends early, by PyTorch's non-reentrant checkpoint "
                     "with its default"});
  rules.push_back(
      {.framework = "torchtitan",
       .conditions = {{Text::kSoftware, {"torchtitan"}},
                      {Text::kPrecision, fp8_words()},
                      {Text::kPrecision, no_fp8_words(), false}},
       .settings = {"training.linear_precision=fp8", "training.fp8_recipe=tensorwise",
                    "training.fp8_all_gather=true"},
       .assumption = "float8 linears as docs/float8.md of torchtitan tells to run them: tensorwise "
                     "scales, weights gathered in float8; the LM head stays in bf16"});
  const std::vector<const char*> eager = {"no compile", "without compile", "not compiled",
                                          "no torch.compile", "without torch.compile"};
  rules.push_back({.framework = "torchtitan",
                   .conditions = {{Text::kSoftware, eager}},
                   .settings = {"training.compile=false"}});
  rules.push_back({.framework = "torchtitan",
                   .conditions = {{Text::kSoftware, {"compile"}}, {Text::kSoftware, eager, false}},
                   .settings = {"training.compile=true"}});
  rules.push_back({.framework = "torchtitan",
                   .conditions = {{Text::kSoftware, {"async tp", "asynctp", "async-tp"}}},
                   .settings = {"training.overlap_tensor_parallel=true"}});
  rules.push_back({.framework = "torchtitan",
                   .conditions = {{Text::kSoftware, kFoundry}},
                   .settings = {"training.flash_attention=1"},
                   .assumption =
                       "llm-foundry: attention is the Triton port of the first FlashAttention, "
                       "attn_impl of submit_benchmarks.py by default"});
  rules.push_back(
      {.framework = "torchtitan",
       .conditions = {{Text::kSoftware, kFoundry}},
       .settings = {"training.loss=fused", "training.logged_losses=2",
                    "training.fused_optimizer=false", "training.bf16_gradient_reduction=true",
                    "training.recompute_early_stop=true"},
       .assumption =
           "llm-foundry ran PyTorch 2.1 of 2023-08-27 and Composer (h100new.md@beb8dee6): "
           "checkpoints that end early, a fused loss and two logged ones, an update "
           "operation by operation, gradients reduced in bf16; prefetch of one layer",
       .counts_full_square = true});
  rules.push_back({.framework = "torchtitan",
                   .conditions = {{Text::kSoftware, kFoundry},
                                  {Text::kPrecision, fp8_words()},
                                  {Text::kPrecision, no_fp8_words(), false}},
                   .settings = {"training.linear_precision=fp8", "training.fp8_recipe=tensorwise"},
                   .assumption = "llm-foundry: linear layers are TransformerEngine's, under FSDP "
                                 "modelled with torchtitan's tensorwise recipe only"});
}

// What a file itself says, whatever the framework.
void add_texts(std::vector<Rule>& rules) {
  const std::vector<const char*> all_to_all = {"a2a", "all-to-all", "all_to_all", "ulysses"};
  rules.push_back({.conditions = {{Text::kContextParallel, {"a2a+p2p"}}},
                   .assumption = "cp_comm_type a2a+p2p is taken for a ring: the file does not say "
                                 "how many ranks exchange heads",
                   .context_parallel = "ring"});
  rules.push_back(
      {.conditions = {{Text::kContextParallel, all_to_all}}, .context_parallel = "ulysses"});
  rules.push_back(
      {.conditions = {{Text::kContextParallel, {"p2p", "ring"}}}, .context_parallel = "ring"});
  rules.push_back(
      {.conditions = {{Text::kContextParallel, {"all_gather", "allgather", "all-gather"}}},
       .context_parallel = "all_gather"});
  rules.push_back({.conditions = {{Text::kCounting,
                                   {"not halved", "full square", "whole square", "non-causal"}}},
                   .counts_full_square = true});
  const std::vector<const char*> attention2 = {"flashattention-2", "flashattention 2",
                                               "flash attention 2", "flash_attn 2"};
  const std::vector<const char*> attention3 = {"flashattention-3", "flashattention 3",
                                               "flash attention 3", "flash_attn 3"};
  for (const char* hopper : {"h100", "h200", "h800"}) {
    rules.push_back({.cluster = hopper,
                     .conditions = {{Text::kAttention, attention2}},
                     .settings = {"training.flash_attention=2"}});
    rules.push_back({.cluster = hopper,
                     .conditions = {{Text::kAttention, attention3}},
                     .settings = {"training.flash_attention=3"}});
  }
}

// Distributed attention alone.
void add_attention(std::vector<Rule>& rules) {
  rules.push_back(
      {.cluster = "h",
       .conditions = {{Text::kSoftware, {"magiattention"}}},
       .settings = {"training.flash_attention=3", "training.unpads_attention=true"},
       .assumption = "all methods call FlashAttention-3, and pack the rows of each call and unpack "
                     "its results, padded or not (exps/dist_attn/baselines/utils_cp.py of the same "
                     "repository, _fa3_varlen_forward and _backward)",
       .of_attention = true});
  rules.push_back(
      {.cluster = "b200",
       .conditions = {{Text::kSoftware, {"magiattention"}}},
       .assumption = "on B200 all methods call TransformerEngine's fused attention, cuDNN's, which "
                     "takes padded rows as they are (AttnBackend.TE of "
                     "exps/dist_attn/configs/b200_baseline.py)",
       .of_attention = true});
  rules.push_back({.conditions = {{Text::kSoftware, {"magiattention"}}},
                   .assumption = "LoongTrain's double ring is taken for a single one",
                   .of_attention = true});
  rules.push_back({.conditions = {{Text::kSoftware, {"ring-flash-attention"}}},
                   .assumption = "yunchang's ring attention is ring-flash-attention's",
                   .of_attention = true});
  for (const char* cluster : {"a100", "a800", "h"}) {
    rules.push_back({.cluster = cluster,
                     .conditions = {{Text::kSoftware, {"ring-flash-attention"}}},
                     .assumption = "FlashAttention-2, as ring-flash-attention calls it",
                     .of_attention = true});
  }
  rules.push_back({.cluster = "b200",
                   .conditions = {{Text::kSoftware, {"ring-flash-attention"}}},
                   .assumption = "no rate of FlashAttention-2 on B200 is known: its usual kernel "
                                 "is taken",
                   .of_attention = true});
}

}  // namespace

const std::vector<const char*>& fp8_words() {
  static const std::vector<const char*> kWords = {"fp8", "float8"};
  return kWords;
}

const std::vector<const char*>& no_fp8_words() {
  static const std::vector<const char*> kWords = {"no fp8", "no float8", "without fp8",
                                                  "without float8"};
  return kWords;
}

const std::vector<Rule>& software_rules() {
  static const std::vector<Rule> kRules = [] {
    std::vector<Rule> rules;
    add_texts(rules);
    add_megatron_rules(rules);
    add_fsdp(rules);
    add_attention(rules);
    return rules;
  }();
  return kRules;
}

const std::vector<FrameworkName>& framework_names() {
  static const std::vector<FrameworkName> kNames = {
      {"megatron-deepspeed", "deepspeed", ""},
      {"torchtitan", "torchtitan", ""},
      {"megatron", "megatron", ""},
      {"nemo", "megatron", ""},
      {"deepspeed", "deepspeed", ""},
      {"arctic long", "deepspeed", ""},
      {"alst", "deepspeed", ""},
      {"yunchang", "yunchang", ""},
      {"long-context-attention", "yunchang", ""},
      {"ring-flash-attention", "yunchang", ""},
      {"fsdp", "torchtitan",
       "FSDP is modelled as torchtitan runs it, the nearest framework that is modelled"},
      {"composer", "torchtitan",
       "FSDP is modelled as torchtitan runs it, the nearest framework that is modelled"},
      {"accelerate", "deepspeed", ""},
  };
  return kNames;
}

}  // namespace seqspan::profiles::published
