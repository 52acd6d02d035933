#include "cli/trace/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "cli/render/answer.hpp"
#include "cli/render/bar.hpp"
#include "cli/render/format_version.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/result_parts.hpp"
#include "cli/render/table.hpp"
#include "cli/render/text.hpp"
#include "sim/engine/step_memory.hpp"
#include "sim/errors/quote.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

constexpr std::size_t kOpsShown = 8;
constexpr double kNanosecond = 1e-9;
constexpr std::size_t kShareBarColumns = 24;

sim::Seconds seconds(std::int64_t nanoseconds) {
  return sim::Seconds(static_cast<double>(nanoseconds) * kNanosecond);
}

std::int64_t whole(const nlohmann::json& args, const char* key) {
  const auto found = args.find(key);
  return found != args.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

// "cp, beside it (1)" belongs to "cp".
std::string stream_of(const TraceProcess& process, std::int64_t thread) {
  const auto found = process.threads.find(thread);
  if (found == process.threads.end()) return "";
  return found->second.substr(0, found->second.find(','));
}

void add_micro_batch(const TraceSlice& slice, ProcessSummary& summary) {
  if (slice.args.contains("ring_rank")) summary.ring_rank = whole(slice.args, "ring_rank");
  if (slice.args.contains("waits_for_rank")) {
    summary.waits_for = whole(slice.args, "waits_for_rank");
  }
  summary.waiting += whole(slice.args, "waits_ns");
}

void add_slices(const TraceProcess& process, ProcessSummary& summary) {
  std::map<std::string, StreamSummary> streams;
  std::map<std::pair<std::string, std::string>, OpSummary> ops;
  for (const TraceSlice& slice : process.slices) {
    if (slice.category == "micro-batch") add_micro_batch(slice, summary);
    if (slice.category == "micro-batch" || slice.category == "critical" ||
        slice.category == "wait") {
      continue;
    }
    const std::string stream = stream_of(process, slice.thread);
    StreamSummary& of_stream = streams[stream];
    of_stream.stream = stream;
    // A hand-over between stages stands alone; all other ops are counted with their block.
    const bool hand_over = slice.args.contains("to_stage");
    if (slice.category == "block" || hand_over) {
      of_stream.busy += hand_over ? slice.end - slice.start : whole(slice.args, "busy_ns");
      of_stream.alone += whole(slice.args, "alone_ns");
      of_stream.ops += hand_over ? 1 : whole(slice.args, "ops");
    }
    if (slice.category == "block") continue;
    OpSummary& op = ops[{stream, slice.name}];
    op.name = slice.name;
    op.stream = stream;
    ++op.count;
    op.time += slice.end - slice.start;
    if (slice.args.contains("critical")) op.critical += slice.end - slice.start;
  }
  for (const auto& [name, stream] : streams) summary.streams.push_back(stream);
  for (const auto& [name, op] : ops) summary.ops.push_back(op);
  const auto longer = [](const auto& a, const auto& b) { return a.time > b.time; };
  std::stable_sort(summary.ops.begin(), summary.ops.end(), longer);
  std::stable_sort(summary.streams.begin(), summary.streams.end(),
                   [](const auto& a, const auto& b) { return a.busy > b.busy; });
}

void add_counters(const TraceProcess& process, ProcessSummary& summary) {
  std::map<std::string, std::int64_t> standing;
  for (const TraceCounter& counter : process.counters) {
    if (counter.name == "standing memory") {
      for (const auto& [role, bytes] : counter.values.items()) {
        standing[role] = bytes.get<std::int64_t>();
      }
    }
    if (counter.name == "memory" && whole(counter.values, "total") > summary.peak_bytes) {
      summary.peak_bytes = whole(counter.values, "total");
      summary.peak_at = counter.at;
      for (const auto& [role, bytes] : counter.values.items()) {
        if (role != "total") summary.peak_roles[role] = bytes.get<std::int64_t>();
      }
    }
    if (counter.name == "link use %") {
      for (const auto& [kind, percent] : counter.values.items()) {
        double& highest = summary.highest_link_use[kind];
        highest = std::max(highest, percent.get<double>());
      }
    }
  }
  summary.peak_roles.insert(standing.begin(), standing.end());
}

void append_process(std::string& text, const Style& style, const TraceSummary& summary,
                    const ProcessSummary& process) {
  text += heading(style, sim::printable(process.name));
  Table streams({{"stream"},
                 {"busy", Align::kRight},
                 {"of step", Align::kRight},
                 {"", Align::kLeft},
                 {"ops", Align::kRight}});
  const double end = static_cast<double>(std::max<std::int64_t>(summary.end, 1));
  for (const StreamSummary& stream : process.streams) {
    const double share = static_cast<double>(stream.busy) / end;
    streams.add({stream.stream, sim::format_time(seconds(stream.busy)), percent(share),
                 bar(style, share, kShareBarColumns), sim::format_count(stream.ops)});
  }
  text += streams.text(style);
  text +=
      fmt::format("  memory peaks at {}, {} into the step:\n", gib(sim::Bytes(process.peak_bytes)),
                  sim::format_time(seconds(process.peak_at)));
  Table roles({{""}, {"", Align::kRight}, {"", Align::kLeft}});
  for (std::size_t i = 0; i < sim::kMemoryRoleCount; ++i) {
    const char* role = name_of(static_cast<sim::MemoryRole>(i));
    const auto found = process.peak_roles.find(role);
    if (found == process.peak_roles.end()) continue;
    const std::int64_t bytes = found->second;
    const double share = static_cast<double>(bytes) /
                         static_cast<double>(std::max<std::int64_t>(process.peak_bytes, 1));
    roles.add({words(role), gib(sim::Bytes(bytes)), bar(style, share, kShareBarColumns)});
  }
  text += roles.text(style, 4);
  for (const auto& [kind, highest] : process.highest_link_use) {
    text += fmt::format("  {} at most {:.0f} % busy\n", kind, highest);
  }
  if (process.ops.empty()) return;
  text += "\n";
  Table ops({{"longest ops drawn one by one", Align::kLeft, true},
             {"stream"},
             {"times", Align::kRight},
             {"time", Align::kRight},
             {"on critical path", Align::kRight}});
  for (std::size_t i = 0; i < std::min(kOpsShown, process.ops.size()); ++i) {
    const OpSummary& op = process.ops[i];
    ops.add({op.name, op.stream, sim::format_count(op.count), sim::format_time(seconds(op.time)),
             sim::format_time(seconds(op.critical))});
  }
  text += ops.text(style);
}

std::int64_t compute_of(const ProcessSummary& process) {
  for (const StreamSummary& stream : process.streams) {
    if (stream.stream == "compute") return stream.busy;
  }
  return 0;
}

// The ranks of a ring side by side.
void append_ranks(std::string& text, const Style& style, const TraceSummary& summary) {
  text += heading(style, "Ranks of a ring");
  const double end = static_cast<double>(std::max<std::int64_t>(summary.end, 1));
  const auto share = [end](std::int64_t nanoseconds) {
    return percent(static_cast<double>(nanoseconds) / end);
  };
  Table ranks({{"rank", Align::kRight},
               {"compute", Align::kRight},
               {"of step", Align::kRight},
               {"waits", Align::kRight},
               {"of step", Align::kRight},
               {"peak GiB", Align::kRight},
               {"", Align::kLeft}});
  for (const ProcessSummary& process : summary.processes) {
    if (!process.ring_rank) continue;
    const std::int64_t compute = compute_of(process);
    const bool waits = process.waits_for.has_value();
    ranks.add({fmt::format("{}", *process.ring_rank), sim::format_time(seconds(compute)),
               share(compute), waits ? sim::format_time(seconds(process.waiting)) : "",
               waits ? share(process.waiting) : "", gib_number(sim::Bytes(process.peak_bytes)),
               waits ? fmt::format("for rank {}", *process.waits_for) : "decides the step"});
  }
  text += ranks.text(style);
}

}  // namespace

