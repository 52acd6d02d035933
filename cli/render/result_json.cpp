#include "cli/render/result_json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "cli/render/format_version.hpp"

namespace seqspan::cli {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) {
  if (!std::isfinite(value)) throw std::domain_error("a result that is not finite");
  return value;
}
Json number(sim::Seconds time) { return number(time.value()); }
Json number(sim::Bytes bytes) { return bytes.value(); }

Json layout_json(const sim::Layout& layout) {
  return {{"tp", layout.tp},
          {"pp", layout.pp},
          {"vpp", layout.vpp},
          {"ep", layout.ep},
          {"etp", layout.etp},
          {"dp", layout.dp},
          {"cp", layout.cp()},
          {"ulysses", layout.ulysses},
          {"ring", layout.ring},
          {"ring_order", name_of(layout.ring_order)},
          {"kv_exchange", name_of(layout.kv_exchange)},
          {"placement", name_of(layout.placement)},
          {"micro_batch", layout.micro_batch},
          {"recompute", name_of(layout.recompute)},
          {"sharding", name_of(layout.sharding)},
          {"offload", name_of(layout.offload)},
          {"ulysses_in_node", layout.ulysses_in_node},
          {"ep_in_node", layout.ep_in_node},
          {"loss_chunks", layout.loss_chunks}};
}

Json role_bytes(const sim::MemoryByRole& by_role) {
  Json object = Json::object();
  for (std::size_t i = 0; i < sim::kMemoryRoleCount; ++i) {
    object[name_of(static_cast<sim::MemoryRole>(i))] = number(by_role[i]);
  }
  return object;
}

Json memory_json(const sim::Simulation& simulation) {
  Json stages = Json::array();
  for (const sim::StageMemory& stage : simulation.by_stage) {
    stages.push_back({{"stage", stage.stage},
                      {"peak_bytes", number(stage.peak)},
                      {"by_role_bytes", role_bytes(stage.by_role)}});
  }
  Json largest = Json::array();
  for (const sim::LargestTensor& tensor : simulation.largest) {
    largest.push_back({{"name", tensor.name},
                       {"shape", tensor.shape},
                       {"role", name_of(tensor.role)},
                       {"bytes", number(tensor.bytes)},
                       {"copies", tensor.copies}});
  }
  return {{"capacity_bytes", number(simulation.capacity)},
          {"peak_bytes", number(simulation.peak.peak)},
          {"peak_stage", simulation.peak.stage},
          {"peak_moment", simulation.peak_moment},
          {"by_role_bytes", role_bytes(simulation.peak.by_role)},
          {"by_stage", std::move(stages)},
          {"saved_per_layer_bytes", number(simulation.saved_per_layer)},
          {"largest", std::move(largest)}};
}

Json kind_seconds(const sim::StepShares& seconds) {
  Json object = Json::object();
  for (std::size_t i = 0; i < sim::kStepBoundCount; ++i) {
    object[name_of(static_cast<sim::StepBound>(i))] = number(seconds[i]);
  }
  return object;
}

Json time_json(const sim::Simulation& simulation) {
  Json exposed = Json::object();
  for (std::size_t i = 0; i < sim::kAxisCount; ++i) {
    exposed[name_of(static_cast<sim::Axis>(i))] = number(simulation.exposed.by_axis[i]);
  }
  return {{"step_seconds", number(simulation.time.step)},
          {"bound", name_of(simulation.bound)},
          {"by_kind_seconds", kind_seconds(simulation.shares)},
          {"busy_by_kind_seconds", kind_seconds(simulation.busy)},
          {"exposed_communication_seconds", std::move(exposed)},
          {"bubble_seconds", number(simulation.time.bubble)},
          {"micro_batches", simulation.micro_batches},
          {"tokens_per_gpu_per_second", number(simulation.tokens_per_gpu_per_second)},
          {"model_flops_per_gpu_per_second", number(simulation.model_flops_per_gpu.value())},
          {"mfu", number(simulation.mfu)}};
}

