#include "planner/export/documents.hpp"

#include "planner/export/targets.hpp"
#include "sim/documents/row_split.hpp"

namespace seqspan::planner {
namespace {

using sim::DocumentGroups;

// "micro-batch-size must be 1 for packing": Megatron-LM, get_batch with cu_seqlens; and
// transformers, modeling_flash_attention_utils.py, which looks for packed rows in batches of 1.
sim::Result<void> check_packed_rows(ExportTarget target, const sim::Documents& documents,
                                    const sim::Layout& layout) {
  if (layout.micro_batch > 1) {
    return cannot_say(target, "packed rows in micro-batches of several",
                      "it takes packed rows one by one", "micro_batch=1");
  }
  if (documents.assignment != sim::Assignment::kAsTheyCome) {
    return cannot_say(
        target, std::string("training.documents.assignment=") + name_of(documents.assignment),
        "its samplers deal rows to ranks in turn", "order the data so, or set it to as_they_come");
  }
  return {};
}

}  // namespace

sim::Result<void> check_documents(ExportTarget target, const sim::Job& job,
                                  const sim::Layout& layout) {
  if (!job.training.documents) return {};
  const sim::Documents& documents = *job.training.documents;
  const char* const fix = "--to megatron, or --set training.documents=null";
  switch (target) {
    case ExportTarget::kMegatron:
      if (documents.context_parallel == DocumentGroups::kPerDocument) return {};
      if (layout.ring > 1 && document_split(job) == sim::DocumentSplit::kWholeRow) {
        return cannot_say(target, "rings that deal the row",
                          "rows that say where documents end (cu_seqlens) are dealt document by "
                          "document (core/utils.py, get_batch_on_this_cp_rank)",
                          "--set training.documents.split=per_document");
      }
      return check_packed_rows(target, documents, layout);
    case ExportTarget::kAccelerate:
      if (layout.ring > 1) {
        return cannot_say(target, "documents in a ring",
                          "torch's context parallelism knows a causal mask and no documents", fix);
      }
      return check_packed_rows(target, documents, layout);
    case ExportTarget::kDeepSpeed:
      return check_packed_rows(target, documents, layout);
    case ExportTarget::kTorchTitan:
      return cannot_say(target, "documents",
                        "what masks them is the attention of the model's flavor, no key", fix);
    case ExportTarget::kVerl:
      return cannot_say(
          target, "documents",
          "its sequences are a prompt with its response, not rows packed of documents", fix);
  }
  return {};
}

std::string data_of_documents(ExportTarget target, const sim::Job& job) {
  if (!job.training.documents) return "";
  if (target != ExportTarget::kMegatron) {
    return "rows are packed by the loader: position_ids begin at 0 in each document, and there is "
           "no attention_mask";
  }
  return job.training.documents->context_parallel == DocumentGroups::kPerDocument
             ? "samples of the dataset must be documents, not rows packed of them"
             : "rows are packed by the SFT dataset (megatron/training/datasets/sft_dataset.py), "
               "which needs an SFT tokenizer: --tokenizer-type SFTTokenizer";
}

}  // namespace seqspan::planner
