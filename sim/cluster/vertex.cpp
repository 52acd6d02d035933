#include "sim/cluster/vertex.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

namespace seqspan::sim {
namespace {

struct KindWord {
  VertexKind kind;
  VertexScope scope;
  std::string_view word;
};

constexpr std::array kWords = {
    KindWord{VertexKind::kGpu, VertexScope::kNode, "gpu"},
    KindWord{VertexKind::kNvlinkSwitch, VertexScope::kNode, "nvswitch"},
    KindWord{VertexKind::kNvlinkSwitch, VertexScope::kDomain, "nvswitch"},
    KindWord{VertexKind::kPcieSwitch, VertexScope::kNode, "pcie"},
    KindWord{VertexKind::kNic, VertexScope::kNode, "nic"},
    KindWord{VertexKind::kLeaf, VertexScope::kNone, "leaf"},
    KindWord{VertexKind::kLeaf, VertexScope::kRail, "leaf"},
    KindWord{VertexKind::kSpine, VertexScope::kNone, "spine"},
    KindWord{VertexKind::kSpine, VertexScope::kPod, "spine"},
    KindWord{VertexKind::kCore, VertexScope::kNone, "core"},
};
constexpr std::array<std::string_view, 5> kScopes = {"", "node", "domain", "rail", "pod"};

bool take(std::string_view& text, std::string_view word) {
  if (text.substr(0, word.size()) != word) return false;
  text.remove_prefix(word.size());
  return true;
}

// Decimal, no sign, no leading zeros: every vertex has one name.
std::optional<std::int32_t> take_number(std::string_view& text) {
  std::int32_t number = 0;
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto length = static_cast<std::size_t>(end - text.data());
  if (failure != std::errc{} || (text.front() == '0' && length > 1)) return std::nullopt;
  text.remove_prefix(length);
  return number;
}

std::optional<NumberRange> take_range(std::string_view& text) {
  if (take(text, "*")) return NumberRange{0, std::numeric_limits<std::int32_t>::max()};
  const auto first = take_number(text);
  if (!first) return std::nullopt;
  if (!take(text, "-")) return NumberRange{*first, *first};
  const auto last = take_number(text);
  if (!last || *last < *first) return std::nullopt;
  return NumberRange{*first, *last};
}

std::optional<VertexPattern> parse_as(const KindWord& word, std::string_view text) {
  VertexPattern pattern{word.kind, word.scope, {}, {}};
  if (word.scope != VertexScope::kNone) {
    if (!take(text, kScopes[static_cast<std::size_t>(word.scope)])) return std::nullopt;
    const auto group = take_range(text);
    if (!group || !take(text, ".")) return std::nullopt;
    pattern.group = *group;
  }
  if (!take(text, word.word)) return std::nullopt;
  const auto index = take_range(text);
  if (!index || !text.empty()) return std::nullopt;
  pattern.index = *index;
  return pattern;
}

}  // namespace

const char* name_of(VertexKind kind) {
  constexpr std::array<const char*, kVertexKinds> kNames = {
      "GPU", "NVLink switch", "PCIe switch", "NIC", "leaf switch", "spine switch", "core switch"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string to_string(const Vertex& vertex) {
  std::string_view word;
  for (const KindWord& candidate : kWords) {
    if (candidate.kind == vertex.kind) word = candidate.word;
  }
  if (vertex.scope == VertexScope::kNone) return fmt::format("{}{}", word, vertex.index);
  return fmt::format("{}{}.{}{}", kScopes[static_cast<std::size_t>(vertex.scope)], vertex.group,
                     word, vertex.index);
}

std::optional<VertexPattern> parse_vertex_pattern(std::string_view text) {
  for (const KindWord& word : kWords) {
    if (auto pattern = parse_as(word, text)) return pattern;
  }
  return std::nullopt;
}

std::optional<Vertex> parse_vertex(std::string_view text) {
  if (text.find_first_of("*-") != std::string_view::npos) return std::nullopt;
  const auto pattern = parse_vertex_pattern(text);
  if (!pattern) return std::nullopt;
  return Vertex{pattern->kind, pattern->scope, pattern->group.first, pattern->index.first};
}

}  // namespace seqspan::sim