Json traffic_json(const sim::Simulation& simulation) {
  Json rows = Json::array();
  for (const sim::TrafficRow& row : simulation.traffic) {
    rows.push_back({{"op", row.op},
                    {"axis", name_of(row.axis)},
                    {"collective", name_of(row.collective)},
                    {"group_size", row.group_size},
                    {"pass", name_of(row.pass)},
                    {"per", row.per},
                    {"count", row.count},
                    {"bytes_sent_per_gpu", number(row.bytes_sent_per_gpu)},
                    {"message_bytes", number(row.message_bytes)},
                    {"seconds", number(row.seconds)},
                    {"exposed_seconds", number(row.exposed_seconds)},
                    {"bound", row.bound},
                    {"timed_by", name_of(row.timed_by)}});
    if (!row.bound_link) continue;
    rows.back()["bound_link"] = {
        {"name", row.bound_link->name},
        {"bytes_per_second", number(row.bound_link->bandwidth.value())},
        {"others_bytes_per_second", number(row.bound_link->others.value())},
        {"times_as_busy_as_others", number(row.bound_link->load)}};
  }
  return rows;
}

void add_simulation(Json& object, const sim::Simulation& simulation) {
  object["layout"] = layout_json(simulation.layout);
  object["fits"] = simulation.fits;
  object["memory"] = memory_json(simulation);
  object["time"] = time_json(simulation);
  object["traffic"] = traffic_json(simulation);
  object["kv_replication"] = simulation.kv_replication;
}

Json result_of(const sim::Job& job) {
  Json inputs = Json::array();
  for (const sim::InputFile& file : job.inputs) {
    inputs.push_back({{"path", file.path}, {"sha256", file.sha256}});
  }
  Json warnings = Json::array();
  for (const sim::Warning& warning : job.warnings) {
    warnings.push_back(
        {{"code", warning.code}, {"message", warning.message}, {"path", warning.path}});
  }
  return {{"format_version", kFormatVersion},
          {"inputs", std::move(inputs)},
          {"job",
           {{"name", job.name},
            {"model", job.model.name},
            {"cluster", job.cluster.name},
            {"device", job.cluster.device.name},
            {"gpus", job.cluster.gpu_count()},
            {"framework", name_of(job.framework)},
            {"sequence_length_tokens", job.training.sequence_length},
            {"global_batch_size", job.training.global_batch_size}}},
          {"warnings", std::move(warnings)}};
}

// Names come from the user and need not be UTF-8.
std::string text_of(const Json& object) {
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string simulation_json(const sim::Job& job, const sim::Simulation& simulation) {
  Json object = result_of(job);
  add_simulation(object, simulation);
  return text_of(object);
}

std::string plan_json(const sim::Job& job, const planner::Plan& plan) {
  Json object = result_of(job);
  object["candidates"] = plan.candidates;
  object["evaluated"] = plan.evaluated;
  object["fitting"] = plan.fitting;
  Json rejected = Json::object();
  for (const planner::Rejection& rejection : plan.rejected) {
    rejected[std::string(sim::facts_of(rejection.code).name)] = rejection.count;
  }
  object["rejected"] = std::move(rejected);
  object["best"] = Json::array();
  for (const planner::RankedLayout& ranked : plan.best) {
    Json entry = Json::object();
    add_simulation(entry, ranked.simulation);
    entry["loses"] = ranked.loses;
    object["best"].push_back(std::move(entry));
  }
  object["pareto"] = Json::array();
  for (const planner::Candidate& candidate : plan.pareto) {
    object["pareto"].push_back({{"layout", layout_json(candidate.layout)},
                                {"step_seconds", number(candidate.evaluation.step)},
                                {"peak_bytes", number(candidate.evaluation.peak)}});
  }
  // Where nothing fits: the layout that comes closest.
  for (const planner::Rejection& rejection : plan.rejected) {
    if (!plan.best.empty() || rejection.code != sim::ReasonCode::kDoesNotFit) continue;
    object["closest"] = {{"layout", layout_json(rejection.example)},
                         {"peak_bytes", number(rejection.example_peak)}};
  }
  object["search_seconds"] = number(plan.search_seconds);
  return text_of(object);
}

}  // namespace seqspan::cli
