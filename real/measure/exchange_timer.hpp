// Measures how long collectives take on the ranks at hand, as nccl-tests does: warm-up runs, then
// repetitions, each behind a barrier and timed on its own.
//
// The time of a repetition is that of its slowest rank, since the op is over when the last rank has
// what it waits for; a time is the median of these. All sibling groups of the shape run at the same
// time, as those of a layout do, and share what they share: the slowest is of the slowest group.
//
// An all-reduce is in place, as those of gradients are. Sizes are nccl-tests'
// (sim::Communication::bytes), of float32; measured_size() of a point is what
// is measured.
//
// Errors: kInput where the shape does not tile the world; kEnvironment where the transport fails,
// or an exchange is not over within the limit: then with the ranks that arrived and those that did
// not.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "real/transport/transport.hpp"
#include "sim/network/rank_order.hpp"
#include "sim/spec/collective.hpp"
#include "sim/units/units.hpp"

namespace seqspan::real {

struct MeasurePoint {
  sim::Collective collective = sim::Collective::kAllGather;
  sim::GroupShape shape;
  sim::Bytes size;

  bool operator==(const MeasurePoint&) const = default;
};

// Rounded down to float32s that divide among the group, at least one each.
[[nodiscard]] sim::Bytes measured_size(const MeasurePoint& point);

struct MeasureOptions {
  std::int64_t warm_up = 3;
  std::int64_t repetitions = 11;
  sim::Seconds limit{30};  // of one exchange
};

struct MeasuredTime {
  sim::Seconds median;
  sim::Seconds fastest;
  sim::Seconds slowest;
  sim::Bytes sent;  // by one rank, as given to the library
};

class ExchangeTimer {
 public:
  // The transport must outlive the timer, and have run nothing on streams of its own yet.
  [[nodiscard]] static sim::Result<ExchangeTimer> make(Transport& transport);

  // Collective over the world, as all that follows: all ranks ask for the same in the same order.
  // What `time` has to make first for a shape. Blocks until all ranks have come, without a limit.
  [[nodiscard]] sim::Result<void> prepare(const sim::GroupShape& shape);
  [[nodiscard]] sim::Result<MeasuredTime> time(const MeasurePoint& point,
                                               const MeasureOptions& options);

  // Of times that every rank has taken itself, as many each: of something that sends nothing.
  [[nodiscard]] sim::Result<MeasuredTime> slowest(std::span<const sim::Seconds> own,
                                                  sim::Seconds limit);

  // Whether any rank says so.
  [[nodiscard]] sim::Result<bool> any(bool own, sim::Seconds limit);
  // What each rank gives, by rank: as many numbers each, else kEnvironment on every rank.
  [[nodiscard]] sim::Result<std::vector<std::vector<double>>> gather_numbers(
      std::span<const double> own, sim::Seconds limit);
  // What each rank gives, by rank: up to 63 bytes each, the rest is cut.
  [[nodiscard]] sim::Result<std::vector<std::string>> gather_texts(const std::string& own,
                                                                   sim::Seconds limit);

 private:
  ExchangeTimer(Transport& transport, StreamId stream, CommunicatorId world)
      : transport_(&transport), stream_(stream), world_(world) {}

  [[nodiscard]] sim::Result<CommunicatorId> communicator(const sim::GroupShape& shape);
  [[nodiscard]] sim::Result<sim::Seconds> run(Exchange exchange, sim::Seconds limit);
  // The largest of what every rank gives.
  [[nodiscard]] sim::Result<sim::Seconds> largest(sim::Seconds own, sim::Seconds limit);
  // `own` of every rank, by rank.
  [[nodiscard]] sim::Result<std::vector<std::byte>> gather(std::span<const std::byte> own,
                                                           sim::Seconds limit);

  Transport* transport_;
  StreamId stream_;
  CommunicatorId world_;
  std::map<sim::GroupShape, CommunicatorId> communicators_;
};

}  // namespace seqspan::real
