#include "sim/lower/attention/exchange.hpp"

namespace seqspan::sim {

Exchange::Exchange(ProgramBuilder& builder, const char* name, const char* result, Shape shape)
    : name_(name),
      send_(builder.bfloat16("all-to-all send copy", shape)),
      receive_(builder.bfloat16("all-to-all receive buffer", shape)),
      result_(builder.bfloat16(result, shape)) {}

void Exchange::run(ProgramBuilder& builder, TensorId from) const {
  const Bytes bytes = builder.program().tensor(result_).bytes;
  builder.memory_pass("pack for all-to-all", {from}, {send_});
  builder.communicate(name_, {Collective::kAllToAll, Axis::kUlysses, bytes}, {send_}, {receive_});
  builder.memory_pass("unpack after all-to-all", {receive_}, {result_});
}

}  // namespace seqspan::sim
