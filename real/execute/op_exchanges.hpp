// What a communication of a program is for a transport: its messages, from where to where.
//
// Elements are rounded up to what the ranks divide. A communication of which an operand is larger
// or smaller than what travels (a shard inside its whole, a length that the ranks do not divide)
// goes through a piece of memory of its own, which is not counted.
//
// Errors: kInput where the rank is alone on the axis, or an operand is missing; kEnvironment as the
// transport has them.
#pragma once

#include <vector>

#include "real/execute/axis_groups.hpp"
#include "real/execute/host_access.hpp"
#include "real/execute/part_tensors.hpp"
#include "real/transport/transport.hpp"
#include "sim/program/program.hpp"

namespace seqspan::real {

class OpExchanges {
 public:
  // All must outlive it. Where numbers count, pieces are filled from their tensors and settled into
  // them.
  OpExchanges(Transport& transport, const sim::Program& program, const AxisGroups& groups,
              const PartTensors& tensors, const HostAccess& host, bool numbers_count)
      : transport_(transport),
        program_(program),
        groups_(groups),
        tensors_(tensors),
        host_(host),
        numbers_count_(numbers_count) {}

  [[nodiscard]] sim::Result<Exchange> make(const sim::Op& op, StreamId stream);
  // After an exchange: puts what came in pieces into their tensors.
  [[nodiscard]] sim::Result<void> settle();
  // Frees the pieces of all exchanges, which are over.
  [[nodiscard]] sim::Result<void> free_pieces();

 private:
  // What came in a piece, and the part of a tensor that it stands for.
  struct Received {
    Memory piece;
    Memory tensor;
  };

  [[nodiscard]] sim::Result<Memory> memory_of(const sim::Op& op, sim::TensorId id) const;
  [[nodiscard]] sim::Result<void> add_shifts(const sim::Op& op, Exchange& exchange) const;
  [[nodiscard]] sim::Result<void> add_collective(const sim::Op& op, Exchange& exchange);
  // The tensor itself where it has this size, else a piece for it: of a larger tensor the one at
  // this place.
  [[nodiscard]] sim::Result<Memory> fitted(const Memory& tensor, sim::Bytes size,
                                           std::int64_t place, bool receives);

  Transport& transport_;
  const sim::Program& program_;
  const AxisGroups& groups_;
  const PartTensors& tensors_;
  const HostAccess& host_;
  bool numbers_count_;
  std::vector<Received> received_;
  std::vector<Memory> pieces_;
};

}  // namespace seqspan::real
