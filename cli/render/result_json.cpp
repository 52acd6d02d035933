#include "cli/render/result_json.hpp"

#include "cli/render/result_parts.hpp"
#include "cli/render/training_answer.hpp"

namespace seqspan::cli {
namespace {

Json reserved_json(const sim::Simulation& simulation) {
  if (!simulation.reserved) return nullptr;
  const sim::ReservedMemory& memory = *simulation.reserved;
  return {{"stage", memory.stage},
          {"reserved_bytes", number(memory.reserved)},
          {"allocated_bytes", number(memory.allocated)},
          {"times_returned", memory.times_returned},
          {"out_of_memory", memory.out_of_memory}};
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
          {"pytorch", reserved_json(simulation)},
          {"largest", std::move(largest)}};
}

Json host_json(const sim::Simulation& simulation) {
  Json rows = Json::array();
  for (const sim::HostRow& row : simulation.host) {
    rows.push_back({{"op", row.op},
                    {"way", row.way},
                    {"pass", name_of(row.pass)},
                    {"per", row.per},
                    {"count", row.count},
                    {"bytes", number(row.bytes)},
                    {"seconds", number(row.seconds)},
                    {"exposed_seconds", row.exposed ? number(*row.exposed) : Json(nullptr)}});
  }
  const std::optional<sim::Bytes>& capacity = simulation.host_capacity;
  return {{"bytes_per_gpu", number(simulation.host_memory.bytes)},
          {"bytes_per_node", number(simulation.host_memory.bytes * simulation.gpus_per_host)},
          {"capacity_bytes_per_node", capacity ? number(*capacity) : Json(nullptr)},
          {"by_role_bytes", role_bytes(simulation.host_memory.by_role)},
          {"ops", std::move(rows)}};
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

Json documents_json(const sim::Simulation& simulation) {
  const sim::DocumentReport& report = *simulation.documents;
  const sim::RowPoolFacts& rows = report.rows;
  Json policies = Json::array();
  for (const sim::DocumentReport::Policy& policy : report.policies) {
    policies.push_back({{"assignment", name_of(policy.assignment)},
                        {"step_seconds", number(policy.step)},
                        {"imbalance_seconds", number(policy.imbalance)}});
  }
  Json groups;
  if (report.groups) {
    groups = {{"step_seconds", number(report.groups->step)},
              {"imbalance_seconds", number(report.groups->imbalance)}};
  }
  return {{"step_seconds", number(simulation.time.step)},
          {"confidence_95_seconds", number(report.confidence)},
          {"steps_drawn", report.steps},
          {"imbalance_seconds", number(simulation.time.imbalance)},
          {"imbalance_share", number(simulation.time.imbalance / simulation.time.step)},
          {"heaviest_rank_over_mean", number(report.rank_imbalance)},
          {"ranks_in_lockstep", report.lockstep},
          {"split", name_of(report.split)},
          {"padded_to_tokens", report.multiple},
          {"busiest_ring_rank_over_mean", number(rows.ring_imbalance)},
          {"row",
           {{"documents", number(rows.documents)},
            {"longest_share", number(rows.longest)},
            {"padding_share", number(1 - rows.tokens)},
            {"pairs_share", number(rows.pairs)},
            {"attention_share", number(rows.mean)},
            {"attention_share_5_percent", number(rows.low)},
            {"attention_share_95_percent", number(rows.high)}}},
          {"assignments", std::move(policies)},
          {"per_document_groups", std::move(groups)}};
}

void add_simulation(Json& object, const sim::Simulation& simulation) {
  object["layout"] = layout_json(simulation.layout);
  object["fits"] = simulation.fits;
  object["memory"] = memory_json(simulation);
  object["host"] = host_json(simulation);
  object["time"] = time_json(simulation);
  object["traffic"] = traffic_json(simulation);
  object["kv_replication"] = simulation.kv_replication;
  if (simulation.documents) object["documents"] = documents_json(simulation);
}

// What the job was made of and how it was planned, so that it can be made again.
Json given_json(const JobArguments& given, const AskedOptions& asked) {
  Json object = Json::object();
  if (!given.file.empty()) object["job"] = given.file;
  const auto add = [&object](const char* key, const std::optional<std::string>& value) {
    if (value) object[key] = *value;
  };
  add("model", given.model);
  add("cluster", given.cluster);
  add("framework", given.framework);
  add("sequence_length", given.sequence_length);
  add("global_batch_size", given.global_batch_size);
  object["set"] = given.settings;
  if (!asked.empty()) object["options"] = asked;
  return object;
}

}  // namespace

std::string simulation_json(const sim::Job& job, const sim::Simulation& simulation) {
  Json object = result_of(job);
  add_simulation(object, simulation);
  return text_of(object);
}

std::string against_json(const sim::Job& job, const sim::Simulation& first,
                         const sim::Simulation& second) {
  Json object = result_of(job);
  add_simulation(object["first"], first);
  add_simulation(object["second"], second);
  return text_of(object);
}

std::string plan_json(const sim::Job& job, const JobArguments& given, const AskedOptions& asked,
                      const planner::Plan& plan, const TrainingAnswer* training) {
  Json object = result_of(job);
  object["given"] = given_json(given, asked);
  object["candidates"] = plan.candidates;
  object["evaluated"] = plan.evaluated;
  object["fitting"] = plan.fitting;
  object["objective"] = name_of(plan.objective);
  object["complete"] = !plan.interrupted;
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
  object["why"] = Json::array();
  for (const planner::Alternative& alternative : plan.why) {
    Json entry = {{"key", alternative.key},
                  {"value", alternative.value},
                  {"instead", alternative.instead},
                  {"layout", layout_json(alternative.layout)}};
    if (alternative.refused) {
      entry["refused"] = std::string(sim::facts_of(*alternative.refused).name);
    } else {
      entry["step_seconds"] = number(alternative.step);
      entry["loses"] = alternative.loses;
    }
    if (alternative.peak.value() > 0) entry["peak_bytes"] = number(alternative.peak);
    object["why"].push_back(std::move(entry));
  }
  object["groups"] = Json::array();
  for (const planner::GroupChoice& choice : plan.groups) {
    Json entry = {{"layout", layout_json(choice.layout)}, {"kv_copies", choice.kv_copies}};
    if (choice.refused) {
      entry["refused"] = std::string(sim::facts_of(*choice.refused).name);
    } else {
      entry["step_seconds"] = number(choice.step);
    }
    if (choice.peak.value() > 0) {
      entry["peak_bytes"] = number(choice.peak);
      entry["bytes_sent_per_gpu"] = number(choice.sent);
    }
    object["groups"].push_back(std::move(entry));
  }
  object["pareto"] = Json::array();
  for (const planner::Candidate& candidate : plan.pareto) {
    object["pareto"].push_back({{"layout", layout_json(candidate.layout)},
                                {"step_seconds", number(candidate.evaluation.step)},
                                {"peak_bytes", number(candidate.evaluation.peak)}});
  }
  for (const planner::Candidate& candidate : plan.by_context) {
    const sim::Evaluation& evaluation = candidate.evaluation;
    object["by_context_parallel"].push_back({{"cp", candidate.layout.cp()},
                                             {"layout", layout_json(candidate.layout)},
                                             {"step_seconds", number(evaluation.step)},
                                             {"imbalance_seconds", number(evaluation.imbalance)},
                                             {"peak_bytes", number(evaluation.peak)}});
  }
  // Where nothing fits: the layout that comes closest.
  for (const planner::Rejection& rejection : plan.rejected) {
    if (!plan.best.empty() || rejection.code != sim::ReasonCode::kDoesNotFit) continue;
    object["closest"] = {{"layout", layout_json(rejection.example)},
                         {"peak_bytes", number(rejection.example_peak)}};
  }
  if (training != nullptr) add_training(object, *training);
  object["search_seconds"] = number(plan.search_seconds);
  return text_of(object);
}

}  // namespace seqspan::cli
