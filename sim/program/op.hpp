// An operation of a Program: work on one stream of one rank, with the tensors it reads and writes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <variant>

#include "sim/formula/numbers.hpp"
#include "sim/program/tensor.hpp"
#include "sim/spec/collective.hpp"

namespace seqspan::sim {

// What a product multiplies. FP8 products give bf16; those of a forward pass add up fast, in the
// tensor cores, those of gradients every few steps in fp32 (TransformerEngine's split accumulator,
// use_fast_accum of torch._scaled_mm).
enum class GemmPrecision : std::uint8_t { kBFloat16, kFloat8, kFloat8Gradient };

// `groups` products of [m, k] x [k, n]; 2 m n k FLOPs each.
struct Gemm {
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t k = 0;
  std::int64_t groups = 1;
  bool weight_gradient = false;  // added to the gradients in place
  GemmPrecision precision = GemmPrecision::kBFloat16;
  std::int64_t pieces = 1;  // this is one of so many that run one after the other on a few streams
  DataType sum = DataType::kFloat32;  // of a weight gradient: the gradients' type
};

// Softmax attention over `pairs` unmasked query-key pairs per head, summed over the batch.
// FLOPs: 2 pairs heads (d_k + d_v) forward (two products), 2 pairs heads (3 d_k + 2 d_v) backward
// (five products: scores again, dP and dV over d_v, dQ and dK over d_k).
struct AttentionWork {
  std::int64_t pairs = 0;
  std::int64_t heads = 0;
  std::int64_t head_dim = 0;   // d_k, of queries and keys
  std::int64_t value_dim = 0;  // d_v
  bool backward = false;
  // Of one call of the kernel: the most keys that a query sees and the most queries that see a key.
  // What a thread block works through at the longest. 0: not known.
  std::int64_t longest_row = 0;
  std::int64_t longest_column = 0;
  std::int64_t flash_attention = 0;  // version of FlashAttention; 0: the device's usual kernel
  std::int64_t sequences = 1;        // of the batch
  double documents = 1;              // a sequence has the pairs of so many as long as its longest
  // Rows that one call is given of each sequence, whatever sees them. 0: not known.
  std::int64_t queries = 0;
  std::int64_t keys = 0;
};

// A pass bound by HBM: every byte read or written once.
struct MemoryPass {
  Bytes bytes;
};

// The groups that a rank belongs to. kShard is the group over which parameters, gradients and
// optimizer state are reduced and shared: data x context parallel; kExpertShard likewise for
// experts.
enum class Axis : std::uint8_t {
  kTensor,
  kUlysses,
  kRing,
  kExpert,
  kExpertTensor,
  kPipeline,
  kShard,
  kExpertShard,
  // The two steps of a hierarchical all-to-all.
  kUlyssesInNode,
  kUlyssesAcross,
  kExpertInNode,
  kExpertAcross,
};
inline constexpr std::size_t kAxisCount = 12;

// `bytes` by collective, n the group size:
//   all-to-all      one rank's whole send buffer           sent = (n-1)/n bytes, messages bytes/n
//   all-gather      the gathered tensor                    sent = (n-1)/n bytes, messages bytes/n
//   reduce-scatter  the tensor before scattering           sent = (n-1)/n bytes, messages bytes/n
//   all-reduce      the tensor                             sent = 2 (n-1)/n bytes
//   ring shift, point-to-point: all its messages           sent = bytes, messages bytes/messages
// These are nccl-tests' sizes (reference: NVIDIA/nccl-tests doc/PERFORMANCE.md).
struct Communication {
  Collective collective = Collective::kAllToAll;
  Axis axis = Axis::kTensor;
  Bytes bytes;
  std::int64_t messages = 1;    // sent at once: K and V as two P2P ops make two
  bool to_predecessor = false;  // of a ring shift; else to the successor
  // Of sends: into memory of the peer that is mapped here, by copy engines and not by NCCL, so that
  // no channels limit it (TransformerEngine's userbuffers, PyTorch's symmetric memory).
  bool direct = false;
};

// A copy between the GPU and the memory of its host, done by a copy engine.
struct HostCopy {
  Bytes bytes;
  bool to_host = false;  // else to the GPU
  bool pinned = true;    // host memory; pageable memory goes through a buffer of the driver
};

// What the host computes: passes over its memory.
struct HostPass {
  Bytes bytes;
};

using Work = std::variant<Gemm, AttentionWork, MemoryPass, Communication, HostCopy, HostPass>;

// Ops of one stream run in the order of the program; streams wait for each other only through
// tensors. One communication stream per axis family, as frameworks have one per process group;
// parameters are gathered on one stream and gradients reduced on another, as in FSDP2 and Megatron.
enum class Stream : std::uint8_t {
  kCompute,
  kTensor,
  kContext,
  kExpert,
  kPipeline,
  kGather,
  kReduce,
  // Of copies to the host and from it, and of what the host computes.
  kToHost,
  kFromHost,
  kHost,
};
inline constexpr std::size_t kStreamCount = 10;

enum class Pass : std::uint8_t { kForward, kRecompute, kBackward, kUpdate };
inline constexpr std::size_t kPassCount = 4;

// In which micro-batches of a step an op runs.
enum class When : std::uint8_t { kEvery, kFirstMicroBatch, kLastMicroBatch };

// A short list of tensors without allocation.
class Operands {
 public:
  static constexpr std::size_t kCapacity = 8;

  constexpr Operands() = default;
  constexpr Operands(std::initializer_list<TensorId> ids) {
    for (const TensorId id : ids) push_back(id);
  }
  constexpr void push_back(TensorId id) { ids_[size_++] = id; }
  [[nodiscard]] constexpr const TensorId* begin() const { return ids_.data(); }
  [[nodiscard]] constexpr const TensorId* end() const { return ids_.data() + size_; }
  [[nodiscard]] constexpr std::size_t size() const { return size_; }
  [[nodiscard]] constexpr TensorId operator[](std::size_t i) const { return ids_[i]; }

 private:
  std::array<TensorId, kCapacity> ids_{};
  std::uint8_t size_ = 0;
};

struct Op {
  const char* name = "";  // static storage
  Stream stream = Stream::kCompute;
  Pass pass = Pass::kForward;
  When when = When::kEvery;
  Work work;
  Operands reads;
  Operands writes;
};

// Whether the host has a part in it: a copy or a pass of its own.
[[nodiscard]] inline bool uses_host(const Op& op) {
  return std::holds_alternative<HostCopy>(op.work) || std::holds_alternative<HostPass>(op.work);
}

// Where laws have the numbers of an op from.
inline constexpr const char* kFromOp = "the op (seqspan simulate --program)";

[[nodiscard]] Flops flops_of(const Op& op);
// The same as laws count them (sim/formula/numbers.hpp).
template <class Numbers>
[[nodiscard]] NumberOf<Numbers, Flops> flops_of(const Numbers& in, const Gemm& gemm);
template <class Numbers>
[[nodiscard]] NumberOf<Numbers, Flops> flops_of(const Numbers& in, const AttentionWork& work);
// Bytes that leave one GPU for a group of `group_size` ranks.
[[nodiscard]] Bytes bytes_sent(const Communication& communication, std::int64_t group_size);
// Bytes of one message between two ranks.
[[nodiscard]] Bytes message_bytes(const Communication& communication, std::int64_t group_size);

[[nodiscard]] const char* name_of(Axis axis);
[[nodiscard]] const char* name_of(Stream stream);
[[nodiscard]] const char* name_of(Pass pass);

}  // namespace seqspan::sim
