// What both imports have in common.
#pragma once

#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "planner/export/imported.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::planner {

inline constexpr std::int64_t kLargestCount = 1'000'000'000'000;

// One key and where it stands.
struct GivenValue {
  std::string value;
  int line = 0;
};

// Keys of a text by name; the last of several counts, as for the frameworks' own parsers.
class GivenValues {
 public:
  GivenValues(std::string source, std::string mark)
      : source_(std::move(source)), mark_(std::move(mark)) {}

  void put(const std::string& name, std::string value, int line) {
    values_[name] = {std::move(value), line};
  }
  [[nodiscard]] bool has(const std::string& name) const { return values_.count(name) > 0; }
  [[nodiscard]] bool empty() const { return values_.empty(); }
  [[nodiscard]] std::string text(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? "" : found->second.value;
  }

  // A count from 1 to kLargestCount, so that sums of some fit; `otherwise` where it is not given.
  [[nodiscard]] sim::Result<std::int64_t> count(const std::string& name,
                                                std::int64_t otherwise) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return otherwise;
    const std::string& text = found->second.value;
    std::int64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure == std::errc{} && end == text.data() + text.size() && value >= 1 &&
        value <= kLargestCount) {
      return value;
    }
    return wrong(name, sim::quote(text) + " is no count",
                 value > kLargestCount ? "a whole number up to 10^12" : "a whole number from 1 on");
  }

  [[nodiscard]] tl::unexpected<sim::Error> wrong(const std::string& name, const std::string& what,
                                                 const std::string& fix) const {
    return sim::input_error(what, place(name), {}, fix);
  }

  // "run.sh:2 (--cp-comm-type)"
  [[nodiscard]] std::string place(const std::string& name) const {
    const auto found = values_.find(name);
    const int line = found == values_.end() ? 0 : found->second.line;
    return source_ + ":" + std::to_string(line) + " (" + mark_ + name + ")";
  }

 private:
  std::string source_;
  std::string mark_;  // "--"
  std::map<std::string, GivenValue> values_;
};

// "tp=2,recompute=full": degrees of 1 are left out.
class LayoutWords {
 public:
  void degree(const char* key, std::int64_t value) {
    if (value != 1) word(key, std::to_string(value));
  }
  void word(const char* key, const std::string& value) {
    text_ += (text_.empty() ? "" : ",") + std::string(key) + "=" + value;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace seqspan::planner
