// An all-to-all over an axis, in one step or, hierarchically, in two.
//
//   direct        every rank sends 1/n of its buffer to each of the n - 1 others
//   hierarchical  n = i x o: i consecutive ranks first exchange what each is to send for all ranks
//                 at the same place of their run, (i-1)/i of the buffer; the chunks are put in
//                 order; then the o ranks at the same place exchange, (o-1)/o of it.
// Over the network a hierarchical all-to-all carries the same bytes in o - 1 messages instead of
// n - i, each i times as large: worth it where messages are small. It sends more in all, one step
// waits for the other, and it needs two more buffers. With i the ranks of a node it keeps to one
// NIC rail.
// Sources: HetuMoE, arXiv 2203.14685, section 3.2; Tutel, arXiv 2206.03382, section 3.4 (2DH). None
// of the four frameworks has it built in.
#pragma once

#include "sim/program/builder.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::sim {

class AllToAll {
 public:
  // Over Axis::kUlysses or Axis::kExpert; `shape` is that of the larger of the two sides.
  AllToAll(ProgramBuilder& builder, Axis axis, const Layout& layout, Shape shape);

  void run(ProgramBuilder& builder, const char* name, TensorId from, TensorId to) const;

 private:
  Axis axis_;
  bool hierarchical_;
  TensorId exchanged_;
  TensorId reordered_;
};

}  // namespace seqspan::sim
