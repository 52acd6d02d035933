#include "sim/lower/attention/flash_call.hpp"

namespace seqspan::sim {
namespace {

Bytes inputs_of(const HeadBlock& queries, Bytes keys_and_values, bool backward) {
  const Bytes forward = size_of(queries.query(), DataType::kBFloat16) + keys_and_values;
  if (!backward) return forward;
  return forward + 2 * size_of(queries.output(), DataType::kBFloat16) +
         size_of(queries.log_sum_exp(), DataType::kFloat32);
}

Bytes results_of(const HeadBlock& queries, Bytes keys_and_values, bool backward) {
  if (backward) return size_of(queries.query(), DataType::kBFloat16) + keys_and_values;
  return size_of(queries.output(), DataType::kBFloat16) +
         size_of(queries.log_sum_exp(), DataType::kFloat32);
}

TensorId packed(ProgramBuilder& builder, const char* name, Bytes bytes) {
  return builder.bfloat16(
      name, {Extent{"packed", bytes.value() / bytes_per_element(DataType::kBFloat16)}});
}

}  // namespace

void call_flash(ProgramBuilder& builder, const HeadBlock& queries, const Extent& key_rows,
                const FlashCall& call) {
  if (!queries.unpads) {
    Operands writes = call.results;
    for (const TensorId id : call.scratch) writes.push_back(id);
    builder.attention(call.name, call.work, call.reads, writes);
    return;
  }
  const Extent width{"d_k + d_v", queries.head_dim.value + queries.value_dim.value};
  const Bytes keys_and_values =
      size_of({queries.batch, key_rows, queries.kv_heads, width}, DataType::kBFloat16);
  const Bytes inputs = inputs_of(queries, keys_and_values, call.work.backward);
  const Bytes results = results_of(queries, keys_and_values, call.work.backward);
  const TensorId packed_inputs = packed(builder, "packed inputs", inputs);
  const TensorId packed_results = packed(builder, "packed results", results);
  Operands writes{packed_results};
  for (const TensorId id : call.scratch) writes.push_back(id);
  builder.memory_pass("gather rows", 2 * inputs, call.reads, {packed_inputs});
  builder.attention(call.name, call.work, {packed_inputs}, writes);
  builder.memory_pass("scatter rows", 3 * results, {packed_results}, call.results);
}

}  // namespace seqspan::sim
