#include "sim/network/nccl/algorithm.hpp"

namespace seqspan::sim::nccl {

const char* name_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kRing:
      return "ring";
    case Algorithm::kTree:
      return "tree";
    case Algorithm::kNvls:
      return "NVLS";
    case Algorithm::kNvlsTree:
      return "NVLS tree";
    case Algorithm::kPat:
      return "PAT";
    case Algorithm::kSendReceive:
      return "send/recv";
  }
  return "";
}

Law law_of(Algorithm algorithm) {
  constexpr const char* kTuning =
      "NVIDIA/nccl v2.28.3 and v2.30 src/graph/tuning.cc, with the profile's bandwidths and the "
      "links of all groups of the axis";
  switch (algorithm) {
    case Algorithm::kRing:
      return {"NCCL ring", kTuning};
    case Algorithm::kTree:
      return {"NCCL tree", kTuning};
    case Algorithm::kNvls:
      return {"NCCL NVLS", kTuning};
    case Algorithm::kNvlsTree:
      return {"NCCL NVLS tree", kTuning};
    case Algorithm::kPat:
      return {"NCCL PAT", kTuning};
    case Algorithm::kSendReceive:
      return {"NCCL send/recv",
              "NVIDIA/nccl v2.28.3 src/enqueue.cc (channels and protocol), the profile's rates"};
  }
  return {"", ""};
}

const char* name_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::kLl:
      return "LL";
    case Protocol::kLl128:
      return "LL128";
    case Protocol::kSimple:
      return "Simple";
  }
  return "";
}

}  // namespace seqspan::sim::nccl
