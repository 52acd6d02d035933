#include "cli/render/formula_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/render/table.hpp"
#include "cli/render/text.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::cli {
namespace {

std::string value_of(const sim::Term& term) { return sim::format_value(term.value, term.unit); }
std::string value_of(const sim::Equation& one) { return sim::format_value(one.value, one.unit); }

std::size_t widest_symbol(const sim::Formula& formula) {
  std::size_t width = 0;
  for (const sim::Equation& one : formula.equations) width = std::max(width, one.symbol.size());
  return width;
}

bool is_same_value(const sim::Term& a, const sim::Term& b) {
  return a.value == b.value && a.symbol == b.symbol;
}

}  // namespace

std::string equations_text(const Style& style, const sim::Formula& formula, std::size_t indent) {
  const std::size_t width = widest_symbol(formula);
  const std::string margin(indent, ' ');
  std::string text;
  for (const sim::Equation& one : formula.equations) {
    const std::string value = value_of(one);
    const auto line = [&](const std::string& symbol, const std::string& what) {
      text += paragraph(margin + pad_right(symbol, width) + " = ", what, style.width);
    };
    line(one.symbol, one.formula);
    if (one.numbers != one.formula && one.numbers != value) line("", one.numbers);
    if (one.formula != value) line("", value);
  }
  return text;
}

std::string terms_text(const Style& style, const std::vector<sim::Term>& terms,
                       std::size_t indent) {
  Table table({{"", Align::kLeft}, {"", Align::kRight}, {"", Align::kLeft, true}});
  for (const sim::Term& term : terms) {
    table.add({term.symbol, value_of(term), sim::printable(term.source)});
  }
  return table.empty() ? "" : table.text(style, indent);
}

bool LawTable::is_alike(const sim::Formula& a, const sim::Formula& b) {
  const auto same_equation = [](const sim::Equation& x, const sim::Equation& y) {
    return x.symbol == y.symbol && x.formula == y.formula;
  };
  return std::string_view(a.law.name) == b.law.name &&
         std::equal(a.equations.begin(), a.equations.end(), b.equations.begin(), b.equations.end(),
                    same_equation);
}

void LawTable::add(const std::string& of, const sim::Formula& formula) {
  auto group = std::find_if(groups_.begin(), groups_.end(), [&](const Group& one) {
    return is_alike(*one.rows.front().formula, formula);
  });
  if (group == groups_.end()) {
    // Beside the others of its law.
    group = std::find_if(groups_.rbegin(), groups_.rend(), [&](const Group& one) {
              return std::string_view(one.rows.front().formula->law.name) == formula.law.name;
            }).base();
    if (group == groups_.begin()) group = groups_.end();
    group = groups_.insert(group, Group{});
  }
  const auto same = std::find_if(group->rows.begin(), group->rows.end(), [&](const Row& row) {
    return std::equal(row.formula->terms.begin(), row.formula->terms.end(), formula.terms.begin(),
                      formula.terms.end(), is_same_value);
  });
  if (same == group->rows.end()) {
    group->rows.push_back({{of}, &formula});
  } else if (std::find(same->of.begin(), same->of.end(), of) == same->of.end()) {
    same->of.push_back(of);
  }
}

std::string LawTable::group_text(const Style& style, const Group& group) {
  const sim::Formula& first = *group.rows.front().formula;
  const std::size_t width = widest_symbol(first);
  std::string text;
  for (const sim::Equation& one : first.equations) {
    text += paragraph("  " + pad_right(one.symbol, width) + " = ", one.formula, style.width);
  }
  // What is the same for all of them is said once.
  const auto is_common = [&](auto numbers_of, std::size_t i) {
    return std::all_of(group.rows.begin(), group.rows.end(), [&](const Row& row) {
      return numbers_of(*row.formula)[i].value == numbers_of(first)[i].value;
    });
  };
  const auto terms_of = [](const sim::Formula& one) -> const auto& { return one.terms; };
  const auto equations_of = [](const sim::Formula& one) -> const auto& { return one.equations; };
  const auto list = [&](const sim::Formula& formula, bool common) {
    std::string numbers;
    const auto add = [&](const auto& one) {
      numbers += (numbers.empty() ? "" : ", ") + one.symbol + " = " + value_of(one);
    };
    for (std::size_t t = 0; t < formula.terms.size(); ++t) {
      if (is_common(terms_of, t) == common) add(formula.terms[t]);
    }
    for (std::size_t e = 1; e < formula.equations.size(); ++e) {
      if (is_common(equations_of, e) == common) add(formula.equations[e]);
    }
    return numbers;
  };
  if (const std::string common = list(first, true); !common.empty()) {
    text += dim(style, paragraph("  with ", common, style.width));
  }
  for (const Row& row : group.rows) {
    std::string names;
    for (const std::string& name : row.of) names += (names.empty() ? "" : "; ") + name;
    text += paragraph("    ", names, style.width);
    const sim::Equation& result = row.formula->equations.front();
    const std::string own = list(*row.formula, false);
    text += paragraph(
        "      " + result.symbol + " = " + value_of(result) + (own.empty() ? "" : " with "), own,
        style.width);
  }
  return text;
}

std::string LawTable::text(const Style& style) const {
  std::string text;
  std::string_view law;
  for (const Group& group : groups_) {
    const sim::Law& own = group.rows.front().formula->law;
    if (own.name != law) {
      text += "\n" + bold(style, own.name) + "\n" +
              dim(style, paragraph("  ", own.source, style.width));
    } else {
      text += "\n";
    }
    law = own.name;
    text += group_text(style, group);
  }
  return text;
}

std::string LawTable::sources(const Style& style) const {
  struct Parameter {
    const sim::Term* first;
    bool varies;
  };
  std::vector<Parameter> parameters;
  for (const Group& group : groups_) {
    for (const Row& row : group.rows) {
      for (const sim::Term& term : row.formula->terms) {
        const auto known =
            std::find_if(parameters.begin(), parameters.end(),
                         [&](const Parameter& one) { return one.first->symbol == term.symbol; });
        if (known == parameters.end()) {
          parameters.push_back({&term, false});
        } else if (known->first->value != term.value) {
          known->varies = true;
        }
      }
    }
  }
  // What shares a source is said together: the shapes of ops, the constants of NCCL.
  Table table({{"", Align::kLeft}, {"", Align::kRight}, {"", Align::kLeft, true}});
  std::string together;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string& source = parameters[i].first->source;
    const auto has_source = [&](const Parameter& one) { return one.first->source == source; };
    const auto end = parameters.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::any_of(parameters.begin(), end, has_source)) continue;
    std::string symbols;
    for (const Parameter& one : parameters) {
      if (has_source(one)) symbols += (symbols.empty() ? "" : ", ") + one.first->symbol;
    }
    if (symbols != parameters[i].first->symbol || parameters[i].varies) {
      together += paragraph("  ", symbols + ": " + sim::printable(source), style.width);
    } else {
      table.add({symbols, value_of(*parameters[i].first), sim::printable(source)});
    }
  }
  return (table.empty() ? "" : table.text(style)) + together;
}

}  // namespace seqspan::cli
