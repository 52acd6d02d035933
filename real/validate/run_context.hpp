// What every way of validating needs: who runs what, how it is measured, and where rows go.
#pragma once

#include <optional>

#include "real/validate/validation.hpp"
#include "real/validate/validator.hpp"

namespace seqspan::real {

struct RunContext {
  Transport& transport;
  const sim::Job& job;
  const sim::Layout& layout;
  const ValidatorOptions& options;
  ExchangeTimer& timer;
  std::optional<sim::Bytes> memory_per_rank;  // of the rank that has least
  Validation& validation;
  bool has_documents = false;  // of the plan's job; `job` has whole sequences

  [[nodiscard]] bool is_first() const { return transport.rank() == 0; }
  [[nodiscard]] bool has_memory_for(sim::Bytes bytes) const {
    return !memory_per_rank || bytes <= *memory_per_rank;
  }
  // Returns when all ranks have come. Before what blocks without looking at who is missing, as the
  // making of groups does: here a rank that does not come is named.
  [[nodiscard]] sim::Result<void> await_all() const;
  [[nodiscard]] BlockingLimit groups_limit() const {
    return {options.measure.limit, options.groups_overdue};
  }
  // Keeps what there is so far: of rank 0.
  [[nodiscard]] sim::Result<void> keep(const std::string& done) const {
    if (!options.keep || !is_first()) return {};
    return options.keep(done, validation);
  }
  // "embedding: left out, its exchanges need 3 GiB on every rank, and 1 GiB is free".
  void note_left_out(const std::string& what, sim::Bytes needed) const;
};

// A layer of small shapes, in numbers.
[[nodiscard]] sim::Result<void> validate_numbers(const RunContext& context);
// Every block of every part, with its streams: the plan's ranks are the world's.
[[nodiscard]] sim::Result<void> validate_blocks(const RunContext& context);
// Every communication on its own, in groups that fit the world.
[[nodiscard]] sim::Result<void> validate_axes(const RunContext& context);

// Of the times of repetitions.
[[nodiscard]] MeasuredTime summary_of(std::vector<double> times);

// The error of a step that has failed, for the caller's own type.
template <class T>
[[nodiscard]] tl::unexpected<sim::Error> failed(const sim::Result<T>& result) {
  return tl::unexpected(result.error());
}

}  // namespace seqspan::real
