// The layout of a row, by the names that publications use.
#include "profiles/replay/published/format.hpp"
#include "profiles/replay/published/job_facts.hpp"

namespace seqspan::profiles::published {
namespace {

namespace json = sim::json;
using json::FieldTable;

constexpr std::int64_t kMost = 1 << 20;

const FieldTable<LayoutFacts>& layout_facts_table() {
  static const FieldTable<LayoutFacts> kTable = [] {
    FieldTable<LayoutFacts> t(
        json::ObjectFacts{"a published layout", "How the model was split.", {}, {}, false});
    using Degree = std::optional<std::int64_t> LayoutFacts::*;
    struct Key {
      const char* name;
      Degree degree;
    };
    static const Key kDegrees[] = {
        {"tp", &LayoutFacts::tp},
        {"pp", &LayoutFacts::pp},
        {"vpp", &LayoutFacts::vpp},
        {"interleave", &LayoutFacts::vpp},
        {"ep", &LayoutFacts::ep},
        {"etp", &LayoutFacts::etp},
        {"dp", &LayoutFacts::dp},
        {"dp_replicate", &LayoutFacts::dp},
        {"fsdp", &LayoutFacts::fsdp},
        {"dp_shard", &LayoutFacts::fsdp},
        {"cp", &LayoutFacts::cp},
        {"ulysses", &LayoutFacts::ulysses},
        {"ring", &LayoutFacts::ring},
        {"micro_batch", &LayoutFacts::micro_batch},
        {"micro_batch_size", &LayoutFacts::micro_batch},
    };
    for (const Key& key : kDegrees) t.add(number_field(key.name, kMost, "a degree"), key.degree);
    t.add(text_field("ring_order", "zigzag, contiguous or striped"), &LayoutFacts::ring_order);
    t.add(text_field("kv_exchange", "p2p or all_gather"), &LayoutFacts::kv_exchange);
    t.add(text_field("placement", "order of ranks"), &LayoutFacts::placement);
    t.add(text_field("recompute", "none, selective or full"), &LayoutFacts::recompute);
    t.add(text_field("sharding", "what is sharded"), &LayoutFacts::sharding);
    t.add(text_field("cp_comm_type", "how cp is run"), &LayoutFacts::context_parallel);
    t.add(json::boolean("sequence_parallel", "with tp").with_default("the setup's").or_null(),
          &LayoutFacts::sequence_parallel);
    return t;
  }();
  return kTable;
}

}  // namespace

sim::Result<void> decode_layout(LayoutFacts& target, const json::Value& value,
                                const std::string& path) {
  return layout_facts_table().decode(target, value, path);
}

}  // namespace seqspan::profiles::published
