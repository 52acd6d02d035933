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
