#include "cli/commands/job.hpp"

#include "cli/data_root.hpp"
#include "cli/render/text.hpp"
#include "profiles/read_job.hpp"

namespace seqspan::cli {

sim::Result<sim::Job> read_job(const JobArguments& arguments) {
  const auto root = data_root();
  if (!root) return tl::unexpected(root.error());
  if (!arguments.file.empty()) {
    return profiles::read_job(arguments.file, *root, arguments.settings);
  }
  return profiles::make_job(
      {arguments.model.value_or(""), arguments.cluster.value_or(""), arguments.framework,
       arguments.sequence_length, arguments.global_batch_size, arguments.settings},
      *root);
}

std::string command_text(const JobArguments& arguments) {
  std::string text = arguments.file.empty() ? "" : " " + shell_quote(arguments.file);
  const auto add = [&](const char* option, const std::optional<std::string>& value) {
    if (value) text += std::string(" ") + option + " " + shell_quote(*value);
  };
  add("--model", arguments.model);
  add("--cluster", arguments.cluster);
  add("--framework", arguments.framework);
  add("--sequence-length", arguments.sequence_length);
  add("--global-batch-size", arguments.global_batch_size);
  for (const std::string& setting : arguments.settings) text += " --set " + shell_quote(setting);
  return text.substr(1);
}

void print_warnings(const sim::Job& job, Output& output) {
  for (const sim::Warning& warning : job.warnings) {
    output.warning(warning.path.empty() ? warning.message
                                        : warning.message + " (" + warning.path + ")");
  }
}

}  // namespace seqspan::cli
