// One call of a flash-attention kernel, which every attention method makes.
//
// With training.unpads_attention each call works on rows without padding: its inputs are gathered
// into packed tensors before it, and its results are scattered from packed ones into zeroed padded
// ones after it. Moved: 2 bytes for each byte of an input (read, written), 3 for each of a result
// (zeroed, read, written), also where no row is padding. A ring of r ranks makes r calls, so it
// pays r times what Ulysses pays.
// Sources: huggingface/transformers modeling_flash_attention_utils.py (_upad_input, pad_input);
// SandAI-org/MagiAttention exps/dist_attn/baselines/utils_cp.py (_fa3_varlen_forward, _backward).
#pragma once

#include "sim/lower/attention/head_block.hpp"

namespace seqspan::sim {

struct FlashCall {
  const char* name;
  AttentionWork work;  // says whether it is a backward
  Operands reads;
  Operands results;
  Operands scratch;  // freed when the kernel returns
};

// `queries`: the block with the query rows of this call; `key_rows`: how many keys it is given.
void call_flash(ProgramBuilder& builder, const HeadBlock& queries, const Extent& key_rows,
                const FlashCall& call);

}  // namespace seqspan::sim
