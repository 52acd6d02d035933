#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "planner/export/import_parts.hpp"

namespace seqspan::planner {
namespace {

struct Word {
  std::string text;
  int line = 1;
};

// Words as a shell would see them: quotes, backslashes at the end of a line, comments.
std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  int line = 1;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '\n') ++line;
    if (std::isspace(static_cast<unsigned char>(c)) != 0 || c == '(' || c == ')' || c == '\\') {
      ++at;
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    Word word{"", line};
    char quote = 0;
    for (; at < text.size(); ++at) {
      const char next = text[at];
      if (quote != 0) {
        if (next == '\n') ++line;
        if (next == quote) {
          quote = 0;
        } else {
          word.text += next;
        }
        continue;
      }
      if (next == '"' || next == '\'') {
        quote = next;
        continue;
      }
      if (std::isspace(static_cast<unsigned char>(next)) != 0 || next == '(' || next == ')') break;
      if (next == '\\') break;
      word.text += next;
    }
    words.push_back(std::move(word));
  }
  return words;
}

bool is_flag(const std::string& word) { return word.size() > 2 && word.rfind("--", 0) == 0; }

// "--flag value value", "--flag=value"; what follows a flag until the next is its value.
GivenValues flags_of(std::string_view text, const std::string& source) {
  GivenValues flags(source, "--");
  const std::vector<Word> words = words_of(text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!is_flag(words[i].text)) continue;
    std::string name = words[i].text.substr(2);
    std::string value;
    const std::size_t equals = name.find('=');
    if (equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    }
    const int line = words[i].line;
    while (i + 1 < words.size() && !is_flag(words[i + 1].text)) {
      value += (value.empty() ? "" : " ") + words[++i].text;
    }
    // What follows the last value of a flag may be the next command of a script.
    if (equals == std::string::npos && name != "hierarchical-context-parallel-sizes" &&
        name != "cp-comm-type") {
      value = value.substr(0, value.find(' '));
    }
    flags.put(name, value, line);
  }
  return flags;
}

struct ContextDegrees {
  std::int64_t ulysses = 1;
  std::int64_t ring = 1;
  bool gathers = false;
};

sim::Result<ContextDegrees> context_of(const GivenValues& flags, Imported& imported) {
  const auto size = flags.count("context-parallel-size", 1);
  if (!size) return tl::unexpected(size.error());
  ContextDegrees degrees;
  if (*size == 1) return degrees;
  std::string kind = flags.has("cp-comm-type") ? flags.text("cp-comm-type") : "p2p";
  const std::string first = kind.substr(0, kind.find(' '));
  for (std::size_t at = 0; at < kind.size();) {
    const std::size_t end = std::min(kind.find(' ', at), kind.size());
    if (kind.substr(at, end - at) != first) {
      return flags.wrong("cp-comm-type", "layers communicate in different ways",
                         "one way for all layers: seqspan has one layout for all of them");
    }
    at = end + 1;
  }
  if (first == "a2a") {
    degrees.ulysses = *size;
  } else if (first == "p2p") {
    degrees.ring = *size;
  } else if (first == "all_gather" || first == "allgather") {
    degrees.ring = *size;
    degrees.gathers = true;
    if (first == "allgather") {
      imported.warnings.push_back(
          flags.place("cp-comm-type") +
          ": allgather: TransformerEngine accepts \"all_gather\" only, whatever "
          "Megatron-LM's help says");
    }
  } else if (first == "a2a+p2p") {
    const std::string sizes = flags.text("hierarchical-context-parallel-sizes");
    const std::size_t space = sizes.find(' ');
    if (space == std::string::npos) {
      return flags.wrong(
          "cp-comm-type", "a2a+p2p without --hierarchical-context-parallel-sizes U R",
          "Megatron-LM refuses it: name the sizes of the all-to-all and of the ring");
    }
    degrees.ulysses = std::atoll(sizes.substr(0, space).c_str());
    degrees.ring = std::atoll(sizes.substr(space + 1).c_str());
    if (degrees.ulysses < 1 || degrees.ring < 1 || degrees.ulysses * degrees.ring != *size) {
      return flags.wrong("hierarchical-context-parallel-sizes",
                         fmt::format("'{}' is no two sizes with the product {}", sizes, *size),
                         "their product is --context-parallel-size");
    }
  } else {
    return flags.wrong("cp-comm-type", "'" + first + "' is no way to communicate",
                       "p2p, a2a, all_gather or a2a+p2p");
  }
  return degrees;
}

