#include "profiles/replay/published/out_of_memory.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "profiles/replay/published/measured.hpp"
#include "profiles/replay/published/words.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::profiles::published {
namespace {

std::vector<std::string> clauses_of(const std::string& text) {
  std::vector<std::string> clauses(1);
  for (const char c : text) {
    if (c == ';') {
      clauses.emplace_back();
    } else if (c != ' ' || !clauses.back().empty()) {
      clauses.back().push_back(c);
    }
  }
  return clauses;
}

RowFacts unreadable(const RowFacts& like, const std::string& clause, const std::string& why) {
  RowFacts row;
  row.job = like.job;
  row.where = like.where;
  row.left_out = fmt::format("{} cannot be read: {}", sim::quote(clause), why);
  return row;
}

std::vector<RowFacts> rows_of(const FileFacts& file, const std::string& clause,
                              std::int64_t kv_heads, std::vector<std::string>& assumptions) {
  RowFacts row;
  row.job = file.rows.front().job;
  row.where = file.rows.front().where;
  row.measured.out_of_memory = true;
  const auto tokens = number_after(clause, "at");
  const auto gpus = number_after(clause, "on");
  if (!tokens && !row.job.sequence_length) {
    return {unreadable(row, clause, "it does not say at how many tokens")};
  }
  if (tokens) row.job.sequence_length = tokens;
  if (gpus) row.job.gpus = {*gpus};
  for (const RowFacts& other : file.rows) {
    if (!gpus && other.job.gpus != row.job.gpus) {
      return {unreadable(row, clause, "it does not say on how many GPUs")};
    }
  }
  if (row.job.gpus.size() != 1) return {unreadable(row, clause, "no row says how many GPUs")};
  LayoutFacts& layout = row.layout;
  layout.tp = number_after(clause, "tp");
  layout.pp = number_after(clause, "pp");
  layout.dp = number_after(clause, "dp").value_or(1);
  if (!layout.tp && !layout.pp && !number_after(clause, "dp")) {
    return {unreadable(row, clause, "it names no layout")};
  }
  // The smallest batch of that length.
  row.job.global_batch_size = number_after(clause, "global batch");
  for (const RowFacts& other : file.rows) {
    const auto batch = other.job.global_batch_size;
    if (number_after(clause, "global batch") || !batch) continue;
    if (other.job.sequence_length != row.job.sequence_length) continue;
    row.job.global_batch_size = std::min(row.job.global_batch_size.value_or(*batch), *batch);
  }
  if (!row.job.global_batch_size) row.job.global_batch_size = 1;
  const std::int64_t shards = layout.tp.value_or(1) * layout.pp.value_or(1) * *layout.dp;
  if (shards == 0 || row.job.gpus.front() % shards != 0) {
    return {unreadable(row, clause, "its degrees do not divide the GPUs")};
  }
  assumptions.push_back(fmt::format(
      "out of memory: {} is read as all splits of context parallelism", sim::quote(clause)));
  std::vector<RowFacts> rows;
  const std::int64_t cp = row.job.gpus.front() / shards;
  const std::int64_t heads = std::max<std::int64_t>(1, kv_heads / layout.tp.value_or(1));
  for (std::int64_t ulysses = cp; ulysses >= 1; --ulysses) {
    if (cp % ulysses != 0 || heads % ulysses != 0) continue;
    row.layout.ulysses = ulysses;
    row.layout.ring = cp / ulysses;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

std::vector<RowFacts> out_of_memory_rows(const FileFacts& file, std::int64_t kv_heads,
                                         std::vector<std::string>& assumptions) {
  std::vector<RowFacts> rows;
  if (file.rows.empty()) return rows;
  for (const std::string& fact : file.facts) {
    for (const std::string& clause : clauses_of(fact)) {
      if (!is_out_of_memory(clause)) continue;
      const std::vector<RowFacts> more = rows_of(file, clause, kv_heads, assumptions);
      rows.insert(rows.end(), more.begin(), more.end());
    }
  }
  return rows;
}

}  // namespace seqspan::profiles::published
