// What a publication says of its software to a framework that is modelled, and its settings.
//
// One table of rules: a rule holds where all that it names is so, and adds settings of the job,
// parts of the layout, and the sentence that says why. Rules of one version of a framework hold
// what its sources say and the published file does not.
#pragma once

#include <string>
#include <vector>

#include "profiles/replay/published/format.hpp"

namespace seqspan::profiles::published {

struct SoftwareChoice {
  std::string framework;                 // as in a job
  std::vector<std::string> settings;     // as --set takes them
  std::vector<std::string> layout;       // "sharding=none"
  std::vector<std::string> assumptions;  // one for each rule that holds
  std::string context_parallel;          // how 'cp' is run: "ring", "ulysses", "all_gather"
  bool counts_full_square = false;       // TFLOP/s
  bool peak_is_reserved = false;         // of 'peak_gib'
};

// `cluster`: that of the GPU ("h100-1x8"). `framework`: what a method of distributed attention is
// of; empty: what the texts say. `has_cp`: how 'cp' is run matters.
[[nodiscard]] SoftwareChoice choose_software(const FileFacts& file, const JobFacts& job,
                                             const std::string& cluster,
                                             const std::string& framework, bool has_cp);

}  // namespace seqspan::profiles::published
