#include "real/validate/validation.hpp"

#include <algorithm>
#include <cmath>

namespace seqspan::real {
namespace {

std::vector<double> absolute_errors(const std::vector<ValidatedOp>& ops) {
  std::vector<double> errors;
  for (const ValidatedOp& op : ops) errors.push_back(std::abs(op.error()));
  std::sort(errors.begin(), errors.end());
  return errors;
}

}  // namespace

double Validation::median_op_error() const {
  const std::vector<double> errors = absolute_errors(ops);
  if (errors.empty()) return 0;
  const std::size_t middle = errors.size() / 2;
  return errors.size() % 2 == 1 ? errors[middle] : (errors[middle - 1] + errors[middle]) / 2;
}

double Validation::worst_op_error() const {
  const std::vector<double> errors = absolute_errors(ops);
  return errors.empty() ? 0 : errors.back();
}

bool Validation::bytes_agree() const {
  return std::all_of(ops.begin(), ops.end(), [](const auto& op) { return op.bytes_agree(); });
}

bool Validation::peaks_agree() const {
  return std::all_of(blocks.begin(), blocks.end(),
                     [](const auto& block) { return block.peaks_agree(); });
}

}  // namespace seqspan::real
