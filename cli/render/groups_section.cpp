#include "cli/render/groups_section.hpp"

#include <fmt/format.h>

#include <set>

#include "cli/render/answer.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/table.hpp"
#include "sim/layout/legality.hpp"
#include "sim/spec/layer_facts.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

constexpr std::size_t kMostShown = 8;

std::string degrees_of(const sim::Layout& layout) {
  std::string text;
  const auto add = [&](const std::string& key) { text += (text.empty() ? "" : ",") + key; };
  if (layout.tp > 1) add(fmt::format("tp={}", layout.tp));
  if (layout.ulysses > 1) add(fmt::format("ulysses={}", layout.ulysses));
  if (layout.ring > 1) {
    add(fmt::format("ring={}", layout.ring));
    if (layout.ulysses == 1) add(fmt::format("kv_exchange={}", name_of(layout.kv_exchange)));
  }
  return text;
}

std::string title_of(const sim::Job& job, const sim::Layout& best) {
  const sim::HeadCounts heads = sim::heads_of(job.model.towers.front().kinds.front().attention);
  return fmt::format("Heads ({} of queries, {} of keys and values): {} GPUs to a sequence",
                     heads.query, heads.kv, best.tp * best.cp());
}

std::string verdict_of(const sim::Job& job, const planner::GroupChoice& choice, sim::Seconds best) {
  if (!choice.refused) {
    const double slower = choice.step / best - 1;
    if (slower == 0) return "chosen";
    return slower > 0 ? percent(slower) + " slower" : percent(-slower) + " faster";
  }
  if (*choice.refused == sim::ReasonCode::kDoesNotFit) {
    return "over by " + sim::format_bytes(choice.peak - job.cluster.device.memory);
  }
  return "refused";
}

}  // namespace

GroupTable group_table(const sim::Job& job, const planner::Plan& plan) {
  if (plan.groups.size() < 2) return {};
  const sim::Simulation& best = plan.best.front().simulation;
  GroupTable table;
  table.title = title_of(job, best.layout);
  std::size_t shown = 0;
  std::set<sim::ReasonCode> said;
  for (const planner::GroupChoice& choice : plan.groups) {
    const bool measured = choice.peak > sim::Bytes(0);
    // Of each rule one example, of the rest the first.
    const bool tells = measured ? shown < kMostShown : said.insert(*choice.refused).second;
    if (!tells) {
      ++table.left_out;
      continue;
    }
    if (measured) ++shown;
    table.rows.push_back({&choice, measured, degrees_of(choice.layout),
                          verdict_of(job, choice, best.time.step),
                          measured ? "" : sim::describe(*choice.refused, job, choice.layout)});
  }
  return table;
}

std::string groups_section(const Style& style, const sim::Job& job, const planner::Plan& plan) {
  const GroupTable groups = group_table(job, plan);
  if (groups.rows.empty()) return {};
  Table table({{"shared out as", Align::kLeft, true},
               {"KV copies", Align::kRight},
               {"sent/step", Align::kRight},
               {"peak GiB", Align::kRight},
               {"step", Align::kRight},
               {"", Align::kLeft}});
  for (const GroupTable::Row& row : groups.rows) {
    const planner::GroupChoice& choice = *row.choice;
    table.add({row.degrees, sim::format_count(choice.kv_copies),
               row.measured ? sim::format_bytes(choice.sent) : "",
               row.measured ? gib_number(choice.peak) : "",
               choice.refused ? "" : sim::format_time(choice.step), row.verdict});
    if (!row.reason.empty()) table.note(row.reason);
  }
  std::string text = heading(style, groups.title) + table.text(style);
  if (groups.left_out > 0) {
    text += fmt::format("  and {} more (--json has all)\n", groups.left_out);
  }
  return text;
}

}  // namespace seqspan::cli
