#include "cli/render/memory_json.hpp"

#include "cli/render/result_parts.hpp"

namespace seqspan::cli {
namespace {

Json answer_json(const MemoryArguments& arguments, const WhatIf& answer) {
  Json values = Json::object();
  for (std::size_t i = 0; i < answer.values.size(); ++i) {
    values[arguments.sweeps[i].path] = answer.values[i];
  }
  Json object = {{"values", std::move(values)}, {"verdict", name_of(answer.verdict)}};
  if (answer.is_refused()) {
    object["code"] = answer.code;
    object["reason"] = answer.reason;
    return object;
  }
  object["layout"] = layout_json(answer.layout);
  object["capacity_bytes"] = number(answer.capacity);
  if (answer.longest) {
    object["longest_sequence"] = answer.longest->tokens;
    object["unit"] = answer.longest->unit;
    if (answer.longest->next > 0) {
      object["next_sequence"] = answer.longest->next;
      object["next_peak_bytes"] = number(answer.longest->next_peak);
    }
    if (answer.longest->tokens == 0) return object;
  }
  object["peak_bytes"] = number(answer.peak);
  object["by_role_bytes"] = role_bytes(answer.by_role);
  return object;
}

}  // namespace

std::string memory_json(const sim::Job& job, const MemoryArguments& arguments,
                        const std::vector<WhatIf>& answers) {
  Json object = result_of(job);
  Json sweeps = Json::array();
  for (const Sweep& sweep : arguments.sweeps) {
    sweeps.push_back({{"path", sweep.path}, {"values", sweep.values}});
  }
  object["sweeps"] = std::move(sweeps);
  object["answers"] = Json::array();
  for (const WhatIf& answer : answers) object["answers"].push_back(answer_json(arguments, answer));
  return text_of(object);
}

}  // namespace seqspan::cli
