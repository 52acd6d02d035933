#include "profiles/replay/published/out_of_memory.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "profiles/replay/published/measured.hpp"
#include "profiles/replay/published/row_parts.hpp"
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
  row.layout_as_written = "of a fact";
  row.left_out = fmt::format("{} cannot be read: {}", sim::quote(clause), why);
  return row;
}

// The batch that a clause names, or the smallest that the file has of that length.
std::int64_t batch_of_clause(const FileFacts& file, const std::string& clause,
                             const RowFacts& row) {
  for (const char* key : {"global batch size", "global batch", "batch size", "batch"}) {
    if (const auto said = number_after(clause, key)) return *said;
  }
  std::optional<std::int64_t> smallest;
  for (const RowFacts& other : file.rows) {
    const auto batch = other.job.global_batch_size;
    if (!batch || other.job.sequence_length != row.job.sequence_length) continue;
    smallest = std::min(smallest.value_or(*batch), *batch);
  }
  return smallest.value_or(1);
}

// Why the clause cannot be read, or empty: `row` is then what all of its rows share.
std::string read_clause(const FileFacts& file, const std::string& clause, RowFacts& row) {
  const auto tokens = number_after(clause, "at");
  const auto gpus = number_after(clause, "on");
  if (tokens) row.job.sequence_length = tokens;
  if (gpus) row.job.gpus = {*gpus};
  if (!row.job.sequence_length) return "it does not say at how many tokens";
  for (const RowFacts& other : file.rows) {
    if (other.job.model != row.job.model) return "it does not say of which model";
    if (!gpus && other.job.gpus != row.job.gpus) return "it does not say on how many GPUs";
    if (!tokens && other.job.sequence_length != row.job.sequence_length) {
      return "it does not say at how many tokens";
    }
  }
  if (row.job.gpus.size() != 1) return "no row says how many GPUs";
  for (const char* key : {"pp", "dp", "at"}) {
    if (numbers_after(clause, key).size() > 1) return "it has more than one number of a kind";
  }
  row.layout.pp = number_after(clause, "pp");
  row.layout.dp = number_after(clause, "dp").value_or(1);
  row.job.global_batch_size = batch_of_clause(file, clause, row);
  return {};
}

std::vector<RowFacts> rows_of_clause(const FileFacts& file, const std::string& clause,
                                     std::int64_t kv_heads, std::vector<std::string>& assumptions) {
  RowFacts row;
  row.job = file.rows.front().job;
  row.where = file.rows.front().where;
  row.measured.out_of_memory = true;
  const std::vector<std::int64_t> degrees = numbers_after(clause, "tp");
  if (degrees.empty()) return {unreadable(row, clause, "it names no tp")};
  if (const std::string why = read_clause(file, clause, row); !why.empty()) {
    return {unreadable(row, clause, why)};
  }
  std::vector<RowFacts> rows;
  for (const std::int64_t tp : degrees) {
    const auto shards = product({tp, row.layout.pp.value_or(1), *row.layout.dp});
    if (!shards || row.job.gpus.front() % *shards != 0) {
      return {unreadable(row, clause, "its degrees do not divide the GPUs")};
    }
    row.layout.tp = tp;
    const std::int64_t cp = row.job.gpus.front() / *shards;
    const std::int64_t heads = std::max<std::int64_t>(1, kv_heads / tp);
    for (std::int64_t ulysses = std::min(cp, heads); ulysses >= 1; --ulysses) {
      if (cp % ulysses != 0 || heads % ulysses != 0) continue;
      row.layout.ulysses = ulysses;
      row.layout.ring = cp / ulysses;
      rows.push_back(row);
    }
  }
  add_once(assumptions,
           fmt::format("out of memory: {} is read as all splits of context parallelism",
                       sim::quote(clause)));
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
      const std::vector<RowFacts> more = rows_of_clause(file, clause, kv_heads, assumptions);
      rows.insert(rows.end(), more.begin(), more.end());
    }
  }
  return rows;
}

}  // namespace seqspan::profiles::published
