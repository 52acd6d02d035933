// How a job's linear layers use FP8: what differs between recipes and frameworks, in one place
// (docs/models/fp8.md).
//
//   delayed      the scale is known: one pass casts; TransformerEngine's norms write FP8 themselves
//   tensorwise   a pass looks for the largest number first
//   rowwise      a row's scale is found as it is cast; the other product of an operand needs it
//                with scales along the other side, so it is cast from bf16 once more
//
// TransformerEngine keeps casts: of inputs for backward, of weights (and their transposes, where
// FP8 products take both operands along what is summed, DeviceProfile::fp8_transposes) for the
// step. torchao keeps bf16 and casts again. With training.fp8_all_gather FSDP gathers weights in
// FP8 (torchao), or weights stand in FP8 alone and the distributed optimizer gathers them so
// (Megatron-LM's --fp8-param-gather).
// Sources: TransformerEngine pytorch/module/linear.py, layernorm_linear.py, cpp_extensions/gemm.py
// and pytorch/utils.py is_non_tn_fp8_gemm_supported; Megatron-LM core/fp8_utils.py;
// pytorch/ao torchao/float8/float8_linear.py, and pytorch/ao issue 1850 (inputs are saved in high
// precision).
#pragma once

#include "sim/lower/framework_traits.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::sim {

struct Fp8Use {
  bool active = false;
  bool keeps_casts = false;
  bool norms_cast = false;       // norms write FP8
  bool looks_first = false;      // a pass over an operand before its cast
  bool two_scalings = false;     // products of an operand differ in their scales
  bool gathers_weights = false;  // fully sharded weights are gathered in FP8
  bool stores_weights = false;   // weights stand in FP8 alone, without bf16
  bool transposes = false;       // products take both operands along what is summed
};

[[nodiscard]] inline Fp8Recipe fp8_recipe_of(const Training& training,
                                             const FrameworkTraits& traits) {
  return training.fp8_recipe.value_or(traits.fp8_recipe);
}

[[nodiscard]] inline Fp8Use fp8_use_of(const Job& job, const FrameworkTraits& traits) {
  const Training& training = job.training;
  if (training.linear_precision == LinearPrecision::kBFloat16) return {};
  const Fp8Recipe recipe = fp8_recipe_of(training, traits);
  return {
      .active = true,
      .keeps_casts = traits.fp8_keeps_casts,
      .norms_cast = traits.fp8_keeps_casts && recipe == Fp8Recipe::kDelayed,
      .looks_first = recipe == Fp8Recipe::kTensorwise,
      .two_scalings = recipe == Fp8Recipe::kRowwise,
      .gathers_weights = training.fp8_all_gather && !traits.fp8_keeps_casts,
      .stores_weights = training.fp8_all_gather && traits.fp8_keeps_casts,
      .transposes = job.cluster.device.fp8_transposes,
  };
}

}  // namespace seqspan::sim
