#include "cli/commands/version.hpp"

#include <fmt/format.h>

#include "cli/render/facts_json.hpp"
#include "seqspan_config.hpp"

namespace seqspan::cli {

sim::Result<ExitCode> version_command(const VersionArguments&, const DisplayOptions& display,
                                      Output& output) {
  const auto built_with = [](bool present, std::string_view version) {
    return std::string(present ? version : "not built in");
  };
  const std::string mpi = built_with(config::kHasMpi, config::kMpiVersion);
  const std::string cuda = built_with(config::kHasCuda, config::kCudaVersion);
  const std::string nccl = built_with(config::kHasNccl, config::kNcclVersion);
  const std::string version(config::kVersion);
  if (display.json) {
    output.answer(facts_json({{"version", version}, {"mpi", mpi}, {"cuda", cuda}, {"nccl", nccl}}));
  } else {
    output.answer(
        fmt::format("seqspan {}\nmpi:  {}\ncuda: {}\nnccl: {}\n", version, mpi, cuda, nccl));
  }
  return ExitCode::kDone;
}

}  // namespace seqspan::cli