// Groups as each document needs, held to what validate_args asserts; or rows with cu_seqlens. How
// long documents are is in the data, and must be said before anything can be predicted.
sim::Result<void> read_documents(const GivenValues& flags, Imported& imported) {
  const std::string hybrid = "hybrid-context-parallel";
  if (!flags.has(hybrid)) {
    if (flags.has("sft")) {
      imported.warnings.push_back(
          flags.place("sft") +
          ": rows may be packed of documents: say how long they are with --set "
          "training.documents.lognormal={...} or another key of training.documents");
    }
    return {};
  }
  const auto pp = flags.count("pipeline-model-parallel-size", 1);
  if (!pp) return tl::unexpected(pp.error());
  if (*pp > 1) {
    return flags.wrong(hybrid, "groups as each document needs with pipeline stages",
                       "Megatron-LM refuses it: --pipeline-model-parallel-size 1");
  }
  if (flags.has("use-megatron-fsdp")) {
    return flags.wrong(hybrid, "groups as each document needs with Megatron-FSDP",
                       "Megatron-LM refuses it: leave --use-megatron-fsdp out");
  }
  if (flags.has("dataloader-type") && flags.text("dataloader-type") != "single") {
    return flags.wrong("dataloader-type", "--hybrid-context-parallel with another loader",
                       "Megatron-LM refuses it: --dataloader-type single");
  }
  if (!flags.has("calculate-per-token-loss")) {
    return flags.wrong(hybrid, "--hybrid-context-parallel without --calculate-per-token-loss",
                       "Megatron-LM refuses it: add --calculate-per-token-loss");
  }
  const auto most = flags.count("max-seqlen-per-dp-cp-rank", 0);
  if (!most) return tl::unexpected(most.error());
  const auto size = flags.count("context-parallel-size", 1);
  if (!size) return tl::unexpected(size.error());
  const auto sequence = flags.count("seq-length", *most * *size);
  if (!sequence) return tl::unexpected(sequence.error());
  if (*most == 0) {
    return flags.wrong(hybrid, "--hybrid-context-parallel without --max-seqlen-per-dp-cp-rank",
                       "say how many tokens a rank holds");
  }
  if (*sequence % *size != 0 || *sequence / *size != *most) {
    return flags.wrong("max-seqlen-per-dp-cp-rank",
                       fmt::format("{} tokens for a rank, and --seq-length {} over "
                                   "--context-parallel-size {}",
                                   *most, *sequence, *size),
                       "seqspan has ranks that hold seq-length / context-parallel-size tokens");
  }
  imported.settings.emplace_back("training.documents.context_parallel=per_document");
  imported.warnings.push_back(
      flags.place(hybrid) +
      ": add how long documents are: --set training.documents.file=lengths.jsonl, or another key "
      "of training.documents");
  return {};
}

// Chunks of a stage: their number, or, the other way to say it, layers of each, which have to come
// out (Megatron-LM megatron/training/arguments.py validate_args). Embedding and loss may count as
// a layer each.
sim::Result<void> read_chunks(const GivenValues& flags, LayoutWords& words, Imported& imported) {
  const char* const number = "num-virtual-stages-per-pipeline-rank";
  const char* const flag = "num-layers-per-virtual-pipeline-stage";
  const auto chunks = flags.count(number, 1);
  if (!chunks) return tl::unexpected(chunks.error());
  words.degree("vpp", *chunks);
  if (!flags.has(flag)) return {};
  if (flags.has(number)) {
    return flags.wrong(flag, fmt::format("--{} says chunks of a stage too", number),
                       "one of the two: Megatron-LM refuses both");
  }
  for (const char* uneven :
       {"decoder-first-pipeline-num-layers", "decoder-last-pipeline-num-layers"}) {
    if (!flags.has(uneven)) continue;
    return flags.wrong(flag, fmt::format("stages are uneven by --{}", uneven),
                       fmt::format("--{} N: Megatron-LM refuses this", number));
  }
  const auto of_chunk = flags.count(flag, 1);
  if (!of_chunk) return tl::unexpected(of_chunk.error());
  const auto pp = flags.count("pipeline-model-parallel-size", 1);
  if (!pp) return tl::unexpected(pp.error());
  std::int64_t more = 0;
  for (const char* counts :
       {"account-for-embedding-in-pipeline-split", "account-for-loss-in-pipeline-split"}) {
    if (flags.has(counts)) ++more;
  }
  const std::string counted = more == 0 ? "" : fmt::format(" + {}", more);
  if (!flags.has("num-layers")) {
    imported.warnings.push_back(fmt::format(
        "{}: add vpp, the chunks of a stage: of a model of L layers {} / {} / {}",
        flags.place(flag), more == 0 ? "L" : fmt::format("(L{})", counted), *pp, *of_chunk));
    return {};
  }
  const auto layers = flags.count("num-layers", 1);
  if (!layers) return tl::unexpected(layers.error());
  if ((*layers + more) % *pp != 0 || (*layers + more) / *pp % *of_chunk != 0) {
    return flags.wrong(
        flag,
        fmt::format("{}{} layers over {} stages in chunks of {}", *layers, counted, *pp, *of_chunk),
        "chunks that divide the layers of a stage: Megatron-LM refuses others");
  }
  words.degree("vpp", (*layers + more) / *pp / *of_chunk);
  return {};
}

