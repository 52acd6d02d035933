#include "cli/render/explanation_json.hpp"

#include <utility>

#include "cli/render/result_parts.hpp"

namespace seqspan::cli {
namespace {

Json formula_json(const sim::Formula& formula) {
  Json equations = Json::array();
  for (const sim::Equation& equation : formula.equations) {
    equations.push_back({{"symbol", equation.symbol},
                         {"formula", equation.formula},
                         {"numbers", equation.numbers},
                         {"value", number(equation.value)},
                         {"unit", name_of(equation.unit)}});
  }
  Json terms = Json::array();
  for (const sim::Term& term : formula.terms) {
    terms.push_back({{"symbol", term.symbol},
                     {"value", number(term.value)},
                     {"unit", name_of(term.unit)},
                     {"source", term.source}});
  }
  return {{"law", formula.law.name},
          {"source", formula.law.source},
          {"equations", std::move(equations)},
          {"terms", std::move(terms)}};
}

Json communication_json(const sim::ExplainedCommunication& explained) {
  return {{"axis", name_of(explained.work.axis)},
          {"collective", name_of(explained.work.collective)},
          {"group_size", explained.group_size},
          {"groups", explained.groups},
          {"nvlink_domains", explained.domains},
          {"members_of_domain", explained.domain_members},
          {"bytes_sent_per_gpu", number(explained.sent)},
          {"message_bytes", number(explained.message)},
          {"algorithm", name_of(explained.algorithm)},
          {"protocol", name_of(explained.protocol)},
          {"bound", name_of(explained.bound)},
          {"timed_by", name_of(explained.timed_by)},
          {"interference", formula_json(explained.interference)}};
}

Json op_json(const sim::ExplainedOp& op) {
  Json object = {{"op", op.name},
                 {"pass", name_of(op.pass)},
                 {"per", op.per},
                 {"count", op.executions},
                 {"seconds", number(op.seconds())},
                 {"step_seconds", number(op.per_step())},
                 {"exposed_seconds", number(op.exposed)}};
  if (op.communication) object["communication"] = communication_json(*op.communication);
  object["formula"] = formula_json(op.formula);
  return object;
}

// `network`: those that communicate alone.
Json blocks_json(const sim::Explanation& explanation, bool network) {
  Json blocks = Json::array();
  for (const sim::ExplainedBlock& block : explanation.blocks) {
    Json ops = Json::array();
    for (const sim::ExplainedOp& op : block.ops) {
      if (!network || op.communication) ops.push_back(op_json(op));
    }
    if (ops.empty()) continue;
    blocks.push_back({{"part", block.part},
                      {"block", block.name},
                      {"stage", block.stage},
                      {"ops", std::move(ops)}});
  }
  return blocks;
}

Json memory_json(const sim::ExplainedMemory& memory) {
  Json tensors = Json::array();
  for (const sim::ExplainedTensor& tensor : memory.tensors) {
    tensors.push_back({{"tensor", tensor.name},
                       {"role", name_of(tensor.role)},
                       {"formula", formula_json(tensor.formula)}});
  }
  Json buffers = Json::array();
  for (const sim::ExplainedMemory::Buffers& one : memory.buffers) {
    buffers.push_back({{"axis", name_of(one.axis)}, {"formula", formula_json(one.formula)}});
  }
  return {{"peak", formula_json(memory.peak)},
          {"in_flight", formula_json(memory.in_flight)},
          {"tensors", std::move(tensors)},
          {"saved_beyond_bytes", number(memory.saved_beyond)},
          {"communication_buffers", std::move(buffers)}};
}

}  // namespace

std::string explanation_json(const sim::Job& job, const sim::Explanation& explanation,
                             const PredictionArguments& asked) {
  const auto wants = [&](ExplainedPart part) {
    return asked.op.empty() && (asked.part == ExplainedPart::kAll || asked.part == part);
  };
  Json object = result_of(job);
  object["layout"] = layout_json(explanation.simulation.layout);
  if (wants(ExplainedPart::kStep)) {
    object["step"] = formula_json(explanation.step);
    object["host"] = Json::array();
    for (const sim::Formula& formula : explanation.host) {
      object["host"].push_back(formula_json(formula));
    }
    object["throughput"] = Json::array();
    for (const sim::Formula& formula : explanation.throughput) {
      object["throughput"].push_back(formula_json(formula));
    }
  }
  if (!asked.op.empty() || wants(ExplainedPart::kTime)) {
    object["blocks"] = blocks_json(explanation, false);
  } else if (wants(ExplainedPart::kNetwork)) {
    object["blocks"] = blocks_json(explanation, true);
  }
  if (wants(ExplainedPart::kMemory)) object["memory"] = memory_json(explanation.memory);
  return text_of(object);
}

}  // namespace seqspan::cli
