// Reads the text of a formula again and computes it: that what people read is what was computed.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sim/formula/formula.hpp"

namespace seqspan::tests {

// Numbers, symbols, + - x /, parentheses, max, min, pow, ceil and floor_log2.
class TextEvaluator {
 public:
  TextEvaluator(std::string_view text, const std::map<std::string, double>& values)
      : text_(text), values_(values) {}

  // Throws std::runtime_error for a text that is no formula.
  double value() {
    const double result = sum();
    if (at_ != text_.size()) fail();
    return result;
  }

 private:
  [[noreturn]] void fail() const {
    throw std::runtime_error("cannot read '" + std::string(text_.substr(at_)) + "' of '" +
                             std::string(text_) + "'");
  }
  bool take(std::string_view token) {
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  double sum() {
    double result = product();
    for (;;) {
      if (take(" + ")) {
        result += product();
      } else if (take(" - ")) {
        result -= product();
      } else {
        return result;
      }
    }
  }
  double product() {
    double result = atom();
    for (;;) {
      if (take(" x ")) {
        result *= atom();
      } else if (take(" / ")) {
        result /= atom();
      } else {
        return result;
      }
    }
  }
  double atom() {
    if (take("(")) {
      const double result = sum();
      if (!take(")")) fail();
      return result;
    }
    return is_digit() ? number() : symbol_or_call();
  }
  [[nodiscard]] bool is_digit() const {
    return at_ < text_.size() && std::isdigit(text_[at_]) != 0;
  }
  double number() {
    std::string digits;
    while (is_digit() || (at_ + 1 < text_.size() && (text_[at_] == ',' || text_[at_] == '.') &&
                          std::isdigit(text_[at_ + 1]) != 0)) {
      if (text_[at_] != ',') digits += text_[at_];
      ++at_;
    }
    return std::stod(digits);
  }
  double symbol_or_call() {
    std::string name;
    while (at_ < text_.size() &&
           (std::isalnum(text_[at_]) != 0 || text_[at_] == '_' || text_[at_] == '.')) {
      name += text_[at_++];
    }
    if (take("(")) return call(name);
    const auto found = values_.find(name);
    if (found == values_.end()) fail();
    return found->second;
  }
  double call(const std::string& name) {
    std::vector<double> operands = {sum()};
    while (take(", ")) operands.push_back(sum());
    if (!take(")")) fail();
    if (name == "max") return *std::max_element(operands.begin(), operands.end());
    if (name == "min") return *std::min_element(operands.begin(), operands.end());
    if (name == "pow") return std::pow(operands.at(0), operands.at(1));
    if (name == "ceil") return std::ceil(operands.front());
    if (name == "floor_log2") return std::floor(std::log2(operands.front()));
    fail();
  }

  std::string_view text_;
  const std::map<std::string, double>& values_;
  std::size_t at_ = 0;
};

// The value of an equation's text, with the numbers that the formula itself lists.
inline double evaluated(const sim::Formula& formula, const sim::Equation& equation) {
  std::map<std::string, double> values;
  for (const sim::Term& term : formula.terms) values[term.symbol] = term.value;
  for (const sim::Equation& one : formula.equations) values[one.symbol] = one.value;
  return equation.formula == "0 s" ? 0 : TextEvaluator(equation.formula, values).value();
}

}  // namespace seqspan::tests
