#include "cli/page/serve_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/commands/job.hpp"
#include "cli/page/assets.hpp"
#include "cli/page/drawings.hpp"
#include "cli/page/html.hpp"
#include "cli/render/answer.hpp"
#include "cli/render/result_parts.hpp"
#include "sim/lower/framework_traits.hpp"

namespace seqspan::cli {
namespace {

constexpr std::int64_t kShortest = 1024;
constexpr std::int64_t kLongest = std::int64_t{8} * 1024 * 1024;

Json slider(const char* key, const char* label, const char* group, Json values, Json value) {
  if (std::find(values.begin(), values.end(), value) == values.end()) {
    values.push_back(value);
    if (value.is_number()) std::sort(values.begin(), values.end());
  }
  return {{"key", key},
          {"label", label},
          {"group", group},
          {"values", std::move(values)},
          {"value", std::move(value)}};
}

Json powers(std::int64_t first, std::int64_t last) {
  Json values = Json::array();
  for (std::int64_t value = first; value <= last; value *= 2) values.push_back(value);
  return values;
}

Json divisors(std::int64_t number) {
  Json values = Json::array();
  for (std::int64_t i = 1; i <= number; ++i) {
    if (number % i == 0) values.push_back(i);
  }
  return values;
}

// The keys that must be above 1, or be 1, for a slider to change anything; else it rests, and what
// it says is left out of the layout.
Json needing(Json slider, std::initializer_list<const char*> many,
             std::initializer_list<const char*> one = {}) {
  slider["needs_many"] = many;
  slider["needs_one"] = one;
  return slider;
}

// Those that the framework has.
Json ring_orders(const sim::FrameworkTraits& traits) {
  Json orders = {name_of(sim::RingOrder::kZigzag)};
  if (traits.contiguous_order) orders.push_back(name_of(sim::RingOrder::kContiguous));
  if (traits.striped_order) orders.push_back(name_of(sim::RingOrder::kStriped));
  return orders;
}

// The same.
Json placements(const sim::FrameworkTraits& traits) {
  Json orders = {name_of(sim::Placement::kUlyssesInner)};
  if (traits.ring_inner) orders.push_back(name_of(sim::Placement::kRingInner));
  if (traits.pipeline_inner) orders.push_back(name_of(sim::Placement::kPipelineInner));
  return orders;
}

Json sliders_of(const sim::Job& job, const sim::Layout& layout) {
  const std::int64_t gpus = job.cluster.gpu_count();
  const Json degrees = divisors(gpus);
  Json all = Json::array();
  all.push_back(slider("sequence_length", "sequence length, tokens", "job",
                       powers(kShortest, kLongest), job.training.sequence_length));
  all.push_back(slider("global_batch_size", "sequences of a step", "job",
                       powers(1, std::max<std::int64_t>(1024, job.training.global_batch_size)),
                       job.training.global_batch_size));
  all.push_back(needing(slider("overlap_tensor_parallel", "tensor parallel under products", "job",
                               {false, true}, job.training.overlap_tensor_parallel),
                        {"tp"}));
  all.push_back(slider("tp", "tensor parallel", "degrees", degrees, layout.tp));
  all.push_back(slider("ulysses", "Ulysses", "degrees", degrees, layout.ulysses));
  all.push_back(slider("ring", "ring", "degrees", degrees, layout.ring));
  all.push_back(slider("pp", "pipeline", "degrees", degrees, layout.pp));
  all.push_back(needing(slider("vpp", "chunks of a pipeline stage", "degrees",
                               divisors(job.model.towers.front().layer_count()), layout.vpp),
                        {"pp"}));
  if (layout.ep > 1 || job.model.towers.front().kinds.size() > 1 || layout.etp != layout.tp) {
    all.push_back(slider("ep", "experts", "degrees", degrees, layout.ep));
  }
  all.push_back(slider("micro_batch", "sequences of a micro-batch", "degrees", powers(1, 64),
                       layout.micro_batch));
  all.push_back(slider("recompute", "recomputation", "memory", {"none", "selective", "full"},
                       name_of(layout.recompute)));
  all.push_back(slider("sharding", "sharding", "memory",
                       {"none", "optimizer", "gradients", "parameters"}, name_of(layout.sharding)));
  all.push_back(slider("offload", "offload to the host", "memory",
                       {"none", "activations", "optimizer", "all"}, name_of(layout.offload)));
  all.push_back(
      slider("loss_chunks", "loss chunks", "memory", powers(1, 4096), layout.loss_chunks));
  all.push_back(
      slider("mlp_chunks", "feed-forward chunks", "memory", powers(1, 256), layout.mlp_chunks));
  all.push_back(needing(slider("kv_exchange", "KV exchange of the ring", "exchanges",
                               {"p2p", "all_gather"}, name_of(layout.kv_exchange)),
                        {"ring"}));
  const sim::FrameworkTraits& traits = sim::traits_of(job.framework);
  const Json orders = ring_orders(traits);
  if (orders.size() > 1) {
    all.push_back(needing(
        slider("ring_order", "order of the ring", "exchanges", orders, name_of(layout.ring_order)),
        {"ring"}));
  }
  const Json ranks = placements(traits);
  if (ranks.size() > 1) {
    Json placement =
        slider("placement", "order of ranks", "exchanges", ranks, name_of(layout.placement));
    all.push_back(traits.pipeline_inner ? needing(std::move(placement), {"pp"})
                                        : needing(std::move(placement), {"ulysses", "ring"}));
  }
  all.push_back(needing(slider("head_groups", "groups of heads of Ulysses", "exchanges",
                               powers(1, 8), layout.head_groups),
                        {"ulysses"}, {"ring"}));
  return all;
}

}  // namespace

bool has_slider(const sim::Job& job, const sim::Layout& layout, const std::string& key) {
  const Json sliders = sliders_of(job, layout);
  return std::any_of(sliders.begin(), sliders.end(),
                     [&key](const Json& slider) { return slider["key"] == key; });
}

std::string serve_page(const sim::Job& job, const JobArguments& given, const sim::Layout& layout,
                       const std::vector<std::string>& fixed) {
  HtmlPage page;
  page.title = "seqspan: what if " + job.name;
  page.styles = std::string(assets::kStyles) + std::string(assets::kServeStyles);
  page.body = fmt::format(
      "<header><h1>{}</h1>\n<p class=\"soft\">{}</p></header>\n"
      "<noscript><p class=\"bad\">The sliders need scripts. The same without: <code>seqspan memory "
      "{} --layout ... --sweep ...</code></p></noscript>\n"
      "<div class=\"what-if\"><form id=\"sliders\" aria-label=\"what if\"></form>\n"
      "<main aria-live=\"polite\"><div id=\"answer\"></div>\n{}<div id=\"bar\"></div>\n"
      "<div id=\"roles\"></div>\n<div id=\"time\"></div>\n<details><summary>Largest tensors at the "
      "peak</summary><div id=\"largest\"></div></details>\n<p class=\"soft\">The same on a "
      "command line:</p><pre class=\"layout\" id=\"command\"></pre>"
      "<p class=\"soft\" id=\"took\"></p></main></div>\n",
      html_escaped(job.name), html_escaped(job_text(job)), html_escaped(command_text(given)),
      role_key());
  const Json about = {{"sliders", sliders_of(job, layout)},
                      {"command", command_text(given)},
                      {"fixed", fixed},
                      {"gpus", job.cluster.gpu_count()}};
  // Names come from the user and need not be UTF-8.
  const std::string json = about.dump(-1, ' ', false, Json::error_handler_t::replace);
  page.scripts =
      html_json("about", json) + "<script>" + std::string(assets::kServeScript) + "</script>\n";
  page.connects = true;
  return html_page(page);
}

}  // namespace seqspan::cli
