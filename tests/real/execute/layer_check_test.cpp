// The program of every layout, executed: numbers against one rank in double precision, bytes and
// peaks against the readers of the same program.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "real/execute/layer_check.hpp"
#include "real/execute/predicted_peak.hpp"
#include "sim/lower/framework_traits.hpp"
#include "tests/real/execute/layouts_under_test.hpp"
#include "tests/real/transport/transport_fixture.hpp"

namespace seqspan::real {
namespace {

class LayerCheckTest : public TransportTest {
 protected:
  // Executions of the block's communications, in order, against sim::bytes_sent.
  void expect_bytes(const sim::Program& program, const sim::Block& block,
                    const ExecutedBlock& executed) {
    std::size_t next = 0;
    const auto expect_op = [&](std::size_t index, std::int64_t iteration) {
      const auto* work = std::get_if<sim::Communication>(&program.ops[index].work);
      if (work == nullptr) return;
      ASSERT_LT(next, executed.communications.size());
      const ExecutedOp& op = executed.communications[next++];
      EXPECT_EQ(op.op, index);
      EXPECT_EQ(op.iteration, iteration);
      EXPECT_EQ(op.sent, sim::bytes_sent(*work, program.group_size(work->axis)))
          << program.ops[index].name;
    };
    std::size_t loop = block.first_loop;
    for (std::size_t i = block.first_op; i < block.first_op + block.op_count;) {
      if (loop < block.first_loop + block.loop_count && i == program.loops[loop].first) {
        const sim::Loop& body = program.loops[loop++];
        for (std::int64_t iteration = 0; iteration < body.times; ++iteration) {
          for (std::size_t j = 0; j < body.count; ++j) expect_op(i + j, iteration);
        }
        i += body.count;
      } else {
        expect_op(i++, 0);
      }
    }
    EXPECT_EQ(next, executed.communications.size());
  }

