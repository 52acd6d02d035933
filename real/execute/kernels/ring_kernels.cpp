// Ring attention: the steps, and how their outputs and gradients are put together.
#include <algorithm>
#include <array>
#include <cmath>

#include "real/execute/kernels/attention_block.hpp"
#include "real/execute/kernels/kernels.hpp"

namespace seqspan::real {
namespace {

// K, then V, in one tensor [b, n, 2 g', d].
Floats key_half(const Operand& pair) { return pair.values().part(0, pair.values().size() / 2); }
Floats value_half(const Operand& pair) {
  const std::int64_t half = pair.values().size() / 2;
  return pair.values().part(half, half);
}

// What is read and written where it lies.
const Floats& in_place(const Operand& read, const Operand& written) {
  if (read.tensor != written.tensor) throw std::out_of_range("a sum that is not read");
  return written.values();
}

TokenRows last_rows(const TokenRows& rows, std::int64_t count) {
  return part_of(rows, std::ssize(rows.positions) - count, count);
}

Floats last_part(const Floats& values, std::int64_t count) {
  return values.part(values.size() - count, count);
}

// q and KV: as many of the last query rows and of the first rows of keys as the step is given.
AttentionOperands operands_of(const KernelCall& call, std::int64_t tokens,
                              std::int64_t key_tokens) {
  const Operand& query = call.read(0);
  const Operand& kv = call.read(1);
  const std::int64_t rows = tokens * call.share.batch();
  const std::int64_t width = query.extent(2) * query.extent(3);
  const std::int64_t key_rows = key_tokens * call.share.batch();
  const std::int64_t key_size = key_rows * kv.extent(2) / 2 * kv.extent(3);
  return {.query = last_part(query.values(), rows * width),
          .query_heads = query.extent(2),
          .kv_heads = kv.extent(2) / 2,
          .head_dim = query.extent(3),
          .query_rows = last_rows(call.share.ring_rows(), rows),
          .key = key_half(kv).part(0, key_size),
          .value = value_half(kv).part(0, key_size),
          .key_rows = part_of(call.share.ring_rows(kv.ring_owner), 0, key_rows)};
}

// q, KV -> partial output, LSE of the step. An output of half the rows is that of their second
// half: at hops beyond the rank's own number the first sees none of the keys.
sim::Result<void> step(const KernelCall& call) {
  return attend(operands_of(call, call.write(0).extent(1), call.read(1).extent(1)),
                call.write(0).values(), call.write(1).values(), call.flops);
}

// q, KV, o, LSE, dO -> dQ of the step, dK and dV of the step, scratch: dQ in fp32, dK, dV of
// grouped heads, row sums. The scratch is of the rows that the step is given; gradients of all rows
// have zeros for the others.
sim::Result<void> step_backward(const KernelCall& call) {
  const Operand* kv_accumulator = call.writes.size() > 4 ? &call.write(3) : nullptr;
  const std::int64_t key_tokens =
      std::min(call.write(1).extent(1),
               kv_accumulator != nullptr ? kv_accumulator->extent(1) : call.read(1).extent(1));
  const AttentionOperands operands = operands_of(call, call.write(2).extent(1), key_tokens);
  zero(call.write(0).values());
  zero(call.write(1).values());
  const std::int64_t lse_size = operands.query.size() / operands.head_dim;
  return attend_backward(
      operands,
      {.output = last_part(call.read(2).values(), operands.query.size()),
       .lse = last_part(call.read(3).values(), lse_size),
       .output_gradient = last_part(call.read(4).values(), operands.query.size()),
       .query_gradient = last_part(call.write(0).values(), operands.query.size()),
       .key_gradient = key_half(call.write(1)).part(0, operands.key.size()),
       .value_gradient = value_half(call.write(1)).part(0, operands.key.size()),
       .query_accumulator = call.write(2).values(),
       .kv_accumulator = kv_accumulator},
      call.flops);
}

// Of a step without work: what has arrived is read by nobody.
sim::Result<void> wait(const KernelCall& call) {
  (void)call.read(0).values();
  return {};
}

// K, V -> KV.
sim::Result<void> pair(const KernelCall& call) {
  copy(call.read(0).values(), key_half(call.write(0)));
  copy(call.read(1).values(), value_half(call.write(0)));
  return {};
}

float merged(float a, float b) {
  const float larger = std::max(a, b);
  if (std::isinf(larger) && larger < 0) return larger;
  return larger + std::log(std::exp(a - larger) + std::exp(b - larger));
}

// LSE of the step, LSE -> LSE, in place.
sim::Result<void> merge_lse(const KernelCall& call) {
  const Floats& part = call.read(0).values();
  const Floats& whole = in_place(call.read(1), call.write(0));
  const std::int64_t skipped = whole.size() - part.size();
  for (std::int64_t i = 0; i < part.size(); ++i) {
    whole[skipped + i] = merged(whole[skipped + i], part[i]);
  }
  return {};
}

// Adds to each row of `output` the row of `part`, scaled by exp(LSE of the part - LSE).
void add_scaled(const Floats& part, const Floats& part_lse, const Floats& lse,
                const Floats& output) {
  const std::int64_t width = part.size() / part_lse.size();
  const std::int64_t skipped = lse.size() - part_lse.size();
  for (std::int64_t row = 0; row < part_lse.size(); ++row) {
    const float scale = std::exp(part_lse[row] - lse[skipped + row]);
    for (std::int64_t i = 0; i < width; ++i) {
      output[(skipped + row) * width + i] += scale * part[row * width + i];
    }
  }
}

// Partial outputs, their LSE, LSE, and the same of half steps -> o.
sim::Result<void> merge_outputs(const KernelCall& call) {
  const Floats& lse = call.read(2).values();
  const Floats& output = call.write(0).values();
  zero(output);
  const auto add_all = [&](const Operand& parts, const Operand& lses) {
    for (std::size_t i = 0; i < parts.copies.size(); ++i) {
      add_scaled(parts.copies[i], lses.copies.at(i), lse, output);
    }
  };
  add_all(call.read(0), call.read(1));
  if (call.reads.size() > 3) add_all(call.read(3), call.read(4));
  return {};
}

// Partial output, its LSE, accumulator, LSE -> accumulator, LSE, in place.
sim::Result<void> merge_output(const KernelCall& call) {
  const Floats& part = call.read(0).values();
  const Floats& part_lse = call.read(1).values();
  const Floats& output = in_place(call.read(2), call.write(0));
  const Floats& lse = in_place(call.read(3), call.write(1));
  const std::int64_t width = part.size() / part_lse.size();
  const std::int64_t skipped = lse.size() - part_lse.size();
  for (std::int64_t row = 0; row < part_lse.size(); ++row) {
    const float before = lse[skipped + row];
    const float after = merged(before, part_lse[row]);
    const float keep = std::isinf(after) ? 1.0F : std::exp(before - after);
    for (std::int64_t i = 0; i < width; ++i) output[(skipped + row) * width + i] *= keep;
    lse[skipped + row] = after;
  }
  add_scaled(part, part_lse, lse, output);
  return {};
}

void add(const Floats& from, const Floats& to) {
  for (std::int64_t i = 0; i < from.size(); ++i) to[i] += from[i];
}

// Gradients of a step: of the last query rows, and of the first rows of keys.
void add_step(const KernelCall& call, const Floats& query, const Operand& kv) {
  const Operand& step_kv = call.read(1);
  add(call.read(0).values(), last_part(query, call.read(0).values().size()));
  const std::int64_t half = step_kv.values().size() / 2;
  add(key_half(step_kv), key_half(kv).part(0, half));
  add(value_half(step_kv), value_half(kv).part(0, half));
}

sim::Result<void> zero_gradients(const KernelCall& call) {
  for (const Operand& operand : call.writes) zero(operand.values());
  return {};
}

// dQ, dK and dV of the first step, the KV whose hop ends here -> the sums.
sim::Result<void> start_gradients(const KernelCall& call) {
  if (call.read(2).values().size() == 0) throw std::out_of_range("KV is gone while it is sent");
  if (auto zeroed = zero_gradients(call); !zeroed) return zeroed;
  add_step(call, call.write(0).values(), call.write(1));
  return {};
}

// dQ of the step, dK and dV of the step, those that arrived, sum of dQ -> the last two, in place.
sim::Result<void> add_gradients(const KernelCall& call) {
  (void)in_place(call.read(2), call.write(1));
  add_step(call, in_place(call.read(3), call.write(0)), call.write(1));
  return {};
}

// Sum of dQ, dK and dV that came home -> dQ, dK, dV.
sim::Result<void> split_gradients(const KernelCall& call) {
  copy(call.read(0).values(), call.write(0).values());
  copy(key_half(call.read(1)), call.write(1).values());
  copy(value_half(call.read(1)), call.write(2).values());
  return {};
}

constexpr std::array kRingKernels = {
    NamedKernel{"attention step", step},
    NamedKernel{"attention backward step", step_backward},
    NamedKernel{"concatenate K, V", pair},
    NamedKernel{"pair K, V", pair},
    NamedKernel{"start LSE", copy_kernel},
    NamedKernel{"merge LSE", merge_lse},
    NamedKernel{"merge outputs", merge_outputs},
    NamedKernel{"start accumulator", copy_kernel},
    NamedKernel{"merge output", merge_output},
    NamedKernel{"round output", copy_kernel},
    NamedKernel{"start gradients", start_gradients},
    NamedKernel{"zero gradients", zero_gradients},
    NamedKernel{"add gradients", add_gradients},
    NamedKernel{"wait for KV", wait},
    NamedKernel{"split gradients", split_gradients},
};

}  // namespace

std::span<const NamedKernel> ring_kernels() { return kRingKernels; }

}  // namespace seqspan::real
