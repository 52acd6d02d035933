#include "sim/spec/decode/layout.hpp"

namespace seqspan::sim {
namespace {

using json::choices_up_to;
using json::FieldFacts;
using json::FieldTable;

constexpr std::int64_t kLargestDegree = 1 << 20;

FieldFacts degree(std::string name, std::string description, std::string absent) {
  return json::integer(std::move(name), 1, kLargestDegree, std::move(description))
      .with_default(std::move(absent));
}

template <class Enum>
FieldFacts one_of(const std::string& name, Enum last, const std::string& description,
                  std::string absent) {
  return json::choice(name, choices_up_to(last), description).with_default(std::move(absent));
}

constexpr const char* kPlanned = "plan searches it, simulate takes 1";
constexpr const char* kFramework = "the framework's default";

FieldTable<LayoutChoice> make_layout_table() {
  FieldTable<LayoutChoice> t(json::ObjectFacts{
      "a layout",
      "How the model is split over the ranks. world = tp x cp x dp x pp with cp = ulysses x ring.",
      {},
      {{"cp", "cp is not a choice of its own: it is ulysses x ring",
        "say how: ulysses=N for all-to-all, ring=N for a ring, or both"},
       {"sp", "sequence parallelism comes with tp, and context parallelism is ulysses x ring",
        "use tp, ulysses or ring"},
       {"zero", "ZeRO stages are the key 'sharding'",
        "sharding=none|optimizer|gradients|parameters for stage 0, 1, 2 and 3"},
       {"world", "the number of ranks follows from the cluster", "set the cluster's nodes"}},
      false});
  t.add(degree("tp", "tensor parallel group size", kPlanned), &LayoutChoice::tp);
  t.add(json::boolean("sequence_parallel",
                      "norms and residuals split by tokens over tp, between all-gather and "
                      "reduce-scatter; else whole on every rank, behind all-reduces")
            .with_default("true"),
        &LayoutChoice::sequence_parallel);
  t.add(degree("pp", "pipeline stages", kPlanned), &LayoutChoice::pp);
  t.add(degree("vpp", "model chunks per pipeline stage; above 1 the schedule is interleaved",
               kPlanned),
        &LayoutChoice::vpp);
  t.add(degree("ep", "expert parallel group size", kPlanned), &LayoutChoice::ep);
  t.add(degree("etp", "tensor parallel group size inside experts",
               "plan takes 1, with --also etp tp as well; simulate takes the framework's"),
        &LayoutChoice::etp);
  t.add(degree("dp", "data parallel replicas", "the ranks over tp x ulysses x ring x pp"),
        &LayoutChoice::dp);
  t.add(degree("ulysses", "ranks that exchange heads for sequence by all-to-all", kPlanned),
        &LayoutChoice::ulysses);
  t.add(degree("ring", "ranks that pass or gather keys and values", kPlanned), &LayoutChoice::ring);
  t.add(degree("ulysses_in_node",
               "hierarchical all-to-all of heads: ranks that exchange first, inside a node; then "
               "the nodes do",
               "1, one all-to-all of all"),
        &LayoutChoice::ulysses_in_node);
  t.add(degree("ep_in_node", "the same of experts' all-to-all", "1, one all-to-all of all"),
        &LayoutChoice::ep_in_node);
  t.add(one_of("ring_order", RingOrder::kStriped, "which rows of the sequence a ring rank owns",
               kFramework),
        &LayoutChoice::ring_order);
  t.add(one_of("kv_exchange", KvExchange::kAllGather,
               "how ring ranks see each other's keys and values", kFramework),
        &LayoutChoice::kv_exchange);
  t.add(one_of("placement", Placement::kPipelineInner,
               "order of ranks: which of the two context parallel groups has consecutive ones, or "
               "stages inside replicas",
               kFramework),
        &LayoutChoice::placement);
  t.add(degree("micro_batch", "sequences per micro-batch and replica", kPlanned),
        &LayoutChoice::micro_batch);
  t.add(one_of("recompute", Recompute::kFull, "which activations backward computes again",
               kFramework),
        &LayoutChoice::recompute);
  t.add(one_of("sharding", Sharding::kParameters,
               "what the data and context parallel ranks share out (ZeRO 1, 2, 3)", kFramework),
        &LayoutChoice::sharding);
  t.add(one_of("offload", Offload::kAll,
               "what lives in host memory: inputs of recomputed layers, the optimizer, or both",
               "none"),
        &LayoutChoice::offload);
  t.add(degree("loss_chunks", "parts in which logits and loss are computed", kFramework),
        &LayoutChoice::loss_chunks);
  t.add(degree("mlp_chunks", "parts in which dense feed-forwards are computed (TiledMLP)",
               "1, not tiled"),
        &LayoutChoice::mlp_chunks);
  t.add(degree("head_groups", "groups of heads that Ulysses sends one under the other's attention",
               "1, all heads at once"),
        &LayoutChoice::head_groups);
  return t;
}

}  // namespace

const FieldTable<LayoutChoice>& layout_table() {
  static const FieldTable<LayoutChoice> kTable = make_layout_table();
  return kTable;
}

const json::ObjectFacts& layout_facts() { return layout_table().facts(); }

}  // namespace seqspan::sim
