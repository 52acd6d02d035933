#include "cli/commands/cluster.hpp"

#include <fmt/format.h>

#include "cli/data_root.hpp"
#include "cli/render/cluster_report.hpp"
#include "cli/render/cluster_svg.hpp"
#include "cli/write_file.hpp"
#include "profiles/read_profile.hpp"
#include "sim/network/rank_order.hpp"
#include "sim/spec/layout_text.hpp"

namespace seqspan::cli {
namespace {

// The degrees of a layout without a job: etp = tp, as megatron takes it, and dp fills the cluster.
sim::Result<std::optional<sim::Layout>> layout_of(const ClusterArguments& arguments,
                                                  const sim::Cluster& cluster) {
  if (!arguments.layout) return std::optional<sim::Layout>();
  const sim::Result<sim::LayoutChoice> choice = sim::read_layout(*arguments.layout);
  if (!choice) return tl::unexpected(choice.error());
  sim::Layout layout = sim::complete(*choice, {});
  const std::string where = "--layout " + *arguments.layout;
  const std::int64_t gpus = cluster.gpu_count();
  const std::int64_t replica = layout.world() / layout.dp;
  if (!choice->dp) layout.dp = gpus / replica;
  if (layout.world() != gpus) {
    return sim::input_error(
        fmt::format("the layout does not fill {} GPUs", gpus), where,
        fmt::format("tp x ulysses x ring x pp = {}{}", replica,
                    choice->dp ? fmt::format(", times dp = {}", layout.dp * replica) : ""),
        "choose degrees whose product divides the number of GPUs");
  }
  if (!choice->etp) layout.etp = layout.ep > 1 ? layout.tp : 1;
  const std::int64_t stage = gpus / layout.pp;
  if (stage % (layout.etp * layout.ep) != 0) {
    return sim::input_error(fmt::format("etp x ep = {} does not divide the {} GPUs of a stage",
                                        layout.etp * layout.ep, stage),
                            where, "experts divide the GPUs of one pipeline stage anew",
                            "lower ep, or set etp");
  }
  if (layout.placement == sim::Placement::kPipelineInner && layout.pp > 1 && layout.ep > 1 &&
      !sim::replicas_agree(layout, true)) {
    return sim::input_error(
        fmt::format("etp x ep = {} is not tp x ulysses x ring = {}", layout.etp * layout.ep,
                    layout.tp * layout.cp()),
        where, "with stages inside replicas experts have as many replicas as the rest",
        "set ep or etp, or placement=ulysses_inner. More: seqspan explain replicas_differ");
  }
  return std::optional<sim::Layout>(layout);
}

}  // namespace

sim::Result<ExitCode> cluster_command(const ClusterArguments& arguments,
                                      const DisplayOptions& display, Output& output) {
  const auto root = data_root();
  if (!root) return tl::unexpected(root.error());
  const sim::Result<sim::Cluster> cluster = profiles::read_cluster(arguments.cluster, *root);
  if (!cluster) return tl::unexpected(cluster.error());
  const auto layout = layout_of(arguments, *cluster);
  if (!layout) return tl::unexpected(layout.error());
  const sim::Result<ClusterView> view =
      view_cluster(*cluster, *layout, arguments.layout.value_or(""));
  if (!view) return tl::unexpected(view.error());
  if (arguments.svg_file == "-") {
    output.answer(cluster_svg(*view));
    return ExitCode::kDone;
  }
  if (!arguments.svg_file.empty()) {
    const sim::Result<void> written = write_file(arguments.svg_file, cluster_svg(*view));
    if (!written) return tl::unexpected(written.error());
    output.message(fmt::format("wrote {}\n", arguments.svg_file));
  }
  output.answer(display.json ? cluster_json(*view) : cluster_report(output.style(), *view));
  return ExitCode::kDone;
}

}  // namespace seqspan::cli
