#include "profiles/replay/published/software.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "profiles/replay/published/software_rules.hpp"
#include "profiles/replay/published/words.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::profiles::published {
namespace {

std::string text_of(const FileFacts& file, const JobFacts& job, Text which) {
  std::string text;
  switch (which) {
    case Text::kSoftware:
      return job.framework + "\n" + job.variant + "\n" + file.source;
    case Text::kPrecision:
      // A flag of the row counts before texts of the setup.
      if (job.float8) return *job.float8 ? "fp8" : "bf16";
      return job.framework + "\n" + job.variant + "\n" + job.precision;
    case Text::kLoss:
      return job.loss;
    case Text::kAttention:
      return job.attention + "\n" + job.framework;
    case Text::kContextParallel:
      if (!job.context_parallel.empty()) return job.context_parallel;
      return has_word(job.framework, "a2a") || has_word(job.framework, "p2p") ? job.framework
                                                                              : text;
    case Text::kSetup:
      text = job.framework + "\n" + job.attention + "\n" + job.context_parallel;
      for (const auto& [key, note] : file.notes) text += "\n" + note;
      return text;
    case Text::kCounting:
      for (const auto& [key, note] : file.notes) {
        if (key == "setup.tflops" || key == "setup.measured" || key == "setup.flops") {
          text += "\n" + note;
        }
      }
      return text;
  }
  return text;
}

bool holds(const Rule& rule, const SoftwareChoice& choice, const FileFacts& file,
           const JobFacts& job, const std::string& cluster) {
  if (*rule.framework != '\0' && choice.framework != rule.framework) return false;
  if (*rule.cluster != '\0' && !cluster.starts_with(rule.cluster)) return false;
  for (const Condition& condition : rule.conditions) {
    const std::string text = text_of(file, job, condition.text);
    const bool says = condition.words.empty() || says_one_of(text, condition.words);
    if (says != condition.is) return false;
  }
  return true;
}

// The framework of the first name that the texts have: what ran it before who published it.
std::string framework_of(const FileFacts& file, const JobFacts& job,
                         std::vector<std::string>& assumptions) {
  for (const std::string& text : {job.framework, file.source}) {
    for (const FrameworkName& name : framework_names()) {
      if (!says(text, name.word)) continue;
      if (*name.assumption != '\0') assumptions.emplace_back(name.assumption);
      return name.framework;
    }
  }
  assumptions.push_back(fmt::format(
      "Megatron-LM is taken: {} names no framework that is modelled",
      job.framework.empty() ? std::string("the file") : "framework " + sim::quote(job.framework)));
  return "megatron";
}

}  // namespace

SoftwareChoice choose_software(const FileFacts& file, const JobFacts& job,
                               const std::string& cluster, const std::string& framework,
                               bool has_cp) {
  SoftwareChoice choice;
  choice.framework = framework.empty() ? framework_of(file, job, choice.assumptions) : framework;
  const bool is_step = framework.empty();
  for (const Rule& rule : software_rules()) {
    if (rule.of_attention == is_step) continue;
    if (*rule.context_parallel != '\0' && !has_cp) continue;
    if (!holds(rule, choice, file, job, cluster)) continue;
    choice.settings.insert(choice.settings.end(), rule.settings.begin(), rule.settings.end());
    choice.layout.insert(choice.layout.end(), rule.layout.begin(), rule.layout.end());
    if (*rule.assumption != '\0') choice.assumptions.emplace_back(rule.assumption);
    if (choice.context_parallel.empty()) choice.context_parallel = rule.context_parallel;
    choice.counts_full_square = choice.counts_full_square || rule.counts_full_square;
    choice.peak_is_reserved = choice.peak_is_reserved || rule.peak_is_reserved;
  }
  if (choice.context_parallel.empty()) {
    choice.context_parallel = choice.framework == "deepspeed" ? "ulysses" : "ring";
  }
  return choice;
}

}  // namespace seqspan::profiles::published
