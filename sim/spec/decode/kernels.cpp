#include "sim/spec/decode/kernels.hpp"

#include "sim/spec/decode/largest_numbers.hpp"

namespace seqspan::sim {
namespace {

using json::FieldTable;
using json::FieldType;

FieldTable<KernelEfficiency> make_efficiency_table() {
  FieldTable<KernelEfficiency> t(
      json::ObjectFacts{"kernel efficiencies",
                        "Parts of the peak that kernels reach at large shapes.",
                        {},
                        {},
                        false});
  const auto add = [&t](const char* name, const char* what, double KernelEfficiency::*target) {
    t.add(json::fraction(name, what).with_source(), target);
  };
  const auto add_optional = [&t](const char* name, const char* what, const char* otherwise,
                                 double KernelEfficiency::*target) {
    t.add(json::fraction(name, what).with_source().with_default(otherwise), target);
  };
  add("gemm", "matrix products, of peak dense bf16", &KernelEfficiency::gemm);
  add_optional("weight_gradient", "products that are added in fp32 to the gradients of weights",
               "gemm", &KernelEfficiency::weight_gradient);
  add("grouped_gemm", "grouped products of experts, of peak dense bf16",
      &KernelEfficiency::grouped_gemm);
  add_optional("fp8_gemm", "FP8 products that add up in the tensor cores, of peak dense FP8",
               "none", &KernelEfficiency::fp8_gemm);
  add_optional("fp8_gradient_gemm", "FP8 products of gradients, which add up in fp32", "fp8_gemm",
               &KernelEfficiency::fp8_gradient_gemm);
  add("attention_forward", "of peak dense bf16, causal FLOPs counted exactly",
      &KernelEfficiency::attention_forward);
  add("attention_backward", "likewise, with 2.5 times the FLOPs of forward",
      &KernelEfficiency::attention_backward);
  add_optional("causal", "of the speed of attention, where a mask cuts through tiles", "1",
               &KernelEfficiency::causal);
  add_optional("wide_heads_forward", "of attention's forward speed, with d_k above 128", "1",
               &KernelEfficiency::wide_heads_forward);
  add_optional("wide_heads_backward", "of attention's backward speed, with d_k above 128", "1",
               &KernelEfficiency::wide_heads_backward);
  add_optional("narrow_heads_forward", "of attention's forward speed, with d_k of 64",
               "none: as with 128", &KernelEfficiency::narrow_heads_forward);
  add_optional("narrow_heads_backward", "of attention's backward speed, with d_k of 64",
               "none: as with 128", &KernelEfficiency::narrow_heads_backward);
  add_optional("flash_attention_1_forward",
               "FlashAttention of 2022 and its Triton port, which attention_forward is not of",
               "attention_forward", &KernelEfficiency::flash_attention_1_forward);
  add_optional("flash_attention_1_backward",
               "FlashAttention of 2022 and its Triton port, which attention_backward is not of",
               "attention_backward", &KernelEfficiency::flash_attention_1_backward);
  add_optional("flash_attention_2_forward",
               "FlashAttention-2 where attention_forward is another kernel's", "attention_forward",
               &KernelEfficiency::flash_attention_2_forward);
  add_optional("flash_attention_2_backward",
               "FlashAttention-2 where attention_backward is another kernel's",
               "attention_backward", &KernelEfficiency::flash_attention_2_backward);
  add_optional("flash_attention_3_forward",
               "FlashAttention-3 where attention_forward is another kernel's", "attention_forward",
               &KernelEfficiency::flash_attention_3_forward);
  add_optional("flash_attention_3_backward",
               "FlashAttention-3 where attention_backward is another kernel's",
               "attention_backward", &KernelEfficiency::flash_attention_3_backward);
  add_optional("attention_rows",
               "the kernels around a backward of attention_backward, of peak memory bandwidth: 10 "
               "d_k + 4 d_v bytes for each query and head",
               "none: attention_backward has them in it", &KernelEfficiency::attention_rows);
  add_optional("flash_attention_2_rows", "the same of FlashAttention-2", "attention_rows",
               &KernelEfficiency::flash_attention_2_rows);
  add_optional("flash_attention_3_rows", "the same of FlashAttention-3", "attention_rows",
               &KernelEfficiency::flash_attention_3_rows);
  add("memory_pass", "element-wise kernels, of peak memory bandwidth",
      &KernelEfficiency::memory_pass);
  return t;
}

FieldTable<AttentionTiles> make_tiles_table() {
  FieldTable<AttentionTiles> t(json::ObjectFacts{
      "tiles of an attention kernel", "How its work is dealt to thread blocks.", {}, {}, false});
  t.add(json::integer("rows", 0, 4096,
                      "queries (forward) or keys (backward) that a thread block walks; 0: nothing "
                      "is lost at the end of a kernel")
            .with_source(),
        &AttentionTiles::rows);
  t.add(json::real("tail", 0, 1,
                   "how far the last blocks outlast the mean, of the longest block; 0 "
                   "where the longest are started first")
            .with_source(),
        &AttentionTiles::tail);
  t.add(json::quantity_or_zero("block_overhead", FieldType::kTime, kLongestTime,
                               "of a thread block: its first loads and last stores")
            .with_source()
            .with_default("0s"),
        &AttentionTiles::block_overhead);
  return t;
}

}  // namespace

const json::FieldTable<KernelEfficiency>& efficiency_table() {
  static const FieldTable<KernelEfficiency> kTable = make_efficiency_table();
  return kTable;
}

const json::FieldTable<AttentionTiles>& tiles_table() {
  static const FieldTable<AttentionTiles> kTable = make_tiles_table();
  return kTable;
}

const json::ObjectFacts& efficiency_facts() { return efficiency_table().facts(); }
const json::ObjectFacts& tiles_facts() { return tiles_table().facts(); }

}  // namespace seqspan::sim
