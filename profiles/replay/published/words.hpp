// Words in the texts of published files: what people wrote about their hardware and software.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seqspan::profiles::published {

// Small letters, ASCII.
[[nodiscard]] std::string lower(std::string_view text);

// Small letters and digits only, without what stands before a '/': "meta-llama/Llama-3-8B" and
// "Llama 3 8B" are "llama38b".
[[nodiscard]] std::string plain(std::string_view name);

// `word` in small letters; anywhere in `text`, whatever its case.
[[nodiscard]] bool says(std::string_view text, std::string_view word);
[[nodiscard]] bool says_one_of(std::string_view text, const std::vector<const char*>& words);

// Runs of letters and digits, in small letters: "A800-SXM4-80GB" is a800, sxm4, 80gb.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);
[[nodiscard]] bool has_word(std::string_view text, std::string_view word);

// The whole numbers from 1 on behind each `key` ("global batch 2", "tp=1"); '=', ':' and spaces
// between them are skipped, and "64K" is 65,536.
[[nodiscard]] std::vector<std::int64_t> numbers_after(std::string_view text, std::string_view key);
// The first of them.
[[nodiscard]] std::optional<std::int64_t> number_after(std::string_view text, std::string_view key);

// The decimal number that ends before `end`, spaces between them skipped.
[[nodiscard]] std::optional<double> number_before(std::string_view text, std::size_t end);

}  // namespace seqspan::profiles::published
