// Transfers of several streams that run at the same time share the links: max-min fairly.
//
// A transfer alone uses a part of each kind of link: the time that it keeps the busiest link of the
// kind busy over its whole time (CommunicationTime). While several run, each kind gives every
// transfer that part, or where the parts add up to more than 1, the same share to all that want
// more than it. A transfer runs at the rate of the kind that holds it back most.
//
// Assumption: the busiest links of two axes are the same links. It is exact where every GPU of the
// cluster works alike, which layouts without pipeline ramps do.
//
// A transfer that starts delays those that are under way. What was started after one of them, and
// waited for its end as it was then, keeps its time: the order of the program decides, as it does
// for streams. The work on the links is conserved in all cases.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "sim/formula/formula.hpp"
#include "sim/network/collective_time.hpp"
#include "sim/program/op.hpp"
#include "sim/spec/cluster.hpp"

namespace seqspan::sim {

// NVLink, PCIe, NIC, spine, core.
inline constexpr std::size_t kLinkKindCount = 5;

// What a transfer takes away from others while it runs alone.
struct LinkUse {
  std::array<double, kLinkKindCount> parts{};  // of the links, 0 to 1
  double interference = 0;                     // of the speed of compute beside it, 0 to 1
};

[[nodiscard]] LinkUse link_use(const Cluster& cluster, const CommunicationTime& time);
// How the interference comes about.
[[nodiscard]] Formula explain_interference(const Cluster& cluster, const CommunicationTime& time);

// At most one transfer per stream is in flight. Allocates nothing.
class LinkSharing {
 public:
  // No transfer has run.
  void clear();

  // Starts a transfer that takes `duration` alone, and returns when it ends. The stream's transfer
  // before it must have ended by then. `use` must outlive the transfer.
  double start(Stream stream, std::uint32_t op, double now, double duration, const LinkUse& use) {
    delay_count_ = 0;
    const auto own = static_cast<std::size_t>(stream);
    const double end = now + duration;
    // The stream's own transfer before has ended. No branches: most starts meet nothing.
    unsigned meets = 0;
    for (std::size_t i = 0; i < kStreamCount; ++i) {
      meets |= static_cast<unsigned>(ends_[i] > now) & static_cast<unsigned>(starts_[i] < end);
    }
    starts_[own] = now;
    ends_[own] = end;
    transfers_[own] = {op, now, 1, &use};
    latest_end_ = std::max(latest_end_, end);
    slows_[own] = use.interference;
    used_ |= 1U << own;
    return meets != 0 ? share(own, now) : end;
  }

  // A transfer that the last start() delayed.
  struct Delay {
    Stream stream = Stream::kCompute;
    std::uint32_t op = 0;
    double before = 0;  // its end until then
    double after = 0;
  };
  [[nodiscard]] std::span<const Delay> delays() const { return {delays_.data(), delay_count_}; }

  // A transfer is in flight at that time, or starts later.
  [[nodiscard]] bool meets(double time) const { return latest_end_ > time; }
  // When compute that starts then and takes `duration` alone ends: it runs slower beside transfers
  // (LinkUse::interference), by the sum of what they take.
  [[nodiscard]] double compute_end(double start, double duration) const;

  // The stream's clock was moved on by `seconds`, and so is its transfer.
  void shift(Stream stream, double seconds);

 private:
  struct Transfer {
    std::uint32_t op = 0;
    // Until then it runs at `rate` of its speed alone, afterwards at all of it.
    double shared_until = 0;
    double rate = 1;
    const LinkUse* use = nullptr;
  };
  // One of the transfers that a start() looks at.
  struct Runner {
    std::size_t stream;
    double work;  // seconds alone, from when it is looked at
    double left;  // of that
    double shared_until;
    double rate;
    bool started;
    bool done;
  };

  // What start() does where another transfer is in flight.
  double share(std::size_t own, double now);
  [[nodiscard]] bool links_suffice(double from, double to) const;
  [[nodiscard]] double left_at(std::size_t stream, double now) const;
  void set_rates(std::span<Runner> runners) const;
  void run(std::span<Runner> runners, double now);

  // By stream; apart, because start() looks at all of them each time.
  std::array<double, kStreamCount> starts_{};
  std::array<double, kStreamCount> ends_{};
  std::array<double, kStreamCount> slows_{};  // interference of the stream's transfer
  double latest_end_ = 0;                     // no transfer ends later
  std::uint32_t used_ = 0;                    // streams that a transfer has run on, by bit
  std::array<Transfer, kStreamCount> transfers_{};
  std::array<Delay, kStreamCount> delays_{};
  std::size_t delay_count_ = 0;
};

}  // namespace seqspan::sim
