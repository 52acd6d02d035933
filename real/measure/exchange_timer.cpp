#include "real/measure/exchange_timer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "real/transport/watchdog.hpp"

namespace seqspan::real {
namespace {

constexpr std::int64_t kElement = 4;  // float32
constexpr std::size_t kText = 64;

// Buffers of one exchange, given back when it is over.
class Buffers {
 public:
  explicit Buffers(Transport& transport) : transport_(transport) {}
  Buffers(const Buffers&) = delete;
  Buffers& operator=(const Buffers&) = delete;
  ~Buffers() {
    for (const Memory& memory : held_) (void)transport_.free(memory);
  }

  [[nodiscard]] sim::Result<Memory> add(sim::Bytes size) {
    sim::Result<Memory> memory = transport_.allocate(size);
    if (memory) held_.push_back(*memory);
    return memory;
  }

 private:
  Transport& transport_;
  std::vector<Memory> held_;
};

bool divides_among_group(sim::Collective collective) {
  return collective != sim::Collective::kRingShift && collective != sim::Collective::kPointToPoint;
}

// `all` has `count` doubles of each rank: of each the largest over the ranks.
std::vector<double> largest_of_each(std::span<const std::byte> all, std::size_t count) {
  std::vector<double> largest(count);
  for (std::size_t at = 0; at < all.size(); at += sizeof(double)) {
    double value = 0;
    std::memcpy(&value, &all[at], sizeof value);
    double& known = largest[at / sizeof value % count];
    known = std::max(known, value);
  }
  return largest;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

sim::Bytes measured_size(const MeasurePoint& point) {
  const std::int64_t unit =
      kElement * (divides_among_group(point.collective) ? point.shape.size : 1);
  return sim::Bytes(std::max<std::int64_t>(1, point.size.value() / unit) * unit);
}

sim::Result<ExchangeTimer> ExchangeTimer::make(Transport& transport) {
  const sim::Result<StreamId> stream = transport.make_stream();
  if (!stream) return tl::unexpected(stream.error());
  const sim::Result<CommunicatorId> world =
      transport.make_communicator({transport.world_size(), 1});
  if (!world) return tl::unexpected(world.error());
  return ExchangeTimer(transport, *stream, *world);
}

sim::Result<CommunicatorId> ExchangeTimer::communicator(const sim::GroupShape& shape) {
  if (const auto known = communicators_.find(shape); known != communicators_.end()) {
    return known->second;
  }
  sim::Result<CommunicatorId> made = transport_->make_communicator(shape);
  if (made) communicators_.emplace(shape, *made);
  return made;
}

sim::Result<void> ExchangeTimer::prepare(const sim::GroupShape& shape) {
  const auto made = communicator(shape);
  if (!made) return tl::unexpected(made.error());
  return {};
}

sim::Result<sim::Seconds> ExchangeTimer::run(Exchange exchange, sim::Seconds limit) {
  const sim::Result<OpId> op = transport_->start(std::move(exchange));
  if (!op) return tl::unexpected(op.error());
  if (const auto done = finish(*transport_, stream_, limit); !done) {
    return tl::unexpected(done.error());
  }
  const sim::Result<OpStatus> status = transport_->poll(*op);
  if (!status) return tl::unexpected(status.error());
  if (const auto released = transport_->release(*op); !released) {
    return tl::unexpected(released.error());
  }
  return status->time;
}

sim::Result<std::vector<std::byte>> ExchangeTimer::gather(std::span<const std::byte> own,
                                                          sim::Seconds limit) {
  const std::int64_t ranks = transport_->world_size();
  const auto each = static_cast<std::int64_t>(own.size());
  Buffers buffers(*transport_);
  const auto send = buffers.add(sim::Bytes(each));
  if (!send) return tl::unexpected(send.error());
  const auto receive = buffers.add(sim::Bytes(each * ranks));
  if (!receive) return tl::unexpected(receive.error());
  if (const auto in = transport_->copy_in(stream_, *send, own); !in) {
    return tl::unexpected(in.error());
  }
  Exchange exchange{"all-gather of results", sim::Collective::kAllGather,       world_, stream_,
                    sim::DataType::kBool,    {{*send, *receive, each * ranks}}, {}};
  if (const auto time = run(std::move(exchange), limit); !time) {
    return tl::unexpected(time.error());
  }
  std::vector<std::byte> all(static_cast<std::size_t>(each * ranks));
  if (const auto out = transport_->copy_out(stream_, all, *receive); !out) {
    return tl::unexpected(out.error());
  }
  if (const auto done = finish(*transport_, stream_, limit); !done) {
    return tl::unexpected(done.error());
  }
  return all;
}

sim::Result<sim::Seconds> ExchangeTimer::largest(sim::Seconds own, sim::Seconds limit) {
  const double seconds = own.value();
  const auto all = gather(std::as_bytes(std::span(&seconds, 1)), limit);
  if (!all) return tl::unexpected(all.error());
  return sim::Seconds(largest_of_each(*all, 1).front());
}

sim::Result<bool> ExchangeTimer::any(bool own, sim::Seconds limit) {
  const auto all = largest(sim::Seconds(own ? 1 : 0), limit);
  if (!all) return tl::unexpected(all.error());
  return all->value() > 0;
}

sim::Result<std::vector<std::vector<double>>> ExchangeTimer::gather_numbers(
    std::span<const double> own, sim::Seconds limit) {
  // Pieces of different sizes would be taken for each other, or end MPI.
  const auto count = static_cast<double>(own.size());
  const auto counts = gather(std::as_bytes(std::span(&count, 1)), limit);
  if (!counts) return tl::unexpected(counts.error());
  std::vector<double> of_rank(static_cast<std::size_t>(transport_->world_size()));
  std::memcpy(of_rank.data(), counts->data(), counts->size());
  for (std::size_t rank = 1; rank < of_rank.size(); ++rank) {
    if (of_rank[rank] == of_rank.front()) continue;
    return sim::environment_error(
        fmt::format("ranks give different numbers of results: {:g} and {:g}", of_rank.front(),
                    of_rank[rank]),
        fmt::format("rank {}", rank), "they have not run the same ops",
        "give every host the same seqspan, the same plan and the same files that it names");
  }
  const auto all = gather(std::as_bytes(own), limit);
  if (!all) return tl::unexpected(all.error());
  std::vector<std::vector<double>> numbers(static_cast<std::size_t>(transport_->world_size()),
                                           std::vector<double>(own.size()));
  for (std::size_t rank = 0; rank < numbers.size() && !own.empty(); ++rank) {
    std::memcpy(numbers[rank].data(), &(*all)[rank * own.size_bytes()], own.size_bytes());
  }
  return numbers;
}

sim::Result<std::vector<std::string>> ExchangeTimer::gather_texts(const std::string& own,
                                                                  sim::Seconds limit) {
  std::array<char, kText> text{};
  own.copy(text.data(), kText - 1);
  const auto all = gather(std::as_bytes(std::span(text)), limit);
  if (!all) return tl::unexpected(all.error());
  std::vector<std::string> texts;
  for (std::size_t at = 0; at < all->size(); at += kText) {
    std::memcpy(text.data(), &(*all)[at], kText);
    texts.emplace_back(text.data());
  }
  return texts;
}

sim::Result<MeasuredTime> ExchangeTimer::time(const MeasurePoint& point,
                                              const MeasureOptions& options) {
  const auto communicator = this->communicator(point.shape);
  if (!communicator) return tl::unexpected(communicator.error());
  const sim::Bytes size = measured_size(point);

  Exchange exchange{fmt::format("{} of {} bytes", name_of(point.collective), size.value()),
                    point.collective,
                    *communicator,
                    stream_,
                    sim::DataType::kFloat32,
                    {{{}, {}, size.value() / kElement}},
                    {}};
  Message& message = exchange.messages.front();
  Buffers buffers(*transport_);
  const auto send = buffers.add(send_size(exchange, message, point.shape.size));
  if (!send) return tl::unexpected(send.error());
  // An all-reduce is in place, as those of gradients are.
  const bool in_place = point.collective == sim::Collective::kAllReduce;
  const auto receive =
      in_place ? send : buffers.add(receive_size(exchange, message, point.shape.size));
  if (!receive) return tl::unexpected(receive.error());
  message.send = *send;
  message.receive = *receive;

  // Zeros: what is summed must not be what memory happens to hold.
  const std::vector<std::byte> zeros(static_cast<std::size_t>(send->size.value()));
  if (const auto in = transport_->copy_in(stream_, *send, zeros); !in) {
    return tl::unexpected(in.error());
  }

  std::vector<sim::Seconds> times;
  for (std::int64_t i = 0; i < options.warm_up + options.repetitions; ++i) {
    // A barrier: nobody has the largest before everybody has given its own.
    if (const auto all = largest(sim::Seconds(0), options.limit); !all) {
      return tl::unexpected(all.error());
    }
    const auto time = run(exchange, options.limit);
    if (!time) return tl::unexpected(time.error());
    if (i >= options.warm_up) times.push_back(*time);
  }
  auto measured = slowest(times, options.limit);
  if (measured) measured->sent = sent_bytes(exchange, point.shape.size);
  return measured;
}

sim::Result<MeasuredTime> ExchangeTimer::slowest(std::span<const sim::Seconds> own,
                                                 sim::Seconds limit) {
  std::vector<double> seconds;
  for (const sim::Seconds time : own) seconds.push_back(time.value());
  const auto all = gather(std::as_bytes(std::span(seconds)), limit);
  if (!all) return tl::unexpected(all.error());
  const std::vector<double> latest = largest_of_each(*all, seconds.size());
  const auto [fastest, slowest] = std::minmax_element(latest.begin(), latest.end());
  return MeasuredTime{
      sim::Seconds(median(latest)), sim::Seconds(*fastest), sim::Seconds(*slowest), {}};
}

}  // namespace seqspan::real
