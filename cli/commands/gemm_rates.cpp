#include "cli/commands/gemm_rates.hpp"

#include <fmt/format.h>

#include "cli/commands/job_program.hpp"
#include "cli/write_file.hpp"
#include "real/launch/host_name.hpp"
#include "real/measure/exchange_timer.hpp"
#include "real/measure/gemm_timer.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

double flops_of(const sim::Gemm& gemm) {
  return 2.0 * static_cast<double>(gemm.m) * static_cast<double>(gemm.n) *
         static_cast<double>(gemm.k) * static_cast<double>(gemm.groups);
}

}  // namespace

std::string gemm_table(const std::vector<GemmRate>& rates, sim::FlopsPerSecond peak,
                       const std::string& source) {
  std::string text = fmt::format("# bf16 GEMMs, {}; peak {}\n", source, sim::format_flops(peak));
  text += fmt::format("# {:>6} {:>8} {:>8} {:>8} {:>12} {:>9} {:>8}\n", "m", "n", "k", "groups",
                      "time_us", "TFLOP/s", "of_peak");
  double flops = 0;
  double seconds = 0;
  for (const auto& [gemm, time] : rates) {
    const double rate = flops_of(gemm) / time.value();
    text += fmt::format("{:>8} {:>8} {:>8} {:>8} {:>12.2f} {:>9.1f} {:>8.3f}\n", gemm.m, gemm.n,
                        gemm.k, gemm.groups, time.value() * 1e6, rate / 1e12, rate / peak.value());
    flops += flops_of(gemm);
    seconds += time.value();
  }
  return text + fmt::format("# efficiency.gemm {:.3f}\n", flops / seconds / peak.value());
}

sim::Result<void> measure_gemms(const ProfileArguments& arguments, const RankSession& ranks,
                                sim::Seconds limit, Output& output) {
  if (arguments.run.gemms_file.empty()) return {};
  const auto job = read_job_program(arguments);
  if (!job) return tl::unexpected(job.error());
  const auto timer = real::make_gemm_timer();
  if (!timer) return tl::unexpected(timer.error());
  auto exchange = real::ExchangeTimer::make(ranks.transport());
  if (!exchange) return tl::unexpected(exchange.error());

  std::vector<GemmRate> rates;
  for (const sim::Gemm& gemm : real::gemms_of(job->program)) {
    const auto own = (*timer)->time(gemm, {.limit = limit});
    if (!own) return tl::unexpected(own.error());
    const auto time = exchange->slowest(*own, limit);
    if (!time) return tl::unexpected(time.error());
    rates.push_back({gemm, time->median});
    if (ranks.is_first()) {
      output.message(fmt::format("GEMM of {} x {} x {}: {} ({} to {})\n", gemm.m, gemm.n, gemm.k,
                                 sim::format_time(time->median), sim::format_time(time->fastest),
                                 sim::format_time(time->slowest)));
    }
  }
  if (!ranks.is_first() || rates.empty()) return {};
  const std::string source = fmt::format("cuBLASLt, slowest of {} ranks, {}",
                                         ranks.transport().world_size(), real::host_name());
  return write_file(arguments.run.gemms_file,
                    gemm_table(rates, job->job.cluster.device.peak_bf16, source));
}

}  // namespace seqspan::cli
