// The log of `profile run` as it grows, in the plain format; of rank 0.
//
// It is written whole after each measurement, and read again by the run that goes on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiles/import/measurement.hpp"
#include "real/measure/sweep.hpp"
#include "real/transport/transport.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::cli {

// What benchmarks call a collective of programs, and the other way round for those that are
// measured.
[[nodiscard]] profiles::CollectiveKind kind_of(sim::Collective collective);

class MeasurementLog {
 public:
  // An empty name: of a rank that writes none. Errors: kInput where the file is no log.
  [[nodiscard]] static sim::Result<MeasurementLog> open(const std::string& file,
                                                        const real::Transport& transport);

  [[nodiscard]] static profiles::MeasuredGroup group_of(const real::SweepPoint& point);
  [[nodiscard]] bool has(const real::SweepPoint& point) const;
  // Errors: kEnvironment where the file cannot be written.
  [[nodiscard]] sim::Result<void> add(const real::SweepPoint& point, sim::Seconds time);

  [[nodiscard]] const std::vector<profiles::MeasurementSet>& sets() const { return sets_; }

 private:
  explicit MeasurementLog(std::string file) : file_(std::move(file)) {}

  static bool is_of(const profiles::MeasurementSet& set, const real::SweepPoint& point);

  std::string file_;
  std::string source_;
  std::string date_;
  std::vector<profiles::MeasurementSet> sets_;
};

}  // namespace seqspan::cli
