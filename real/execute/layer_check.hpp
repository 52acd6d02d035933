// Whether a layout computes what one rank would: the layer of the job, forward and backward, on all
// ranks of the layout, in float32, against reference_layer.hpp.
//
// The layer is the job's first kind, at the job's shapes: callers choose small ones
// (real/validate/sub_cluster.hpp). Pipeline stages run it side by side; each data parallel replica
// has sequences of its own. Bytes and peaks come from the same run, for comparison with the
// readers.
//
// Errors: kInput where the layer has no kernels (layer_share.hpp), the layout is not legal for the
// job, or the world is not the layout's; else as BlockRunner.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "real/execute/block_runner.hpp"
#include "sim/spec/job.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::real {

// The larger, or NaN where one is: after a plain comparison the next number takes the NaN's place.
[[nodiscard]] double larger_or_nan(double a, double b);

// The largest difference from the reference over the largest number of the reference, over this
// rank's share. NaN where something was never written.
struct LayerErrors {
  double output = 0;
  double input_gradient = 0;
  double weight_gradient = 0;

  [[nodiscard]] double largest() const;
};

struct LayerCheck {
  sim::Program program;  // as executed: of this rank, in float32
  std::size_t part = 0;
  LayerErrors errors;
  ExecutedBlock forward;
  ExecutedBlock backward;
};

struct LayerCheckOptions {
  std::uint64_t seed = 1;
  std::vector<std::int64_t> documents;  // lengths within every sequence; empty: one document
  sim::Seconds limit{30};
  BlockingLimit groups{};  // of making the groups
  // Called with the program before it is run, for tests that break it.
  std::function<void(sim::Program&)> change;
};

[[nodiscard]] sim::Result<LayerCheck> check_layer(Transport& transport, const sim::Job& job,
                                                  const sim::Layout& layout,
                                                  const LayerCheckOptions& options = {});

}  // namespace seqspan::real
