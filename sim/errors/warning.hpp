// What is worth knowing about an input that is nevertheless accepted.
#pragma once

#include <string>

namespace seqspan::sim {

struct Warning {
  std::string code;     // stable, for scripts: "sequence_beyond_max_positions"
  std::string message;  // one sentence, and what to do about it
  std::string path;     // JSON path of the field: "training.sequence_length"

  bool operator==(const Warning&) const = default;
};

}  // namespace seqspan::sim
