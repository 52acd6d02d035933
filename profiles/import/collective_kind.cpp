#include "profiles/import/collective_kind.hpp"

#include <cctype>

namespace seqspan::profiles {
namespace {

std::string letters_of(std::string_view name) {
  std::string letters;
  for (const char c : name) {
    if (c != '_' && c != '-') {
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return letters;
}

}  // namespace

const char* name_of(CollectiveKind kind) {
  switch (kind) {
    case CollectiveKind::kAllReduce:
      return "all_reduce";
    case CollectiveKind::kAllGather:
      return "all_gather";
    case CollectiveKind::kReduceScatter:
      return "reduce_scatter";
    case CollectiveKind::kAllToAll:
      return "alltoall";
    case CollectiveKind::kSendReceive:
      return "sendrecv";
    case CollectiveKind::kBroadcast:
      return "broadcast";
    case CollectiveKind::kReduce:
      return "reduce";
    case CollectiveKind::kGather:
      return "gather";
    case CollectiveKind::kScatter:
      return "scatter";
    case CollectiveKind::kHypercube:
      return "hypercube";
    case CollectiveKind::kPointToPoint:
      return "point_to_point";
  }
  return "";
}

std::vector<std::string> collective_names() {
  std::vector<std::string> names;
  for (int i = 0; i <= static_cast<int>(kLastCollectiveKind); ++i) {
    names.emplace_back(name_of(static_cast<CollectiveKind>(i)));
  }
  return names;
}

std::optional<CollectiveKind> collective_named(std::string_view name) {
  const std::string letters = letters_of(name);
  for (int i = 0; i <= static_cast<int>(kLastCollectiveKind); ++i) {
    const auto kind = static_cast<CollectiveKind>(i);
    if (letters == letters_of(name_of(kind))) return kind;
  }
  return std::nullopt;
}

double busbw_factor(CollectiveKind kind, std::int64_t ranks) {
  const auto n = static_cast<double>(ranks);
  switch (kind) {
    case CollectiveKind::kAllReduce:
      return 2 * (n - 1) / n;
    case CollectiveKind::kAllGather:
    case CollectiveKind::kReduceScatter:
    case CollectiveKind::kAllToAll:
    case CollectiveKind::kGather:
    case CollectiveKind::kScatter:
    case CollectiveKind::kHypercube:
      return (n - 1) / n;
    case CollectiveKind::kSendReceive:
    case CollectiveKind::kBroadcast:
    case CollectiveKind::kReduce:
    case CollectiveKind::kPointToPoint:
      return 1;
  }
  return 1;
}

}  // namespace seqspan::profiles
