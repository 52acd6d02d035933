#include "sim/formula/traced.hpp"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "sim/units/format_units.hpp"

namespace seqspan::sim {
namespace {

using Kind = Expression::Kind;

bool is_constant(const Expression& expression, double value) {
  return expression.kind == Kind::kConstant && expression.value == value;
}

// How tightly an expression's text holds together.
enum class Binding : std::uint8_t { kSum, kProduct, kAtom };

// Writes an expression with symbols, or with the numbers put in.
class Writer {
 public:
  explicit Writer(bool symbols) : symbols_(symbols) {}

  // Taken apart, even if it has an equation of its own.
  [[nodiscard]] std::string whole(const Expression& expression) const {
    return text(expression, Binding::kSum, true);
  }

 private:
  [[nodiscard]] std::string text(const Expression& expression, Binding outside,
                                 bool whole = false) const {
    if (expression.named && !whole) return leaf(expression);
    switch (expression.kind) {
      case Kind::kConstant:
        return format_value(expression.value, expression.unit);
      case Kind::kGiven:
        return leaf(expression);
      case Kind::kSum:
        return joined(expression, " + ", Binding::kSum, Binding::kSum, outside);
      case Kind::kDifference:
        return joined(expression, " - ", Binding::kSum, Binding::kProduct, outside);
      case Kind::kProduct:
        return joined(expression, " x ", Binding::kProduct, right_of_product(expression), outside);
      case Kind::kQuotient:
        return joined(expression, " / ", Binding::kProduct, Binding::kAtom, outside);
      case Kind::kCall:
        return called(expression);
      case Kind::kSame:
        return text(left(expression), outside);
    }
    return {};
  }

  static const Expression& left(const Expression& e) { return *e.operands[0]; }
  static const Expression& right(const Expression& e) { return *e.operands[1]; }

  // a x (b / c) is not rounded as a x b / c is.
  static Binding right_of_product(const Expression& e) {
    return right(e).kind == Kind::kQuotient ? Binding::kAtom : Binding::kProduct;
  }

  [[nodiscard]] std::string leaf(const Expression& expression) const {
    return symbols_ ? expression.symbol : format_value(expression.value, expression.unit);
  }

  [[nodiscard]] std::string joined(const Expression& e, const char* sign, Binding own,
                                   Binding of_right, Binding outside) const {
    const std::string inner = text(left(e), own) + sign + text(right(e), of_right);
    return own < outside ? "(" + inner + ")" : inner;
  }

  [[nodiscard]] std::string called(const Expression& e) const {
    std::string inner;
    for (const ExpressionPointer& operand : e.operands) {
      inner += (inner.empty() ? "" : ", ") + text(*operand, Binding::kSum);
    }
    return e.function + "(" + inner + ")";
  }

  bool symbols_;
};

// Gathers what an expression is made of, each symbol once.
class Gatherer {
 public:
  explicit Gatherer(Formula& formula) : formula_(formula) {}

  void equation(const Expression& expression, const std::string& symbol) {
    formula_.equations.push_back({symbol, Writer(true).whole(expression),
                                  Writer(false).whole(expression), expression.value,
                                  expression.unit});
    inside(expression);
  }

 private:
  void inside(const Expression& expression) {
    // Terms of this equation first, then those that it names.
    std::vector<const Expression*> named;
    gather(expression, named);
    for (const Expression* one : named) equation(*one, one->symbol);
  }

  void gather(const Expression& expression, std::vector<const Expression*>& named) {
    if (expression.kind == Kind::kGiven) add_term(expression);
    for (const ExpressionPointer& operand : expression.operands) {
      if (!operand->named) {
        gather(*operand, named);
      } else if (seen_.insert(operand->symbol).second) {
        named.push_back(operand.get());
      }
    }
  }

  void add_term(const Expression& given) {
    if (!seen_.insert(given.symbol).second) return;
    formula_.terms.push_back({given.symbol, given.value, given.unit, given.source});
  }

