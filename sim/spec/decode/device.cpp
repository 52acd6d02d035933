#include "sim/spec/decode/device.hpp"

#include "sim/spec/decode/host.hpp"
#include "sim/spec/decode/kernels.hpp"
#include "sim/spec/decode/largest_numbers.hpp"
#include "sim/spec/decode/link_profile.hpp"
#include "sim/spec/decode/sources.hpp"

namespace seqspan::sim {
namespace {

using json::FieldTable;
using json::FieldType;
using json::Value;
using Path = std::string;

FieldTable<DeviceProfile> make_nccl_table() {
  FieldTable<DeviceProfile> t(json::ObjectFacts{
      "NCCL on the device", "What NCCL allocates for its communicators.", {}, {}, false});
  t.add(json::integer("compute_capability", 0, 200,
                      "80, 90, 100, ...: which of NCCL's constants apply; 0: rings with the Simple "
                      "protocol only")
            .with_source()
            .with_default("0"),
        &DeviceProfile::compute_capability);
  t.add(json::fraction("nvls_efficiency",
                       "of NVLink's effective bandwidth where its switches add or multicast; "
                       "absent: no NVLS")
            .with_source()
            .with_default("none"),
        &DeviceProfile::nvls_efficiency);
  t.add(json::integer("ring_channels", 1, 64, "channels of a ring inside a node").with_source(),
        &DeviceProfile::nccl_ring_channels);
  t.add(json::integer("p2p_channels", 1, 64, "channels to each peer of sends and receives")
            .with_source(),
        &DeviceProfile::nccl_p2p_channels);
  t.add(json::quantity_or_zero("connection_bytes", FieldType::kBytes, static_cast<double>(kGibi),
                               "buffers of one channel of one connection")
            .with_source(),
        &DeviceProfile::nccl_connection_bytes);
  return t;
}

const FieldTable<DeviceProfile>& nccl_table() {
  static const FieldTable<DeviceProfile> kTable = make_nccl_table();
  return kTable;
}

const json::ObjectFacts& nccl_facts() { return nccl_table().facts(); }

FieldTable<DeviceProfile> make_device_table() {
  FieldTable<DeviceProfile> t(json::ObjectFacts{
      "a device profile", "One GPU and its share of the links inside its node.", {}, {}, false});
  t.add(json::text("$schema", "the schema of this file, for editors").with_default("none"));
  t.add(json::text("name", "what the device is called"), &DeviceProfile::name);
  t.add(json::quantity("peak_bf16", FieldType::kFlops, 1e18, "dense bf16 peak").with_source(),
        &DeviceProfile::peak_bf16);
  t.add(json::quantity("peak_fp8", FieldType::kFlops, 1e18, "dense FP8 peak")
            .with_source()
            .with_default("none: FP8 is refused"),
        &DeviceProfile::peak_fp8);
  t.add(json::boolean("fp8_transposes",
                      "FP8 products take both operands along what is summed, as on Hopper: the "
                      "others are transposed before")
            .with_source()
            .with_default("true"),
        &DeviceProfile::fp8_transposes);
  t.add(json::integer("multiprocessors", 1, 4096, "streaming multiprocessors").with_source(),
        &DeviceProfile::multiprocessors);
  t.add(json::quantity("memory", FieldType::kBytes, kLargestMemory, "what the driver reports")
            .with_source(),
        &DeviceProfile::memory);
  t.add(json::quantity("memory_bandwidth", FieldType::kBandwidth, kLargestBandwidth, "HBM peak")
            .with_source(),
        &DeviceProfile::memory_bandwidth);
  t.add(json::quantity_or_zero("runtime_reserve", FieldType::kBytes, kLargestMemory,
                               "memory outside the framework's allocator: CUDA context, workspaces")
            .with_source(),
        &DeviceProfile::runtime_reserve);
  t.add(json::quantity_or_zero("kernel_overhead", FieldType::kTime, kLongestTime,
                               "start and tail of one kernel")
            .with_source(),
        &DeviceProfile::kernel_overhead);
  t.add(json::quantity_or_zero("pass_overhead", FieldType::kTime, kLongestTime,
                               "the same of a memory pass, with what its issue costs the host")
            .with_source()
            .with_default("kernel_overhead"),
        &DeviceProfile::pass_overhead);
  t.add(json::object("efficiency", efficiency_facts, "parts of the peaks that kernels reach"),
        [](DeviceProfile& device, const Value& value, const Path& path) {
          return efficiency_table().decode(device.efficiency, value, path);
        });
  t.add(json::object("attention_forward_tiles", tiles_facts, "of the forward attention kernel")
            .with_default("none"),
        [](DeviceProfile& device, const Value& value, const Path& path) {
          return tiles_table().decode(device.forward_tiles, value, path);
        });
  t.add(json::object("attention_backward_tiles", tiles_facts, "of the backward attention kernel")
            .with_default("none"),
        [](DeviceProfile& device, const Value& value, const Path& path) {
          return tiles_table().decode(device.backward_tiles, value, path);
        });
  t.add(json::quantity_or_zero("grouped_gemm_launch", FieldType::kTime, kLongestTime,
                               "the least that each product of a grouped GEMM takes")
            .with_source()
            .with_default("0"),
        &DeviceProfile::grouped_gemm_launch);
  t.add(json::real("interference", 0, 1,
                   "part of its speed that compute loses while communication moves "
                   "data at NVLink's full rate")
            .with_source()
            .with_default("0"),
        &DeviceProfile::interference);
  t.add(json::real("variability", 0, 1,
                   "between the slowest and the fastest of many GPUs of the kind, of "
                   "the median; a step waits for the slowest")
            .with_source()
            .with_default("0"),
        &DeviceProfile::variability);
  t.add(json::object("nvlink", link_facts, "the link to the other GPUs of the NVLink domain"),
        [](DeviceProfile& device, const Value& value, const Path& path) -> Result<void> {
          Result<LinkProfile> link = decode_link(value, path);
          if (!link) return tl::unexpected(link.error());
          device.nvlink = std::move(*link);
          return {};
        });
  t.add(json::object("host_link", host_link_facts,
                     "the link to host memory, for layouts that offload")
            .with_default("not known: layouts that offload are refused"),
        [](DeviceProfile& device, const Value& value, const Path& path) {
          return host_link_table().decode(device.host_link, value, path);
        });
  t.add(json::object("host", host_costs_facts, "what issuing kernels costs the CPU of the node")
            .with_default("none: issuing takes no time"),
        [](DeviceProfile& device, const Value& value, const Path& path) {
          return host_costs_table().decode(device.host, value, path);
        });
  t.add(json::object("nccl", nccl_facts, "what NCCL allocates for its communicators"),
        [](DeviceProfile& device, const Value& value, const Path& path) {
          return nccl_table().decode(device, value, path);
        });
  return t;
}

const FieldTable<DeviceProfile>& device_table() {
  static const FieldTable<DeviceProfile> kTable = make_device_table();
  return kTable;
}

}  // namespace

Result<DeviceProfile> decode_device(const json::Value& value, const std::string& path) {
  DeviceProfile device;
  if (Result<void> ok = device_table().decode(device, value, path); !ok) {
    return tl::unexpected(ok.error());
  }
  if (device.runtime_reserve >= device.memory) {
    return json::error_at(value, path, "runtime_reserve", "the runtime takes all of the memory",
                          "runtime_reserve is not below memory", "lower runtime_reserve");
  }
  if (device.host_link.both_ways > device.host_link.bandwidth) {
    return json::error_at(value, path, "host_link",
                          "both directions at once are faster than one alone",
                          "host_link.both_ways is above host_link.bandwidth", "lower both_ways");
  }
  if ((device.peak_fp8 > FlopsPerSecond(0)) != (device.efficiency.fp8_gemm > 0)) {
    return json::error_at(value, path, "peak_fp8", "half of what FP8 needs is there",
                          "peak_fp8 and efficiency.fp8_gemm belong together",
                          "give both, or neither where the device has no FP8");
  }
  for (const auto& [name, tiles] : {std::pair{"attention_forward_tiles", device.forward_tiles},
                                    std::pair{"attention_backward_tiles", device.backward_tiles}}) {
    if (tiles.rows > 0 || tiles.block_overhead == Seconds(0)) continue;
    return json::error_at(value, path, name, "a thread block has an overhead, but no rows",
                          "block_overhead without rows", "give rows, or no block_overhead");
  }
  collect_sources(value, {}, device.sources);
  return device;
}

const json::ObjectFacts& device_facts() { return device_table().facts(); }

}  // namespace seqspan::sim
