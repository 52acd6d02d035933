// Blocks with all their streams: communications for real, compute as waits.
#include <algorithm>
#include <array>
#include <string_view>

#include "real/execute/block_runner.hpp"
#include "real/execute/predicted_peak.hpp"
#include "real/validate/exchange_memory.hpp"
#include "real/validate/run_context.hpp"
#include "sim/engine/op_times.hpp"
#include "sim/engine/schedule_clock.hpp"
#include "sim/lower/lower.hpp"

namespace seqspan::real {
namespace {

using sim::Axis;

class BlockValidator {
 public:
  explicit BlockValidator(const RunContext& context) : context_(context) {}

  // Every block of every part, with its streams.
  [[nodiscard]] sim::Result<void> run() {
    if (auto all = context_.await_all(); !all) return all;
    auto groups = AxisGroups::make(context_.transport, context_.layout, context_.groups_limit());
    if (!groups) return failed(groups);
    sim::Program own;
    sim::Program planned;
    sim::lower_for(context_.job, context_.layout, groups->index(Axis::kRing), own);
    sim::lower(context_.job, context_.layout, planned);
    sim::Network network(context_.job.cluster);
    network.place(context_.layout);
    std::vector<sim::Seconds> waits;
    std::vector<sim::Seconds> durations;
    std::vector<sim::LinkUse> uses;
    sim::read_op_times(context_.job.cluster, network, own, waits, uses);
    sim::read_op_times(context_.job.cluster, network, planned, durations, uses);
    // Waits stand in for compute, and nothing slows a wait down.
    for (sim::LinkUse& use : uses) use.interference = 0;
    RoleAllocator memory(context_.transport);
    BlockRunner runner(
        context_.transport, own, *groups, memory,
        {.share = nullptr, .durations = waits, .limit = context_.options.measure.limit});
    if (auto opened = runner.open(); !opened) return opened;
    sim::ScheduleClock clock;
    clock.begin(planned, durations, uses);
    for (std::size_t p = 0; p < own.parts.size(); ++p) {
      const sim::Bytes needed = exchanged_bytes(own, own.parts[p]);
      if (!context_.has_memory_for(needed)) {
        context_.note_left_out(own.parts[p].name, needed);
        continue;
      }
      PartTimes times;
      const std::int64_t runs =
          context_.options.measure.warm_up + context_.options.measure.repetitions;
      for (std::int64_t i = 0; i < runs; ++i) {
        if (auto ran = run_part(runner, own.parts[p], i >= context_.options.measure.warm_up, times);
            !ran) {
          return ran;
        }
      }
      if (context_.is_first()) add_part(planned, own, p, durations, clock, times);
      if (auto kept = context_.keep(own.parts[p].name); !kept) return kept;
    }
    return memory.clear();
  }

 private:
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
      if (auto all = context_.await_all(); !all) return all;
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
      own.push_back(op.reached.value());
      own.push_back(op.time.value());
      own.push_back(static_cast<double>(op.sent.value()));
    }
    const auto all = context_.timer.gather_numbers(own, context_.options.measure.limit);
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
      double reached = 0;
      double done = 0;
      for (const std::vector<double>& rank : *all) {
        reached = std::max(reached, rank[first + 3 * i]);
        done = std::max(done, rank[first + 3 * i] + rank[first + 3 * i + 1]);
        side.sent[i] =
            std::max(side.sent[i], sim::Bytes(static_cast<std::int64_t>(rank[first + 3 * i + 2])));
      }
      side.ops[i].push_back(done - reached);
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
      row.measured = summary_of(measured.block);
      row.measured_peak = measured.peak;
      row.predicted_peak =
          side < 2 ? predicted_peak(planned, part, side == 1) : standing_bytes(planned, part);
      context_.validation.blocks.push_back(std::move(row));
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
      row.op.measured = summary_of(row.times);
      context_.validation.ops.push_back(row.op);
    }
  }

  const RunContext& context_;
};

}  // namespace

sim::Result<void> validate_blocks(const RunContext& context) {
  return BlockValidator(context).run();
}

}  // namespace seqspan::real
