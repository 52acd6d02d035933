// Communications one by one, in groups of their axis that fit the ranks at hand.
#include <fmt/format.h>

#include <map>
#include <set>
#include <tuple>

#include "real/validate/run_context.hpp"
#include "real/validate/sub_cluster.hpp"
#include "sim/lower/lower.hpp"
#include "sim/network/network.hpp"
#include "sim/network/rank_order.hpp"

namespace seqspan::real {
namespace {

using sim::Axis;

class AxisValidator {
 public:
  explicit AxisValidator(const RunContext& context) : context_(context) {}

  // Each communication of the plan on its own, in groups that fit the ranks at hand.
  [[nodiscard]] sim::Result<void> run() {
    const std::int64_t ranks = context_.transport.world_size();
    sim::Program program;
    sim::lower(context_.job, context_.layout, program);
    const sim::Cluster cluster =
        cluster_at_hand(context_.job.cluster, ranks, context_.validation.hosts);
    sim::Network network(cluster);
    if (auto whole = network.check(); !whole) return whole;
    context_.validation.notes.push_back(fmt::format(
        "{} ranks at hand for a plan of {}: each communication runs on its own, in groups of its "
        "axis that fit, against the prediction for such groups; blocks, overlap and peaks need all "
        "ranks",
        ranks, context_.layout.world()));
    std::set<Axis> left_out;
    for (const sim::Part& part : program.parts) {
      for (const sim::BlockIndex index : {part.forward, part.backward, part.update}) {
        if (auto timed = time_ops(program, program.blocks[index], network, left_out); !timed) {
          return timed;
        }
      }
      if (auto kept = context_.keep(part.name); !kept) return kept;
    }
    for (const Axis axis : left_out) {
      context_.validation.notes.push_back(
          fmt::format("{}: left out, {} ranks hold no group of a size that divides {}",
                      sim::name_of(axis), ranks, program.group_size(axis)));
    }
    return {};
  }

 private:
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
        context_.validation.ops[known->second].executions += times;
        continue;
      }
      const auto layout =
          layout_of_axis(work->axis, context_.layout, context_.transport.world_size());
      if (!layout) {
        left_out.insert(work->axis);
        continue;
      }
      // The buffer on either side of the exchange.
      const sim::Bytes needed = 2 * work->bytes;
      if (!context_.has_memory_for(needed)) {
        context_.note_left_out(fmt::format("{}: {}", block.name, op.name), needed);
        continue;
      }
      network.place(*layout);
      const auto measured = time_op(op, *work, sim::group_shape(work->axis, *layout), network);
      if (!measured) return failed(measured);
      rows[key] = context_.validation.ops.size();
      context_.validation.ops.push_back(*measured);
      context_.validation.ops.back().block = block.name;
      context_.validation.ops.back().planned_size = program.group_size(work->axis);
      context_.validation.ops.back().executions = times;
    }
    return {};
  }

  [[nodiscard]] sim::Result<ValidatedOp> time_op(const sim::Op& op, const sim::Communication& work,
                                                 const sim::GroupShape& shape,
                                                 const sim::Network& network) {
    const MeasurePoint point{work.collective, shape, work.bytes};
    sim::Communication executed = work;
    executed.bytes = measured_size(point);
    // What comes before, such as rank 0 writing its results, is awaited here and not by the
    // deadline. Repetitions have a barrier each.
    if (const auto all = context_.await_all(); !all) return failed(all);
    {
      const Deadline deadline(context_.groups_limit());
      if (const auto ready = context_.timer.prepare(shape); !ready) return failed(ready);
    }
    const auto time = context_.timer.time(point, context_.options.measure);
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

  const RunContext& context_;
};

}  // namespace

sim::Result<void> validate_axes(const RunContext& context) { return AxisValidator(context).run(); }

}  // namespace seqspan::real
