#include "sim/lower/layer/linear_operand.hpp"

#include "sim/lower/tensor_parallel.hpp"

namespace seqspan::sim {
namespace {

Shape with_all_tokens(const LoweringContext& context, Shape shape) {
  shape.extents[1] = context.dimensions.tokens;
  return shape;
}

}  // namespace

LinearOperand::LinearOperand(ProgramBuilder& builder, const LoweringContext& context,
                             const OperandNames& names, TensorId source, Role role, Tokens tokens)
    : fp8_(fp8_use_of(context.job, context.traits)),
      role_(role),
      exchange_(names.exchange),
      source_(source),
      whole_(source),
      cast_(source),
      whole_cast_(source),
      transposed_(source) {
  const bool gathers = tokens == Tokens::kShard && context.dimensions.splits_tokens();
  if (gathers && overlaps_tensor_parallel(context)) pieces_ = context.layout.tp;
  const Shape shape = builder.program().tensor(source).shape;
  const Shape whole = gathers ? with_all_tokens(context, shape) : shape;
  if (!fp8_.active) {
    if (gathers) whole_ = builder.bfloat16(names.whole, whole);
    return;
  }
  is_cast_ = builder.program().tensor(source).data_type == DataType::kFloat8;
  cast_ = is_cast_ ? source : builder.activation(names.cast, DataType::kFloat8, shape);
  whole_cast_ = gathers ? builder.activation(names.whole_cast, DataType::kFloat8, whole) : cast_;
  // Scales of rows are of no use to the weight gradient, which sums over them.
  const bool apart = fp8_.transposes || fp8_.two_scalings;
  transposed_ =
      apart ? builder.activation(names.transposed, DataType::kFloat8, whole) : whole_cast_;
  // TransformerEngine's fp8_cast_transpose_fused; inputs under sequence parallelism are transposed
  // when the weight gradient needs them.
  transposed_in_cast_ = fp8_.keeps_casts && fp8_.transposes && !is_cast_ && !gathers &&
                        (role == Role::kGradient || !context.dimensions.splits_tokens());
}

void LinearOperand::cast(ProgramBuilder& builder) const {
  if (!fp8_.active || is_cast_) return;
  const Bytes source = builder.program().tensor(source_).bytes;
  const Bytes written = builder.program().tensor(cast_).bytes;
  const std::int64_t reads = fp8_.looks_first ? 2 : 1;
  if (transposed_in_cast_) {
    builder.memory_pass("cast to FP8, and transpose", reads * source + 2 * written, {source_},
                        {cast_, transposed_});
  } else {
    builder.memory_pass("cast to FP8", reads * source + written, {source_}, {cast_});
  }
}

void LinearOperand::prepare(ProgramBuilder& builder, const char* gather) const {
  cast(builder);
  const TensorId own = fp8_.active ? cast_ : source_;
  if (rows() == own) return;
  if (pieces_ == 1) {
    gather_tokens(builder, gather, own, rows());
    return;
  }
  const Bytes piece = builder.program().tensor(own).bytes;
  builder.memory_pass("own piece to exchange", 2 * piece, {own}, {rows()});
}

void LinearOperand::pass_on(ProgramBuilder& builder) const {
  const Bytes piece = builder.program().tensor(rows()).bytes / pieces_;
  builder.communicate(
      exchange_,
      {.collective = Collective::kRingShift, .axis = Axis::kTensor, .bytes = piece, .direct = true},
      {rows()}, {rows()});
}

void LinearOperand::gather_again(ProgramBuilder& builder, const char* gather) const {
  if (!fp8_.active) {
    gather_tokens(builder, gather, source_, whole_);
    return;
  }
  if (!gathered()) return;
  if (!fp8_.keeps_casts) cast(builder);
  gather_tokens(builder, gather, cast_, whole_cast_);
}

void LinearOperand::transpose(ProgramBuilder& builder) const {
  if (!fp8_.active || transposed_in_cast_) return;
  const Bytes written = builder.program().tensor(transposed_).bytes;
  if (fp8_.two_scalings) {
    const Bytes source = builder.program().tensor(source_).bytes;
    builder.memory_pass("cast columns to FP8", 2 * source + written, {source_}, {transposed_});
    return;
  }
  if (role_ == Role::kInput && !fp8_.keeps_casts && !gathered()) cast(builder);
  if (fp8_.transposes) builder.memory_pass("transpose FP8", {whole_cast_}, {transposed_});
}

}  // namespace seqspan::sim
