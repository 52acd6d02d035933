#include "sim/spec/documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "sim/errors/quote.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::sim {
namespace {

// Documents of s tokens fill a row each; longer ones do where they are cut into rows of s.
bool fills_rows(std::int64_t length, std::int64_t sequence, TooLong too_long) {
  return length == sequence || (length % sequence == 0 && too_long == TooLong::kCut);
}

}  // namespace

bool is_one_document_per_row(const Documents& documents, std::int64_t sequence) {
  const auto fills = [&](std::int64_t length) {
    return fills_rows(length, sequence, documents.too_long);
  };
  if (const auto* fixed = std::get_if<FixedLength>(&documents.lengths)) {
    return fills(fixed->length);
  }
  if (const auto* histogram = std::get_if<LengthHistogram>(&documents.lengths)) {
    for (std::size_t i = 0; i < histogram->lengths.size(); ++i) {
      if (histogram->counts[i] > 0 && !fills(histogram->lengths[i])) return false;
    }
    return true;
  }
  if (const auto* listed = std::get_if<ListedLengths>(&documents.lengths)) {
    return std::all_of(listed->lengths->begin(), listed->lengths->end(), fills);
  }
  const auto& lognormal = std::get<LognormalLengths>(documents.lengths);
  return lognormal.sigma == 0 && fills(lognormal.median);
}

double share_up_to(const LengthSource& lengths, std::int64_t tokens) {
  if (const auto* fixed = std::get_if<FixedLength>(&lengths))
    return fixed->length <= tokens ? 1 : 0;
  if (const auto* histogram = std::get_if<LengthHistogram>(&lengths)) {
    double all = 0;
    double short_enough = 0;
    for (std::size_t i = 0; i < histogram->lengths.size(); ++i) {
      const auto count = static_cast<double>(histogram->counts[i]);
      all += count;
      if (histogram->lengths[i] <= tokens) short_enough += count;
    }
    return short_enough / all;
  }
  if (const auto* listed = std::get_if<ListedLengths>(&lengths)) {
    const auto count = std::count_if(listed->lengths->begin(), listed->lengths->end(),
                                     [&](std::int64_t length) { return length <= tokens; });
    return static_cast<double>(count) / static_cast<double>(listed->lengths->size());
  }
  const auto& lognormal = std::get<LognormalLengths>(lengths);
  if (lognormal.sigma == 0) return lognormal.median <= tokens ? 1 : 0;
  // Lengths are rounded.
  const double above =
      std::log((static_cast<double>(tokens) + 0.5) / static_cast<double>(lognormal.median)) /
      lognormal.sigma;
  return std::erfc(-above / std::numbers::sqrt2) / 2;
}

std::string to_text(const LengthSource& lengths) {
  if (const auto* fixed = std::get_if<FixedLength>(&lengths)) {
    return fmt::format("{} tokens each", format_count(fixed->length));
  }
  if (const auto* histogram = std::get_if<LengthHistogram>(&lengths)) {
    return fmt::format("a histogram of {} lengths",
                       format_count(static_cast<std::int64_t>(histogram->lengths.size())));
  }
  if (const auto* listed = std::get_if<ListedLengths>(&lengths)) {
    return fmt::format("{} lengths of {}",
                       format_count(static_cast<std::int64_t>(listed->lengths->size())),
                       printable(listed->file));
  }
  const auto& lognormal = std::get<LognormalLengths>(lengths);
  return fmt::format("lognormal, median {} tokens, sigma {:.4g}", format_count(lognormal.median),
                     lognormal.sigma);
}

}  // namespace seqspan::sim
