// The fields of a format and where each is stored: FieldFacts with a target in a T.
//
//   const FieldTable<Training>& training_table() {
//     static const FieldTable<Training> table = [] {
//       FieldTable<Training> t({"a training", "how the model is trained", ...});
//       t.add(integer("global_batch_size", 1, 1 << 24, "sequences per step"),
//             &Training::global_batch_size);
//       return t;
//     }();
//     return table;
//   }
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/errors/error.hpp"
#include "sim/spec/json/check_field.hpp"
#include "sim/spec/json/field_facts.hpp"
#include "sim/spec/json/value.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim::json {

inline void assign(std::int64_t& target, const Scalar& value) { target = value.integer; }
inline void assign(double& target, const Scalar& value) { target = value.real; }
inline void assign(bool& target, const Scalar& value) { target = value.boolean; }
inline void assign(std::string& target, const Scalar& value) { target = value.text; }
inline void assign(std::vector<std::int64_t>& target, const Scalar& value) {
  target = value.integers;
}
inline void assign(std::vector<std::string>& target, const Scalar& value) { target = value.texts; }
template <class Dimension>
void assign(Quantity<Dimension, std::int64_t>& target, const Scalar& value) {
  target = Quantity<Dimension, std::int64_t>(value.integer);
}
template <class Dimension>
void assign(Quantity<Dimension, double>& target, const Scalar& value) {
  target = Quantity<Dimension, double>(value.real);
}
template <class Enum>
requires std::is_enum_v<Enum>
void assign(Enum& target, const Scalar& value) { target = static_cast<Enum>(value.integer); }
template <class T>
void assign(std::optional<T>& target, const Scalar& value) {
  assign(target.emplace(), value);
}

template <class T>
class FieldTable {
 public:
  using DecodeObject = std::function<Result<void>(T&, const Value&, const std::string& path)>;

  // `facts` without its fields, which `add` appends.
  explicit FieldTable(ObjectFacts facts) : facts_(std::move(facts)) {}

  // A scalar, stored in a member of T.
  template <class Member>
  void add(FieldFacts field, Member T::*target) {
    facts_.fields.push_back(std::move(field));
    stores_.push_back([target](T& object, const Scalar& value, const Value&, const std::string&) {
      assign(object.*target, value);
      return Result<void>();
    });
  }

  // An object, or anything else that is decoded by hand.
  void add(FieldFacts field, DecodeObject decode) {
    facts_.fields.push_back(std::move(field));
    stores_.push_back([decode = std::move(decode)](T& object, const Scalar&, const Value& value,
                                                   const std::string& path) {
      return decode(object, value, path);
    });
  }

  // A field that is checked and not stored.
  void add(FieldFacts field) {
    add(std::move(field), [](T&, const Value&, const std::string&) { return Result<void>(); });
  }

  [[nodiscard]] const ObjectFacts& facts() const { return facts_; }

  // Stores every member of `value` into `target`; what is left out keeps its value there.
  // The first error in the order of the document is returned, missing keys last.
  [[nodiscard]] Result<void> decode(T& target, const Value& value, const std::string& path) const {
    if (Result<void> ok = check_is_object(facts_, value, path); !ok) return ok;
    for (const Member& member : value.members) {
      const std::size_t index = index_of(member.key);
      if (index == facts_.fields.size()) {
        if (facts_.open && !member.place.on_command_line()) continue;
        return unknown_key(facts_, member, path);
      }
      const FieldFacts& field = facts_.fields[index];
      if (field.nullable && member.value.kind == Kind::kNull) continue;
      const std::string member_path = join(path, member.key);
      const Result<Scalar> scalar = check_field(field, member.value, member_path);
      if (!scalar) return tl::unexpected(scalar.error());
      Result<void> stored = stores_[index](target, *scalar, member.value, member_path);
      if (!stored) return stored;
    }
    return check_nothing_missing(facts_, value, path);
  }

 private:
  using Store =
      std::function<Result<void>(T&, const Scalar&, const Value&, const std::string& path)>;

  [[nodiscard]] std::size_t index_of(const std::string& key) const {
    std::size_t index = 0;
    while (index < facts_.fields.size() && facts_.fields[index].name != key) ++index;
    return index;
  }

  ObjectFacts facts_;
  std::vector<Store> stores_;  // one per field
};

}  // namespace seqspan::sim::json
