#include "profiles/replay/published/software_rules.hpp"

namespace seqspan::profiles::published {
namespace {

const std::vector<const char*> kNemo = {"nvidia nemo", "megatron/nemo", "nemo megatron"};
const std::vector<const char*> kFoundry = {"llm-foundry", "llmfoundry", "composer"};
const std::vector<const char*> kFp8 = {"fp8", "float8"};
const std::vector<const char*> kNoFp8 = {"no fp8", "no float8", "without fp8", "without float8"};

// Of Megatron-LM, and of NeMo, which runs it.
void add_megatron(std::vector<Rule>& rules) {
  rules.push_back(
      {.framework = "megatron",
       .conditions = {{Text::kSoftware, {"megatron"}},
                      {Text::kSoftware, kNemo, false},
                      {Text::kSetup, {"overlap-grad-reduce", "overlap_grad"}, false}},
       .settings = {"training.overlap_gradient_reduction=false",
                    "training.overlap_parameter_gather=false"},
       .assumption = "gradient reduction and parameter gathering are not overlapped: Megatron-LM "
                     "does so only when told to (--overlap-grad-reduce, --overlap-param-gather)"});
  rules.push_back({.framework = "megatron",
                   .conditions = {{Text::kSoftware, kNemo, false},
                                  {Text::kLoss, {"unfused", "not fused", "no fusion"}}},
                   .settings = {"training.loss=fp32_logits"}});
  rules.push_back(
      {.framework = "megatron",
       .conditions = {{Text::kSoftware, {"megatron"}},
                      {Text::kSoftware, kNemo, false},
                      {Text::kLoss, {"fus"}, false}},
       .settings = {"training.loss=fp32_logits"},
       .assumption = "the cross entropy is not fused: --cross-entropy-loss-fusion is off unless it "
                     "is given"});
  rules.push_back(
      {.framework = "megatron",
       .conditions = {{Text::kSoftware, kNemo}},
       .assumption = "NeMo reduces gradients and gathers parameters under compute "
                     "(overlap_grad_sync, overlap_param_sync of llama2_7b.yaml); GEMMs are not "
                     "overlapped with tensor parallel communication (ub_tp_comm_overlap: False)"});
  rules.push_back(
      {.framework = "megatron",
       .conditions = {{Text::kSoftware, kNemo}},
       .assumption = "NeMo's FLOPs are those of its own formula of 2024 (llama2 in "
                     "flops_formulas.py): 12 s/h for attention, every query counted with all keys",
       .counts_full_square = true});
  rules.push_back(
      {.framework = "megatron",
       .cluster = "h",
       .conditions = {{Text::kSoftware, kNemo}, {Text::kSoftware, {"24.03"}}},
       .settings = {"training.flash_attention=2"},
       .assumption =
           "NeMo 24.03: attention is FlashAttention-2, the default that its documentation "
           "named then (the text that NVIDIA/NeMo pull 9188 of May 2024 replaces)"});
  rules.push_back({.framework = "megatron",
                   .conditions = {{Text::kPrecision, kFp8}, {Text::kPrecision, kNoFp8, false}},
                   .settings = {"training.linear_precision=fp8", "training.fp8_recipe=delayed"},
                   .assumption = "FP8 is fp8_hybrid with delayed scaling, LM head and attention in "
                                 "bf16, as in NeMo's launcher (llama2_7b_fp8.sh)"});
  // SimuMax ran its rows with context parallelism so.
  rules.push_back({.framework = "megatron",
                   .conditions = {{Text::kSoftware, {"23e00ed0", "simumax"}},
                                  {Text::kContextParallel, {"p2p", "ring", "gather"}, false}},
                   .assumption =
                       "Megatron-LM 23e00ed0: cp_comm_type a2a, as b200_real_repro_guide.md beside "
                       "the page says: Ulysses over all ranks of the context parallel group",
                   .context_parallel = "ulysses"});
  rules.push_back(
      {.framework = "megatron",
       .conditions = {{Text::kSoftware, {"simumax"}}},
       .assumption = "each expert gets an equal share of the tokens (run_pretrain_deepseekv2.sh of "
                     "SimuMax: capacity factor 1, padded to capacity)"});
  rules.push_back({.framework = "megatron",
                   .conditions = {{Text::kSoftware, {"yunchang"}}},
                   .assumption =
                       "yunchang's Ulysses inside Megatron-LM of 2024-04 is taken for "
                       "TransformerEngine's: zigzag rows, attention inside is FlashAttention"});
  rules.push_back(
      {.framework = "megatron",
       .conditions = {{Text::kSoftware, {"2205.05198"}}},
       .settings = {"training.attention_kernel=unfused", "training.dropout=0.1"},
       .layout = {"sharding=none"},
       .assumption = "Megatron-LM of arXiv 2205.05198: attention without a flash kernel (section "
                     "4.1), dropout after attention, MLP and embedding, no distributed optimizer; "
                     "bf16 rates, which fp16 has as well"});
}

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
                      {Text::kPrecision, kFp8},
                      {Text::kPrecision, kNoFp8, false}},
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
                                  {Text::kPrecision, kFp8},
                                  {Text::kPrecision, kNoFp8, false}},
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

const std::vector<Rule>& software_rules() {
  static const std::vector<Rule> kRules = [] {
    std::vector<Rule> rules;
    add_texts(rules);
    add_megatron(rules);
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
