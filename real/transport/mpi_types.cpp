#include "real/transport/mpi_types.hpp"

#include "real/transport/bfloat16.hpp"

namespace seqspan::real {
namespace {

extern "C" void seqspan_sum_bfloat16(void* in, void* in_out, int* count, MPI_Datatype* /*type*/) {
  const auto* from = static_cast<const BFloat16*>(in);
  auto* to = static_cast<BFloat16*>(in_out);
  for (int i = 0; i < *count; ++i) to[i] = to_bfloat16(to_float(from[i]) + to_float(to[i]));
}

}  // namespace

MpiTypes MpiTypes::make() {
  MpiTypes types;
  MPI_Type_contiguous(2, MPI_BYTE, &types.bfloat16_);
  MPI_Type_commit(&types.bfloat16_);
  MPI_Op_create(seqspan_sum_bfloat16, 1, &types.bfloat16_sum_);
  return types;
}

void MpiTypes::free() {
  MPI_Type_free(&bfloat16_);
  MPI_Op_free(&bfloat16_sum_);
}

MPI_Datatype MpiTypes::of(sim::DataType type) const {
  switch (type) {
    case sim::DataType::kBFloat16:
      return bfloat16_;
    case sim::DataType::kFloat32:
      return MPI_FLOAT;
    case sim::DataType::kInt64:
      return MPI_INT64_T;
    case sim::DataType::kFloat8:
    case sim::DataType::kBool:
      return MPI_BYTE;
  }
  return MPI_DATATYPE_NULL;
}

}  // namespace seqspan::real
