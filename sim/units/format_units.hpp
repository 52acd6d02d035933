// Quantities as people read them. Rounded for the eye: JSON output prints plain numbers instead.
#pragma once

#include <cstdint>
#include <string>

#include "sim/units/units.hpp"

namespace seqspan::sim {

// Three or four significant digits in the largest binary unit that is at most the value:
// "79.6 GiB", "9.19 MiB", "512 B".
[[nodiscard]] std::string format_bytes(Bytes bytes);
// Decimal: "450 GB/s".
[[nodiscard]] std::string format_bandwidth(BytesPerSecond rate);
// ns, us, ms or s, whichever leaves at least one digit before the point: "2 us", "1.23 s".
[[nodiscard]] std::string format_time(Seconds time);
// How long people wait: s, min, hours, days or years: "7.4 hours", "12.3 days"; below 1 s as
// format_time().
[[nodiscard]] std::string format_duration(Seconds time);
// "989.4 TFLOP/s".
[[nodiscard]] std::string format_flops(FlopsPerSecond rate);
// Decimal, as token budgets are named: "100 B", "1.05 M".
[[nodiscard]] std::string format_token_count(Tokens tokens);
// Thousands separators: "6,738,415,616".
[[nodiscard]] std::string format_count(std::int64_t count);

}  // namespace seqspan::sim
