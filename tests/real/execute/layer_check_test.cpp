// The program of every layout, executed: numbers against one rank in double precision, bytes and
// peaks against the readers of the same program.
#include <gtest/gtest.h>

#include "real/execute/layer_check.hpp"
#include "sim/engine/block_memory.hpp"
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

  // Activations at the block's peak, saved and transient, and what stands.
  void expect_peak(const sim::Program& program, const sim::Part& part, bool backward,
                   const RolePeak& peak) {
    sim::BlockMemoryReader reader;
    const sim::PartMemory memory = reader.read(program, part);
    sim::MemoryByRole expected{};
    const auto add = [&expected](sim::MemoryRole role, sim::Bytes bytes) {
      expected[static_cast<std::size_t>(role)] += bytes;
    };
    for (std::size_t t = 0; t < part.tensor_count; ++t) {
      const sim::Tensor& tensor = program.tensors[part.first_tensor + t];
      if (tensor.role == sim::Role::kParameter) add(sim::MemoryRole::kParameters, tensor.bytes);
      if (tensor.role == sim::Role::kGradient) add(sim::MemoryRole::kGradients, tensor.bytes);
      if (tensor.role == sim::Role::kOptimizerState) {
        add(sim::MemoryRole::kOptimizerState, tensor.bytes);
      }
    }
    sim::Bytes activations;
    for (const sim::LiveTensor& live : reader.live_at_peak(program, part, backward)) {
      const sim::Bytes bytes = program.tensor(live.id).bytes * live.copies;
      add(live.saved ? sim::MemoryRole::kSavedActivations : sim::MemoryRole::kTransient, bytes);
      activations += bytes;
    }
    EXPECT_EQ(activations, backward ? memory.backward.bytes : memory.forward.bytes);
    for (std::size_t role = 0; role < sim::kMemoryRoleCount; ++role) {
      EXPECT_EQ(peak.by_role[role], expected[role])
          << sim::name_of(static_cast<sim::MemoryRole>(role)) << (backward ? ", backward" : "");
    }
  }
};

TEST_F(LayerCheckTest, EveryMethodEqualsOneRank) {
  std::size_t cases = 0;
  for (const unsigned seed : {1U, 2U, 3U}) {
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
      ++cases;
      if (testing::Test::HasFailure()) return;
    }
  }
  RecordProperty("cases", static_cast<int>(cases));
  if (rank() == 0) std::printf("%zu layouts\n", cases);
}

}  // namespace
}  // namespace seqspan::real