TraceSummary summary_of(const ReadTrace& trace) {
  TraceSummary summary;
  summary.other = trace.other;
  summary.flows = trace.flows;
  for (const auto& [id, process] : trace.processes) {
    ProcessSummary of;
    of.name = process.name;
    add_slices(process, of);
    add_counters(process, of);
    for (const TraceSlice& slice : process.slices) summary.end = std::max(summary.end, slice.end);
    summary.slices += process.slices.size();
    summary.counters += process.counters.size();
    summary.processes.push_back(std::move(of));
  }
  return summary;
}

std::string trace_summary_text(const Style& style, const TraceSummary& summary) {
  const auto other = [&](const char* key) {
    const auto found = summary.other.find(key);
    if (found == summary.other.end()) return std::string();
    return found->second.is_string() ? sim::printable(found->second.get<std::string>())
                                     : found->second.dump();
  };
  std::string text =
      fmt::format("{}: a step of {}, {} on {}\n", bold(style, other("job")),
                  sim::format_time(seconds(summary.end)), other("model"), other("cluster"));
  text += paragraph("  ", "layout " + other("layout"), style.width);
  text += fmt::format("  {} micro-batches, {}\n  {} slices, {} counter values, {} arrows\n",
                      other("micro_batches"), other("detail"),
                      sim::format_count(static_cast<std::int64_t>(summary.slices)),
                      sim::format_count(static_cast<std::int64_t>(summary.counters)),
                      sim::format_count(static_cast<std::int64_t>(summary.flows)));
  if (other("step_ns") != other("drawn_ns")) {
    text += "  the stages are drawn one by one; the formula of the pipeline gives " +
            sim::format_time(seconds(std::strtoll(other("step_ns").c_str(), nullptr, 10))) + "\n";
  }
  const bool ranks =
      std::any_of(summary.processes.begin(), summary.processes.end(),
                  [](const ProcessSummary& process) { return process.ring_rank.has_value(); });
  if (ranks) append_ranks(text, style, summary);
  for (const ProcessSummary& process : summary.processes) {
    if (!process.waits_for) append_process(text, style, summary, process);
  }
  return text;
}

