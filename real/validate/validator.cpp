#include "real/validate/validator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "real/execute/block_runner.hpp"
#include "real/execute/predicted_peak.hpp"
#include "real/launch/host_name.hpp"
#include "real/validate/sub_cluster.hpp"
#include "sim/engine/op_times.hpp"
#include "sim/engine/schedule_clock.hpp"
#include "sim/lower/lower.hpp"
#include "sim/network/rank_order.hpp"

namespace seqspan::real {
namespace {

using sim::Axis;

template <class T>
tl::unexpected<sim::Error> failed(const sim::Result<T>& result) {
  return tl::unexpected(result.error());
}

MeasuredTime summary(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const std::size_t middle = times.size() / 2;
  const double median =
      times.size() % 2 == 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
  return {sim::Seconds(median), sim::Seconds(times.front()), sim::Seconds(times.back()), {}};
}

class Validator {
 public:
  Validator(Transport& transport, const sim::Job& job, const sim::Layout& layout,
            const ValidatorOptions& options, ExchangeTimer timer)
      : transport_(transport),
        job_(job),
        layout_(layout),
        options_(options),
        timer_(std::move(timer)) {}

  [[nodiscard]] sim::Result<Validation> run(std::int64_t hosts) {
    validation_.transport = transport_.name();
    validation_.ranks = transport_.world_size();
    validation_.hosts = hosts;
    validation_.planned_ranks = layout_.world();
    if (options_.numbers) {
      if (auto checked = check_numbers(); !checked) return failed(checked);
      if (auto kept = keep(); !kept) return failed(kept);
    }
    if (options_.time) {
      const bool is_whole = validation_.ranks == validation_.planned_ranks;
      if (auto timed = is_whole ? time_blocks() : time_axes(); !timed) return failed(timed);
    }
    return std::move(validation_);
  }

 private:
  [[nodiscard]] sim::Result<void> keep() const {
    if (!options_.keep || transport_.rank() != 0) return {};
    return options_.keep(validation_);
  }

  [[nodiscard]] sim::Result<void> check_numbers() {
    const sim::Layout layout = layout_for_numbers(layout_, transport_.world_size());
    const auto small = small_job(job_, layout);
    if (!small) {
      validation_.notes.emplace_back(
          "numbers: left out, no small shapes are legal for the layout on these ranks");
      return {};
    }
    if (!std::holds_alternative<sim::DenseFeedForward>(
            job_.model.towers.front().kinds.front().feed_forward)) {
      validation_.notes.emplace_back(
          "numbers: experts are replaced by a dense feed-forward, which is what has kernels");
    }
    const auto check = check_layer(transport_, *small, layout,
                                   {.seed = 1,
                                    .documents = options_.documents,
                                    .limit = options_.measure.limit,
                                    .change = {}});
    if (!check) return failed(check);
    const sim::Part& part = check->program.parts[check->part];
    ValidatedNumbers numbers;
    numbers.layout = layout;
    numbers.shapes = shapes_of(*small);
    const bool bytes =
        bytes_agree(check->program, check->forward) && bytes_agree(check->program, check->backward);
    const bool peaks = predicted_peak(check->program, part, false) == check->forward.peak.by_role &&
                       predicted_peak(check->program, part, true) == check->backward.peak.by_role;
    const std::vector<double> own = {check->errors.output, check->errors.input_gradient,
                                     check->errors.weight_gradient, bytes ? 0.0 : 1.0,
                                     peaks ? 0.0 : 1.0};
    const auto all = timer_.gather_numbers(own, options_.measure.limit);
    if (!all) return failed(all);
    for (const std::vector<double>& rank : *all) {
      const auto take = [](double& largest, double value) {
        if (!(value <= largest)) largest = value;
      };
      take(numbers.errors.output, rank[0]);
      take(numbers.errors.input_gradient, rank[1]);
      take(numbers.errors.weight_gradient, rank[2]);
      numbers.bytes_agree = numbers.bytes_agree && rank[3] == 0;
      numbers.peaks_agree = numbers.peaks_agree && rank[4] == 0;
    }
    validation_.numbers = numbers;
    return {};
  }

  static bool bytes_agree(const sim::Program& program, const ExecutedBlock& executed) {
    return std::all_of(executed.communications.begin(), executed.communications.end(),
                       [&](const ExecutedOp& op) {
                         const auto& work = std::get<sim::Communication>(program.ops[op.op].work);
                         return op.sent == sim::bytes_sent(work, program.group_size(work.axis));
                       });
  }

