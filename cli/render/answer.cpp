#include "cli/render/answer.hpp"

#include <fmt/format.h>

#include "cli/render/quantity.hpp"
#include "cli/render/text.hpp"
#include "sim/errors/quote.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {

std::string fit_text(const Style& style, sim::Bytes peak, sim::Bytes capacity) {
  const std::string of = fmt::format(" ({} of {})", gib_number(peak), gib(capacity));
  if (peak <= capacity) {
    return green(style, "fits") + ", " + sim::format_bytes(capacity - peak) + " free" + of;
  }
  return red(style, "does not fit") + ", over by " + sim::format_bytes(peak - capacity) + of;
}

std::string headline(const Style& style, const std::string& title, sim::Bytes peak,
                     sim::Bytes capacity) {
  const std::string fit = fit_text(style, peak, capacity);
  const bool one_line = title.size() + 2 + display_width(fit) <= style.width;
  return bold(style, title) + (one_line ? ": " : ":\n") + fit + "\n";
}

std::string speed_text(const sim::Simulation& simulation) {
  const sim::Seconds bound = simulation.shares[static_cast<std::size_t>(simulation.bound)];
  return fmt::format("step {}, {} tokens/s/GPU, {} per GPU (MFU {}), bound by {} ({})",
                     sim::format_time(simulation.time.step),
                     rate(simulation.tokens_per_gpu_per_second),
                     sim::format_flops(simulation.model_flops_per_gpu), percent(simulation.mfu),
                     words(name_of(simulation.bound)), percent(bound / simulation.time.step));
}

std::string job_text(const sim::Job& job) {
  const std::string& measured = job.cluster.measured_by;
  return fmt::format("{} on {} ({} x {}{}), {}, {} tokens x {}", sim::printable(job.model.name),
                     sim::printable(job.cluster.name), sim::format_count(job.cluster.gpu_count()),
                     sim::printable(job.cluster.device.name),
                     measured.empty() ? "" : ", measured: " + sim::printable(measured),
                     name_of(job.framework), sim::format_count(job.training.sequence_length),
                     counted(job.training.global_batch_size, "sequence"));
}

std::string heading(const Style& style, const std::string& title) {
  return "\n" + bold(style, title) + "\n";
}

}  // namespace seqspan::cli
