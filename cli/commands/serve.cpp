#include "cli/commands/serve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "cli/commands/job.hpp"
#include "cli/commands/layout.hpp"
#include "cli/interrupt.hpp"
#include "cli/page/serve_page.hpp"
#include "cli/serve/api.hpp"
#include "cli/serve/server.hpp"
#include "sim/layout/resolve.hpp"

namespace seqspan::cli {
namespace {

// The pairs of --layout, `text`, whose keys have no slider.
std::vector<std::string> without_slider(const sim::Job& job, const sim::Layout& layout,
                                        const std::string& text) {
  std::vector<std::string> pairs;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string pair = text.substr(at, end - at);
    const std::size_t equals = pair.find('=');
    if (equals != std::string::npos && !has_slider(job, layout, pair.substr(0, equals))) {
      pairs.push_back(pair);
    }
    at = end + 1;
  }
  return pairs;
}

}  // namespace

sim::Result<ExitCode> serve_command(const ServeArguments& arguments, Output& output) {
  const sim::Result<sim::Job> job = read_job(arguments.job);
  if (!job) return tl::unexpected(job.error());
  const bool is_file = arguments.layout && !arguments.layout->empty() &&
                       arguments.layout->find('=') == std::string::npos;
  if (is_file) {
    return sim::input_error("the sliders start from a layout as text", "--layout", {},
                            "--layout tp=2,ulysses=4");
  }
  const sim::Result<sim::Layout> layout = read_layout(arguments.layout.value_or(""), *job);
  // The sliders start somewhere; where the defaults are refused the page says why.
  if (!layout && arguments.layout) return tl::unexpected(layout.error());
  const sim::Layout start = layout ? *layout : sim::resolve(*job, job->layout);
  Api api(arguments.job, *job, start, without_slider(*job, start, arguments.layout.value_or("")));
  Server server([&api](const HttpRequest& request) { return api.answer(request); });
  if (auto listens = server.listen(arguments.port); !listens) {
    return tl::unexpected(listens.error());
  }
  const Interrupt interrupt({SIGINT, SIGTERM});
  print_warnings(*job, output);
  output.answer(fmt::format("http://127.0.0.1:{}/\n", server.port()));
  output.message("open this page on this machine; Ctrl-C ends it\n");
  if (auto finished = output.finish(); !finished) return tl::unexpected(finished.error());
  server.run(interrupt.flag());
  return ExitCode::kDone;
}

}  // namespace seqspan::cli
