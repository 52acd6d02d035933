#include "sim/spec/layout_text.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "sim/errors/quote.hpp"
#include "sim/spec/decode/layout.hpp"
#include "sim/spec/input_file.hpp"
#include "sim/spec/json/parse.hpp"

namespace seqspan::sim {
namespace {

using json::Value;

// A value as the layout's fields want it: whole numbers as such, anything else as text.
Value make_value(std::string_view text, const json::Place& place) {
  const Result<Value> number = json::parse(text, {});  // or true, false
  Value value = json::make_text(std::string(text), place);
  if (number && (number->kind == json::Kind::kInteger || number->kind == json::Kind::kReal ||
                 number->kind == json::Kind::kBoolean)) {
    value = *number;
    value.place = place;
  }
  return value;
}

tl::unexpected<Error> refuse(std::string what, const json::Place& place) {
  return input_error(std::move(what), json::where(place, {}),
                     "a layout is a list of key=value with commas between them",
                     "write --layout tp=2,ulysses=4,ring=2");
}

template <class T>
void take(T& target, const std::optional<T>& choice) {
  if (choice) target = *choice;
}

template <class T>
void keep(std::optional<T>& target, const std::optional<T>& other) {
  if (!target) target = other;
}

}  // namespace

Result<Value> layout_object(std::string_view text) {
  const auto origin = std::make_shared<const std::string>("--layout");
  Value object = json::make_object(json::Place{origin, 0, 0});
  std::size_t start = 0;
  while (start <= text.size() && !text.empty()) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    const std::string_view entry = text.substr(start, comma - start);
    const json::Place place{origin, 0, static_cast<std::int64_t>(start) + 1};
    const std::size_t equals = entry.find('=');
    if (entry.empty()) return refuse("there is an empty entry in the layout", place);
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == entry.size()) {
      return refuse(quote(entry) + " is no key=value", place);
    }
    const std::string key(entry.substr(0, equals));
    if (object.find(key) != nullptr) {
      return input_error(fmt::format("key {} appears twice", quote(key)),
                         json::where(place, printable(key)),
                         "only one of the two could take effect", "remove one of them");
    }
    const json::Place value_place{origin, 0, place.column + static_cast<std::int64_t>(equals) + 1};
    object.members.push_back(
        json::Member{key, place, make_value(entry.substr(equals + 1), value_place)});
    start = comma + 1;
  }
  return object;
}

Result<LayoutChoice> parse_layout(std::string_view text) {
  const Result<Value> object = layout_object(text);
  if (!object) return tl::unexpected(object.error());
  LayoutChoice choice;
  if (Result<void> ok = layout_table().decode(choice, *object, {}); !ok) {
    return tl::unexpected(ok.error());
  }
  return choice;
}

Result<LayoutChoice> read_layout(const std::string& argument) {
  if (argument.empty() || argument.find('=') != std::string::npos) return parse_layout(argument);
  const Result<FileText> file = read_input_file(argument, argument);
  if (!file) return tl::unexpected(file.error());
  const Result<Value> value = json::parse(file->text, argument);
  if (!value) return tl::unexpected(value.error());
  LayoutChoice choice;
  if (Result<void> ok = layout_table().decode(choice, *value, {}); !ok) {
    return tl::unexpected(ok.error());
  }
  return choice;
}

Layout complete(const LayoutChoice& choice, const Layout& defaults) {
  Layout layout = defaults;
  take(layout.tp, choice.tp);
  take(layout.sequence_parallel, choice.sequence_parallel);
  take(layout.pp, choice.pp);
  take(layout.vpp, choice.vpp);
  take(layout.ep, choice.ep);
  take(layout.etp, choice.etp);
  take(layout.dp, choice.dp);
  take(layout.ulysses, choice.ulysses);
  take(layout.ring, choice.ring);
  take(layout.ring_order, choice.ring_order);
  take(layout.kv_exchange, choice.kv_exchange);
  take(layout.placement, choice.placement);
  take(layout.micro_batch, choice.micro_batch);
  take(layout.recompute, choice.recompute);
  take(layout.sharding, choice.sharding);
  take(layout.offload, choice.offload);
  take(layout.ulysses_in_node, choice.ulysses_in_node);
  take(layout.ep_in_node, choice.ep_in_node);
  take(layout.loss_chunks, choice.loss_chunks);
  take(layout.mlp_chunks, choice.mlp_chunks);
  take(layout.head_groups, choice.head_groups);
  return layout;
}

LayoutChoice override_with(const LayoutChoice& first, const LayoutChoice& second) {
  LayoutChoice choice = first;
  keep(choice.tp, second.tp);
  keep(choice.sequence_parallel, second.sequence_parallel);
  keep(choice.pp, second.pp);
  keep(choice.vpp, second.vpp);
  keep(choice.ep, second.ep);
  keep(choice.etp, second.etp);
  keep(choice.dp, second.dp);
  keep(choice.ulysses, second.ulysses);
  keep(choice.ring, second.ring);
  keep(choice.ring_order, second.ring_order);
  keep(choice.kv_exchange, second.kv_exchange);
  keep(choice.placement, second.placement);
  keep(choice.micro_batch, second.micro_batch);
  keep(choice.recompute, second.recompute);
  keep(choice.sharding, second.sharding);
  keep(choice.offload, second.offload);
  keep(choice.ulysses_in_node, second.ulysses_in_node);
  keep(choice.ep_in_node, second.ep_in_node);
  keep(choice.loss_chunks, second.loss_chunks);
  keep(choice.mlp_chunks, second.mlp_chunks);
  keep(choice.head_groups, second.head_groups);
  return choice;
}

std::string to_string(const Layout& layout) {
  return fmt::format(
      "tp={},pp={},vpp={},ep={},etp={},dp={},ulysses={},ring={},ring_order={},kv_exchange={},"
      "placement={},micro_batch={},recompute={},sharding={},offload={},"
      "ulysses_in_node={},ep_in_node={},loss_chunks={}{}{}{}",
      layout.tp, layout.pp, layout.vpp, layout.ep, layout.etp, layout.dp, layout.ulysses,
      layout.ring, name_of(layout.ring_order), name_of(layout.kv_exchange),
      name_of(layout.placement), layout.micro_batch, name_of(layout.recompute),
      name_of(layout.sharding), name_of(layout.offload), layout.ulysses_in_node, layout.ep_in_node,
      layout.loss_chunks,
      layout.mlp_chunks > 1 ? fmt::format(",mlp_chunks={}", layout.mlp_chunks) : "",
      layout.head_groups > 1 ? fmt::format(",head_groups={}", layout.head_groups) : "",
      layout.sequence_parallel ? "" : ",sequence_parallel=false");
}

}  // namespace seqspan::sim
