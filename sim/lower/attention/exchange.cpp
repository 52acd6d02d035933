#include "sim/lower/attention/exchange.hpp"

namespace seqspan::sim {

Exchange::Exchange(ProgramBuilder& builder, const char* name, const char* result, Shape shape,
                   const Layout& layout, bool reorders_chunks)
    : name_(name),
      all_to_all_(builder, Axis::kUlysses, layout, shape),
      send_(builder.bfloat16("all-to-all send copy", shape)),
      receive_(builder.bfloat16("all-to-all receive buffer", shape)),
      unpacked_(builder.bfloat16(reorders_chunks ? "chunks out of order" : result, shape)),
      result_(reorders_chunks ? builder.bfloat16(result, shape) : unpacked_) {}

void Exchange::run(ProgramBuilder& builder, TensorId from) const {
  builder.memory_pass("pack for all-to-all", {from}, {send_});
  all_to_all_.run(builder, name_, send_, receive_);
  builder.memory_pass("unpack after all-to-all", {receive_}, {unpacked_});
  if (unpacked_ != result_) builder.memory_pass("reorder chunks", {unpacked_}, {result_});
}

}  // namespace seqspan::sim
