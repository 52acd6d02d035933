// One communication op as a transport executes it: which group, on which stream, from where to
// where.
//
// `elements` e of a message, n ranks in the group, in the sizes of sim::Communication:
//   all-to-all      one rank's send buffer   send e     receive e     block i, e/n, to rank i
//   all-gather      the gathered tensor      send e/n   receive e     block i from rank i
//   reduce-scatter  before scattering        send e     receive e/n   block i summed on rank i
//   all-reduce      the tensor               send e     receive e     may be the same memory
//   ring shift      one message              send e     receive e     to the next, wraps
//   point-to-point  one message              send e     receive e     does not wrap
// Sums are of fp32, or of bf16 rounded to nearest even after each addition (a library may add in
// another order, or in fp32). int64 and bool can only be moved; a bool is one byte.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "real/transport/group.hpp"
#include "real/transport/memory.hpp"
#include "real/transport/memory_book.hpp"
#include "sim/errors/error.hpp"
#include "sim/program/op.hpp"
#include "sim/spec/data_type.hpp"

namespace seqspan::real {

// Handles that a transport gives out. Communicators are made by all ranks in one order, so that
// equal handles mean siblings of one shape everywhere; the others are of one rank.
enum class CommunicatorId : std::uint32_t {};
enum class StreamId : std::uint32_t {};
enum class EventId : std::uint32_t {};
enum class OpId : std::uint64_t {};

struct Message {
  Memory send;
  Memory receive;
  std::int64_t elements = 0;
};

// Where a ring shift or a point-to-point goes along the ring or line of the group: forward to the
// next rank and from the previous one, backward the other way. A point-to-point message whose
// `send` or `receive` is empty does only the other half, and what has no neighbour at the end of
// the line is left out.
enum class Direction : std::uint8_t { kForward, kBackward };

struct Exchange {
  std::string name;  // of the op, for messages to people: "all-to-all Q"
  sim::Collective collective = sim::Collective::kAllToAll;
  CommunicatorId communicator{};
  StreamId stream{};
  sim::DataType data_type = sim::DataType::kBFloat16;
  // One; several at once only for a ring shift and a point-to-point (K and V).
  std::vector<Message> messages;
  Direction direction = Direction::kForward;
};

// What goes to a neighbour, in one or several messages.
[[nodiscard]] bool is_shift(sim::Collective collective);
// What has a block for each member.
[[nodiscard]] bool is_divided(sim::Collective collective);

// What a rank sends and receives by a message, by the table above. Overflow: check_exchange.
[[nodiscard]] sim::Bytes send_size(const Exchange& exchange, const Message& message,
                                   std::int64_t group_size);
[[nodiscard]] sim::Bytes receive_size(const Exchange& exchange, const Message& message,
                                      std::int64_t group_size);

// Bytes that this rank gives to the library for other ranks, by the table of sim/program/op.hpp; a
// rank at the end of a line counts like the others.
[[nodiscard]] sim::Bytes sent_bytes(const Exchange& exchange, std::int64_t group_size);

// What must hold before a transport touches anything; the same words for every transport. kInput
// where counts are negative, do not divide or overflow, memory is not exactly as large as the table
// says, lies in no live buffer or overlaps, or the type cannot be summed.
[[nodiscard]] sim::Result<void> check_exchange(const Exchange& exchange, const Group& group,
                                               const MemoryBook& memory);

// "all-to-all 'Q' of ranks 0, 1, 2, 3".
[[nodiscard]] std::string describe(const Exchange& exchange, const Group& group);

}  // namespace seqspan::real
