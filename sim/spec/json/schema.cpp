#include "sim/spec/json/schema.hpp"

#include <nlohmann/json.hpp>

namespace seqspan::sim::json {
namespace {

using Json = nlohmann::ordered_json;

Json object_schema(const ObjectFacts& facts);

Json integer_schema(const FieldFacts& facts) {
  return {{"type", "integer"},
          {"minimum", static_cast<std::int64_t>(facts.minimum)},
          {"maximum", static_cast<std::int64_t>(facts.maximum)}};
}

Json real_schema(const FieldFacts& facts) {
  return {{"type", "number"},
          {facts.above_minimum ? "exclusiveMinimum" : "minimum", facts.minimum},
          {"maximum", facts.maximum}};
}

// Text with a number and one of the units; the range is left to the decoder.
Json unit_schema(const char* units) {
  return {{"type", Json::array({"string", "integer"})},
          {"pattern", std::string("^[0-9]+([.][0-9]+)?([eE][-+]?[0-9]+)? *(") + units + ")$"},
          {"maximum", 0}};
}

Json type_schema(const FieldFacts& facts) {
  switch (facts.type) {
    case FieldType::kInteger:
      return integer_schema(facts);
    case FieldType::kReal:
      return real_schema(facts);
    case FieldType::kBoolean:
      return {{"type", "boolean"}};
    case FieldType::kText:
      return {{"type", "string"}, {"minLength", 1}};
    case FieldType::kChoice:
      return {{"enum", facts.choices}};
    case FieldType::kTokens:
      return {{"type", Json::array({"integer", "string"})},
              {"minimum", 1},
              {"maximum", static_cast<std::int64_t>(facts.maximum)},
              {"pattern", "^[0-9]+([.][0-9]+)? *[KM]?$"}};
    case FieldType::kBytes:
      return unit_schema("[KMGT]?B|[KMGT]iB");
    case FieldType::kBandwidth:
      return unit_schema("[KMGT]?B/s|[KMGT]iB/s|[KMGT]?bps|[KMGT]b/s");
    case FieldType::kTime:
      return unit_schema("[num]?s");
    case FieldType::kFlops:
      return unit_schema("[KMGTP]?FLOPS|[GTP]?FLOP/s");
    case FieldType::kIntegers: {
      FieldFacts item = facts;
      item.type = FieldType::kInteger;
      return {{"type", "array"}, {"items", integer_schema(item)}};
    }
    case FieldType::kTexts:
      return {{"type", "array"}, {"items", {{"type", "string"}}}};
    case FieldType::kObject:
      return object_schema(facts.object());
    case FieldType::kAny:
      return Json::object();
  }
  return Json::object();
}

Json field_schema(const FieldFacts& facts) {
  Json schema = type_schema(facts);
  if (facts.sourced) {
    schema = {{"type", "object"},
              {"properties",
               {{"value", std::move(schema)}, {"source", {{"type", "string"}, {"minLength", 1}}}}},
              {"required", Json::array({"value", "source"})},
              {"additionalProperties", false}};
  }
  if (facts.by_name) {
    schema = {{"anyOf", Json::array({{{"type", "string"}, {"minLength", 1}}, std::move(schema)})}};
  }
  if (facts.nullable && facts.type != FieldType::kAny) {
    schema = {{"anyOf", Json::array({{{"type", "null"}}, std::move(schema)})}};
  }
  schema["description"] = facts.required
                              ? facts.description
                              : facts.description + " (default: " + facts.default_text + ")";
  return schema;
}

Json object_schema(const ObjectFacts& facts) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const FieldFacts& field : facts.fields) {
    properties[field.name] = field_schema(field);
    if (field.required) required.push_back(field.name);
  }
  Json schema = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  if (!facts.open) schema["additionalProperties"] = false;
  return schema;
}

}  // namespace

std::string schema_text(const ObjectFacts& facts, const std::string& title) {
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", "seqspan " + title},
                 {"description", facts.description}};
  schema.update(object_schema(facts));
  return schema.dump(2) + "\n";
}

}  // namespace seqspan::sim::json
