// One tensor through Ulysses' all-to-all: heads against sequence.
//
//   [b, s/c, heads, d] -> [b, s u/c, heads/u, d]   the same bytes on either side
// A contiguous send copy, the all-to-all, a copy of what arrived into order: about three times the
// tensor at once. sent = (u-1)/u of the tensor. Where the loader deals zigzag rows even to Ulysses,
// one more copy puts the chunks of the sequence into order, or back (TransformerEngine
// reorder_seq_chunks_for_a2a).
// Sources: TransformerEngine context_parallel.py flash_attn_a2a_communicate; DeepSpeed
// sequence/layer.py single_all_to_all; yunchang comm/all_to_all.py.
// A tensor may go in parts (sim/lower/attention/head_groups.hpp): the buffers are those of a part.
#pragma once

#include "sim/lower/all_to_all.hpp"
#include "sim/program/builder.hpp"

namespace seqspan::sim {

class Exchange {
 public:
  // `name` names the all-to-all, `result` the tensor it ends in, of shape `shape`.
  Exchange(ProgramBuilder& builder, const char* name, const char* result, Shape shape,
           const Layout& layout, bool reorders_chunks, std::int64_t parts = 1);

  // `from` has as many elements as the result.
  void run(ProgramBuilder& builder, TensorId from) const;
  // The same in two steps, of a part: what is between them runs under the all-to-all.
  void start(ProgramBuilder& builder, TensorId from) const;
  void finish(ProgramBuilder& builder) const;

  [[nodiscard]] TensorId result() const { return result_; }

 private:
  const char* name_;
  AllToAll all_to_all_;
  TensorId send_;
  TensorId receive_;
  Bytes part_;
  TensorId unpacked_;  // the result itself, unless chunks are reordered
  TensorId result_;
};

}  // namespace seqspan::sim