std::string trace_summary_json(const TraceSummary& summary) {
  Json object = {{"format_version", kFormatVersion},
                 {"trace", summary.other},
                 {"end_ns", summary.end},
                 {"slices", summary.slices},
                 {"counter_values", summary.counters},
                 {"flows", summary.flows},
                 {"stages", Json::array()}};
  for (const ProcessSummary& process : summary.processes) {
    Json streams = Json::array();
    for (const StreamSummary& stream : process.streams) {
      streams.push_back({{"stream", stream.stream},
                         {"busy_ns", stream.busy},
                         {"alone_ns", stream.alone},
                         {"ops", stream.ops}});
    }
    Json ops = Json::array();
    for (const OpSummary& op : process.ops) {
      ops.push_back({{"op", op.name},
                     {"stream", op.stream},
                     {"count", op.count},
                     {"ns", op.time},
                     {"critical_ns", op.critical}});
    }
    Json stage = {{"name", process.name}};
    if (process.ring_rank) {
      stage["ring_rank"] = *process.ring_rank;
      stage["decides"] = !process.waits_for;
      stage["waiting_ns"] = process.waiting;
    }
    stage["peak_bytes"] = process.peak_bytes;
    stage["peak_at_ns"] = process.peak_at;
    stage["by_role_bytes"] = process.peak_roles;
    stage["highest_link_use_percent"] = process.highest_link_use;
    stage["streams"] = std::move(streams);
    stage["ops"] = std::move(ops);
    object["stages"].push_back(std::move(stage));
  }
  return text_of(object);
}

}  // namespace seqspan::cli
