#include "cli/commands/memory.hpp"

#include <algorithm>

#include "cli/commands/job.hpp"
#include "cli/commands/what_if.hpp"
#include "cli/page/memory_page.hpp"
#include "cli/render/memory_csv.hpp"
#include "cli/render/memory_json.hpp"
#include "cli/render/memory_report.hpp"
#include "cli/render/memory_svg.hpp"
#include "cli/write_file.hpp"

namespace seqspan::cli {
namespace {

// To standard output, or a file.
sim::Result<void> put(const std::string& file, const std::string& text, Output& output) {
  if (file == "-") {
    output.answer(text);
    return {};
  }
  if (auto written = write_file(file, text); !written) return written;
  output.message("wrote " + file + "\n");
  return {};
}

}  // namespace

sim::Result<ExitCode> memory_command(const MemoryArguments& arguments,
                                     const DisplayOptions& display, Output& output) {
  // Once as given, so that what is wrong with the job is said of the job.
  const auto job = read_job(arguments.job);
  if (!job) return tl::unexpected(job.error());
  const auto answers = what_if(arguments);
  if (!answers) return tl::unexpected(answers.error());
  const bool is_text = !display.json && arguments.csv_file != "-" && arguments.svg_file != "-" &&
                       arguments.html_file != "-";
  if (display.json) output.answer(memory_json(*job, arguments, *answers));
  if (is_text) {
    output.answer(memory_report(output.style(), *job, arguments, *answers));
    print_warnings(*job, output);
  }
  if (!arguments.csv_file.empty()) {
    auto written = put(arguments.csv_file, memory_csv(arguments, *answers), output);
    if (!written) return tl::unexpected(written.error());
  }
  if (!arguments.svg_file.empty()) {
    auto written = put(arguments.svg_file, memory_svg(*job, arguments, *answers), output);
    if (!written) return tl::unexpected(written.error());
  }
  if (!arguments.html_file.empty()) {
    auto written = put(arguments.html_file, memory_page(*job, arguments, *answers), output);
    if (!written) return tl::unexpected(written.error());
  }
  const bool any = std::any_of(answers->begin(), answers->end(), [](const WhatIf& answer) {
    return answer.verdict == MemoryVerdict::kFits || answer.verdict == MemoryVerdict::kTight;
  });
  return any ? ExitCode::kDone : ExitCode::kNo;
}

}  // namespace seqspan::cli