const char* sharding_of(const GivenValues& flags) {
  if (flags.has("use-megatron-fsdp")) {
    const std::string strategy = flags.text("data-parallel-sharding-strategy");
    if (strategy == "optim_grads_params") return "parameters";
    if (strategy == "optim_grads") return "gradients";
    return strategy == "optim" ? "optimizer" : "none";
  }
  return flags.has("use-distributed-optimizer") ? "optimizer" : "none";
}

}  // namespace

sim::Result<Imported> import_megatron(std::string_view text, const std::string& source) {
  const GivenValues flags = flags_of(text, source);
  const std::array known = {"tensor-model-parallel-size", "context-parallel-size",
                            "pipeline-model-parallel-size", "micro-batch-size", "seq-length"};
  if (std::none_of(known.begin(), known.end(), [&](const char* name) { return flags.has(name); })) {
    return sim::input_error("no flag of Megatron-LM's layout", source, {},
                            "--tensor-model-parallel-size and the like, as its command line has "
                            "them; a torchtitan TOML has a [parallelism] section");
  }
  Imported imported;
  const auto context = context_of(flags, imported);
  if (!context) return tl::unexpected(context.error());
  LayoutWords words;
  const auto degree = [&](const char* key, const char* flag,
                          std::int64_t otherwise = 1) -> sim::Result<void> {
    const auto value = flags.count(flag, otherwise);
    if (!value) return tl::unexpected(value.error());
    words.degree(key, *value);
    return {};
  };
  if (auto read = degree("tp", "tensor-model-parallel-size"); !read) {
    return tl::unexpected(read.error());
  }
  const auto tp = flags.count("tensor-model-parallel-size", 1);
  if (*tp > 1 && !flags.has("sequence-parallel")) words.word("sequence_parallel", "false");
  words.degree("ulysses", context->ulysses);
  words.degree("ring", context->ring);
  if (context->gathers) words.word("kv_exchange", "all_gather");
  if (flags.has("decoder-first-pipeline-num-layers") ||
      flags.has("decoder-last-pipeline-num-layers")) {
    imported.warnings.emplace_back(
        "layers of the first and last stage are dealt anew: seqspan explain layers_not_divisible");
  }
  if (auto read = degree("pp", "pipeline-model-parallel-size"); !read) {
    return tl::unexpected(read.error());
  }
  if (auto read = read_chunks(flags, words, imported); !read) return tl::unexpected(read.error());
  if (auto read = degree("ep", "expert-model-parallel-size"); !read) {
    return tl::unexpected(read.error());
  }
  if (flags.has("use-tp-pp-dp-mapping")) words.word("placement", "pipeline_inner");
  if (flags.has("num-experts")) {
    const auto etp = flags.count("expert-tensor-parallel-size", *tp);
    if (!etp) return tl::unexpected(etp.error());
    words.word("etp", std::to_string(*etp));
  }
  if (auto read = degree("micro_batch", "micro-batch-size"); !read) {
    return tl::unexpected(read.error());
  }
  const std::string granularity = flags.text("recompute-granularity");
  if (flags.has("recompute-activations") || granularity == "selective") {
    words.word("recompute", "selective");
  } else if (granularity == "full") {
    words.word("recompute", "full");
  }
  words.word("sharding", sharding_of(flags));
  imported.layout = words.text();
  for (const auto& [field, flag] : {std::pair{"sequence_length", "seq-length"},
                                    std::pair{"global_batch_size", "global-batch-size"}}) {
    if (!flags.has(flag)) continue;
    const auto value = flags.count(flag, 1);
    if (!value) return tl::unexpected(value.error());
    imported.settings.push_back(fmt::format("training.{}={}", field, *value));
  }
  for (const auto& [field, flag] :
       {std::pair{"overlap_gradient_reduction", "overlap-grad-reduce"},
        std::pair{"overlap_parameter_gather", "overlap-param-gather"}}) {
    imported.settings.push_back(
        fmt::format("training.{}={}", field, flags.has(flag) ? "true" : "false"));
  }
  if (flags.has("tp-comm-overlap")) {
    imported.settings.emplace_back("training.overlap_tensor_parallel=true");
  }
  if (auto read = read_documents(flags, imported); !read) return tl::unexpected(read.error());
  if (flags.has("grad-reduce-in-bf16")) {
    imported.settings.emplace_back("training.bf16_gradient_reduction=true");
  }
  if (flags.has("fp8-format")) {
    const std::string recipe = flags.has("fp8-recipe") ? flags.text("fp8-recipe") : "delayed";
    if (recipe == "delayed" || recipe == "tensorwise") {
      imported.settings.emplace_back("training.linear_precision=fp8");
      imported.settings.push_back("training.fp8_recipe=" + recipe);
      if (flags.has("fp8-param-gather")) {
        imported.settings.emplace_back("training.fp8_all_gather=true");
      }
    } else {
      imported.warnings.push_back("--fp8-recipe " + recipe + " is not modelled: taken for bf16");
    }
  }
  return imported;
}

}  // namespace seqspan::planner
