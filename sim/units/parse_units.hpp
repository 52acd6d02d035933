// Reads quantities as people write them: "80GiB", "400Gbps", "50GB/s", "2us", "989TFLOPS", "128K".
//
// A quantity is a decimal number and a unit, with or without blanks between them. Integers are
// exact: "1.5KiB" is 1536 bytes, "1.5B" and "0.1KiB" are errors, and nothing is ever rounded.
// A number without a unit is an error, except 0 and except token counts, which have no unit.
// Negative numbers, NaN, infinities and values out of range are errors.
//
// Errors: kInput with an empty `where`, which the caller fills in.
#pragma once

#include <string_view>

#include "sim/errors/error.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim {

// B, KB, MB, GB, TB (powers of 1000) and KiB, MiB, GiB, TiB (powers of 1024).
[[nodiscard]] Result<Bytes> parse_bytes(std::string_view text);

// Bytes: B/s, KB/s ... TB/s, KiB/s ... TiB/s. Bits: bps, Kbps ... Tbps, also written Gb/s.
[[nodiscard]] Result<BytesPerSecond> parse_bandwidth(std::string_view text);

// ns, us, ms, s.
[[nodiscard]] Result<Seconds> parse_time(std::string_view text);

// FLOPS, KFLOPS ... PFLOPS, also written TFLOP/s.
[[nodiscard]] Result<FlopsPerSecond> parse_flops(std::string_view text);

// A plain count, or K and M in powers of 1024, as in "a context of 128K".
[[nodiscard]] Result<Tokens> parse_tokens(std::string_view text);

// What a model is trained on: a plain count, or K, M, B and T in powers of 1000, as in "15T
// tokens".
[[nodiscard]] Result<Tokens> parse_token_budget(std::string_view text);

// s, min, h, d: how long something may take.
[[nodiscard]] Result<Seconds> parse_duration(std::string_view text);

}  // namespace seqspan::sim
