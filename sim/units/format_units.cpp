#include "sim/units/format_units.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <span>
#include <string_view>

namespace seqspan::sim {
namespace {

struct Scale {
  double factor;
  std::string_view unit;
};

constexpr double kManyDigits = 1e15;  // what comes of odd numbers that a user gives

// Up to four significant digits, never fewer than those before the point unless these are many, no
// trailing zeros.
std::string digits(double value) {
  const double size = std::abs(value);
  if (size >= kManyDigits) return fmt::format("{:.3g}", value);
  const int decimals = size >= 1000 ? 0 : size >= 100 ? 1 : 2;
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (decimals > 0) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

// `scales` from the largest factor to the smallest.
std::string scaled(double value, std::span<const Scale> scales) {
  for (const Scale& scale : scales) {
    if (std::abs(value) >= scale.factor) {
      return fmt::format("{} {}", digits(value / scale.factor), scale.unit);
    }
  }
  return fmt::format("{} {}", digits(value / scales.back().factor), scales.back().unit);
}

}  // namespace

std::string format_bytes(Bytes bytes) {
  constexpr std::array kScales = {Scale{1099511627776.0, "TiB"}, Scale{1073741824.0, "GiB"},
                                  Scale{1048576.0, "MiB"}, Scale{1024.0, "KiB"}, Scale{1.0, "B"}};
  return scaled(static_cast<double>(bytes.value()), kScales);
}

std::string format_bandwidth(BytesPerSecond rate) {
  constexpr std::array kScales = {Scale{1e12, "TB/s"}, Scale{1e9, "GB/s"}, Scale{1e6, "MB/s"},
                                  Scale{1e3, "KB/s"}, Scale{1.0, "B/s"}};
  return scaled(rate.value(), kScales);
}

std::string format_time(Seconds time) {
  constexpr std::array kScales = {Scale{1.0, "s"}, Scale{1e-3, "ms"}, Scale{1e-6, "us"},
                                  Scale{1e-9, "ns"}};
  return time.value() == 0.0 ? "0 s" : scaled(time.value(), kScales);
}

std::string format_duration(Seconds time) {
  constexpr std::array kScales = {Scale{365.25 * 86400.0, "years"}, Scale{86400.0, "days"},
                                  Scale{3600.0, "hours"}, Scale{60.0, "min"}, Scale{1.0, "s"}};
  if (time < Seconds(1)) return format_time(time);
  std::string text = scaled(time.value(), kScales);
  const bool is_one = text.rfind("1 ", 0) == 0 && text.size() > 3 && text.back() == 's';
  if (is_one) text.pop_back();
  return text;
}

std::string format_token_count(Tokens tokens) {
  constexpr std::array kScales = {Scale{1e12, "T"}, Scale{1e9, "B"}, Scale{1e6, "M"},
                                  Scale{1e3, "K"}, Scale{1.0, ""}};
  std::string text = scaled(static_cast<double>(tokens.value()), kScales);
  if (text.back() == ' ') text.pop_back();
  return text;
}

std::string format_flops(FlopsPerSecond rate) {
  constexpr std::array kScales = {Scale{1e15, "PFLOP/s"}, Scale{1e12, "TFLOP/s"},
                                  Scale{1e9, "GFLOP/s"}, Scale{1.0, "FLOP/s"}};
  return scaled(rate.value(), kScales);
}

std::string format_count(std::int64_t count) {
  std::string text = fmt::format("{}", count);
  const std::size_t first = text.front() == '-' ? 1 : 0;
  for (std::size_t at = text.size(); at > first + 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

}  // namespace seqspan::sim
