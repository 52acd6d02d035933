// NCCL itself, on this machine's GPUs; ranks beyond their number share them.
#include <gtest/gtest.h>

#include "real/transport/nccl_transport.hpp"
#include "tests/real/transport/under_test.hpp"

namespace seqspan::real {

sim::Result<std::unique_ptr<Transport>> make_transport_under_test() {
  auto world = nccl_world_of_mpi();
  if (!world) return tl::unexpected(world.error());
  world->shares_gpus = true;
  return make_nccl_transport(*std::move(world));
}

std::string complaints_of_library() { return ""; }

namespace {

// Without a GPU every test is skipped, and one line says why.
class NeedsGpu final : public testing::Environment {
  void SetUp() override {
    const auto gpus = check_gpus();
    if (!gpus) GTEST_SKIP() << gpus.error().what;
  }
};

const auto* const needs_gpu = testing::AddGlobalTestEnvironment(new NeedsGpu);

}  // namespace

}  // namespace seqspan::real
