// A JSON document that remembers where everything stands, for messages that point at it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace seqspan::sim::json {

enum class Kind : std::uint8_t { kNull, kBoolean, kInteger, kReal, kText, kArray, kObject };

// "a number", "an object", ...
[[nodiscard]] std::string_view name_of(Kind kind);

// Where a value or a key stands. Lines and columns (bytes) count from 1.
// A line of 0 means that `origin` is no file but an option of the command line, such as
// "--set training.sequence_length=256K"; its column, if any, counts characters of the option's
// value.
struct Place {
  std::shared_ptr<const std::string> origin;  // never null in a parsed document
  std::int64_t line = 0;
  std::int64_t column = 0;

  [[nodiscard]] bool on_command_line() const { return line == 0; }
};

struct Member;

struct Value {
  Kind kind = Kind::kNull;
  Place place;
  bool boolean = false;
  std::int64_t integer = 0;
  double real = 0;   // of kReal; kInteger keeps `integer` only
  std::string text;  // of kText; of numbers, as they were written
  std::vector<Value> items;
  std::vector<Member> members;  // in the order of the file

  [[nodiscard]] const Value* find(std::string_view key) const;
  [[nodiscard]] Value* find(std::string_view key);
};

struct Member {
  std::string key;
  Place place;  // of the key
  Value value;
};

// "job.json:12:5 (layout.ulyses)"; `path` may be empty.
[[nodiscard]] std::string where(const Place& place, std::string_view path);

// "layout" and "tp" make "layout.tp"; an empty parent adds nothing.
[[nodiscard]] std::string join(std::string_view parent, std::string_view key);

// How a value looks in a message: the text of a scalar, "an object", "an array".
[[nodiscard]] std::string show(const Value& value);

[[nodiscard]] Value make_text(std::string text, Place place);
[[nodiscard]] Value make_object(Place place);
// Replaces the member of that key, or appends it.
void set_member(Value& object, std::string key, Value value);

}  // namespace seqspan::sim::json