  void expect_peak(const sim::Program& program, const sim::Part& part, bool backward,
                   const RolePeak& peak) {
    const sim::MemoryByRole expected = predicted_peak(program, part, backward);
    for (std::size_t role = 0; role < sim::kMemoryRoleCount; ++role) {
      EXPECT_EQ(peak.by_role[role], expected[role])
          << sim::name_of(static_cast<sim::MemoryRole>(role)) << (backward ? ", backward" : "");
    }
  }
};

// What has been run: a method that drops out of the drawn layouts must not go unnoticed.
std::set<std::string> methods_of(const LayoutUnderTest& one) {
  const sim::Layout& layout = one.layout;
  const auto& attention =
      std::get<sim::FullAttention>(one.job.model.towers.front().kinds.front().attention);
  const sim::FrameworkTraits& traits = sim::traits_of(one.job.framework);
  std::set<std::string> methods;
  const auto add = [&methods](bool is, const std::string& name) {
    if (is) methods.insert(name);
  };
  const bool gathers = layout.kv_exchange == sim::KvExchange::kAllGather;
  add(layout.tp > 1, "TPSP");
  add(layout.tp > attention.kv_heads, "TPSP, QKV gathered");
  add(layout.ulysses > 1, "Ulysses");
  add(layout.ulysses * layout.tp > attention.kv_heads && layout.ulysses > 1 && layout.tp == 1,
      "Ulysses, KV replicated");
  add(layout.ulysses_in_node > 1, "Ulysses, hierarchical");
  add(layout.ring > 1 && gathers, "all-gather");
  add(layout.ring > 1 && !gathers,
      fmt::format("ring {}{}", name_of(layout.ring_order),
                  traits.ring.float32_gradient ? ", fp32 gradients" : ""));
  add(layout.ulysses > 1 && layout.ring > 1, fmt::format("2D {}", name_of(layout.placement)));
  add(layout.cp() > 1 && !one.documents.empty(), "document mask");
  add(layout.offloads_activations(),
      one.job.training.overlap_offload.value_or(false) ? "offload, overlapped" : "offload");
  add(layout.cp() > 1 && attention.kv_heads == attention.query_heads, "MHA");
  add(layout.cp() > 1 && attention.kv_heads < attention.query_heads, "GQA");
  return methods;
}

TEST_F(LayerCheckTest, EveryMethodEqualsOneRank) {
  std::set<std::string> methods;
  // The double of NCCL checks every access: a seed takes it as long as it takes MPI a hundred.
  const unsigned seeds = transport().is_host_memory() ? 8 : 1;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    for (const LayoutUnderTest& one : layouts_for(world(), seed)) {
      SCOPED_TRACE(one.name);
      const LayerCheck check = value_or_fail(
          check_layer(transport(), one.job, one.layout,
                      {.seed = seed, .documents = one.documents, .limit = kLimit, .change = {}}));
      EXPECT_LE(check.errors.output, 1e-5);
      EXPECT_LE(check.errors.input_gradient, 1e-5);
      EXPECT_LE(check.errors.weight_gradient, 1e-5);
      const sim::Part& part = check.program.parts[check.part];
      expect_bytes(check.program, check.program.blocks[part.forward], check.forward);
      expect_bytes(check.program, check.program.blocks[part.backward], check.backward);
      expect_peak(check.program, part, false, check.forward.peak);
      expect_peak(check.program, part, true, check.backward.peak);
      if (testing::Test::HasFailure()) return;
      methods.merge(methods_of(one));
    }
  }
  if (world() < 4 || seeds == 1) return;
  const std::set<std::string> all = {"2D ring_inner",
                                     "2D ulysses_inner",
                                     "GQA",
                                     "MHA",
                                     "TPSP",
                                     "TPSP, QKV gathered",
                                     "Ulysses",
                                     "Ulysses, KV replicated",
                                     "Ulysses, hierarchical",
                                     "all-gather",
                                     "document mask",
                                     "offload",
                                     "offload, overlapped",
                                     "ring contiguous, fp32 gradients",
                                     "ring striped, fp32 gradients",
                                     "ring zigzag",
                                     "ring zigzag, fp32 gradients"};
  EXPECT_EQ(methods, all);
}

// --documents 1000000000000,5 on a sequence of a few tokens: one document, and no memory for more.
TEST_F(LayerCheckTest, ADocumentLongerThanTheSequenceIsAllOfIt) {
  sim::Layout layout;
  layout.dp = world();
  std::mt19937 random(1);
  const sim::Job job = draw_job(sim::Framework::kDeepSpeed, layout, random);
  const auto errors = [&](const std::vector<std::int64_t>& documents) {
    return value_or_fail(
               check_layer(transport(), job, layout,
                           {.seed = 1, .documents = documents, .limit = kLimit, .change = {}}))
        .errors;
  };
  const auto whole = errors({});
  const auto longer = errors({std::int64_t{1'000'000'000'000}, 5});
  EXPECT_EQ(longer.output, whole.output);
  EXPECT_EQ(longer.weight_gradient, whole.weight_gradient);
}

// What is refused says why, before anything is run.
TEST_F(LayerCheckTest, OptimizerOnTheHostAndTilesAreRefused) {
  sim::Layout layout;
  layout.dp = world();
  std::mt19937 random(1);
  const sim::Job job = draw_job(sim::Framework::kDeepSpeed, layout, random);
  const auto refusal = [&](const sim::Layout& refused) {
    const auto check = check_layer(transport(), job, refused,
                                   {.seed = 1, .documents = {}, .limit = kLimit, .change = {}});
    return check ? std::string() : check.error().where;
  };
  layout.offload = sim::Offload::kOptimizer;
  EXPECT_EQ(refusal(layout), "layout offload");
  layout.offload = sim::Offload::kNone;
  layout.mlp_chunks = 2;
  EXPECT_EQ(refusal(layout), "layout mlp_chunks");
}

TEST_F(LayerCheckTest, TorchtitansPolicyIsRefused) {
  sim::Layout layout;
  layout.dp = world();
  layout.sharding = sim::Sharding::kParameters;
  layout.recompute = sim::Recompute::kSelective;
  std::mt19937 random(1);
  const sim::Job job = draw_job(sim::Framework::kTorchTitan, layout, random);
  const auto check = check_layer(transport(), job, layout,
                                 {.seed = 1, .documents = {}, .limit = kLimit, .change = {}});
  ASSERT_FALSE(check);
  EXPECT_EQ(check.error().where, "layout recompute=selective");
}

}  // namespace
}  // namespace seqspan::real
