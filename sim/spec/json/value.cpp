#include "sim/spec/json/value.hpp"

#include <fmt/format.h>

#include "sim/errors/quote.hpp"

namespace seqspan::sim::json {

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBoolean:
      return "true or false";
    case Kind::kInteger:
      return "a whole number";
    case Kind::kReal:
      return "a number";
    case Kind::kText:
      return "text";
    case Kind::kArray:
      return "an array";
    case Kind::kObject:
      return "an object";
  }
  return "";
}

const Value* Value::find(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

Value* Value::find(std::string_view key) {
  return const_cast<Value*>(static_cast<const Value&>(*this).find(key));
}

std::string where(const Place& place, std::string_view path) {
  std::string text = place.origin ? *place.origin : std::string();
  if (!place.on_command_line()) {
    text += fmt::format(":{}:{}", place.line, place.column);
  } else if (place.column > 0) {
    text += fmt::format(", character {}", place.column);
  }
  if (!path.empty()) text += fmt::format(" ({})", path);
  return text;
}

std::string join(std::string_view parent, std::string_view key) {
  if (parent.empty()) return std::string(key);
  return fmt::format("{}.{}", parent, key);
}

std::string show(const Value& value) {
  switch (value.kind) {
    case Kind::kBoolean:
      return value.boolean ? "true" : "false";
    case Kind::kInteger:
    case Kind::kReal:
      return value.text;
    case Kind::kText:
      return quote(value.text);
    default:
      return std::string(name_of(value.kind));
  }
}

Value make_text(std::string text, Place place) {
  Value value;
  value.kind = Kind::kText;
  value.place = std::move(place);
  value.text = std::move(text);
  return value;
}

Value make_object(Place place) {
  Value value;
  value.kind = Kind::kObject;
  value.place = std::move(place);
  return value;
}

void set_member(Value& object, std::string key, Value value) {
  if (Value* existing = object.find(key)) {
    *existing = std::move(value);
    return;
  }
  const Place place = value.place;
  object.members.push_back(Member{std::move(key), place, std::move(value)});
}

}  // namespace seqspan::sim::json
