// Formulas as text: one with its numbers, or one law with the numbers of many.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/render/style.hpp"
#include "sim/formula/formula.hpp"

namespace seqspan::cli {

// Equations with the numbers put in:
//   "  t = bytes / rate + overhead
//        = 64 MiB / 2 TB/s + 5 us
//        = 38.6 us"
[[nodiscard]] std::string equations_text(const Style& style, const sim::Formula& formula,
                                         std::size_t indent);
// What was put in and where it comes from, a row each.
[[nodiscard]] std::string terms_text(const Style& style, const std::vector<sim::Term>& terms,
                                     std::size_t indent);

// Formulas that are alike but for the numbers put in.
class LawTable {
 public:
  // `of`: what the formula is of. Those with the same numbers share a row.
  void add(const std::string& of, const sim::Formula& formula);

  // Each law: its equations with symbols, what is the same for all that take it, then their own
  // numbers and results.
  [[nodiscard]] std::string text(const Style& style) const;
  // Where what was put in comes from, each parameter once.
  [[nodiscard]] std::string sources(const Style& style) const;

 private:
  struct Row {
    std::vector<std::string> of;
    const sim::Formula* formula;
  };
  struct Group {
    std::vector<Row> rows;
  };

  [[nodiscard]] static bool is_alike(const sim::Formula& a, const sim::Formula& b);
  [[nodiscard]] static std::string group_text(const Style& style, const Group& group);

  std::vector<Group> groups_;
};

}  // namespace seqspan::cli
