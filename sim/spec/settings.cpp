#include "sim/spec/settings.hpp"

#include <fmt/format.h>

#include <utility>

#include "sim/errors/quote.hpp"
#include "sim/spec/json/parse.hpp"

namespace seqspan::sim {
namespace {

using json::Kind;
using json::Value;

constexpr const char* kForm = "write --set training.sequence_length=256K";

// Everything inside a value that came from the command line stands there, not on a line.
void move_to(Value& value, const json::Place& place) {
  value.place = place;
  for (Value& item : value.items) move_to(item, place);
  for (json::Member& member : value.members) {
    member.place = place;
    move_to(member.value, place);
  }
}

bool is_sourced(const Value& value) {
  return value.kind == Kind::kObject && value.find("value") != nullptr &&
         value.find("source") != nullptr;
}

Value with_source(Value value) {
  const json::Place place = value.place;
  Value object = json::make_object(place);
  json::set_member(object, "value", std::move(value));
  json::set_member(object, "source", json::make_text("given as " + *place.origin, place));
  return object;
}

Result<std::vector<std::string>> split_path(const std::string& path, const json::Place& place) {
  std::vector<std::string> keys;
  std::size_t start = 0;
  while (true) {
    const std::size_t dot = path.find('.', start);
    keys.push_back(path.substr(start, dot == std::string::npos ? dot : dot - start));
    if (keys.back().empty()) {
      return input_error("the path " + quote(path) + " has an empty part", json::where(place, {}),
                         "it is a chain of keys with points between them", kForm);
    }
    if (dot == std::string::npos) return keys;
    start = dot + 1;
  }
}

}  // namespace

Result<Setting> parse_setting(const std::string& text) {
  const json::Place place{std::make_shared<const std::string>("--set " + printable(text)), 0, 0};
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) {
    return input_error("--set needs a path and a value", json::where(place, {}),
                       "there is no '=' in it", kForm);
  }
  Result<std::vector<std::string>> path = split_path(text.substr(0, equals), place);
  if (!path) return tl::unexpected(path.error());
  const std::string written = text.substr(equals + 1);
  Setting setting;
  setting.path = std::move(*path);
  Result<Value> value = json::parse(written, *place.origin);
  setting.value = value ? std::move(*value) : json::make_text(written, place);
  move_to(setting.value, place);
  return setting;
}

Result<void> apply_setting(Value& document, const Setting& setting) {
  const json::Place& place = setting.value.place;
  Value* at = &document;
  std::string path;
  for (std::size_t i = 0; i + 1 < setting.path.size(); ++i) {
    path = json::join(path, setting.path[i]);
    if (at->find(setting.path[i]) == nullptr) {
      json::set_member(*at, setting.path[i], json::make_object(place));
    }
    at = at->find(setting.path[i]);
    if (at->kind != Kind::kObject) {
      return input_error(fmt::format("'{}' has no fields", printable(path)), json::where(place, {}),
                         fmt::format("it is {}", json::show(*at)), "set the field itself");
    }
  }
  const std::string& key = setting.path.back();
  const Value* existing = at->find(key);
  const bool keep_form = existing != nullptr && is_sourced(*existing) && !is_sourced(setting.value);
  json::set_member(*at, key, keep_form ? with_source(setting.value) : setting.value);
  return {};
}

Result<void> apply_set(Value& document, const std::string& text) {
  const Result<Setting> setting = parse_setting(text);
  if (!setting) return tl::unexpected(setting.error());
  return apply_setting(document, *setting);
}

}  // namespace seqspan::sim