  static std::string shapes_of(const sim::Job& job) {
    const sim::Tower& tower = job.model.towers.front();
    const auto& attention = std::get<sim::FullAttention>(tower.kinds.front().attention);
    const auto& dense = std::get<sim::DenseFeedForward>(tower.kinds.front().feed_forward);
    return fmt::format("s={}, h={}, a={}, g={}, d={}, f={}", job.training.sequence_length,
                       tower.hidden, attention.query_heads, attention.kv_heads, attention.head_dim,
                       dense.intermediate);
  }

  // Every block of every part, with its streams.
  [[nodiscard]] sim::Result<void> time_blocks() {
    auto groups = AxisGroups::make(transport_, layout_);
    if (!groups) return failed(groups);
    sim::Program own;
    sim::Program planned;
    sim::lower_for(job_, layout_, groups->index(Axis::kRing), own);
    sim::lower(job_, layout_, planned);
    sim::Network network(job_.cluster);
    network.place(layout_);
    std::vector<sim::Seconds> waits;
    std::vector<sim::Seconds> durations;
    std::vector<sim::LinkUse> uses;
    sim::read_op_times(job_.cluster.device, network, own, waits, uses);
    sim::read_op_times(job_.cluster.device, network, planned, durations, uses);
    RoleAllocator memory(transport_);
    BlockRunner runner(transport_, own, *groups, memory,
                       {.share = nullptr, .durations = waits, .limit = options_.measure.limit});
    if (auto opened = runner.open(); !opened) return opened;
    sim::ScheduleClock clock;
    clock.begin(planned, durations, uses);
    for (std::size_t p = 0; p < own.parts.size(); ++p) {
      PartTimes times;
      const std::int64_t runs = options_.measure.warm_up + options_.measure.repetitions;
      for (std::int64_t i = 0; i < runs; ++i) {
        if (auto ran = run_part(runner, own.parts[p], i >= options_.measure.warm_up, times); !ran) {
          return ran;
        }
      }
      if (transport_.rank() == 0) add_part(planned, own, p, durations, clock, times);
      if (auto kept = keep(); !kept) return kept;
    }
    return memory.clear();
  }

  static constexpr std::size_t kSides = 3;  // forward, backward, update

  // By side: of each repetition, the block on the slowest rank and each op on the one that came
  // last; bytes and peaks of the first.
  struct PartTimes {
    struct Side {
      std::vector<double> block;
      std::vector<std::vector<double>> ops;  // by execution, then repetition
      std::vector<ExecutedOp> executed;
      std::vector<sim::Bytes> sent;  // by execution: the largest of any rank
      sim::MemoryByRole peak{};      // of the rank that holds most
      sim::Bytes peak_bytes;
    };
    std::array<Side, kSides> sides;
  };

  [[nodiscard]] sim::Result<void> run_part(BlockRunner& runner, const sim::Part& part, bool counts,
                                           PartTimes& times) {
    if (auto begun = runner.begin(part); !begun) return begun;
    for (std::size_t side = 0; side < kSides; ++side) {
      if (const auto barrier = timer_.any(false, options_.measure.limit); !barrier) {
        return failed(barrier);
      }
      const auto executed = side == 0   ? runner.forward()
                            : side == 1 ? runner.backward()
                                        : runner.update();
      if (!executed) return failed(executed);
      if (!counts) continue;
      if (auto noted = note(*executed, times.sides[side]); !noted) return noted;
    }
    return runner.end();
  }

  [[nodiscard]] sim::Result<void> note(const ExecutedBlock& executed, PartTimes::Side& side) {
    std::vector<double> own = {executed.time.value()};
    for (const sim::Bytes bytes : executed.peak.by_role) {
      own.push_back(static_cast<double>(bytes.value()));
    }
    const std::size_t first = own.size();
    for (const ExecutedOp& op : executed.communications) {
      own.push_back(op.time.value());
      own.push_back(static_cast<double>(op.sent.value()));
    }
    const auto all = timer_.gather_numbers(own, options_.measure.limit);
    if (!all) return failed(all);
    const std::size_t count = executed.communications.size();
    side.executed = executed.communications;
    side.ops.resize(count);
    side.sent.assign(count, sim::Bytes(0));
    double slowest = 0;
    for (const std::vector<double>& rank : *all) {
      slowest = std::max(slowest, rank.front());
      sim::MemoryByRole peak{};
      sim::Bytes bytes;
      for (std::size_t role = 0; role < sim::kMemoryRoleCount; ++role) {
        peak[role] = sim::Bytes(static_cast<std::int64_t>(rank[1 + role]));
        bytes += peak[role];
      }
      if (bytes > side.peak_bytes) {
        side.peak_bytes = bytes;
        side.peak = peak;
      }
    }
    side.block.push_back(slowest);
    for (std::size_t i = 0; i < count; ++i) {
      double shortest = all->front()[first + 2 * i];
      for (const std::vector<double>& rank : *all) {
        shortest = std::min(shortest, rank[first + 2 * i]);
        side.sent[i] =
            std::max(side.sent[i], sim::Bytes(static_cast<std::int64_t>(rank[first + 2 * i + 1])));
      }
      side.ops[i].push_back(shortest);
    }
    return {};
  }

