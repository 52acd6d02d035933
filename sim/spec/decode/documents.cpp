#include "sim/spec/decode/documents.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/spec/json/field_table.hpp"

namespace seqspan::sim {
namespace {

using json::FieldTable;
using json::Value;
using Path = std::string;

constexpr std::int64_t kLargestCount = std::int64_t{1} << 40U;  // a million of them add up
constexpr std::int64_t kLargestSeed = std::int64_t{1} << 53U;
constexpr std::int64_t kMostSamples = 100'000;
// Above it the mean of lengths is a thousand times the median and more.
constexpr double kLargestSigma = 4;

FieldTable<LengthHistogram> make_histogram_table() {
  FieldTable<LengthHistogram> t(json::ObjectFacts{
      "a histogram",
      "Documents of lengths[i] tokens come with probability counts[i] / sum of counts.",
      {},
      {{"weights", "a histogram counts documents", "call it counts, in whole numbers"}},
      false});
  t.add(json::integers("lengths", 1, kLongestDocument, "tokens of a document"),
        &LengthHistogram::lengths);
  t.add(json::integers("counts", 0, kLargestCount, "documents of each length"),
        &LengthHistogram::counts);
  return t;
}

const FieldTable<LengthHistogram>& histogram_table() {
  static const FieldTable<LengthHistogram> kTable = make_histogram_table();
  return kTable;
}

const json::ObjectFacts& histogram_facts() { return histogram_table().facts(); }

FieldTable<LognormalLengths> make_lognormal_table() {
  FieldTable<LognormalLengths> t(json::ObjectFacts{
      "a lognormal",
      "ln(length) is normal: half of the documents are longer than the median, and the mean is "
      "median x exp(sigma^2 / 2).",
      {},
      {{"mean", "the median is what is given", "median = mean x exp(-sigma^2 / 2)"},
       {"mu", "the median is what is given", "median = exp(mu)"}},
      false});
  t.add(json::quantity("median", json::FieldType::kTokens, static_cast<double>(kLongestDocument),
                       "the length that half of the documents exceed"),
        &LognormalLengths::median);
  t.add(json::real("sigma", 0, kLargestSigma, "deviation of ln(length)"), &LognormalLengths::sigma);
  return t;
}

const FieldTable<LognormalLengths>& lognormal_table() {
  static const FieldTable<LognormalLengths> kTable = make_lognormal_table();
  return kTable;
}

const json::ObjectFacts& lognormal_facts() { return lognormal_table().facts(); }

Result<void> check_histogram(const LengthHistogram& histogram, const Value& value,
                             const Path& path) {
  const auto fault = [&](const char* key, std::string what, std::string fix) {
    return json::error_at(value, path, key, std::move(what), {}, std::move(fix));
  };
  if (histogram.lengths.empty()) {
    return fault("lengths", "a histogram without lengths", "give at least one");
  }
  if (histogram.lengths.size() != histogram.counts.size()) {
    return fault(
        "counts",
        fmt::format("{} counts for {} lengths", histogram.counts.size(), histogram.lengths.size()),
        "give one count for each length");
  }
  const bool none = std::all_of(histogram.counts.begin(), histogram.counts.end(),
                                [](std::int64_t count) { return count == 0; });
  if (none) return fault("counts", "the counts add up to 0", "count some document");
  return {};
}

json::FieldFacts fixed_facts() {
  return json::quantity("fixed", json::FieldType::kTokens, static_cast<double>(kLongestDocument),
                        "tokens of every document")
      .with_default("another key says how long documents are");
}

void add_lengths(FieldTable<Documents>& t) {
  t.add(fixed_facts(),
        [](Documents& documents, const Value& value, const Path& path) -> Result<void> {
          const auto length = json::check_field(fixed_facts(), value, path);
          if (!length) return tl::unexpected(length.error());
          documents.lengths = FixedLength{length->integer};
          return {};
        });
  t.add(json::object("histogram", histogram_facts, "lengths and how often each comes")
            .with_default("another key says how long documents are"),
        [](Documents& documents, const Value& value, const Path& path) -> Result<void> {
          LengthHistogram histogram;
          if (auto ok = histogram_table().decode(histogram, value, path); !ok) return ok;
          if (auto ok = check_histogram(histogram, value, path); !ok) return ok;
          documents.lengths = std::move(histogram);
          return {};
        });
  t.add(json::object("lognormal", lognormal_facts, "lengths whose logarithm is normal")
            .with_default("another key says how long documents are"),
        [](Documents& documents, const Value& value, const Path& path) -> Result<void> {
          LognormalLengths lognormal;
          if (auto ok = lognormal_table().decode(lognormal, value, path); !ok) return ok;
          documents.lengths = lognormal;
          return {};
        });
  t.add(json::text("file",
                   "a file of lengths: one number a line, or JSONL with a \"length\" in every line")
            .with_default("another key says how long documents are"),
        [](Documents& documents, const Value& value, const Path& path) -> Result<void> {
          if (value.text.empty()) {
            return input_error("the name of the file is empty", json::where(value.place, path));
          }
          documents.lengths = ListedLengths{value.text, nullptr};
          return {};
        });
}

FieldTable<Documents> make_documents_table() {
  FieldTable<Documents> t(json::ObjectFacts{
      "documents",
      "How long documents are, and how they are packed into rows and dealt out. Exactly one of "
      "fixed, histogram, lognormal and file.",
      {},
      {{"lengths", "lengths stand in a histogram or a file", "use histogram or file"},
       {"kind", "the key that is given says it", "use fixed, histogram, lognormal or file"}},
      false});
  add_lengths(t);
  t.add(json::choice("packing", json::choices_up_to(Packing::kWhole),
                     "how documents become rows: cut where a row is full, or kept whole")
            .with_default("concatenate"),
        &Documents::packing);
  t.add(json::choice("too_long", json::choices_up_to(TooLong::kDrop),
                     "what becomes of documents longer than a row")
            .with_default("cut"),
        &Documents::too_long);
  t.add(json::choice("split", json::choices_up_to(DocumentSplit::kWholeRow),
                     "what a ring shares out among its ranks: each document, or the row")
            .with_default("per_document where the framework deals so, else whole_row"),
        &Documents::split);
  t.add(json::choice("assignment", json::choices_up_to(Assignment::kBalanced),
                     "which rows of a step a data parallel rank gets")
            .with_default("as_they_come"),
        &Documents::assignment);
  t.add(json::choice("context_parallel", json::choices_up_to(DocumentGroups::kPerDocument),
                     "context parallel groups of one size, or as small as each document allows")
            .with_default("fixed"),
        &Documents::context_parallel);
  t.add(json::integer("seed", 0, kLargestSeed, "of the steps that are drawn").with_default("1"),
        &Documents::seed);
  t.add(json::integer("samples", 2, kMostSamples, "steps that are drawn").with_default("1000"),
        &Documents::samples);
  return t;
}

const FieldTable<Documents>& documents_table() {
  static const FieldTable<Documents> kTable = make_documents_table();
  return kTable;
}

}  // namespace

const json::ObjectFacts& documents_facts() { return documents_table().facts(); }

Result<Documents> decode_documents(const Value& value, const Path& path) {
  Documents documents;
  if (auto ok = documents_table().decode(documents, value, path); !ok) {
    return tl::unexpected(ok.error());
  }
  std::vector<std::string> given;
  for (const char* key : {"fixed", "histogram", "lognormal", "file"}) {
    if (value.find(key) != nullptr) given.emplace_back(key);
  }
  constexpr const char* kFix = "give exactly one of fixed, histogram, lognormal and file";
  if (given.empty()) {
    return input_error("nothing says how long documents are", json::where(value.place, path), {},
                       kFix);
  }
  if (given.size() > 1) {
    return json::error_at(
        value, path, given[1],
        fmt::format("both {} and {} say how long documents are", given[0], given[1]), {}, kFix);
  }
  return documents;
}

}  // namespace seqspan::sim
