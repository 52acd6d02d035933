#include "sim/engine/link_sharing.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "sim/formula/traced.hpp"

namespace seqspan::sim {
namespace {

// What a kind of link whose parts add up to more than 1 gives at most: those that want less have
// what they want, the others the same.
double fair_share(std::span<const double> wanted) {
  double share = 1 / static_cast<double>(wanted.size());
  for (;;) {
    double satisfied = 0;
    double open = 0;
    for (const double part : wanted) {
      if (part <= share) {
        satisfied += part;
      } else {
        open += 1;
      }
    }
    if (open == 0) return share;
    const double next = (1 - satisfied) / open;
    if (next <= share) return share;
    share = next;
  }
}

constexpr Law kInterference{"interference",
                            "NVIDIA/nccl issue 1428: what NCCL's kernels take from compute"};

template <class Numbers>
NumberOf<Numbers, double> interference(const Numbers& in, const Cluster& cluster,
                                       const LinkUse& use) {
  constexpr const char* kBusy = "of the communication's time, how long its busiest such link works";
  const DeviceProfile& device = cluster.device;
  auto moved = in.given("nvlink_busy", use.parts[0], kBusy);
  if (use.parts[2] > use.parts[0]) {
    // What goes to the NICs passes the memory of the GPU as well, at the NIC's rate.
    const auto nic =
        in.given("nic_rate", cluster.nic.effective_bandwidth(), "bandwidth x efficiency of a NIC");
    const auto nvlink = in.given("nvlink_rate", device.nvlink.effective_bandwidth(),
                                 "bandwidth x efficiency of NVLink");
    moved = largest(moved, in.given("nic_busy", use.parts[2], kBusy) *
                               smallest(in.constant(1.0), nic / nvlink));
  }
  return in.sourced("interference", device.interference, device.sources) * moved;
}

}  // namespace

LinkUse link_use(const Cluster& cluster, const CommunicationTime& time) {
  const double total = time.total().value();
  if (total <= 0) return {};
  // Never above 1 by rounding: two that need half of a link each do not share it.
  const double inverse = 1 / total;
  const auto part = [inverse](Seconds busy) { return std::min(1.0, busy.value() * inverse); };
  LinkUse use{
      {part(time.nvlink), part(time.pcie), part(time.nic), part(time.spine), part(time.core)}};
  use.interference = interference(Plain{}, cluster, use);
  return use;
}

Formula explain_interference(const Cluster& cluster, const CommunicationTime& time) {
  return formula_of(kInterference, "lost",
                    interference(Tracing{}, cluster, link_use(cluster, time)));
}

void LinkSharing::clear() {
  starts_.fill(0);
  ends_.fill(0);
  latest_end_ = 0;
  used_ = 0;
  transfers_.fill({});
}

void LinkSharing::shift(Stream stream, double seconds) {
  const auto index = static_cast<std::size_t>(stream);
  if (transfers_[index].use == nullptr) return;
  starts_[index] += seconds;
  ends_[index] += seconds;
  latest_end_ = std::max(latest_end_, ends_[index]);
  transfers_[index].shared_until += seconds;
}

double LinkSharing::compute_end(double start, double duration) const {
  // Transfers together leave compute some of its multiprocessors.
  constexpr double kLeastSpeed = 0.25;
  double now = start;
  double left = duration;
  for (;;) {
    double speed = 1;
    double next = std::numeric_limits<double>::infinity();
    for (std::uint32_t rest = used_; rest != 0; rest &= rest - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(rest));
      if (ends_[i] <= now) continue;
      if (starts_[i] > now) {
        next = std::min(next, starts_[i]);
      } else {
        speed -= slows_[i];
        next = std::min(next, ends_[i]);
      }
    }
    speed = std::max(speed, kLeastSpeed);
    if (left <= (next - now) * speed) return now + left / speed;
    left -= (next - now) * speed;
    now = next;
  }
}

double LinkSharing::left_at(std::size_t stream, double now) const {
  const Transfer& transfer = transfers_[stream];
  if (now >= transfer.shared_until) return ends_[stream] - now;
  return (transfer.shared_until - now) * transfer.rate + (ends_[stream] - transfer.shared_until);
}

