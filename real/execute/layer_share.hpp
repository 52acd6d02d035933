// What the kernels of a layer need to know besides their tensors: whose rank it is, which tokens
// and heads it has, and where its matrices lie in the flat parameters.
//
// Numbers lie token by token, then batch by batch: a row is (token, batch), so that pieces of the
// sequence are pieces of memory. For attention, rows of one batch are documents of their own.
//
// Matrices [out, in], row-major, in the flat parameters of a layer; norms first, with scales that
// the program does not read (they count as 1):
//   2 h (norms), 2 d (QK-norm)   QKV [(a + 2 g) d/t, h]   output [h, a d/t]
//   gate, up [2 f/t, h]          down [h, f/t]
// QKV by KV group, as Megatron-LM has them: the queries of a group, its key, its value.
#pragma once

#include <cstdint>
#include <vector>

#include "real/execute/sequence_share.hpp"
#include "sim/network/rank_order.hpp"
#include "sim/spec/job.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::real {

struct MatrixPlace {
  std::int64_t offset = 0;  // in the flat parameters
  std::int64_t rows = 0;    // of this rank
  std::int64_t columns = 0;
};

// Rows of attention: positions, and documents that keep batches apart.
struct TokenRows {
  std::vector<std::int64_t> positions;
  std::vector<std::int32_t> documents;
};

class LayerShare {
 public:
  // The layer must be full attention with a dense feed-forward (can_share). `documents`: lengths of
  // the documents that a row of the batch is packed of; empty: one.
  LayerShare(const sim::Job& job, const sim::Layout& layout, std::int64_t rank,
             std::vector<std::int64_t> documents);

  // Where this rank stands in its groups.
  [[nodiscard]] std::int64_t index(sim::Axis axis) const;
  [[nodiscard]] const sim::Layout& layout() const { return layout_; }

  // Rows of this rank's tokens, of all tokens that its place of the ring attends with, of another
  // place of the ring, and of the whole sequence.
  [[nodiscard]] TokenRows ring_rows() const { return ring_rows(index(sim::Axis::kRing)); }
  [[nodiscard]] TokenRows ring_rows(std::int64_t ring_index) const;
  [[nodiscard]] TokenRows all_rows() const;
  // Tokens of the u ranks of this place of the ring, rank by rank: as an all-to-all leaves them.
  [[nodiscard]] Positions dealt_positions() const;
  // Tokens of the r places of the ring: as an all-gather leaves them.
  [[nodiscard]] Positions gathered_positions() const;
  [[nodiscard]] const Positions& own_positions() const { return own_; }

  [[nodiscard]] std::int64_t batch() const { return batch_; }
  [[nodiscard]] std::int64_t hidden() const { return hidden_; }
  [[nodiscard]] std::int64_t query_heads() const { return query_heads_; }  // a, of the model
  [[nodiscard]] std::int64_t kv_heads() const { return kv_heads_; }        // g, of the model
  [[nodiscard]] std::int64_t head_dim() const { return head_dim_; }
  [[nodiscard]] std::int64_t intermediate() const { return intermediate_; }
  [[nodiscard]] std::int64_t sequence() const { return sequence_; }

  [[nodiscard]] MatrixPlace qkv() const;
  [[nodiscard]] MatrixPlace output() const;
  [[nodiscard]] MatrixPlace gate_up() const;
  [[nodiscard]] MatrixPlace down() const;

 private:
  [[nodiscard]] TokenRows rows_of(const Positions& positions) const;

  sim::Layout layout_;
  const sim::FrameworkTraits* traits_;
  std::int64_t rank_;
  std::vector<std::int32_t> document_of_;  // by position
  std::int64_t batch_;
  std::int64_t sequence_;
  std::int64_t hidden_;
  std::int64_t query_heads_;
  std::int64_t kv_heads_;
  std::int64_t head_dim_;
  std::int64_t intermediate_;
  std::int64_t norms_;  // elements before the first matrix
  Positions own_;
};

// Whether every layer of the job is what LayerShare knows: kInput with the reason where not.
[[nodiscard]] sim::Result<void> can_share(const sim::Job& job);

}  // namespace seqspan::real
