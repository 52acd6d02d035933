#include "real/transport/choose_gpu.hpp"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "real/launch/host_name.hpp"

namespace seqspan::real {
namespace {

sim::Result<int> count_gpus() {
  int count = 0;
  const cudaError_t code = cudaGetDeviceCount(&count);
  if (code == cudaSuccess && count > 0) return count;
  (void)cudaGetLastError();
  return sim::environment_error(
      fmt::format("no GPU: {}", code == cudaSuccess ? "CUDA finds none" : cudaGetErrorString(code)),
      "", "the NCCL transport runs on NVIDIA GPUs with a driver for this CUDA",
      "run on a host with GPUs, or use the MPI transport");
}

}  // namespace

sim::Result<void> check_gpus() {
  const auto count = count_gpus();
  if (!count) return tl::unexpected(count.error());
  return {};
}

sim::Result<int> choose_gpu(const NcclWorld& world) {
  const auto count = count_gpus();
  if (!count) return tl::unexpected(count.error());
  const int device =
      world.shares_gpus ? world.device.value_or(0) % *count : world.device.value_or(0);
  if (device < 0 || device >= *count) {
    return sim::environment_error(
        fmt::format("no GPU: this host has {}, and rank {} would be given number {}", *count,
                    world.rank, device),
        "", "one rank has one GPU",
        "start at most as many ranks per host as it has GPUs; where numbers matter and times do "
        "not, ranks may share one (--backend nccl-shared)");
  }
  return device;
}

sim::Result<void> pose_as_host(const NcclWorld& world) {
  const std::string name = fmt::format("{}-rank-{}", host_name(), world.rank);
  if (setenv("NCCL_HOSTID", name.c_str(), 1) == 0) return {};
  return sim::environment_error("NCCL_HOSTID cannot be set", name);
}

}  // namespace seqspan::real
