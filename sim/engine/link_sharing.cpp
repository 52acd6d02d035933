#include "sim/engine/link_sharing.hpp"

#include <algorithm>
#include <limits>

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

}  // namespace

LinkUse link_use(const CommunicationTime& time) {
  const double total = time.total().value();
  if (total <= 0) return {};
  return {time.nvlink.value() / total, time.pcie.value() / total, time.nic.value() / total,
          time.spine.value() / total, time.core.value() / total};
}

void LinkSharing::clear() {
  starts_.fill(0);
  ends_.fill(0);
  transfers_.fill({});
}

void LinkSharing::shift(Stream stream, double seconds) {
  const auto index = static_cast<std::size_t>(stream);
  if (transfers_[index].use == nullptr) return;
  starts_[index] += seconds;
  ends_[index] += seconds;
  transfers_[index].shared_until += seconds;
}

double LinkSharing::left_at(std::size_t stream, double now) const {
  const Transfer& transfer = transfers_[stream];
  if (now >= transfer.shared_until) return ends_[stream] - now;
  return (transfer.shared_until - now) * transfer.rate + (ends_[stream] - transfer.shared_until);
}

// No kind of link is asked for more than it has, whichever of the transfers in flight meet.
bool LinkSharing::links_suffice(double from, double to) const {
  LinkUse sum{};
  for (std::size_t i = 0; i < kStreamCount; ++i) {
    if (ends_[i] <= from || starts_[i] >= to) continue;
    const LinkUse& use = *transfers_[i].use;
    for (std::size_t kind = 0; kind < kLinkKindCount; ++kind) sum[kind] += use[kind];
  }
  return std::all_of(sum.begin(), sum.end(), [](double part) { return part <= 1; });
}

void LinkSharing::set_rates(std::span<Runner> runners) const {
  std::size_t running = 0;
  LinkUse sum{};
  for (Runner& runner : runners) {
    runner.rate = 1;
    if (!runner.started || runner.done) continue;
    ++running;
    const LinkUse& use = *transfers_[runner.stream].use;
    for (std::size_t kind = 0; kind < kLinkKindCount; ++kind) sum[kind] += use[kind];
  }
  if (running < 2) return;
  for (std::size_t kind = 0; kind < kLinkKindCount; ++kind) {
    if (sum[kind] <= 1) continue;
    std::array<double, kStreamCount> wanted;  // NOLINT: the first `count` are set
    std::size_t count = 0;
    for (const Runner& runner : runners) {
      const double part = (*transfers_[runner.stream].use)[kind];
      if (runner.started && !runner.done && part > 0) wanted[count++] = part;
    }
    const double share = fair_share({wanted.data(), count});
    for (Runner& runner : runners) {
      const double part = (*transfers_[runner.stream].use)[kind];
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
