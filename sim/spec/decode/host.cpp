#include "sim/spec/decode/host.hpp"

#include "sim/spec/decode/largest_numbers.hpp"

namespace seqspan::sim {
namespace {

using json::FieldTable;
using json::FieldType;

FieldTable<HostLink> make_host_link_table() {
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

}  // namespace

const json::FieldTable<HostLink>& host_link_table() {
  static const FieldTable<HostLink> kTable = make_host_link_table();
  return kTable;
}

const json::FieldTable<HostCosts>& host_costs_table() {
  static const FieldTable<HostCosts> kTable = make_host_costs_table();
  return kTable;
}

const json::ObjectFacts& host_link_facts() { return host_link_table().facts(); }
const json::ObjectFacts& host_costs_facts() { return host_costs_table().facts(); }

}  // namespace seqspan::sim
