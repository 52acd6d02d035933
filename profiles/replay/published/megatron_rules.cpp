// What is assumed of Megatron-LM, and of NeMo and Megatron-Bridge, which run it.
#include "profiles/replay/published/software_rules.hpp"

namespace seqspan::profiles::published {
namespace {

const std::vector<const char*> kNemo = {"nvidia nemo", "megatron/nemo", "nemo megatron"};
// Launchers of Megatron-LM with recipes of their own.
const std::vector<const char*> kLaunched = {"nvidia nemo", "megatron/nemo", "nemo megatron",
                                            "megatron-bridge", "megatron bridge"};

// FP8 of Megatron-LM has one of several recipes.
void add_megatron_fp8(std::vector<Rule>& rules) {
  const std::vector<const char*> current = {
      "current scaling", "fp8-cs", "fp8_cs", "tensorwise", "megatron-bridge", "megatron bridge"};
  const std::vector<const char*> blocks = {"mxfp8", "fp8-mx", "fp8_mx"};
  rules.push_back({.framework = "megatron",
                   .conditions = {{Text::kPrecision, fp8_words()},
                                  {Text::kPrecision, no_fp8_words(), false},
                                  {Text::kPrecision, current, false},
                                  {Text::kPrecision, blocks, false}},
                   .settings = {"training.linear_precision=fp8", "training.fp8_recipe=delayed"},
                   .assumption = "FP8 is fp8_hybrid with delayed scaling, LM head and attention in "
                                 "bf16, as in NeMo's launcher (llama2_7b_fp8.sh)"});
  rules.push_back(
      {.framework = "megatron",
       .conditions = {{Text::kPrecision, fp8_words()},
                      {Text::kPrecision, no_fp8_words(), false},
                      {Text::kPrecision, current}},
       .settings = {"training.linear_precision=fp8", "training.fp8_recipe=tensorwise"},
       .assumption = "FP8 has current scaling, one scale per tensor; LM head and attention are in "
                     "bf16"});
  rules.push_back({.framework = "megatron",
                   .conditions = {{Text::kPrecision, blocks}, {Text::kPrecision, current, false}},
                   .settings = {"training.linear_precision=fp8", "training.fp8_recipe=tensorwise"},
                   .assumption = "MXFP8 is not modelled: one scale per tensor is taken"});
  rules.push_back(
      {.framework = "megatron",
       .conditions = {{Text::kSoftware, {"megatron-bridge", "megatron bridge"}},
                      {Text::kPrecision, fp8_words()}},
       .settings = {"training.fp8_all_gather=true", "training.bf16_gradient_reduction=true",
                    "training.overlap_tensor_parallel=true"},
       .assumption = "recipes of Megatron-Bridge (scripts/performance/configs@0fa501ac): weights "
                     "stored and gathered in FP8, gradients in bf16, tensor parallel communication "
                     "in pieces under the products"});
}

}  // namespace

void add_megatron_rules(std::vector<Rule>& rules) {
  rules.push_back(
      {.framework = "megatron",
       .conditions = {{Text::kSoftware, {"megatron"}},
                      {Text::kSoftware, kLaunched, false},
                      {Text::kSetup, {"overlap-grad-reduce", "overlap_grad"}, false}},
       .settings = {"training.overlap_gradient_reduction=false",
                    "training.overlap_parameter_gather=false"},
       .assumption = "gradient reduction and parameter gathering are not overlapped: Megatron-LM "
                     "does so only when told to (--overlap-grad-reduce, --overlap-param-gather)"});
  rules.push_back({.framework = "megatron",
                   .conditions = {{Text::kSoftware, kLaunched, false},
                                  {Text::kLoss, {"unfused", "not fused", "no fusion"}}},
                   .settings = {"training.loss=fp32_logits"}});
  rules.push_back(
      {.framework = "megatron",
       .conditions = {{Text::kSoftware, {"megatron"}},
                      {Text::kSoftware, kLaunched, false},
                      {Text::kLoss, {"fus"}, false}},
       .settings = {"training.loss=fp32_logits"},
       .assumption = "the cross entropy is not fused: --cross-entropy-loss-fusion is off unless it "
                     "is given"});
  rules.push_back({.framework = "megatron",
                   .conditions = {{Text::kSoftware, kNemo}},
                   .assumption = "NeMo reduces gradients and gathers parameters under compute "
                                 "(overlap_grad_sync, overlap_param_sync of llama2_7b.yaml)"});
  rules.push_back({.framework = "megatron",
                   .conditions = {{Text::kSoftware, kNemo}, {Text::kSoftware, {"24.07"}, false}},
                   .assumption =
                       "NeMo: GEMMs are not overlapped with tensor parallel communication "
                       "(ub_tp_comm_overlap: False)"});
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
                   .conditions = {{Text::kSoftware, {"nemo"}}, {Text::kSoftware, {"24.07"}}},
                   .settings = {"training.bf16_gradient_reduction=true",
                                "training.overlap_tensor_parallel=true"},
                   .assumption =
                       "NeMo 24.07: gradients are reduced in bf16 (grad_sync_dtype: bf16 of "
                       "NeMo-Framework-Launcher's configurations), tensor parallel communication "
                       "runs in pieces under the products (ub_tp_comm_overlap)"});
  add_megatron_fp8(rules);
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

}  // namespace seqspan::profiles::published
