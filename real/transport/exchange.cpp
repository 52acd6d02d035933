#include "real/transport/exchange.hpp"

#include <fmt/format.h>

#include <limits>

namespace seqspan::real {
namespace {

using sim::Bytes;
using sim::Collective;

bool is_sum(Collective collective) {
  return collective == Collective::kReduceScatter || collective == Collective::kAllReduce;
}

Bytes size_of(const Exchange& exchange, std::int64_t elements) {
  return Bytes(elements * sim::bytes_per_element(exchange.data_type));
}

sim::Result<void> check_count(const Exchange& exchange, const Message& message, const Group& group,
                              const std::string& where) {
  if (message.elements < 0) {
    return sim::input_error(fmt::format("{} elements", message.elements), where,
                            "a count cannot be negative");
  }
  if (message.elements >
      std::numeric_limits<std::int64_t>::max() / sim::bytes_per_element(exchange.data_type)) {
    return sim::input_error(
        fmt::format("{} elements of {} overflow", message.elements, name_of(exchange.data_type)),
        where, "their bytes are counted in 63 bits");
  }
  if (is_divided(exchange.collective) && message.elements % group.size() != 0) {
    return sim::input_error(
        fmt::format("{} elements are not divided by {} ranks", message.elements, group.size()),
        where, "every rank has a block of the same size", "pad the tensor to a multiple");
  }
  return {};
}

sim::Result<void> check_memory(const Exchange& exchange, const Message& message, const Group& group,
                               const MemoryBook& memory, const std::string& where) {
  const bool may_be_absent = exchange.collective == Collective::kPointToPoint;
  const auto check = [&](const Memory& piece, Bytes needed, const char* side) -> sim::Result<void> {
    if (may_be_absent && piece.empty()) return {};
    if (piece.size != needed) {
      return sim::input_error(fmt::format("{} buffer of {} bytes where {} are needed", side,
                                          piece.size.value(), needed.value()),
                              where,
                              fmt::format("{} elements of {} in a group of {}", message.elements,
                                          name_of(exchange.data_type), group.size()));
    }
    return memory.check(piece, where);
  };
  if (auto sent = check(message.send, send_size(exchange, message, group.size()), "send"); !sent) {
    return sent;
  }
  if (auto received =
          check(message.receive, receive_size(exchange, message, group.size()), "receive");
      !received) {
    return received;
  }
  return {};
}

// Nothing that is received may be sent or received by the same exchange.
sim::Result<void> check_overlap(const Exchange& exchange, const std::string& where) {
  for (std::size_t i = 0; i < exchange.messages.size(); ++i) {
    for (std::size_t j = 0; j < exchange.messages.size(); ++j) {
      const Memory& received = exchange.messages[i].receive;
      const bool in_place =
          exchange.collective == Collective::kAllReduce && received == exchange.messages[j].send;
      if ((received.overlaps(exchange.messages[j].send) && !in_place) ||
          (i != j && received.overlaps(exchange.messages[j].receive))) {
        return sim::input_error("a receive buffer overlaps another buffer", where,
                                "only an all-reduce can be in place");
      }
    }
  }
  return {};
}

}  // namespace

bool is_shift(Collective collective) {
  return collective == Collective::kRingShift || collective == Collective::kPointToPoint;
}

bool is_divided(Collective collective) {
  return collective == Collective::kAllToAll || collective == Collective::kAllGather ||
         collective == Collective::kReduceScatter;
}

Bytes send_size(const Exchange& exchange, const Message& message, std::int64_t group_size) {
  const bool is_block = exchange.collective == Collective::kAllGather;
  return size_of(exchange, message.elements / (is_block ? group_size : 1));
}

Bytes receive_size(const Exchange& exchange, const Message& message, std::int64_t group_size) {
  const bool is_block = exchange.collective == Collective::kReduceScatter;
  return size_of(exchange, message.elements / (is_block ? group_size : 1));
}

Bytes sent_bytes(const Exchange& exchange, std::int64_t group_size) {
  Bytes sent;
  for (const Message& message : exchange.messages) {
    const Bytes send = send_size(exchange, message, group_size);
    switch (exchange.collective) {
      case Collective::kAllToAll:
      case Collective::kReduceScatter:
        sent += Bytes(send.value() / group_size) * (group_size - 1);
        break;
      case Collective::kAllGather:
        sent += send * (group_size - 1);
        break;
      case Collective::kAllReduce:
        sent += Bytes(2 * (send.value() / group_size)) * (group_size - 1);
        break;
      case Collective::kRingShift:
      case Collective::kPointToPoint:
        sent += send;
        break;
    }
  }
  return sent;
}

sim::Result<void> check_exchange(const Exchange& exchange, const Group& group,
                                 const MemoryBook& memory) {
  const std::string where = describe(exchange, group);
  if (exchange.messages.empty() ||
      (exchange.messages.size() > 1 && !is_shift(exchange.collective))) {
    return sim::input_error(fmt::format("{} messages", exchange.messages.size()), where,
                            "one tensor at a time; a ring shift or point-to-point takes several");
  }
  if (is_sum(exchange.collective) && exchange.data_type != sim::DataType::kFloat32 &&
      exchange.data_type != sim::DataType::kBFloat16) {
    return sim::input_error(fmt::format("no sum of {}", name_of(exchange.data_type)), where,
                            "sums are of fp32 or bf16");
  }
  for (const Message& message : exchange.messages) {
    if (auto count = check_count(exchange, message, group, where); !count) return count;
    if (auto fits = check_memory(exchange, message, group, memory, where); !fits) return fits;
  }
  return check_overlap(exchange, where);
}

std::string describe(const Exchange& exchange, const Group& group) {
  return fmt::format("{} '{}' of {}", name_of(exchange.collective), exchange.name,
                     list_ranks(group.members));
}

}  // namespace seqspan::real
