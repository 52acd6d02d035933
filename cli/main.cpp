#include <fmt/core.h>

#include <cstdio>
#include <string_view>

#include "seqspan_config.hpp"

// Until the commands exist: says what this is.
int main(int argc, char** argv) {
  namespace config = seqspan::config;
  if (argc == 2 && std::string_view(argv[1]) == "version") {
    fmt::print("seqspan {}\n", config::kVersion);
    fmt::print("mpi:  {}\n", config::kHasMpi ? config::kMpiVersion : "not built in");
    fmt::print("cuda: {}\n", config::kHasCuda ? config::kCudaVersion : "not built in");
    fmt::print("nccl: {}\n", config::kHasNccl ? config::kNcclVersion : "not built in");
    return 0;
  }
  fmt::print(stderr, "usage: seqspan version\n");
  return 2;
}
