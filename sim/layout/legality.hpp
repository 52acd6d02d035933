// Whether a framework would run a layout at all.
#pragma once

#include <optional>
#include <string>

#include "sim/layout/reason_code.hpp"
#include "sim/spec/job.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::sim {

// The first rule that the layout breaks for this job, in the order of ReasonCode; memory is not
// looked at. Allocates nothing.
[[nodiscard]] std::optional<ReasonCode> broken_rule(const Job& job, const Layout& layout);

// One sentence with the numbers of this layout: "8 KV heads / tp 2 = 4 are no multiple of ulysses
// 8".
[[nodiscard]] std::string describe(ReasonCode code, const Job& job, const Layout& layout);

// KV heads as they travel through Ulysses over those that the rank has: max(g/t, u) / (g/t), 1
// where nothing is repeated.
[[nodiscard]] std::int64_t kv_replication(const Job& job, const Layout& layout);

}  // namespace seqspan::sim