  Formula& formula_;
  std::set<std::string> seen_;
};

}  // namespace

const char* name_of(Unit unit) {
  switch (unit) {
    case Unit::kNumber:
      return "";
    case Unit::kBytes:
      return "bytes";
    case Unit::kSeconds:
      return "seconds";
    case Unit::kFlops:
      return "flop";
    case Unit::kBytesPerSecond:
      return "bytes_per_second";
    case Unit::kFlopsPerSecond:
      return "flop_per_second";
  }
  return "";
}

std::string format_value(double value, Unit unit) {
  constexpr double kLargestExact = 9007199254740992.0;  // 2^53
  switch (unit) {
    case Unit::kNumber:
      if (value == std::floor(value) && std::abs(value) < kLargestExact) {
        return format_count(static_cast<std::int64_t>(value));
      }
      return fmt::format("{:.4g}", value);
    case Unit::kBytes:
      return format_bytes(Bytes(static_cast<std::int64_t>(value)));
    case Unit::kSeconds:
      return format_time(Seconds(value));
    case Unit::kFlops: {
      const std::string rate = format_flops(FlopsPerSecond(value));
      return rate.substr(0, rate.find('/'));
    }
    case Unit::kBytesPerSecond:
      return format_bandwidth(BytesPerSecond(value));
    case Unit::kFlopsPerSecond:
      return format_flops(FlopsPerSecond(value));
  }
  return {};
}

std::string Tracing::source_at(const Sources& sources, const std::string& path) {
  const auto found = sources.find(path);
  return found != sources.end() ? found->second : "no source: a default, or set by hand";
}

ExpressionPointer Tracing::named_as(const char* symbol, const ExpressionPointer& expression) {
  if (expression->kind == Kind::kConstant) return expression;
  Expression named = *expression;
  if (named.named || named.kind == Kind::kGiven) {
    named.kind = Kind::kSame;
    named.source.clear();
    named.operands = {expression};
  }
  named.symbol = symbol;
  named.named = true;
  return std::make_shared<Expression>(std::move(named));
}

ExpressionPointer in_unit(const ExpressionPointer& expression, Unit unit) {
  if (expression->unit == unit) return expression;
  Expression same = *expression;
  same.unit = unit;
  return std::make_shared<Expression>(std::move(same));
}

ExpressionPointer combined(Kind kind, double value, Unit unit, const ExpressionPointer& left,
                           const ExpressionPointer& right) {
  if (kind == Kind::kSum && is_constant(*left, 0)) return in_unit(right, unit);
  const bool adds = kind == Kind::kSum || kind == Kind::kDifference;
  if (adds && is_constant(*right, 0)) return in_unit(left, unit);
  if (kind == Kind::kProduct && is_constant(*left, 1)) return in_unit(right, unit);
  if (kind == Kind::kProduct && is_constant(*right, 1)) return in_unit(left, unit);
  Expression result;
  result.value = value;
  result.unit = unit;
  const bool nothing = is_constant(*left, 0) || is_constant(*right, 0);
  if (kind == Kind::kProduct && nothing) return std::make_shared<Expression>(std::move(result));
  result.kind = kind;
  result.operands = {left, right};
  return std::make_shared<Expression>(std::move(result));
}

ExpressionPointer call_of(const char* function, double value, Unit unit,
                          std::vector<ExpressionPointer> operands) {
  Expression call;
  call.kind = Kind::kCall;
  call.value = value;
  call.unit = unit;
  call.function = function;
  call.operands = std::move(operands);
  return std::make_shared<Expression>(std::move(call));
}

ExpressionPointer largest_of(double value, Unit unit, std::vector<ExpressionPointer> operands) {
  std::erase_if(operands, [](const ExpressionPointer& one) { return is_constant(*one, 0); });
  // max(max(a, b), c) is max(a, b, c).
  for (std::size_t i = 0; i < operands.size();) {
    const ExpressionPointer inner = operands[i];
    if (inner->named || inner->kind != Kind::kCall || inner->function != "max") {
      ++i;
      continue;
    }
    const auto at = operands.erase(operands.begin() + static_cast<std::ptrdiff_t>(i));
    operands.insert(at, inner->operands.begin(), inner->operands.end());
  }
  if (operands.size() == 1) return in_unit(operands.front(), unit);
  if (operands.empty()) return in_unit(Traced<double>().expression(), unit);
  return call_of("max", value, unit, std::move(operands));
}

Formula formula_of(const Law& law, const char* symbol, const ExpressionPointer& result) {
  Formula formula;
  formula.law = law;
  Gatherer(formula).equation(*result, symbol);
  return formula;
}

}  // namespace seqspan::sim
