#include "sim/network/nccl/tuning.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "sim/formula/traced.hpp"

namespace seqspan::sim::nccl {
namespace {

constexpr double kMicro = 1e-6;
constexpr double kGiga = 1e9;
constexpr double kNvlinkRingStep = 3.4;    // us, Simple
constexpr double kNetworkRingStep = 14.0;  // us, Simple

// By protocol: LL, LL128, Simple.
using ByProtocol = std::array<double, 3>;
// By number of domains: 1, 2, more.
using ByDomains = std::array<double, 3>;

struct Latencies {
  ByProtocol base;     // us
  ByProtocol nvlink;   // us per step
  ByProtocol network;  // us per step
};

Latencies latencies_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kRing:
    case Algorithm::kSendReceive:
      return {{6.6, 14.0, 8.4}, {0.6, 1.9, 3.4}, {2.7, 4.0, 14.0}};
    case Algorithm::kTree:
      return {{6.8, 14.0, 8.4}, {0.6, 1.25, 4.0}, {5.0, 8.5, 14.0}};
    case Algorithm::kNvls:
      return {{0, 0, 0}, {0, 0, 25.0}, {0, 0, 18.0}};
    case Algorithm::kNvlsTree:
      return {{0, 0, 0}, {0, 0, 25.0}, {0, 0, 14.0}};
    case Algorithm::kPat:
      return {{8.0, 8.0, 8.0}, {0, 0, 4.0}, {0, 0, 14.0}};
  }
  return {};
}

double of(const ByProtocol& values, Protocol protocol) {
  return values[static_cast<std::size_t>(protocol)];
}

// What NCCL assumes of a GPU generation, GB/s.
struct Generation {
  std::int64_t compute_capability;
  double ll_one_domain;
  double ring_ll128_channel;
  ByDomains tree_ll128_channel;
  ByDomains tree_channel;
  ByDomains nvls_tree_channel;  // 0: no NVLS
};

constexpr std::array<Generation, 3> kGenerations = {{
    {100, 282.0, 73.4, {55.6, 31.67, 20.0}, {70.0, 42.8, 24.0}, {0, 96.0, 43.1}},
    {90, 141.0, 36.7, {36.7, 36.7, 29.0}, {38.7, 41.4, 36.0}, {0, 57.7, 45.5}},
    {0, 87.7, 20.0, {20.0, 20.0, 20.0}, {24.0, 23.6, 17.8}, {0, 0, 0}},
}};

// Between nodes NCCL asks the host, not the GPU: Intel's row; 22.5 and 19.0 on AMD.
constexpr ByDomains kLlBetweenDomains = {0, 39.0, 20.4};

const Generation& generation_of(const DeviceProfile& device) {
  return *std::find_if(kGenerations.begin(), kGenerations.end() - 1, [&](const Generation& g) {
    return device.compute_capability >= g.compute_capability;
  });
}

// By protocol, 64 B to 256 MB.
constexpr std::size_t kTreeSizes = 23;
constexpr double kSmallestTreeSize = 64;
constexpr std::array<std::array<double, kTreeSizes>, 3> kTreeCorrection = {{
    {1, 1, 1, 1, .9, .8, .7, .7, .7, .7, .6, .5, .4, .4, .5, .6, .7, .8, .9, 1, 1, 1, 1},
    {1, 1, 1, 1, 1, .9, .8, .8, .8, .7, .6, .6, .6, .6, .6, .6, .8, .9, .9, .9, .9, 1, 1},
    {.9, .9, .9, .9, .9, .9, .9, .8, .7, .6, .6, .5, .5, .5, .5, .6, .7, .8, .7, .7, .8, .9, .9},
}};

}  // namespace

Seconds base_latency(Algorithm algorithm, Protocol protocol) {
  return Seconds(kMicro * of(latencies_of(algorithm).base, protocol));
}

