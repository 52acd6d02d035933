// How a layout of a framework shares out rows of documents.
//
//   per document  a ring deals each document as it deals a sequence; where c > 1 pieces are padded
//                 to a multiple of 2c (zigzag) or c, Ulysses alone included, as its loader does it
//   whole row     the ring deals the row; the documents lie as they fall, and nothing is padded
// Under Ulysses alone every rank has all of the row and some heads: its work is even either way.
// Sources: TransformerEngine context_parallel.py (cu_seqlens_padded, pad_thd_sequences_for_cp),
// Megatron-LM core/utils.py get_batch_on_this_cp_rank, zhuzilin/ring-flash-attention
// zigzag_ring_flash_attn_varlen.py (documents divide by 2c), torchtitan models/common/attention.py.
#pragma once

#include "sim/documents/row_pool.hpp"
#include "sim/spec/job.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::sim {

// The job has documents.
[[nodiscard]] DocumentSplit document_split(const Job& job);
[[nodiscard]] RowSplit row_split(const Job& job, const Layout& layout);

}  // namespace seqspan::sim
