#include "sim/spec/json/parse.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>
#include <utility>

#include "sim/errors/quote.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::sim::json {
namespace {

// Builds the document from nlohmann's SAX events. The events carry no positions, so a cursor walks
// the same text beside the parser: between tokens stand only blanks, commas and colons.
class Builder {
 public:
  Builder(std::string_view text, std::string_view origin)
      : text_(text), origin_(std::make_shared<const std::string>(origin)) {
    if (text_.starts_with("\xEF\xBB\xBF")) skip(3);
  }

  bool null() { return add(Kind::kNull); }
  bool boolean(bool value) {
    Value result = scalar(Kind::kBoolean);
    result.boolean = value;
    return add(std::move(result));
  }
  bool number_integer(std::int64_t value) {
    Value result = scalar(Kind::kInteger);
    result.integer = value;
    return add(std::move(result));
  }
  bool number_unsigned(std::uint64_t value) {
    Value result = scalar(Kind::kInteger);
    if (!std::in_range<std::int64_t>(value)) return out_of_range(result);
    result.integer = static_cast<std::int64_t>(value);
    return add(std::move(result));
  }
  bool number_float(double value, const std::string& written) {
    Value result = scalar(Kind::kReal);
    // An integer beyond 64 bits arrives here, already rounded.
    if (written.find_first_of(".eE") == std::string::npos) return out_of_range(result);
    result.real = value;
    return add(std::move(result));
  }
  bool string(std::string& value) {
    Value result = scalar(Kind::kText);
    result.text = std::move(value);
    return add(std::move(result));
  }
  bool binary(nlohmann::json::binary_t& /*value*/) { return false; }

  bool start_object(std::size_t /*size*/) { return open(Kind::kObject); }
  bool start_array(std::size_t /*size*/) { return open(Kind::kArray); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    const Place place = next_token().first;
    if (!open_.back().keys.insert(name).second) {
      return fail(place, fmt::format("key {} appears twice in one object", quote(name)),
                  "only one of the two could take effect", "remove one of them");
    }
    open_.back().key = std::move(name);
    open_.back().key_place = place;
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& exception) {
    if (exception.id == 406) {  // out_of_range: a number that no double holds
      return out_of_range(scalar(Kind::kReal));
    }
    // "[json.exception...] parse error at line 3, column 7: what"; our own count is by bytes.
    std::string message = exception.what();
    if (const std::size_t colon = message.find(": "); colon != std::string::npos) {
      message.erase(0, colon + 2);
    }
    skip_to(position == 0 ? 0 : position - 1);
    return fail(place_here(), "this is not JSON", printable(message), {});
  }

  [[nodiscard]] Result<Value> take() && {
    if (error_) return tl::unexpected(*error_);
    return std::move(root_);
  }

 private:
  struct Open {
    Value value;
    std::unordered_set<std::string> keys;
    std::string key;  // of the member that comes next
    Place key_place;
  };

  [[nodiscard]] Place place_here() const { return Place{origin_, line_, column_}; }

  void skip(std::size_t count) {
    for (; count > 0 && at_ < text_.size(); --count, ++at_) {
      if (text_[at_] == '\n') {
        ++line_;
        column_ = 1;
      } else {
        ++column_;
      }
    }
  }

  void skip_to(std::size_t position) {
    if (position > at_) skip(position - at_);
  }

  // The token at the cursor, and moves past it.
  std::pair<Place, std::string_view> next_token() {
    const std::size_t start = text_.find_first_not_of(" \t\r\n,:", at_);
    skip_to(std::min(start, text_.size()));
    const Place place = place_here();
    if (at_ == text_.size()) return {place, {}};
    std::size_t end = at_ + 1;
    if (text_[at_] == '"') {
      while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2U : 1U;
      end = std::min(end + 1, text_.size());
    } else if (std::string_view("{}[]").find(text_[at_]) == std::string_view::npos) {
      end = std::min(text_.find_first_of(" \t\r\n,:{}[]\"", at_), text_.size());
    }
    const std::string_view token = text_.substr(at_, end - at_);
    skip_to(end);
    return {place, token};
  }

  Value scalar(Kind kind) {
    const auto [place, token] = next_token();
    Value value;
    value.kind = kind;
    value.place = place;
    if (kind == Kind::kInteger || kind == Kind::kReal) value.text = std::string(token);
    return value;
  }

  bool add(Kind kind) { return add(scalar(kind)); }

  bool add(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Open& parent = open_.back();
    if (parent.value.kind == Kind::kArray) {
      parent.value.items.push_back(std::move(value));
    } else {
      parent.value.members.push_back(
          Member{std::move(parent.key), parent.key_place, std::move(value)});
    }
    return true;
  }

  bool open(Kind kind) {
    Open next;
    next.value = scalar(kind);
    if (open_.size() == kDeepest) {
      return fail(next.value.place, "too many nested objects and arrays",
                  fmt::format("a document may be {} levels deep", kDeepest), {});
    }
    open_.push_back(std::move(next));
    return true;
  }

  bool close() {
    static_cast<void>(next_token());
    Value value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  bool out_of_range(const Value& number) {
    return fail(number.place, fmt::format("number {} is out of range", quote(number.text)),
                "it fits neither a 64-bit integer nor a double", {});
  }

  bool fail(const Place& place, std::string what, std::string why, std::string fix) {
    error_ = Error{ErrorCategory::kInput, std::move(what), where(place, {}), std::move(why),
                   std::move(fix)};
    return false;
  }

  std::string_view text_;
  std::shared_ptr<const std::string> origin_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
  std::int64_t column_ = 1;
  std::vector<Open> open_;
  Value root_;
  std::optional<Error> error_;
};

}  // namespace

Result<Value> parse(std::string_view text, std::string_view origin) {
  if (std::cmp_greater(text.size(), kLargestFile.value())) {
    return input_error("the file is too large", std::string(origin),
                       fmt::format("it has {} bytes; at most {} are read",
                                   format_count(static_cast<std::int64_t>(text.size())),
                                   format_count(kLargestFile.value())));
  }
  Builder builder(text, origin);
  // The result of the parser is whether an event failed, which the builder knows better.
  static_cast<void>(nlohmann::json::sax_parse(text.begin(), text.end(), &builder));
  return std::move(builder).take();
}

}  // namespace seqspan::sim::json
