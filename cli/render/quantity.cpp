#include "cli/render/quantity.hpp"

#include <fmt/format.h>

#include <cmath>

#include "sim/units/format_units.hpp"

namespace seqspan::cli {

std::string gib_number(sim::Bytes bytes) {
  const std::string text =
      fmt::format("{:.1f}", static_cast<double>(bytes.value()) / static_cast<double>(sim::kGibi));
  // What is there does not read as nothing.
  return bytes.value() > 0 && text == "0.0" ? "<0.1" : text;
}

std::string gib(sim::Bytes bytes) { return gib_number(bytes) + " GiB"; }

std::string percent(double share) {
  const std::string text = fmt::format("{:.1f} %", 100 * share);
  if (text == "-0.0 %") return "0.0 %";
  return share > 0 && text == "0.0 %" ? "<0.1 %" : text;
}

std::string rate(double value) {
  if (value < 100) return fmt::format("{:.3g}", value);
  return sim::format_count(std::llround(value));
}

std::string counted(std::int64_t count, const std::string& noun) {
  return sim::format_count(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace seqspan::cli
