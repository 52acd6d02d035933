#include "tests/real/oracle/rows.hpp"

namespace seqspan::oracle {

Rows rows_of(Order order, std::int64_t sequence, std::int64_t ranks, std::int64_t rank) {
  Rows rows;
  const auto run = [&rows](std::int64_t first, std::int64_t count, std::int64_t step) {
    for (std::int64_t i = 0; i < count; ++i) rows.push_back(first + i * step);
  };
  const std::int64_t local = sequence / ranks;
  switch (order) {
    case Order::kContiguous:
      run(rank * local, local, 1);
      break;
    case Order::kZigzag:
      run(rank * local / 2, local / 2, 1);
      run((2 * ranks - 1 - rank) * local / 2, local / 2, 1);
      break;
    case Order::kStriped:
      run(rank, local, ranks);
      break;
  }
  return rows;
}

Rows part_of(const Rows& rows, std::int64_t parts, std::int64_t part) {
  const std::int64_t count = static_cast<std::int64_t>(rows.size()) / parts;
  return {rows.begin() + part * count, rows.begin() + (part + 1) * count};
}

}  // namespace seqspan::oracle
