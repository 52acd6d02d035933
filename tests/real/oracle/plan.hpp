// Which method runs on which ranks, and which rows each rank is dealt.
//
//   transformer engine  rows zigzag over all c = u r ranks, whatever the method; Ulysses puts what
//                       it receives in order; ring or all-gather as it does it
//   yunchang            rows dealt over the ring in its order, each share split over the Ulysses
//                       ranks (comm/extract_local.py); ring of ring-flash-attention
//   deepspeed           contiguous rows, Ulysses only, KV heads repeated, position ids gathered
#pragma once

#include <string>

#include "tests/real/oracle/attention.hpp"
#include "tests/real/oracle/grid.hpp"

namespace seqspan::oracle {

enum class Family : std::uint8_t { kTransformerEngine, kYunchang, kDeepSpeed };

struct Plan {
  Family family = Family::kTransformerEngine;
  Degrees degrees;
  Order order = Order::kZigzag;  // yunchang's ring
  bool gathers_keys = false;     // transformer engine: all-gather in place of the ring
};

[[nodiscard]] std::string name_of(const Plan& plan);

// Rows of this rank before any all-to-all.
[[nodiscard]] Rows rows_of(const Plan& plan, const Grid& grid, std::int64_t sequence);

// The kernels that the framework is taken to use.
[[nodiscard]] Library library_of(const Plan& plan);

[[nodiscard]] std::unique_ptr<Attention> make_attention(const Plan& plan, const Grid& grid,
                                                        Setting setting);

// Every plan for t = 1 and u r = `ranks`.
[[nodiscard]] std::vector<Plan> context_plans(std::int64_t ranks);
// Every plan of transformer engine for t > 1 and t u r = `ranks`.
[[nodiscard]] std::vector<Plan> tensor_plans(std::int64_t ranks);

}  // namespace seqspan::oracle
