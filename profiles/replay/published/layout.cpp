#include "profiles/replay/published/layout.hpp"

#include <fmt/format.h>

#include "profiles/replay/published/row_parts.hpp"
#include "profiles/replay/published/words.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::profiles::published {
namespace {

using sim::Result;

// A word of a text in small letters, and the value of a layout that it means.
struct Meaning {
  const char* word;
  const char* value;
};
using Meanings = std::vector<Meaning>;

const Meanings& recompute_meanings() {
  static const Meanings kMeanings = {
      {"selective", "selective"}, {"full", "full"}, {"none", "none"},     {"no recompute", "none"},
      {"no activation", "none"},  {"off", "none"},  {"disabled", "none"},
  };
  return kMeanings;
}

const Meanings& sharding_meanings() {
  static const Meanings kMeanings = {
      {"zero-1", "optimizer"},       {"zero1", "optimizer"},
      {"zero 1", "optimizer"},       {"zero-2", "gradients"},
      {"zero2", "gradients"},        {"zero 2", "gradients"},
      {"zero-3", "parameters"},      {"zero3", "parameters"},
      {"zero 3", "parameters"},      {"full_shard", "parameters"},
      {"fully shard", "parameters"}, {"fsdp", "parameters"},
      {"optimizer", "optimizer"},    {"gradients", "gradients"},
      {"parameters", "parameters"},  {"none", "none"},
  };
  return kMeanings;
}

const Meanings& order_meanings() {
  static const Meanings kMeanings = {{"zigzag", "zigzag"},
                                     {"balanced", "zigzag"},
                                     {"contiguous", "contiguous"},
                                     {"stripe", "striped"}};
  return kMeanings;
}

const Meanings& exchange_meanings() {
  static const Meanings kMeanings = {{"p2p", "p2p"},
                                     {"all_gather", "all_gather"},
                                     {"allgather", "all_gather"},
                                     {"all-gather", "all_gather"}};
  return kMeanings;
}

const Meanings& placement_meanings() {
  static const Meanings kMeanings = {{"ulysses_inner", "ulysses_inner"},
                                     {"ring_inner", "ring_inner"},
                                     {"pipeline_inner", "pipeline_inner"}};
  return kMeanings;
}

const Meanings& offload_meanings() {
  static const Meanings kMeanings = {{"none", "none"},
                                     {"optimizer", "optimizer"},
                                     {"activation", "activations"},
                                     {"checkpoint", "activations"},
                                     {"all", "all"}};
  return kMeanings;
}

// "": nothing is said. Errors: a text that means none of them.
Result<std::string> read(const char* key, const std::string& text, const Meanings& meanings) {
  for (const Meaning& meaning : meanings) {
    if (says(text, meaning.word)) return std::string(meaning.value);
  }
  if (text.empty()) return std::string();
  return sim::input_error(fmt::format("{} {} is not known", key, sim::quote(text)));
}

Result<std::string> recompute_of(const RowFacts& row, const Column& column,
                                 std::vector<std::string>& assumptions) {
  std::string text = column.recompute;
  if (text.empty()) text = row.layout.recompute;
  if (text.empty()) text = row.job.recompute;
  if (text.empty() || says_one_of(text, {"not stated", "not said", "unknown"})) {
    add_once(assumptions, "recomputation is the framework's default: the file does not say");
    return std::string();
  }
  return read("recompute", text, recompute_meanings());
}

// Megatron-LM splits experts by tp as well unless it is told otherwise, for which there must be
// enough ranks: tp x cp x dp is a multiple of etp x ep.
bool leaves_no_etp(const LayoutFacts& layout, const Degrees& degrees) {
  const std::int64_t ep = layout.ep.value_or(1);
  const std::int64_t ranks = degrees.tp * degrees.ulysses * degrees.ring * degrees.dp;
  return !layout.etp && degrees.tp > 1 && ep > 1 && ranks % ep == 0 && ranks / ep % degrees.tp != 0;
}

class LayoutWriter {
 public:
  void add(const char* key, const std::string& value) {
    if (value.empty()) return;
    if (!text_.empty()) text_ += ",";
    text_ += fmt::format("{}={}", key, value);
  }
  // What the file gives, and what is more than 1.
  void add_degree(const char* key, std::optional<std::int64_t> given, std::int64_t taken) {
    if (given || taken > 1) add(key, std::to_string(taken));
  }
  Result<void> add_read(const char* key, const std::string& text, const Meanings& meanings) {
    const auto value = read(key, text, meanings);
    if (!value) return tl::unexpected(value.error());
    add(key, *value);
    return {};
  }
  void add_part(const std::string& part) { text_ += (text_.empty() ? "" : ",") + part; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Sharding of the row is part of its layout, that of the whole file a setting.
Result<void> add_sharding(const RowFacts& row, const SoftwareChoice& software, LayoutWriter& writer,
                          LayoutText& result, std::vector<std::string>& assumptions) {
  for (const std::string& part : software.layout) writer.add_part(part);
  if (writer.text().find("sharding=") != std::string::npos) return {};
  if (!row.layout.sharding.empty()) {
    return writer.add_read("sharding", row.layout.sharding, sharding_meanings());
  }
  const auto of_all = read("sharding", row.job.sharding, sharding_meanings());
  if (!of_all) {
    add_once(assumptions, "sharding is the framework's default: " + of_all.error().what);
  } else if (!of_all->empty()) {
    result.settings.push_back("layout.sharding=" + *of_all);
  }
  return {};
}

}  // namespace

Result<LayoutText> layout_of(const RowFacts& row, const SoftwareChoice& software,
                             std::int64_t per_node, const Column& column,
                             std::vector<std::string>& assumptions) {
  const LayoutFacts& layout = row.layout;
  LayoutText result;
  const auto degrees = degrees_of(row, software, per_node, assumptions);
  if (!degrees) return tl::unexpected(degrees.error());
  result.degrees = *degrees;
  const auto batch = batch_of(row, degrees->dp, assumptions);
  if (!batch) return tl::unexpected(batch.error());
  result.global_batch_size = batch->global;
  const auto recompute = recompute_of(row, column, assumptions);
  if (!recompute) return tl::unexpected(recompute.error());

  LayoutWriter writer;
  writer.add_degree("tp", layout.tp, degrees->tp);
  writer.add_degree("pp", layout.pp, degrees->pp);
  writer.add_degree("vpp", layout.vpp, layout.vpp.value_or(1));
  writer.add_degree("ulysses", layout.ulysses, degrees->ulysses);
  writer.add_degree("ring", layout.ring, degrees->ring);
  writer.add("dp", std::to_string(degrees->dp));
  writer.add_degree("ep", std::nullopt, layout.ep.value_or(1));
  if (leaves_no_etp(layout, *degrees)) {
    add_once(assumptions, "etp=1 where tp x cp x dp holds ep, but not ep x tp");
    writer.add("etp", "1");
  } else {
    writer.add_degree("etp", layout.etp, layout.etp.value_or(1));
  }
  const std::string& exchange =
      layout.kv_exchange.empty() ? degrees->kv_exchange : layout.kv_exchange;
  for (const Result<void>& ok :
       {writer.add_read("ring_order", layout.ring_order, order_meanings()),
        writer.add_read("kv_exchange", exchange, exchange_meanings()),
        writer.add_read("placement", layout.placement, placement_meanings()),
        add_sharding(row, software, writer, result, assumptions)}) {
    if (!ok) return tl::unexpected(ok.error());
  }
  const bool both = says(row.job.offload, "optimizer") && says(row.job.offload, "activation");
  if (Result<void> ok =
          writer.add_read("offload", both ? "all" : row.job.offload, offload_meanings());
      !ok) {
    return tl::unexpected(ok.error());
  }
  if (*recompute == "none") {
    result.settings.emplace_back("layout.recompute=none");
  } else {
    writer.add("recompute", *recompute);
  }
  const auto by_tokens =
      layout.sequence_parallel ? layout.sequence_parallel : row.job.tp_sequence_parallel;
  if (!column.sequence_parallel || !by_tokens.value_or(true)) {
    writer.add("sequence_parallel", "false");
  } else if (degrees->tp > 1 && !by_tokens && column.recompute.empty()) {
    add_once(assumptions, "sequence parallelism goes with tp: the file does not say");
  }
  result.layout = fmt::format("{},micro_batch={}", writer.text(), batch->micro);
  if (batch->whole) {
    result.smaller_layout = writer.text() + ",micro_batch=1";
    add_once(assumptions,
             "micro-batch = global batch / dp, as the file says; where a row ran that would need "
             "over 1.25 times the GPU's memory so, micro-batches of one sequence");
  }
  return result;
}

}  // namespace seqspan::profiles::published