template <class Numbers>
NumberOf<Numbers, Seconds> nvlink_latency(const Numbers& in, const Cluster& cluster,
                                          Algorithm algorithm, Protocol protocol) {
  const LinkProfile& link = cluster.device.nvlink;
  if (algorithm == Algorithm::kRing && protocol == Protocol::kLl &&
      link.ll_step_latency > Seconds(0)) {
    return in.sourced("nvlink", "ll_step_latency", link.ll_step_latency, link.sources);
  }
  const double ratio = of(latencies_of(algorithm).nvlink, protocol) / kNvlinkRingStep;
  return in.given("inside_over_simple_ring", ratio, kTuningSource) *
         in.sourced("nvlink", "ring_step_latency", link.ring_step_latency, link.sources);
}

template <class Numbers>
NumberOf<Numbers, Seconds> network_latency(const Numbers& in, const Cluster& cluster,
                                           Algorithm algorithm, Protocol protocol) {
  const double ratio = of(latencies_of(algorithm).network, protocol) / kNetworkRingStep;
  return in.given("between_over_simple_ring", ratio, kTuningSource) *
         in.sourced("nic", "ring_step_latency", cluster.nic.ring_step_latency, cluster.nic.sources);
}

template <class Numbers>
NumberOf<Numbers, Seconds> post_latency(const Numbers& in, const Cluster& cluster,
                                        Protocol protocol) {
  const double posts = protocol == Protocol::kSimple ? 3.0 : 1.0;
  return in.given("posts", posts, kTuningSource) *
         in.sourced("nic", "proxy_latency", cluster.nic.proxy_latency, cluster.nic.sources);
}

template Seconds nvlink_latency(const Plain&, const Cluster&, Algorithm, Protocol);
template Traced<Seconds> nvlink_latency(const Tracing&, const Cluster&, Algorithm, Protocol);
template Seconds network_latency(const Plain&, const Cluster&, Algorithm, Protocol);
template Traced<Seconds> network_latency(const Tracing&, const Cluster&, Algorithm, Protocol);
template Seconds post_latency(const Plain&, const Cluster&, Protocol);
template Traced<Seconds> post_latency(const Tracing&, const Cluster&, Protocol);

double wire_efficiency(Algorithm algorithm, Protocol protocol, bool one_domain) {
  switch (algorithm) {
    case Algorithm::kRing:
      return of({0.5, 0.92, 1.0}, protocol);
    case Algorithm::kTree:
      return 0.92 * of({1 / 3.8, one_domain ? 7.0 / 9 : 120.0 / 128, 1.0}, protocol);
    case Algorithm::kPat:
      return 0.75;
    case Algorithm::kNvls:
    case Algorithm::kNvlsTree:
    case Algorithm::kSendReceive:
      return 1.0;
  }
  return 1.0;
}

double tree_correction(Protocol protocol, Bytes bytes) {
  const auto& factors = kTreeCorrection[static_cast<std::size_t>(protocol)];
  const double size = std::log2(static_cast<double>(bytes.value()) / kSmallestTreeSize);
  if (size <= 0) return factors.front();
  const auto below = static_cast<std::size_t>(size);
  if (below + 1 >= kTreeSizes) return factors.back();
  const double part = size - std::floor(size);
  return factors[below] + part * (factors[below + 1] - factors[below]);
}

BytesPerSecond channel_limit(const DeviceProfile& device, Algorithm algorithm, Protocol protocol,
                             std::int64_t domains) {
  const auto by_domains = static_cast<std::size_t>(std::min<std::int64_t>(domains, 3) - 1);
  const auto channels = static_cast<double>(device.nccl_ring_channels);
  const Generation& generation = generation_of(device);
  double limit = std::numeric_limits<double>::infinity();
  const double ll = domains == 1 ? generation.ll_one_domain : kLlBetweenDomains[by_domains];
  if (protocol == Protocol::kLl) limit = ll;
  if (algorithm == Algorithm::kRing && protocol == Protocol::kLl128) {
    limit = channels * generation.ring_ll128_channel;
  }
  if (algorithm == Algorithm::kTree) {
    limit = std::min(limit, channels * generation.tree_channel[by_domains]);
    if (protocol == Protocol::kLl128) {
      limit = std::min(limit, channels * generation.tree_ll128_channel[by_domains]);
    }
  }
  if (algorithm == Algorithm::kNvlsTree)
    limit = channels * generation.nvls_tree_channel[by_domains];
  return BytesPerSecond(limit * kGiga);
}

}  // namespace seqspan::sim::nccl