  // Rows of one part; `own` is the program that rank 0 has run, `planned` that of the prediction.
  void add_part(const sim::Program& planned, const sim::Program& own, std::size_t index,
                const std::vector<sim::Seconds>& durations, sim::ScheduleClock& clock,
                const PartTimes& times) {
    const sim::Part& part = planned.parts[index];
    const std::array blocks = {part.forward, part.backward, part.update};
    for (std::size_t side = 0; side < kSides; ++side) {
      const sim::Block& block = planned.blocks[blocks[side]];
      const PartTimes::Side& measured = times.sides[side];
      add_ops(planned, own, block, durations, measured);
      if (block.op_count == 0) continue;
      clock.restart({true, true});
      clock.run(block, 1);
      ValidatedBlock row;
      row.name = block.name;
      row.predicted = clock.end();
      row.measured = summary(measured.block);
      row.measured_peak = measured.peak;
      row.predicted_peak =
          side < 2 ? predicted_peak(planned, part, side == 1) : standing_bytes(planned, part);
      validation_.blocks.push_back(std::move(row));
    }
  }

  // Executions of one op are one row: same name, same axis, same size.
  void add_ops(const sim::Program& planned, const sim::Program& own, const sim::Block& block,
               const std::vector<sim::Seconds>& durations, const PartTimes::Side& measured) {
    const auto predicted_of = [&](const sim::Op& executed) {
      for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
        const sim::Op& op = planned.ops[i];
        if (std::string_view(op.name) == executed.name &&
            std::holds_alternative<sim::Communication>(op.work) &&
            std::get<sim::Communication>(op.work).bytes ==
                std::get<sim::Communication>(executed.work).bytes) {
          return durations[i];
        }
      }
      return sim::Seconds(0);
    };
    struct Row {
      ValidatedOp op;
      std::vector<double> times;  // by repetition, summed over executions
    };
    std::vector<Row> rows;
    for (std::size_t e = 0; e < measured.executed.size(); ++e) {
      const sim::Op& op = own.ops[measured.executed[e].op];
      const auto& work = std::get<sim::Communication>(op.work);
      auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& known) {
        return known.op.op == op.name && known.op.axis == work.axis && known.op.size == work.bytes;
      });
      if (row == rows.end()) {
        ValidatedOp made;
        made.block = block.name;
        made.op = op.name;
        made.axis = work.axis;
        made.collective = work.collective;
        made.group_size = planned.group_size(work.axis);
        made.planned_size = made.group_size;
        made.executions = 0;
        made.size = work.bytes;
        made.predicted_sent = sim::bytes_sent(work, made.group_size);
        made.measured_sent = measured.sent[e];
        made.predicted = predicted_of(op);
        row = rows.insert(rows.end(), {made, std::vector<double>(measured.ops[e].size(), 0.0)});
      }
      ++row->op.executions;
      if (measured.sent[e] != row->op.predicted_sent) row->op.measured_sent = measured.sent[e];
      for (std::size_t i = 0; i < row->times.size(); ++i) row->times[i] += measured.ops[e][i];
    }
    for (Row& row : rows) {
      for (double& time : row.times) time /= static_cast<double>(row.op.executions);
      row.op.measured = summary(row.times);
      validation_.ops.push_back(row.op);
    }
  }

  // Each communication of the plan on its own, in groups that fit the ranks at hand.
  [[nodiscard]] sim::Result<void> time_axes() {
    const std::int64_t ranks = transport_.world_size();
    sim::Program program;
    sim::lower(job_, layout_, program);
    const sim::Cluster cluster = cluster_at_hand(job_.cluster, ranks, validation_.hosts);
    sim::Network network(cluster);
    if (auto whole = network.check(); !whole) return whole;
    validation_.notes.push_back(fmt::format(
        "{} ranks at hand for a plan of {}: each communication runs on its own, in groups of its "
        "axis that fit, against the prediction for such groups; blocks, overlap and peaks need all "
        "ranks",
        ranks, layout_.world()));
    std::set<Axis> left_out;
    for (const sim::Part& part : program.parts) {
      for (const sim::BlockIndex index : {part.forward, part.backward, part.update}) {
        if (auto timed = time_ops(program, program.blocks[index], network, left_out); !timed) {
          return timed;
        }
      }
      if (auto kept = keep(); !kept) return kept;
    }
    for (const Axis axis : left_out) {
      validation_.notes.push_back(
          fmt::format("{}: left out, {} ranks hold no group of a size that divides {}",
                      sim::name_of(axis), ranks, program.group_size(axis)));
    }
    return {};
  }

  [[nodiscard]] sim::Result<void> time_ops(const sim::Program& program, const sim::Block& block,
                                           sim::Network& network, std::set<Axis>& left_out) {
    std::map<std::tuple<std::string, Axis, sim::Bytes>, std::size_t> rows;
    std::size_t loop = block.first_loop;
    for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
      while (loop < block.first_loop + block.loop_count &&
             i >= program.loops[loop].first + program.loops[loop].count) {
        ++loop;
      }
      const bool loops =
          loop < block.first_loop + block.loop_count && i >= program.loops[loop].first;
      const std::int64_t times = loops ? program.loops[loop].times : 1;
      const sim::Op& op = program.ops[i];
      const auto* work = std::get_if<sim::Communication>(&op.work);
      if (work == nullptr || work->bytes == sim::Bytes(0)) continue;
      const std::tuple key(std::string(op.name), work->axis, work->bytes);
      if (const auto known = rows.find(key); known != rows.end()) {
        validation_.ops[known->second].executions += times;
        continue;
      }
      const auto layout = layout_of_axis(work->axis, layout_, transport_.world_size());
      if (!layout) {
        left_out.insert(work->axis);
        continue;
      }
      network.place(*layout);
      const auto measured = time_op(op, *work, sim::group_shape(work->axis, *layout), network);
      if (!measured) return failed(measured);
      rows[key] = validation_.ops.size();
      validation_.ops.push_back(*measured);
      validation_.ops.back().block = block.name;
      validation_.ops.back().planned_size = program.group_size(work->axis);
      validation_.ops.back().executions = times;
    }
    return {};
  }

  [[nodiscard]] sim::Result<ValidatedOp> time_op(const sim::Op& op, const sim::Communication& work,
                                                 const sim::GroupShape& shape,
                                                 const sim::Network& network) {
    const MeasurePoint point{work.collective, shape, work.bytes};
    sim::Communication executed = work;
    executed.bytes = measured_size(point);
    const auto time = timer_.time(point, options_.measure);
    if (!time) return failed(time);
    ValidatedOp row;
    row.op = op.name;
    row.axis = work.axis;
    row.collective = work.collective;
    row.group_size = shape.size;
    row.size = executed.bytes;
    row.predicted_sent = sim::bytes_sent(executed, shape.size);
    row.measured_sent = time->sent;
    row.predicted = network.time(executed);
    row.measured = *time;
    return row;
  }

  Transport& transport_;
  const sim::Job& job_;
  const sim::Layout& layout_;
  const ValidatorOptions& options_;
  ExchangeTimer timer_;
  Validation validation_;
};

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

}  // namespace

sim::Result<Validation> validate_plan(Transport& transport, const sim::Job& job,
                                      const sim::Layout& layout, const ValidatorOptions& options) {
  auto timer = ExchangeTimer::make(transport);
  if (!timer) return failed(timer);
  const auto identities = timer->gather_texts(options.identity, options.measure.limit);
  if (!identities) return failed(identities);
  if (auto same = check_same(*identities); !same) return failed(same);
  if (transport.world_size() > layout.world()) {
    return sim::input_error(
        fmt::format("{} ranks for a plan of {}", transport.world_size(), layout.world()), "",
        "the plan has no work for the others",
        fmt::format("start {} ranks or fewer", layout.world()));
  }
  const auto hosts = timer->gather_texts(host_name(), options.measure.limit);
  if (!hosts) return failed(hosts);
  const std::set<std::string> names(hosts->begin(), hosts->end());
  return Validator(transport, job, layout, options, *std::move(timer))
      .run(static_cast<std::int64_t>(names.size()));
}

}  // namespace seqspan::real
