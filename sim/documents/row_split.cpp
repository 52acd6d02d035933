#include "sim/documents/row_split.hpp"

#include "sim/lower/framework_traits.hpp"

namespace seqspan::sim {

DocumentSplit document_split(const Job& job) {
  return job.training.documents->split.value_or(traits_of(job.framework).per_document_split
                                                    ? DocumentSplit::kPerDocument
                                                    : DocumentSplit::kWholeRow);
}

RowSplit row_split(const Job& job, const Layout& layout) {
  RowSplit split;
  if (document_split(job) == DocumentSplit::kPerDocument) {
    const bool in_halves =
        traits_of(job.framework).zigzag_everywhere || layout.ring_order == RingOrder::kZigzag;
    if (layout.cp() > 1) split.multiple = layout.cp() * (in_halves ? 2 : 1);
  } else if (layout.ring > 1) {
    split.ring = layout.ring;
    split.order = layout.ring_order;
  }
  return split;
}

}  // namespace seqspan::sim
