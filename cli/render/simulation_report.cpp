#include "cli/render/simulation_report.hpp"

#include "cli/render/answer.hpp"
#include "cli/render/layout_choice.hpp"
#include "cli/render/sections.hpp"
#include "cli/render/text.hpp"

namespace seqspan::cli {

std::string simulation_report(const Style& style, const sim::Job& job,
                              const sim::Simulation& simulation) {
  std::string text = headline(style, short_layout(job, simulation.layout), simulation.peak.peak,
                              simulation.capacity);
  const bool only_host = !simulation.fits && simulation.peak.peak <= simulation.capacity;
  if (only_host) text += paragraph("", red(style, "host memory does not suffice"), style.width);
  text += paragraph(simulation.fits ? "" : "if it did fit: ", speed_text(simulation), style.width);
  text += dim(style, paragraph("", job_text(job), style.width));
  text += memory_section(style, simulation);
  text += stage_section(style, simulation);
  text += largest_section(style, simulation);
  text += time_section(style, simulation);
  text += document_section(style, job, simulation);
  text += exposed_section(style, simulation);
  text += traffic_section(style, simulation);
  text += host_section(style, simulation);
  text += measured_text(style, job, simulation);
  return text;
}

}  // namespace seqspan::cli
