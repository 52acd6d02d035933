// Numbers that remember how they came about (sim/formula/numbers.hpp).
//
// A traced number is a value and the expression that gave it. Its operations compute exactly what
// the plain ones do, and in the same order.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/formula/formula.hpp"
#include "sim/formula/numbers.hpp"

namespace seqspan::sim {

struct Expression {
  enum class Kind : std::uint8_t {
    kConstant,
    kGiven,
    kSum,
    kDifference,
    kProduct,
    kQuotient,
    kCall,
    kSame,  // its operand, under another symbol
  };

  Kind kind = Kind::kConstant;
  double value = 0;
  Unit unit = Unit::kNumber;
  std::string symbol;    // of what is given, or of its own equation
  std::string source;    // of what is given
  std::string function;  // of a call
  std::vector<std::shared_ptr<const Expression>> operands;
  bool named = false;  // has an equation of its own
};
using ExpressionPointer = std::shared_ptr<const Expression>;

template <class T>
constexpr Unit unit_of() {
  if constexpr (std::is_same_v<T, Bytes>) return Unit::kBytes;
  if constexpr (std::is_same_v<T, Seconds>) return Unit::kSeconds;
  if constexpr (std::is_same_v<T, Flops>) return Unit::kFlops;
  if constexpr (std::is_same_v<T, BytesPerSecond>) return Unit::kBytesPerSecond;
  if constexpr (std::is_same_v<T, FlopsPerSecond>) return Unit::kFlopsPerSecond;
  return Unit::kNumber;
}

template <class T>
constexpr double number_of(T value) {
  if constexpr (std::is_arithmetic_v<T>) {
    return static_cast<double>(value);
  } else {
    return static_cast<double>(value.value());
  }
}

template <class T>
class Traced {
 public:
  Traced() : Traced(T{}, Expression::Kind::kConstant, {}) {}
  Traced(T value, Expression::Kind kind, std::vector<ExpressionPointer> operands,
         std::string symbol = {}, std::string source = {})
      : value_(value),
        expression_(std::make_shared<Expression>(Expression{kind,
                                                            number_of(value),
                                                            unit_of<T>(),
                                                            std::move(symbol),
                                                            std::move(source),
                                                            {},
                                                            std::move(operands),
                                                            false})) {}
  Traced(T value, ExpressionPointer expression)
      : value_(value), expression_(std::move(expression)) {}

  [[nodiscard]] T value() const { return value_; }
  [[nodiscard]] const ExpressionPointer& expression() const { return expression_; }

  template <class Factor>
  Traced& operator*=(const Factor& factor) {
    return *this = *this * factor;
  }

 private:
  T value_;
  ExpressionPointer expression_;
};

template <class T>
struct IsTraced : std::false_type {};
template <class T>
struct IsTraced<Traced<T>> : std::true_type {};

template <class T>
const Traced<T>& traced(const Traced<T>& number) {
  return number;
}
template <class T>
requires(!IsTraced<T>::value) Traced<T> traced(T constant) {
  return Traced<T>(constant, Expression::Kind::kConstant, {});
}

// Without a constant that changes nothing: 0 + a, 1 x a; 0 x a is 0.
[[nodiscard]] ExpressionPointer combined(Expression::Kind kind, double value, Unit unit,
                                         const ExpressionPointer& left,
                                         const ExpressionPointer& right);

namespace detail {

template <class A, class B>
concept OneIsTraced = IsTraced<A>::value || IsTraced<B>::value;

template <class A, class B, class Apply>
auto combine(Expression::Kind kind, const A& a, const B& b, Apply apply) {
  const auto& left = traced(a);
  const auto& right = traced(b);
  using Value = decltype(apply(left.value(), right.value()));
  const Value value = apply(left.value(), right.value());
  return Traced<Value>(value, combined(kind, number_of(value), unit_of<Value>(), left.expression(),
                                       right.expression()));
}

}  // namespace detail

template <class A, class B>
requires detail::OneIsTraced<A, B>
auto operator+(const A& a, const B& b) {
  return detail::combine(Expression::Kind::kSum, a, b, [](auto x, auto y) { return x + y; });
}
template <class A, class B>
requires detail::OneIsTraced<A, B>
auto operator-(const A& a, const B& b) {
  return detail::combine(Expression::Kind::kDifference, a, b, [](auto x, auto y) { return x - y; });
}
template <class A, class B>
requires detail::OneIsTraced<A, B>
auto operator*(const A& a, const B& b) {
  return detail::combine(Expression::Kind::kProduct, a, b, [](auto x, auto y) { return x * y; });
}
template <class A, class B>
requires detail::OneIsTraced<A, B>
auto operator/(const A& a, const B& b) {
  return detail::combine(Expression::Kind::kQuotient, a, b, [](auto x, auto y) { return x / y; });
}

[[nodiscard]] ExpressionPointer call_of(const char* function, double value, Unit unit,
                                        std::vector<ExpressionPointer> operands);
[[nodiscard]] ExpressionPointer largest_of(double value, Unit unit,
                                           std::vector<ExpressionPointer> operands);

struct Tracing {
  template <class T>
  using Number = Traced<T>;

