#include "sim/lower/attention/exchange.hpp"

namespace seqspan::sim {

Exchange::Exchange(ProgramBuilder& builder, const char* name, const char* result, Shape shape,
                   bool reorders_chunks)
    : name_(name),
      send_(builder.bfloat16("all-to-all send copy", shape)),
      receive_(builder.bfloat16("all-to-all receive buffer", shape)),
      unpacked_(builder.bfloat16(reorders_chunks ? "chunks out of order" : result, shape)),
      result_(reorders_chunks ? builder.bfloat16(result, shape) : unpacked_) {}

void Exchange::run(ProgramBuilder& builder, TensorId from) const {
  const Bytes bytes = builder.program().tensor(result_).bytes;
  builder.memory_pass("pack for all-to-all", {from}, {send_});
  builder.communicate(name_, {Collective::kAllToAll, Axis::kUlysses, bytes}, {send_}, {receive_});
  builder.memory_pass("unpack after all-to-all", {receive_}, {unpacked_});
  if (unpacked_ != result_) builder.memory_pass("reorder chunks", {unpacked_}, {result_});
}

}  // namespace seqspan::sim
