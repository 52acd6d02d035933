// From the keys that somebody named to a whole layout: what is left out takes the framework's
// default, and dp follows from the cluster.
#pragma once

#include "sim/errors/error.hpp"
#include "sim/spec/job.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::sim {

// Defaults: degrees 1, micro_batch 1, no recomputation, the framework's sharding, ring order and KV
// exchange; etp = tp for a mixture of experts in megatron (its --expert-tensor-parallel-size); loss
// chunks by Liger-Kernel's rule where the loss is a fused linear one.
[[nodiscard]] Layout resolve(const Job& job, const LayoutChoice& choice);

// Parts in which the framework computes logits and loss: Liger-Kernel's chunks for a fused linear
// loss, else 1.
[[nodiscard]] std::int64_t default_loss_chunks(const Job& job, const Layout& layout);

// As resolve, but a layout that breaks a rule is an input error with its reason code.
[[nodiscard]] Result<Layout> resolve_legal(const Job& job, const LayoutChoice& choice);

}  // namespace seqspan::sim
