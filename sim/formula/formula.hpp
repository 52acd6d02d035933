// A number of a prediction with how it came about: what `seqspan explain` shows.
//
// A formula is traced from the code that computes the number (sim/formula/numbers.hpp), so that
// neither its text nor its value can differ from what the readers use.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace seqspan::sim {

enum class Unit : std::uint8_t {
  kNumber,
  kBytes,
  kSeconds,
  kFlops,
  kBytesPerSecond,
  kFlopsPerSecond
};

// "bytes", "seconds", "flop", "bytes_per_second", "flop_per_second"; "" of a plain number.
[[nodiscard]] const char* name_of(Unit unit);
// Rounded for the eye: "989.4 TFLOP/s", "0.7", "8,192".
[[nodiscard]] std::string format_value(double value, Unit unit);

// A number that was put in.
struct Term {
  std::string symbol;  // "m", "efficiency.gemm": of a profile, its JSON path
  double value = 0;
  Unit unit = Unit::kNumber;
  std::string source;
};

// One equation: symbol = formula = numbers = value.
struct Equation {
  std::string symbol;   // "t"
  std::string formula;  // "max(products, operands) + kernel_overhead"
  std::string numbers;  // "max(614.2 us, 70.1 us) + 5 us"
  double value = 0;
  Unit unit = Unit::kNumber;
};

struct Law {
  const char* name;    // "GEMM"
  const char* source;  // where the formula comes from
};

struct Formula {
  Law law{"", ""};
  std::vector<Equation> equations;  // the result first, then what it names, in order of use
  std::vector<Term> terms;          // in order of use

  [[nodiscard]] double value() const { return equations.front().value; }
};

}  // namespace seqspan::sim