  template <class T>
  Traced<T> given(const char* symbol, T value, const char* source) const {
    return Traced<T>(value, Expression::Kind::kGiven, {}, symbol, source);
  }
  template <class T>
  Traced<T> given(const char* symbol, std::size_t index, T value, const char* source) const {
    return Traced<T>(value, Expression::Kind::kGiven, {}, symbol + std::to_string(index), source);
  }
  template <class T>
  Traced<T> sourced(const char* path, T value, const Sources& sources) const {
    return Traced<T>(value, Expression::Kind::kGiven, {}, path, source_at(sources, path));
  }
  template <class T>
  Traced<T> sourced(const char* owner, const char* field, T value, const Sources& sources) const {
    const std::string path = std::string(owner) + "." + field;
    return Traced<T>(value, Expression::Kind::kGiven, {}, path,
                     source_at(sources, sources.count(path) > 0 ? path : field));
  }
  template <class T>
  Traced<T> named(const char* symbol, const Traced<T>& number) const {
    return Traced<T>(number.value(), named_as(symbol, number.expression()));
  }
  template <class T, class... Operands>
  Traced<T> call(const char* function, T value, const Operands&... operands) const {
    return {value,
            call_of(function, number_of(value), unit_of<T>(), {traced(operands).expression()...})};
  }
  template <class T>
  Traced<T> constant(T value) const {
    return traced(value);
  }

 private:
  static std::string source_at(const Sources& sources, const std::string& path);
  static ExpressionPointer named_as(const char* symbol, const ExpressionPointer& expression);
};

template <class T>
T bare(const Traced<T>& number) {
  return number.value();
}
inline Traced<double> real(const Traced<std::int64_t>& count) {
  return {static_cast<double>(count.value()), count.expression()};
}
template <class Dimension, class Representation>
Traced<Representation> amount(const Traced<Quantity<Dimension, Representation>>& quantity) {
  return {quantity.value().value(), quantity.expression()};
}
// The same expression in another unit; what has a symbol keeps its own.
[[nodiscard]] ExpressionPointer in_unit(const ExpressionPointer& expression, Unit unit);
template <class To>
Traced<To> as(const Traced<typename To::representation>& number) {
  return {To(number.value()), in_unit(number.expression(), unit_of<To>())};
}

// "max(a, b)", without what is 0 whatever the numbers put in.
template <class T, class... More>
Traced<T> largest(const Traced<T>& a, const Traced<T>& b, const More&... more) {
  const T value = std::max({a.value(), b.value(), more.value()...});
  return {value, largest_of(number_of(value), unit_of<T>(),
                            {a.expression(), b.expression(), more.expression()...})};
}
template <class T>
Traced<T> smallest(const Traced<T>& a, const Traced<T>& b) {
  const T value = std::min(a.value(), b.value());
  return {value, call_of("min", number_of(value), unit_of<T>(), {a.expression(), b.expression()})};
}
template <class A, class B>
requires detail::OneIsTraced<A, B> Traced<std::int64_t> divide_up(const A& value,
                                                                  const B& divisor) {
  const auto quotient = detail::combine(
      Expression::Kind::kQuotient, value, divisor,
      [](auto x, auto y) { return static_cast<double>(x) / static_cast<double>(y); });
  const std::int64_t result = divide_up(traced(value).value(), traced(divisor).value());
  return {result, call_of("ceil", number_of(result), Unit::kNumber, {quotient.expression()})};
}

// The equations and terms of a result.
[[nodiscard]] Formula formula_of(const Law& law, const char* symbol,
                                 const ExpressionPointer& result);
template <class T>
Formula formula_of(const Law& law, const char* symbol, const Traced<T>& result) {
  return formula_of(law, symbol, result.expression());
}

}  // namespace seqspan::sim
