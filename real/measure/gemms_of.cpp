#include <algorithm>
#include <variant>

#include "real/measure/gemm_timer.hpp"

namespace seqspan::real {

std::vector<sim::Gemm> gemms_of(const sim::Program& program) {
  std::vector<sim::Gemm> gemms;
  for (const sim::Op& op : program.ops) {
    const auto* gemm = std::get_if<sim::Gemm>(&op.work);
    if (gemm == nullptr || gemm->m * gemm->n * gemm->k * gemm->groups == 0) continue;
    if (gemm->precision != sim::GemmPrecision::kBFloat16) continue;
    const bool known = std::any_of(gemms.begin(), gemms.end(), [&](const sim::Gemm& other) {
      return other.m == gemm->m && other.n == gemm->n && other.k == gemm->k &&
             other.groups == gemm->groups;
    });
    if (!known) gemms.push_back(*gemm);
  }
  return gemms;
}

}  // namespace seqspan::real
