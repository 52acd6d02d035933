// Types of elements and their sums as MPI has them; bf16 is two bytes with a sum of our own
// (bfloat16.hpp).
#pragma once

#include <mpi.h>

#include "sim/spec/data_type.hpp"

namespace seqspan::real {

class MpiTypes {
 public:
  // Made while MPI runs, and given back by free() while it still does.
  [[nodiscard]] static MpiTypes make();
  void free();

  [[nodiscard]] MPI_Datatype of(sim::DataType type) const;
  [[nodiscard]] MPI_Op sum_of(sim::DataType type) const {
    return type == sim::DataType::kBFloat16 ? bfloat16_sum_ : MPI_SUM;
  }

 private:
  MPI_Datatype bfloat16_ = MPI_DATATYPE_NULL;
  MPI_Op bfloat16_sum_ = MPI_OP_NULL;
};

}  // namespace seqspan::real
