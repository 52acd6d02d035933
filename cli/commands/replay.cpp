#include "cli/commands/replay.hpp"

#include "cli/data_root.hpp"
#include "cli/render/replay_json.hpp"
#include "cli/render/replay_page.hpp"
#include "cli/render/replay_report.hpp"
#include "cli/render/replay_svg.hpp"
#include "cli/write_file.hpp"

namespace seqspan::cli {

sim::Result<ExitCode> replay_command(const ReplayArguments& arguments,
                                     const DisplayOptions& display, Output& output) {
  const auto root = data_root();
  if (!root) return tl::unexpected(root.error());
  std::vector<profiles::Replay> replays;
  for (const std::string& file : arguments.files) {
    const auto source = profiles::read_replay_case(file, *root);
    if (!source) return tl::unexpected(source.error());
    auto replayed = profiles::replay(*source, *root);
    if (!replayed) return tl::unexpected(replayed.error());
    for (const profiles::ReplayedRow& row : replayed->rows) {
      for (const std::string& warning : row.impossible) output.warning(warning);
    }
    replays.push_back(*std::move(replayed));
  }
  if (!arguments.svg_file.empty()) {
    const std::string picture = replay_svg(replays);
    if (arguments.svg_file == "-") {
      output.answer(picture);
      return ExitCode::kDone;
    }
    if (auto written = write_file(arguments.svg_file, picture); !written) {
      return tl::unexpected(written.error());
    }
  }
  if (display.json) {
    output.answer(replay_json(replays));
  } else if (arguments.markdown) {
    output.answer(replay_page(replays));
  } else {
    output.answer(replay_report(output.style(), replays));
  }
  return ExitCode::kDone;
}

}  // namespace seqspan::cli
