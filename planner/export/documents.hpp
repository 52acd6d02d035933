// Rows packed of documents (training.documents) in the targets' words.
//
//   megatron    fixed groups: the SFT dataset, whose rows carry cu_seqlens, which deals each
//               document over a ring; groups as each document needs: --hybrid-context-parallel
//   deepspeed,  position_ids that begin at 0 in each document, which flash_attention_2 of
//   accelerate  transformers masks by (Ulysses; torch's ring knows no documents)
//   torchtitan, no words
//   verl
//
// How long documents are, how they are packed and what becomes of longer ones is in the data.
#pragma once

#include "planner/export/exported.hpp"

namespace seqspan::planner {

// Errors: kInput where the target has no words for the documents of the job. A job without
// documents is fine.
[[nodiscard]] sim::Result<void> check_documents(ExportTarget target, const sim::Job& job,
                                                const sim::Layout& layout);

// What must be true of the data, in a sentence; empty without documents.
[[nodiscard]] std::string data_of_documents(ExportTarget target, const sim::Job& job);

}  // namespace seqspan::planner
