// The table of published/software.hpp.
#pragma once

#include <cstdint>
#include <vector>

namespace seqspan::profiles::published {

// Which of a file's texts.
enum class Text : std::uint8_t {
  kSoftware,         // framework and source
  kPrecision,        // framework and precision
  kLoss,             // loss
  kAttention,        // attention and framework
  kContextParallel,  // context_parallel or cp_comm_type
  kSetup,            // all of the setup
  kCounting,         // how TFLOP/s are counted
};

// The text has one of the words (small letters), or none of them where `is` is false.
struct Condition {
  Text text;
  std::vector<const char*> words;
  bool is = true;
};

struct Rule {
  const char* framework = "";  // of which framework; "": any
  const char* cluster = "";    // of which clusters, by their beginning; "": any
  std::vector<Condition> conditions{};
  std::vector<const char*> settings{};
  std::vector<const char*> layout{};
  const char* assumption = "";
  const char* context_parallel = "";
  bool counts_full_square = false;
  bool peak_is_reserved = false;
  bool of_attention = false;  // of attention alone, else of steps
};

// In the order in which they apply.
[[nodiscard]] const std::vector<Rule>& software_rules();

// Those of Megatron-LM and of what runs it, in a file of their own.
void add_megatron_rules(std::vector<Rule>& rules);

// That linear layers are FP8, and that they are not.
[[nodiscard]] const std::vector<const char*>& fp8_words();
[[nodiscard]] const std::vector<const char*>& no_fp8_words();

// A word of a text, in small letters, and the framework that it means; the first counts.
struct FrameworkName {
  const char* word;
  const char* framework;
  const char* assumption;
};
[[nodiscard]] const std::vector<FrameworkName>& framework_names();

}  // namespace seqspan::profiles::published
