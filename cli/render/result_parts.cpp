#include "cli/render/result_parts.hpp"

#include <cmath>
#include <stdexcept>

#include "cli/render/format_version.hpp"

namespace seqspan::cli {

Json number(double value) {
  if (!std::isfinite(value)) throw std::domain_error("a result that is not finite");
  return value;
}
Json number(sim::Seconds time) { return number(time.value()); }
Json number(sim::Bytes bytes) { return bytes.value(); }

Json layout_json(const sim::Layout& layout) {
  return {{"tp", layout.tp},
          {"sequence_parallel", layout.sequence_parallel},
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
          {"loss_chunks", layout.loss_chunks},
          {"mlp_chunks", layout.mlp_chunks},
          {"head_groups", layout.head_groups}};
}

Json role_bytes(const sim::MemoryByRole& by_role) {
  Json object = Json::object();
  for (std::size_t i = 0; i < sim::kMemoryRoleCount; ++i) {
    object[name_of(static_cast<sim::MemoryRole>(i))] = number(by_role[i]);
  }
  return object;
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

std::string text_of(const Json& object) {
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace seqspan::cli
