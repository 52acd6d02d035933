#include "sim/spec/document_lengths.hpp"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "sim/errors/quote.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::sim {
namespace {

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t first = line.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kBlank) - first + 1);
}

// The member "length" of the outermost object; what else is there is only checked to be JSON.
class LengthHandler : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return other(); }
  bool boolean(bool /*value*/) override { return other(); }
  bool number_integer(number_integer_t value) override { return number(value); }
  bool number_unsigned(number_unsigned_t value) override {
    return number(value > static_cast<number_unsigned_t>(kLongestDocument)
                      ? kLongestDocument + 1
                      : static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return other(); }
  bool string(string_t& /*value*/) override { return other(); }
  bool binary(binary_t& /*value*/) override { return other(); }
  bool start_object(std::size_t /*size*/) override { return open(); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t /*size*/) override { return open(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    is_length_ = depth_ == 1 && name == "length";
    return true;
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

  [[nodiscard]] std::optional<std::int64_t> length() const {
    return is_odd_ ? std::nullopt : length_;
  }
  [[nodiscard]] bool is_odd() const { return is_odd_; }

 private:
  bool number(std::int64_t value) {
    if (is_length_) {
      is_odd_ = is_odd_ || length_.has_value();
      length_ = value;
    }
    is_length_ = false;
    return true;
  }
  bool other() {
    is_odd_ = is_odd_ || is_length_;
    is_length_ = false;
    return true;
  }
  bool open() {
    ++depth_;
    return other();
  }
  bool close() {
    --depth_;
    return true;
  }

  std::int64_t depth_ = 0;
  bool is_length_ = false;  // the value that comes next is the length
  bool is_odd_ = false;     // it is no whole number, or there are two
  std::optional<std::int64_t> length_;
};

struct Line {
  std::optional<std::int64_t> length;
  const char* fault = "";
};

Line read_object(std::string_view line) {
  LengthHandler handler;
  if (!nlohmann::json::sax_parse(line.begin(), line.end(), &handler)) {
    return {{}, "this line is no JSON object"};
  }
  if (handler.is_odd()) return {{}, "\"length\" is not one whole number"};
  if (!handler.length()) return {{}, "this object has no \"length\""};
  return {handler.length(), ""};
}

Line read_line(std::string_view line) {
  if (line.front() == '{') return read_object(line);
  std::int64_t length = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), length);
  if (error == std::errc::result_out_of_range && end == line.data() + line.size()) {
    return {line.front() == '-' ? -1 : kLongestDocument + 1, ""};
  }
  if (error != std::errc() || end != line.data() + line.size()) {
    return {{}, "this line is no whole number and no JSON object"};
  }
  return {length, ""};
}

}  // namespace

Result<std::vector<std::int64_t>> parse_lengths(std::string_view text, const std::string& shown) {
  constexpr const char* kForm =
      "each line is a number of tokens, or a JSON object with a \"length\"";
  std::vector<std::int64_t> lengths;
  std::int64_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    const Line read = read_line(line);
    const auto where = [&] { return fmt::format("{}:{}", shown, number); };
    if (!read.length) {
      return input_error(fmt::format("{}: {}", read.fault, quote(line)), where(), {}, kForm);
    }
    if (*read.length < 1 || *read.length > kLongestDocument) {
      return input_error(fmt::format("a document of {} tokens", quote(line)), where(),
                         fmt::format("lengths are from 1 to {}", format_count(kLongestDocument)));
    }
    lengths.push_back(*read.length);
  }
  if (lengths.empty()) return input_error("the file has no lengths", shown, {}, kForm);
  return lengths;
}

}  // namespace seqspan::sim
