// The ranks of the world dealt out to tensor parallel, Ulysses and ring groups, world = t u r.
//
// Megatron's rank order: rank = tp + t cp. Inside the context parallel group of c = u r ranks:
//   ulysses inner   cp = ulysses + u ring     (TransformerEngine 'a2a+p2p'; yunchang
//                                              use_ulysses_low=True)
//   ring inner      cp = ring + r ulysses     (yunchang use_ulysses_low=False)
#pragma once

#include <mpi.h>

#include <cstdint>

namespace seqspan::oracle {

struct Degrees {
  std::int64_t tensor = 1;   // t
  std::int64_t ulysses = 1;  // u
  std::int64_t ring = 1;     // r
  bool ring_inner = false;

  [[nodiscard]] std::int64_t context() const { return ulysses * ring; }
};

// A communicator that counts as `name` in what the wire records.
class Group {
 public:
  // Ranks of the world with the same color, in the order of their world ranks.
  Group(const char* name, std::int64_t color);
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  [[nodiscard]] MPI_Comm handle() const { return handle_; }
  [[nodiscard]] int size() const { return size_; }
  [[nodiscard]] int rank() const { return rank_; }

 private:
  MPI_Comm handle_ = MPI_COMM_NULL;
  int size_ = 1;
  int rank_ = 0;
};

struct Grid {
  explicit Grid(const Degrees& wanted);

  Degrees degrees;
  std::int64_t tensor_rank;
  std::int64_t ulysses_rank;
  std::int64_t ring_rank;
  Group tensor;
  Group ulysses;
  Group ring;

  [[nodiscard]] std::int64_t context_rank() const {
    return degrees.ring_inner ? ring_rank + degrees.ring * ulysses_rank
                              : ulysses_rank + degrees.ulysses * ring_rank;
  }
};

[[nodiscard]] int world_rank();
[[nodiscard]] int world_size();

}  // namespace seqspan::oracle
