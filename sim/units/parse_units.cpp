#include "sim/units/parse_units.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <span>
#include <string>

#include "sim/errors/quote.hpp"

namespace seqspan::sim {
namespace {

struct Unit {
  std::string_view name;
  double factor;             // base units in one of this unit
  std::int64_t integer = 0;  // the same for counted quantities
};

constexpr std::int64_t kTebi = 1024 * kGibi;

constexpr std::array kByteUnits = {
    Unit{"B", 1, 1},
    Unit{"KB", 1e3, 1000},
    Unit{"MB", 1e6, 1000000},
    Unit{"GB", 1e9, 1000000000},
    Unit{"TB", 1e12, 1000000000000},
    Unit{"KiB", 1024, kKibi},
    Unit{"MiB", 1048576, kMebi},
    Unit{"GiB", 1073741824, kGibi},
    Unit{"TiB", 1099511627776, kTebi},
};
constexpr std::array kBandwidthUnits = {
    Unit{"B/s", 1},         Unit{"KB/s", 1e3},         Unit{"MB/s", 1e6},
    Unit{"GB/s", 1e9},      Unit{"TB/s", 1e12},        Unit{"KiB/s", 1024},
    Unit{"MiB/s", 1048576}, Unit{"GiB/s", 1073741824}, Unit{"TiB/s", 1099511627776},
    Unit{"bps", 0.125},     Unit{"Kbps", 125},         Unit{"Mbps", 125e3},
    Unit{"Gbps", 125e6},    Unit{"Tbps", 125e9},       Unit{"Kb/s", 125},
    Unit{"Mb/s", 125e3},    Unit{"Gb/s", 125e6},       Unit{"Tb/s", 125e9},
};
constexpr std::array kTimeUnits = {Unit{"ns", 1e-9}, Unit{"us", 1e-6}, Unit{"ms", 1e-3},
                                   Unit{"s", 1}};
constexpr std::array kFlopsUnits = {
    Unit{"FLOPS", 1},      Unit{"KFLOPS", 1e3},   Unit{"MFLOPS", 1e6}, Unit{"GFLOPS", 1e9},
    Unit{"TFLOPS", 1e12},  Unit{"PFLOPS", 1e15},  Unit{"FLOP/s", 1},   Unit{"GFLOP/s", 1e9},
    Unit{"TFLOP/s", 1e12}, Unit{"PFLOP/s", 1e15},
};
constexpr std::array kTokenUnits = {Unit{"", 1, 1}, Unit{"K", 1024, kKibi},
                                    Unit{"M", 1048576, kMebi}};

constexpr std::array kBudgetUnits = {Unit{"", 1, 1}, Unit{"K", 1e3, 1000}, Unit{"M", 1e6, 1000000},
                                     Unit{"B", 1e9, 1000000000}, Unit{"T", 1e12, 1000000000000}};
constexpr std::array kDurationUnits = {Unit{"s", 1}, Unit{"min", 60}, Unit{"h", 3600},
                                       Unit{"d", 86400}};

struct UnitKind {
  std::string_view name;     // "a size in bytes"
  std::string_view example;  // "80GiB"
  std::span<const Unit> units;
};

constexpr UnitKind kSize{"a size in bytes", "80GiB", kByteUnits};
constexpr UnitKind kRate{"a bandwidth", "50GB/s or 400Gbps", kBandwidthUnits};
constexpr UnitKind kTime{"a time", "2us", kTimeUnits};
constexpr UnitKind kFlops{"a rate of FLOPs", "989TFLOPS", kFlopsUnits};
constexpr UnitKind kTokens{"a number of tokens", "128K or 131072", kTokenUnits};

constexpr UnitKind kBudget{"a number of tokens to train on", "100B or 15T", kBudgetUnits};
constexpr UnitKind kDuration{"a time", "10d or 36h", kDurationUnits};

// The number and the unit of a quantity, still as text.
struct Parts {
  std::string_view whole;     // digits before the point
  std::string_view fraction;  // digits after it, without trailing zeros
  std::string number;         // both, as strtod reads them, with any exponent
  bool exponent = false;
  Unit unit;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string accepted_units(const UnitKind& kind) {
  std::string list;
  for (const Unit& unit : kind.units) {
    if (unit.name.empty()) continue;
    if (!list.empty()) list += ", ";
    list += unit.name;
  }
  return list;
}

tl::unexpected<Error> refuse(std::string_view text, const UnitKind& kind, std::string why) {
  return input_error(fmt::format("{} is not {}", quote(text), kind.name), {}, std::move(why),
                     fmt::format("write it as {}", kind.example));
}

std::size_t count_digits(std::string_view text, std::size_t from) {
  std::size_t end = from;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - from;
}

Result<Parts> split(std::string_view text, const UnitKind& kind) {
  if (text.empty()) return refuse(text, kind, "it is empty");
  if (text.front() == '-') return refuse(text, kind, "it cannot be negative");
  Parts parts;
  std::size_t at = count_digits(text, 0);
  parts.whole = text.substr(0, at);
  if (at < text.size() && text[at] == '.') {
    const std::size_t digits = count_digits(text, at + 1);
    parts.fraction = text.substr(at + 1, digits);
    at += 1 + digits;
    if (digits == 0) return refuse(text, kind, "digits must follow the decimal point");
  }
  if (parts.whole.empty()) return refuse(text, kind, "it does not start with a digit");
  if (at + 1 < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    const std::size_t sign = text[at + 1] == '-' || text[at + 1] == '+' ? 1 : 0;
    const std::size_t digits = count_digits(text, at + 1 + sign);
    if (digits > 0) {
      parts.exponent = true;
      at += 1 + sign + digits;
    }
  }
  parts.number = std::string(text.substr(0, at));
  while (!parts.fraction.empty() && parts.fraction.back() == '0') parts.fraction.remove_suffix(1);
  while (at < text.size() && text[at] == ' ') ++at;
  const std::string_view name = text.substr(at);
  for (const Unit& unit : kind.units) {
    if (unit.name == name) {
      parts.unit = unit;
      return parts;
    }
  }
  const std::string accepted = "accepted units: " + accepted_units(kind);
  if (!name.empty())
    return refuse(text, kind, fmt::format("unknown unit {}; {}", quote(name), accepted));
  const bool zero = parts.number.find_first_not_of("0.") == std::string::npos;
  if (!zero) return refuse(text, kind, "it has no unit; " + accepted);
  parts.unit = kind.units.front();
  return parts;
}

Result<std::int64_t> parse_integer(std::string_view text, const UnitKind& kind) {
  const Result<Parts> parts = split(text, kind);
  if (!parts) return tl::unexpected(parts.error());
  if (parts->exponent) return refuse(text, kind, "an exact number has no exponent");
  // value = (whole and fraction as one integer) x unit / 10^(digits of the fraction), exactly.
  std::int64_t value = 0;
  std::int64_t divisor = 1;
  bool overflow = false;
  for (const std::string_view digits : {parts->whole, parts->fraction}) {
    for (const char digit : digits) {
      overflow = overflow || __builtin_mul_overflow(value, 10, &value);
      overflow = overflow || __builtin_add_overflow(value, digit - '0', &value);
    }
  }
  for (std::size_t i = 0; i < parts->fraction.size(); ++i) {
    overflow = overflow || __builtin_mul_overflow(divisor, 10, &divisor);
  }
  overflow = overflow || __builtin_mul_overflow(value, parts->unit.integer, &value);
  if (overflow) return refuse(text, kind, "it does not fit into 64 bits");
  if (value % divisor != 0) {
    return input_error(fmt::format("{} is not {}", quote(text), kind.name), {},
                       "it is not a whole number, and nothing is rounded",
                       "write it with a smaller unit");
  }
  return value / divisor;
}

Result<double> parse_real(std::string_view text, const UnitKind& kind) {
  const Result<Parts> parts = split(text, kind);
  if (!parts) return tl::unexpected(parts.error());
  // strtod and not from_chars, which reports an overflow and an underflow alike. The library never
  // sets a locale, so the decimal point is a point.
  const double value = std::strtod(parts->number.c_str(), nullptr) * parts->unit.factor;
  if (!std::isfinite(value)) return refuse(text, kind, "it is out of range");
  return value;
}

template <class Quantity, class Number>
Result<Quantity> as(Result<Number> number) {
  if (!number) return tl::unexpected(number.error());
  return Quantity(*number);
}

}  // namespace

Result<Bytes> parse_bytes(std::string_view text) { return as<Bytes>(parse_integer(text, kSize)); }

Result<BytesPerSecond> parse_bandwidth(std::string_view text) {
  return as<BytesPerSecond>(parse_real(text, kRate));
}

Result<Seconds> parse_time(std::string_view text) { return as<Seconds>(parse_real(text, kTime)); }

Result<FlopsPerSecond> parse_flops(std::string_view text) {
  return as<FlopsPerSecond>(parse_real(text, kFlops));
}

Result<Tokens> parse_tokens(std::string_view text) {
  return as<Tokens>(parse_integer(text, kTokens));
}

Result<Tokens> parse_token_budget(std::string_view text) {
  Result<std::int64_t> tokens = parse_integer(text, kBudget);
  // A batch may be added to it.
  constexpr std::int64_t kMost = std::int64_t{1} << 60;
  if (tokens && *tokens > kMost) return refuse(text, kBudget, "it is out of range");
  return as<Tokens>(std::move(tokens));
}

Result<Seconds> parse_duration(std::string_view text) {
  return as<Seconds>(parse_real(text, kDuration));
}

}  // namespace seqspan::sim
