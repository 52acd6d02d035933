#include "profiles/replay/published/model_names.hpp"

namespace seqspan::profiles::published {
namespace {

constexpr const char* kMpt =
    "MPT as benchmarked: learned positions for the whole sequence, biases, a vocabulary of 50,368, "
    "tied, where the published checkpoints have ALiBi and no biases; widths, layers and heads of "
    "scripts/train/yamls/pretrain/mpt-*.yaml of mosaicml/llm-foundry, set on MPT-13B, whose kind "
    "they are";
constexpr const char* kGpt =
    "GPT as Megatron-LM had it: tied embeddings of a vocabulary of 51,200, learned positions, "
    "biases, a plain MLP with GELU (arXiv 2205.05198, section 4 and table 3)";
constexpr const char* kCard = "dimensions of the public model card: the file has none";

const std::vector<KnownModel>& known_models() {
  static const std::vector<KnownModel> kKnown = {
      {"llama318b", "Llama-3-8B", {}, {}, "Llama-3-8B has the shapes of Llama-3.1-8B"},
      {"metallama38b", "Llama-3-8B", {}, {}, ""},
      {"llama370b", "Llama-3.1-70B", {}, {}, "Llama-3-70B has the dimensions of Llama-3.1-70B"},
      {"llama3370b", "Llama-3.1-70B", {}, {}, "Llama-3.3-70B has the dimensions of Llama-3.1-70B"},
      {"llama3405b", "Llama-3.1-405B", {}, {}, "Llama-3-405B has the dimensions of Llama-3.1-405B"},
      {"llama7b", "Llama-2-7B", {}, {}, "Llama-7B has the shapes of Llama-2-7B"},
      {"llama213b",
       "Llama-2-7B",
       {{"hidden", 5120}, {"ffn", 13824}, {"heads", 40}, {"kv_heads", 40}, {"layers", 40}},
       {},
       kCard},
      {"llama270b",
       "Llama-2-7B",
       {{"hidden", 8192}, {"ffn", 28672}, {"heads", 64}, {"kv_heads", 8}, {"layers", 80}},
       {},
       kCard},
      {"llama65b",
       "Llama-2-7B",
       {{"hidden", 8192}, {"ffn", 22016}, {"heads", 64}, {"kv_heads", 64}, {"layers", 80}},
       {},
       kCard},
      {"22b", "Megatron-GPT-22B", {}, {}, kGpt},
      {"175b", "Megatron-GPT-175B", {}, {}, kGpt},
      {"gpt3175b", "Megatron-GPT-175B", {}, {}, kGpt},
      {"530b", "Megatron-GPT-530B", {}, {}, kGpt},
      {"1t", "Megatron-GPT-1T", {}, {}, kGpt},
      {"mpt125m", "MPT-13B", {{"hidden", 768}, {"heads", 12}, {"layers", 12}}, {}, kMpt},
      {"mpt350m", "MPT-13B", {{"hidden", 1024}, {"heads", 16}, {"layers", 24}}, {}, kMpt},
      {"mpt760m", "MPT-13B", {{"hidden", 1536}, {"heads", 12}, {"layers", 24}}, {}, kMpt},
      {"mpt1b", "MPT-13B", {{"hidden", 2048}, {"heads", 16}, {"layers", 24}}, {}, kMpt},
      {"mpt3b", "MPT-13B", {{"hidden", 2560}, {"heads", 20}, {"layers", 32}}, {}, kMpt},
      {"mpt7b", "MPT-13B", {{"hidden", 4096}, {"heads", 32}, {"layers", 32}}, {}, kMpt},
      {"mpt13b", "MPT-13B", {}, {}, kMpt},
      {"mpt30b", "MPT-13B", {{"hidden", 7168}, {"heads", 56}, {"layers", 48}}, {}, kMpt},
      {"mpt70b", "MPT-13B", {{"hidden", 8192}, {"heads", 64}, {"layers", 80}}, {}, kMpt},
  };
  return kKnown;
}

}  // namespace

const KnownModel* find_known(const std::string& plain_name) {
  for (const KnownModel& model : known_models()) {
    if (plain_name == model.name) return &model;
  }
  return nullptr;
}

}  // namespace seqspan::profiles::published
