#include "real/validate/validator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "real/launch/deadline.hpp"
#include "real/launch/host_name.hpp"
#include "real/validate/exchange_memory.hpp"
#include "real/validate/run_context.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::real {
namespace {

// Names that are not all the same, as "rank 3 has ...".
sim::Result<void> check_same(const std::vector<std::string>& identities) {
  for (std::size_t rank = 1; rank < identities.size(); ++rank) {
    if (identities[rank] == identities.front()) continue;
    return sim::environment_error(
        "ranks validate different plans, or with different builds of seqspan",
        fmt::format("rank {}", rank),
        fmt::format("it has {}, rank 0 has {}", identities[rank], identities.front()),
        "give every host the same seqspan, the same plan and the same files that it names");
  }
  return {};
}

// The least that any rank may use; absent where one does not know.
sim::Result<std::optional<sim::Bytes>> least_memory(Transport& transport, ExchangeTimer& timer,
                                                    const std::vector<std::string>& hosts,
                                                    sim::Seconds limit) {
  const auto here = std::count(hosts.begin(), hosts.end(), host_name());
  const auto own = memory_per_rank(transport, std::max<std::int64_t>(here, 1));
  const double bytes = own ? static_cast<double>(own->value()) : -1;
  const auto all = timer.gather_numbers(std::span(&bytes, 1), limit);
  if (!all) return tl::unexpected(all.error());
  double least = bytes;
  for (const std::vector<double>& rank : *all) least = std::min(least, rank.front());
  if (least < 0) return std::nullopt;
  return sim::Bytes(static_cast<std::int64_t>(least));
}

}  // namespace

sim::Result<Validation> validate_plan(Transport& transport, const sim::Job& job,
                                      const sim::Layout& layout, const ValidatorOptions& options) {
  auto timer = [&] {
    const Deadline deadline(BlockingLimit{options.measure.limit, options.groups_overdue});
    return ExchangeTimer::make(transport);
  }();
  if (!timer) return tl::unexpected(timer.error());
  const auto identities = timer->gather_texts(options.identity, options.measure.limit);
  if (!identities) return tl::unexpected(identities.error());
  if (auto same = check_same(*identities); !same) return tl::unexpected(same.error());
  if (transport.world_size() > layout.world()) {
    return sim::input_error(
        fmt::format("{} ranks for a plan of {}", transport.world_size(), layout.world()), "",
        "the plan has no work for the others",
        fmt::format("start {} ranks or fewer", layout.world()));
  }
  const sim::Seconds limit = options.measure.limit;
  const auto hosts = timer->gather_texts(host_name(), limit);
  if (!hosts) return tl::unexpected(hosts.error());
  const auto memory = least_memory(transport, *timer, *hosts, limit);
  if (!memory) return tl::unexpected(memory.error());
  Validation validation;
  validation.transport = transport.name();
  validation.ranks = transport.world_size();
  validation.hosts =
      static_cast<std::int64_t>(std::set<std::string>(hosts->begin(), hosts->end()).size());
  validation.planned_ranks = layout.world();
  // Documents change what attention computes, and nothing of what is sent or kept.
  sim::Job whole = job;
  whole.training.documents.reset();
  const bool has_documents = job.training.documents.has_value();
  if (has_documents && options.time) {
    validation.notes.emplace_back(
        "documents: attention is predicted and stood in for as of whole sequences; what is sent "
        "and kept is the same");
  }
  const RunContext context{transport, whole,   layout,     options,
                           *timer,    *memory, validation, has_documents};
  if (options.numbers) {
    if (auto done = validate_numbers(context); !done) return tl::unexpected(done.error());
    if (auto kept = context.keep("numbers"); !kept) return tl::unexpected(kept.error());
  }
  if (options.time) {
    const bool is_whole = validation.ranks == validation.planned_ranks;
    const auto done = is_whole ? validate_blocks(context) : validate_axes(context);
    if (!done) return tl::unexpected(done.error());
  }
  return validation;
}

sim::Result<void> RunContext::await_all() const {
  if (const auto all = timer.any(false, options.measure.limit); !all) {
    return tl::unexpected(all.error());
  }
  return {};
}

void RunContext::note_left_out(const std::string& what, sim::Bytes needed) const {
  validation.notes.push_back(
      fmt::format("{}: left out, its exchanges need {} on every rank, and {} is free", what,
                  sim::format_bytes(needed), sim::format_bytes(*memory_per_rank)));
}

MeasuredTime summary_of(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const std::size_t middle = times.size() / 2;
  const double median =
      times.size() % 2 == 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
  return {sim::Seconds(median), sim::Seconds(times.front()), sim::Seconds(times.back()), {}};
}

}  // namespace seqspan::real
