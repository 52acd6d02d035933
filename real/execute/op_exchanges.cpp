#include "real/execute/op_exchanges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace seqspan::real {
namespace {

// Hand-overs of a pipeline turn round for backward; a ring says itself which way it goes.
Direction direction_of(const sim::Op& op, const sim::Communication& work) {
  const bool turns =
      work.collective == sim::Collective::kPointToPoint && op.pass == sim::Pass::kBackward;
  return turns || work.to_predecessor ? Direction::kBackward : Direction::kForward;
}

}  // namespace

sim::Result<Exchange> OpExchanges::make(const sim::Op& op, StreamId stream) {
  const auto& work = std::get<sim::Communication>(op.work);
  const auto communicator = groups_.communicator(work.axis);
  if (!communicator) {
    return sim::input_error("a communication of a rank that is alone",
                            fmt::format("op '{}' over {}", op.name, sim::name_of(work.axis)));
  }
  const bool shifts = is_shift(work.collective);
  // Only parameters are gathered from the rank's place in what is written.
  const bool needs_reads =
      work.collective != sim::Collective::kAllGather ||
      (op.writes.size() > 0 && program_.tensor(*op.writes.begin()).role == sim::Role::kActivation);
  if (op.writes.size() == 0 || (needs_reads && op.reads.size() == 0) ||
      (shifts && op.reads.size() != op.writes.size())) {
    return sim::input_error(fmt::format("a communication that reads {} tensors and writes {}",
                                        op.reads.size(), op.writes.size()),
                            fmt::format("op '{}'", op.name));
  }
  Exchange exchange{.name = op.name,
                    .collective = work.collective,
                    .communicator = *communicator,
                    .stream = stream,
                    .data_type = {},
                    .messages = {},
                    .direction = direction_of(op, work)};
  const auto added = shifts ? add_shifts(op, exchange) : add_collective(op, exchange);
  if (!added) return tl::unexpected(added.error());
  return exchange;
}

sim::Result<Memory> OpExchanges::memory_of(const sim::Op& op, sim::TensorId id) const {
  if (tensors_.copies(id).empty()) {
    return sim::input_error("a tensor that nobody has written", fmt::format("op '{}'", op.name));
  }
  return tensors_.copies(id).back()->memory;
}

// Each tensor that is read goes into the one written in its place, in as many messages as the op
// has for it.
sim::Result<void> OpExchanges::add_shifts(const sim::Op& op, Exchange& exchange) const {
  const auto& work = std::get<sim::Communication>(op.work);
  const std::int64_t pieces =
      std::max<std::int64_t>(1, work.messages / static_cast<std::int64_t>(op.reads.size()));
  for (std::size_t i = 0; i < op.reads.size(); ++i) {
    const auto from = memory_of(op, op.reads.begin()[i]);
    const auto to = memory_of(op, op.writes.begin()[i]);
    if (!from) return tl::unexpected(from.error());
    if (!to) return tl::unexpected(to.error());
    exchange.data_type = program_.tensor(op.reads.begin()[i]).data_type;
    const sim::Bytes size(from->size.value() / pieces);
    for (std::int64_t piece = 0; piece < pieces; ++piece) {
      exchange.messages.push_back({from->part(size * piece, size), to->part(size * piece, size),
                                   size.value() / sim::bytes_per_element(exchange.data_type)});
    }
  }
  return {};
}

sim::Result<void> OpExchanges::add_collective(const sim::Op& op, Exchange& exchange) {
  const auto& work = std::get<sim::Communication>(op.work);
  const std::int64_t ranks = groups_.size(work.axis);
  const sim::TensorId receiver = op.writes.begin()[0];
  const sim::TensorId sender = op.reads.size() > 0 ? op.reads.end()[-1] : receiver;
  exchange.data_type =
      program_.tensor(work.collective == sim::Collective::kAllGather ? receiver : sender).data_type;
  const std::int64_t width = sim::bytes_per_element(exchange.data_type);
  const std::int64_t unit = work.collective != sim::Collective::kAllReduce ? ranks : 1;
  Message message;
  message.elements = (work.bytes.value() / width + unit - 1) / unit * unit;
  const auto from = memory_of(op, sender);
  const auto to = memory_of(op, receiver);
  if (!from) return tl::unexpected(from.error());
  if (!to) return tl::unexpected(to.error());
  const std::int64_t place = groups_.index(work.axis);
  const auto send = fitted(*from, send_size(exchange, message, ranks), place, false);
  if (!send) return tl::unexpected(send.error());
  const auto receive = fitted(*to, receive_size(exchange, message, ranks), place, true);
  if (!receive) return tl::unexpected(receive.error());
  message.send = *send;
  message.receive = *receive;
  exchange.messages.push_back(message);
  return {};
}

sim::Result<Memory> OpExchanges::fitted(const Memory& tensor, sim::Bytes size, std::int64_t place,
                                        bool receives) {
  if (tensor.size == size) return tensor;
  const auto piece = transport_.allocate(size);
  if (!piece) return tl::unexpected(piece.error());
  pieces_.push_back(*piece);
  if (!numbers_count_) return *piece;
  const sim::Bytes offset =
      std::min(tensor.size, tensor.size > size ? size * place : sim::Bytes(0));
  const Memory part = tensor.part(offset, std::min(size, tensor.size - offset));
  if (receives) {
    received_.push_back({*piece, part});
    return *piece;
  }
  // What the tensor does not have is zero.
  std::vector<std::byte> bytes(static_cast<std::size_t>(part.size.value()));
  if (auto there = host_.read(part, bytes); !there) return tl::unexpected(there.error());
  bytes.resize(static_cast<std::size_t>(size.value()));
  if (auto there = host_.write(bytes, *piece); !there) return tl::unexpected(there.error());
  return *piece;
}

sim::Result<void> OpExchanges::settle() {
  for (const Received& received : received_) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(received.tensor.size.value()));
    if (auto there = host_.read(received.piece, bytes); !there) return there;
    if (auto there = host_.write(bytes, received.tensor); !there) return there;
  }
  received_.clear();
  return {};
}

sim::Result<void> OpExchanges::free_pieces() {
  for (const Memory& piece : pieces_) {
    if (auto freed = transport_.free(piece); !freed) return freed;
  }
  pieces_.clear();
  return {};
}

}  // namespace seqspan::real
