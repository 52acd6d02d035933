// Where what a transport needs is not there: one clear error, nothing printed. Against the real
// libraries, as the command line meets them.
#include <gtest/gtest.h>

#include "real/transport/mpi_transport.hpp"
#include "real/transport/nccl_transport.hpp"

namespace seqspan::real {
namespace {

TEST(NoLibrary, WithoutAGpuNcclSaysSo) {
  const auto transport = make_nccl_transport({});
  if (transport) GTEST_SKIP() << "this host has a GPU";
  EXPECT_EQ(transport.error().category, sim::ErrorCategory::kEnvironment);
  const std::string what = transport.error().what;
  EXPECT_TRUE(what.starts_with("no GPU: ") || what.starts_with("no NCCL: ")) << what;
  EXPECT_FALSE(transport.error().fix.empty());
}

// MPI is not started in this program.
TEST(NoLibrary, WithoutMpiTheMpiTransportSaysSo) {
  const auto transport = make_mpi_transport();
  ASSERT_FALSE(transport);
  EXPECT_EQ(transport.error().category, sim::ErrorCategory::kEnvironment);
  EXPECT_TRUE(transport.error().what.starts_with("no MPI: ")) << transport.error().what;
  EXPECT_FALSE(nccl_world_of_mpi());
}

}  // namespace
}  // namespace seqspan::real
