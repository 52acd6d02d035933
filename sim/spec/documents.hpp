// Documents of different lengths that rows of a batch are packed of, and how they are dealt out:
// `training.documents` of a job. docs/models/documents.md has the model.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace seqspan::sim {

// Lengths are in tokens, from 1 to this.
inline constexpr std::int64_t kLongestDocument = std::int64_t{1} << 30U;

struct FixedLength {
  std::int64_t length = 0;
};

// Documents of length lengths[i] come with probability counts[i] / sum of counts.
struct LengthHistogram {
  std::vector<std::int64_t> lengths;
  std::vector<std::int64_t> counts;
};

// ln(length) is normal with mean ln(median) and deviation sigma; rounded, at least 1.
struct LognormalLengths {
  std::int64_t median = 0;
  double sigma = 0;
};

// Every listed length comes with the same probability. `file` as the job names it; the lengths are
// read after decoding (profiles/read_job.hpp) and are not empty then.
struct ListedLengths {
  std::string file;
  std::shared_ptr<const std::vector<std::int64_t>> lengths;
};

using LengthSource = std::variant<FixedLength, LengthHistogram, LognormalLengths, ListedLengths>;

// How documents become rows of s tokens.
enum class Packing : std::uint8_t {
  kConcatenate,  // end to end, cut where a row is full: no row has padding at its end
  kWhole,        // a document that does not fit into what is left of a row begins the next row
};

constexpr const char* name_of(Packing packing) {
  return packing == Packing::kConcatenate ? "concatenate" : "whole";
}

// What becomes of documents longer than a row.
enum class TooLong : std::uint8_t { kCut, kDrop };

constexpr const char* name_of(TooLong too_long) {
  return too_long == TooLong::kCut ? "cut" : "drop";
}

// What a ring shares out among its ranks: each document, or the row whatever is in it.
enum class DocumentSplit : std::uint8_t { kPerDocument, kWholeRow };

constexpr const char* name_of(DocumentSplit split) {
  return split == DocumentSplit::kPerDocument ? "per_document" : "whole_row";
}

// Which rows of a step a data parallel rank gets.
enum class Assignment : std::uint8_t {
  kAsTheyCome,  // row by row, in the order of the loader
  kSorted,      // sorted by attention, then dealt row by row: ranks work on alike rows at a time
  kBalanced,    // the longest first to the rank with the least, so many rows to each
};

constexpr const char* name_of(Assignment assignment) {
  switch (assignment) {
    case Assignment::kAsTheyCome:
      return "as_they_come";
    case Assignment::kSorted:
      return "sorted";
    case Assignment::kBalanced:
      return "balanced";
  }
  return "";
}

// Context parallel groups: of the layout's size for all, or as small as each document allows.
enum class DocumentGroups : std::uint8_t { kFixed, kPerDocument };

constexpr const char* name_of(DocumentGroups groups) {
  return groups == DocumentGroups::kFixed ? "fixed" : "per_document";
}

struct Documents {
  LengthSource lengths;
  Packing packing = Packing::kConcatenate;
  TooLong too_long = TooLong::kCut;
  // Absent: per document where the framework deals so, else the whole row.
  std::optional<DocumentSplit> split;
  Assignment assignment = Assignment::kAsTheyCome;
  DocumentGroups context_parallel = DocumentGroups::kFixed;
  std::int64_t seed = 1;
  std::int64_t samples = 1000;  // steps that are drawn
};

// Every row is one document of s tokens, as without documents.
[[nodiscard]] bool is_one_document_per_row(const Documents& documents, std::int64_t sequence);

// The part of the documents that are at most `tokens` long, 0 to 1. A file's lengths must have been
// read.
[[nodiscard]] double share_up_to(const LengthSource& lengths, std::int64_t tokens);

// "lognormal, median 2,048 tokens, sigma 1.5": for people.
[[nodiscard]] std::string to_text(const LengthSource& lengths);

}  // namespace seqspan::sim
