// What the rows of a case are put together of.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "profiles/replay/replay_case.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::profiles::published {

// Appends what is not there yet.
void add_once(std::vector<std::string>& list, const std::string& text);
void add_all(std::vector<std::string>& list, const std::vector<std::string>& more);
// Appends all: of two settings of one field the later counts.
void append(std::vector<std::string>& settings, const std::vector<std::string>& more);

// Nothing where it is over 2^40, which no count of anything here is.
[[nodiscard]] std::optional<std::int64_t> product(std::initializer_list<std::int64_t> factors);

// "64K" of 65,536, "30K" of 30,720; else all digits.
[[nodiscard]] std::string tokens_text(std::int64_t tokens);

}  // namespace seqspan::profiles::published
