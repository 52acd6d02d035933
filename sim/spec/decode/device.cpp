#include "sim/spec/decode/device.hpp"

#include <map>

namespace seqspan::sim {
namespace {

using json::FieldTable;
using json::FieldType;
using json::Value;
using Path = std::string;

constexpr double kLargestBandwidth = 1e15;
constexpr double kLongestTime = 1;
constexpr double kLargestMemory = 16.0 * 1024 * static_cast<double>(kGibi);

// The sources of all numbers inside `value`, by their path from there.
void collect_sources(const Value& value, const Path& path,
                     std::map<std::string, std::string>& sources) {
  for (const json::Member& member : value.members) {
    const Path inner = json::join(path, member.key);
    const Value* source = member.value.find("source");
    if (source != nullptr && source->kind == json::Kind::kText) {
      sources[inner] = source->text;
    } else {
      collect_sources(member.value, inner, sources);
    }
  }
}

FieldTable<LinkProfile> make_link_table() {
  FieldTable<LinkProfile> t(
      json::ObjectFacts{"a link profile",
                        "One direction of one GPU's NVLink, or of one NIC and its network.",
                        {},
                        {},
                        false});
  t.add(json::text("$schema", "the schema of this file, for editors").with_default("none"));
  t.add(json::text("name", "what the link is called"), &LinkProfile::name);
  t.add(
      json::quantity("bandwidth", FieldType::kBandwidth, kLargestBandwidth, "peak of one direction")
          .with_source(),
      &LinkProfile::bandwidth);
  t.add(json::fraction("efficiency", "part of the peak that large messages reach").with_source(),
        &LinkProfile::efficiency);
  t.add(json::quantity_or_zero("message_latency", FieldType::kTime, kLongestTime,
                               "one small send and receive, end to end")
            .with_source(),
        &LinkProfile::message_latency);
  t.add(json::quantity_or_zero("ring_step_latency", FieldType::kTime, kLongestTime,
                               "added by each further step of a ring collective")
            .with_source(),
        &LinkProfile::ring_step_latency);
  t.add(json::quantity_or_zero("ll_step_latency", FieldType::kTime, kLongestTime,
                               "the same with the LL protocol; 0: NCCL's part of ring_step_latency")
            .with_source()
            .with_default("0"),
        &LinkProfile::ll_step_latency);
  t.add(json::quantity_or_zero("proxy_latency", FieldType::kTime, kLongestTime,
                               "networks: the host's post of one step of a ring that spans nodes")
            .with_source()
            .with_default("1us"),
        &LinkProfile::proxy_latency);
  t.add(json::integer("half_speed_bytes", 0, kGibi,
                      "message size that reaches half of the bandwidth; 0: any size")
            .with_source(),
        &LinkProfile::half_speed_bytes);
  t.add(json::quantity_or_zero("simple_message_latency", FieldType::kTime, kLongestTime,
                               "what bytes / bandwidth is added to for messages too large for LL, "
                               "where that is above message_latency")
            .with_source()
            .with_default("message_latency"),
        &LinkProfile::simple_message_latency);
  t.add(json::quantity_or_zero("channel_bandwidth", FieldType::kBandwidth, kLargestBandwidth,
                               "what one channel of an NCCL send carries; 0: no limit")
            .with_source()
            .with_default("0"),
        &LinkProfile::channel_bandwidth);
  t.add(json::quantity_or_zero("ll_channel_bandwidth", FieldType::kBandwidth, kLargestBandwidth,
                               "the same with the LL protocol; 0: no message takes it")
            .with_source()
            .with_default("0"),
        &LinkProfile::ll_channel_bandwidth);
  return t;
}

const FieldTable<LinkProfile>& link_table() {
  static const FieldTable<LinkProfile> kTable = make_link_table();
  return kTable;
}

FieldTable<KernelEfficiency> make_efficiency_table() {
  FieldTable<KernelEfficiency> t(
      json::ObjectFacts{"kernel efficiencies",
                        "Parts of the peak that kernels reach at large shapes.",
                        {},
                        {},
                        false});
  const auto add = [&t](const char* name, const char* what, double KernelEfficiency::*target) {
    t.add(json::fraction(name, what).with_source(), target);
  };
  const auto add_optional = [&t](const char* name, const char* what, const char* otherwise,
                                 double KernelEfficiency::*target) {
    t.add(json::fraction(name, what).with_source().with_default(otherwise), target);
  };
  add("gemm", "matrix products, of peak dense bf16", &KernelEfficiency::gemm);
  add_optional("weight_gradient", "products that are added in fp32 to the gradients of weights",
               "gemm", &KernelEfficiency::weight_gradient);
  add("grouped_gemm", "grouped products of experts, of peak dense bf16",
      &KernelEfficiency::grouped_gemm);
  add_optional("fp8_gemm", "FP8 products that add up in the tensor cores, of peak dense FP8",
               "none", &KernelEfficiency::fp8_gemm);
  add_optional("fp8_gradient_gemm", "FP8 products of gradients, which add up in fp32", "fp8_gemm",
               &KernelEfficiency::fp8_gradient_gemm);
  add("attention_forward", "of peak dense bf16, causal FLOPs counted exactly",
      &KernelEfficiency::attention_forward);
  add("attention_backward", "likewise, with 2.5 times the FLOPs of forward",
      &KernelEfficiency::attention_backward);
  add_optional("causal", "of the speed of attention, where a mask cuts through tiles", "1",
               &KernelEfficiency::causal);
  add_optional("wide_heads_forward", "of attention's forward speed, with d_k above 128", "1",
               &KernelEfficiency::wide_heads_forward);
  add_optional("wide_heads_backward", "of attention's backward speed, with d_k above 128", "1",
               &KernelEfficiency::wide_heads_backward);
  add_optional("narrow_heads_forward", "of attention's forward speed, with d_k of 64",
               "none: as with 128", &KernelEfficiency::narrow_heads_forward);
  add_optional("narrow_heads_backward", "of attention's backward speed, with d_k of 64",
               "none: as with 128", &KernelEfficiency::narrow_heads_backward);
  add_optional("flash_attention_1_forward",
               "FlashAttention of 2022 and its Triton port, which attention_forward is not of",
               "attention_forward", &KernelEfficiency::flash_attention_1_forward);
  add_optional("flash_attention_1_backward",
               "FlashAttention of 2022 and its Triton port, which attention_backward is not of",
               "attention_backward", &KernelEfficiency::flash_attention_1_backward);
  add_optional("flash_attention_2_forward",
               "FlashAttention-2 where attention_forward is another kernel's", "attention_forward",
               &KernelEfficiency::flash_attention_2_forward);
  add_optional("flash_attention_2_backward",
               "FlashAttention-2 where attention_backward is another kernel's",
               "attention_backward", &KernelEfficiency::flash_attention_2_backward);
  add_optional("flash_attention_3_forward",
               "FlashAttention-3 where attention_forward is another kernel's", "attention_forward",
               &KernelEfficiency::flash_attention_3_forward);
  add_optional("flash_attention_3_backward",
               "FlashAttention-3 where attention_backward is another kernel's",
               "attention_backward", &KernelEfficiency::flash_attention_3_backward);
  add_optional("attention_rows",
               "the kernels around a backward of attention_backward, of peak memory bandwidth: 10 "
               "d_k + 4 d_v bytes for each query and head",
               "none: attention_backward has them in it", &KernelEfficiency::attention_rows);
  add_optional("flash_attention_2_rows", "the same of FlashAttention-2", "attention_rows",
               &KernelEfficiency::flash_attention_2_rows);
  add_optional("flash_attention_3_rows", "the same of FlashAttention-3", "attention_rows",
               &KernelEfficiency::flash_attention_3_rows);
  add("memory_pass", "element-wise kernels, of peak memory bandwidth",
      &KernelEfficiency::memory_pass);
  return t;
}

const FieldTable<KernelEfficiency>& efficiency_table() {
  static const FieldTable<KernelEfficiency> kTable = make_efficiency_table();
  return kTable;
}

const json::ObjectFacts& efficiency_facts() { return efficiency_table().facts(); }

FieldTable<AttentionTiles> make_tiles_table() {
  FieldTable<AttentionTiles> t(json::ObjectFacts{
      "tiles of an attention kernel", "How its work is dealt to thread blocks.", {}, {}, false});
  t.add(json::integer("rows", 0, 4096,
                      "queries (forward) or keys (backward) that a thread block walks; 0: nothing "
                      "is lost at the end of a kernel")
            .with_source(),
        &AttentionTiles::rows);
  t.add(json::real("tail", 0, 1,
                   "how far the last blocks outlast the mean, of the longest block; 0 "
                   "where the longest are started first")
            .with_source(),
        &AttentionTiles::tail);
  t.add(json::quantity_or_zero("block_overhead", FieldType::kTime, kLongestTime,
                               "of a thread block: its first loads and last stores")
            .with_source()
            .with_default("0s"),
        &AttentionTiles::block_overhead);
  return t;
}

const FieldTable<AttentionTiles>& tiles_table() {
  static const FieldTable<AttentionTiles> kTable = make_tiles_table();
  return kTable;
}

const json::ObjectFacts& tiles_facts() { return tiles_table().facts(); }

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

FieldTable<HostLink> make_host_table() {
  FieldTable<HostLink> t(json::ObjectFacts{
      "a GPU's link to its host",
      "One GPU's link to host memory, and its share of the host while all GPUs of the node use it.",
      {},
      {},
      false});
  const auto add = [&t](const char* name, const char* what, BytesPerSecond HostLink::*target) {
    t.add(json::quantity(name, FieldType::kBandwidth, kLargestBandwidth, what).with_source(),
          target);
  };
  add("bandwidth", "copies of pinned memory in one direction", &HostLink::bandwidth);
  add("both_ways", "of each direction while both are busy", &HostLink::both_ways);
  add("to_pageable", "copies to new host memory that is not pinned", &HostLink::to_pageable);
  add("from_pageable", "copies from host memory that is not pinned", &HostLink::from_pageable);
  add("adam", "bytes that Adam on the CPU reads and writes for one GPU", &HostLink::adam);
  return t;
}

const FieldTable<HostLink>& host_table() {
  static const FieldTable<HostLink> kTable = make_host_table();
  return kTable;
}

const json::ObjectFacts& host_facts() { return host_table().facts(); }

FieldTable<HostCosts> make_host_costs_table() {
  FieldTable<HostCosts> t(json::ObjectFacts{
      "what calls cost the host",
      "Time of the CPU thread that issues kernels, for one call of plain PyTorch.",
      {},
      {},
      false});
  const auto add = [&t](const char* name, const char* what, Seconds HostCosts::*target) {
    t.add(json::quantity(name, FieldType::kTime, kLongestTime, what).with_source(), target);
  };
  add("product", "a linear layer's product, with what autograd notes", &HostCosts::product);
  add("attention", "one attention kernel", &HostCosts::attention);
  add("pass", "one norm, activation, addition or copy", &HostCosts::pass);
  add("collective", "one collective or send", &HostCosts::collective);
  add("sharding", "a gather of a layer's parameters, or a reduction of its gradients, with hooks",
      &HostCosts::sharding);
  return t;
}

const FieldTable<HostCosts>& host_costs_table() {
  static const FieldTable<HostCosts> kTable = make_host_costs_table();
  return kTable;
}

const json::ObjectFacts& host_costs_facts() { return host_costs_table().facts(); }

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
  t.add(json::object("host_link", host_facts, "the link to host memory, for layouts that offload")
            .with_default("not known: layouts that offload are refused"),
        [](DeviceProfile& device, const Value& value, const Path& path) {
          return host_table().decode(device.host_link, value, path);
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

Result<LinkProfile> decode_link(const json::Value& value, const std::string& path) {
  LinkProfile link;
  if (Result<void> ok = link_table().decode(link, value, path); !ok) {
    return tl::unexpected(ok.error());
  }
  collect_sources(value, {}, link.sources);
  return link;
}

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
  collect_sources(value, {}, device.sources);
  return device;
}

const json::ObjectFacts& device_facts() { return device_table().facts(); }
const json::ObjectFacts& link_facts() { return link_table().facts(); }

}  // namespace seqspan::sim