// No kind of link is asked for more than it has, whichever of the transfers in flight meet.
bool LinkSharing::links_suffice(double from, double to) const {
  std::array<double, kLinkKindCount> sum{};
  for (std::size_t i = 0; i < kStreamCount; ++i) {
    if (ends_[i] <= from || starts_[i] >= to) continue;
    const LinkUse& use = *transfers_[i].use;
    for (std::size_t kind = 0; kind < kLinkKindCount; ++kind) sum[kind] += use.parts[kind];
  }
  return std::all_of(sum.begin(), sum.end(), [](double part) { return part <= 1; });
}

void LinkSharing::set_rates(std::span<Runner> runners) const {
  std::size_t running = 0;
  std::array<double, kLinkKindCount> sum{};
  for (Runner& runner : runners) {
    runner.rate = 1;
    if (!runner.started || runner.done) continue;
    ++running;
    const LinkUse& use = *transfers_[runner.stream].use;
    for (std::size_t kind = 0; kind < kLinkKindCount; ++kind) sum[kind] += use.parts[kind];
  }
  if (running < 2) return;
  for (std::size_t kind = 0; kind < kLinkKindCount; ++kind) {
    if (sum[kind] <= 1) continue;
    std::array<double, kStreamCount> wanted;  // NOLINT: the first `count` are set
    std::size_t count = 0;
    for (const Runner& runner : runners) {
      const double part = transfers_[runner.stream].use->parts[kind];
      if (runner.started && !runner.done && part > 0) wanted[count++] = part;
    }
    const double share = fair_share({wanted.data(), count});
    for (Runner& runner : runners) {
      const double part = transfers_[runner.stream].use->parts[kind];
      if (runner.started && !runner.done && part > share) {
        runner.rate = std::min(runner.rate, share / part);
      }
    }
  }
}

void LinkSharing::run(std::span<Runner> runners, double now) {
  for (;;) {
    for (Runner& runner : runners) runner.started = starts_[runner.stream] <= now;
    set_rates(runners);
    double next = std::numeric_limits<double>::infinity();
    Runner* first = nullptr;
    for (Runner& runner : runners) {
      if (runner.done) continue;
      const double event =
          runner.started ? now + runner.left / runner.rate : starts_[runner.stream];
      if (event < next) {
        next = event;
        first = &runner;
      }
    }
    if (first == nullptr) return;
    for (Runner& runner : runners) {
      if (runner.done || !runner.started) continue;
      if (runner.rate < 1) runner.shared_until = next;
      runner.left -= (next - now) * runner.rate;
    }
    if (first->started) {
      first->done = true;
      ends_[first->stream] = next;
    }
    now = next;
  }
}

double LinkSharing::share(std::size_t own, double now) {
  if (links_suffice(now, ends_[own])) return ends_[own];
  std::array<Runner, kStreamCount> runners;  // NOLINT: the first `count` are set
  std::size_t count = 0;
  for (std::size_t i = 0; i < kStreamCount; ++i) {
    if (ends_[i] <= now) continue;
    const double from = std::max(now, starts_[i]);
    const double left = left_at(i, from);
    runners[count++] = {i, left, left, from, 1, false, false};
    if (i == own) continue;
    delays_[delay_count_++] = {static_cast<Stream>(i), transfers_[i].op, ends_[i], ends_[i]};
  }

  run({runners.data(), count}, now);
  for (std::size_t i = 0; i < count; ++i) {
    latest_end_ = std::max(latest_end_, ends_[runners[i].stream]);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const Runner& runner = runners[i];
    Transfer& transfer = transfers_[runner.stream];
    // Its mean rate until it is alone; then it runs at all of its speed.
    const double shared = runner.shared_until - std::max(now, starts_[runner.stream]);
    const double alone = ends_[runner.stream] - runner.shared_until;
    transfer.shared_until = runner.shared_until;
    transfer.rate = shared > 0 ? (runner.work - alone) / shared : 1;
  }
  std::size_t moved = 0;
  for (std::size_t i = 0; i < delay_count_; ++i) {
    Delay delay = delays_[i];
    delay.after = ends_[static_cast<std::size_t>(delay.stream)];
    if (delay.after > delay.before) delays_[moved++] = delay;
  }
  delay_count_ = moved;
  return ends_[own];
}

}  // namespace seqspan::sim
