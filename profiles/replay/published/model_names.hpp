// Models by other names than those they are shipped under, and models made of them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace seqspan::profiles::published {

struct KnownModel {
  const char* name;  // small letters and digits
  const char* shipped;
  std::vector<std::pair<const char*, std::int64_t>> dimensions;  // by published key
  std::vector<const char*> settings;
  const char* assumption;
};

// nullptr: none of that name.
[[nodiscard]] const KnownModel* find_known(const std::string& plain_name);

}  // namespace seqspan::profiles::published
