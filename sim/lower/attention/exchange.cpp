#include "sim/lower/attention/exchange.hpp"

namespace seqspan::sim {
namespace {

// By heads, the third extent.
Shape part_of(Shape shape, std::int64_t parts) {
  if (parts > 1) shape.extents[2] = {"heads of a group", shape.extents[2].value / parts};
  return shape;
}

}  // namespace

Exchange::Exchange(ProgramBuilder& builder, const char* name, const char* result, Shape shape,
                   const Layout& layout, bool reorders_chunks, std::int64_t parts)
    : name_(name),
      all_to_all_(builder, Axis::kUlysses, layout, part_of(shape, parts)),
      send_(builder.bfloat16("all-to-all send copy", part_of(shape, parts))),
      receive_(builder.bfloat16("all-to-all receive buffer", part_of(shape, parts))),
      part_(builder.program().tensor(send_).bytes),
      unpacked_(builder.bfloat16(reorders_chunks ? "chunks out of order" : result,
                                 reorders_chunks ? part_of(shape, parts) : shape)),
      result_(reorders_chunks ? builder.bfloat16(result, shape) : unpacked_) {}

void Exchange::start(ProgramBuilder& builder, TensorId from) const {
  builder.memory_pass("pack for all-to-all", 2 * part_, {from}, {send_});
  all_to_all_.run(builder, name_, send_, receive_);
}

void Exchange::finish(ProgramBuilder& builder) const {
  builder.memory_pass("unpack after all-to-all", 2 * part_, {receive_}, {unpacked_});
  if (unpacked_ != result_) {
    builder.memory_pass("reorder chunks", 2 * part_, {unpacked_}, {result_});
  }
}

void Exchange::run(ProgramBuilder& builder, TensorId from) const {
  start(builder, from);
  finish(builder);
}

}  // namespace seqspan::sim
