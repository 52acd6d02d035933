#include "tests/real/execute/mutations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "real/execute/float32_program.hpp"

namespace seqspan::real {
namespace {

using sim::Operands;
using sim::Program;
using sim::TensorId;

// Moves what refers to ops by index when one is added after `op` or taken away.
void shift_ops(Program& program, std::size_t op, std::ptrdiff_t by) {
  const auto move = [&](std::size_t& first, std::size_t& count) {
    if (first > op) {
      first += static_cast<std::size_t>(by);
    } else if (op < first + count) {
      count += static_cast<std::size_t>(by);
    }
  };
  for (sim::Block& block : program.blocks) move(block.first_op, block.op_count);
  for (sim::Loop& loop : program.loops) move(loop.first, loop.count);
}

void drop_op(Program& program, std::size_t op) {
  program.ops.erase(program.ops.begin() + static_cast<std::ptrdiff_t>(op));
  shift_ops(program, op, -1);
}

void duplicate_op(Program& program, std::size_t op) {
  const sim::Op copy = program.ops[op];
  program.ops.insert(program.ops.begin() + static_cast<std::ptrdiff_t>(op), copy);
  shift_ops(program, op, 1);
}

bool contains(const Operands& operands, TensorId id) {
  return std::find(operands.begin(), operands.end(), id) != operands.end();
}

Operands without(const Operands& operands, std::size_t place) {
  Operands rest;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (i != place) rest.push_back(operands.begin()[i]);
  }
  return rest;
}

template <class Change>
void change_all_operands(Program& program, Change change) {
  for (sim::Op& op : program.ops) {
    op.reads = change(op.reads);
    op.writes = change(op.writes);
  }
  for (sim::Block& block : program.blocks) {
    block.inputs = change(block.inputs);
    block.outputs = change(block.outputs);
  }
}

void drop_carry(sim::Loop& loop, std::size_t place) {
  for (std::size_t i = place; i + 1 < loop.carry_count; ++i) loop.carries[i] = loop.carries[i + 1];
  --loop.carry_count;
}

void drop_tensor(Program& program, TensorId dropped) {
  change_all_operands(program, [dropped](const Operands& operands) {
    Operands rest;
    for (const TensorId id : operands) {
      if (id != dropped) rest.push_back(id);
    }
    return rest;
  });
  for (sim::Loop& loop : program.loops) {
    for (std::size_t i = loop.carry_count; i-- > 0;) {
      if (loop.carries[i].from == dropped || loop.carries[i].to == dropped) drop_carry(loop, i);
    }
  }
}

// Whoever reads or writes the tensor does so with a second one like it.
void duplicate_tensor(Program& program, std::size_t part, TensorId original) {
  const std::size_t added = program.parts[part].first_tensor + program.parts[part].tensor_count;
  const auto renumbered = [added](TensorId id) {
    return sim::index_of(id) < added ? id : static_cast<TensorId>(sim::index_of(id) + 1);
  };
  const sim::Tensor copy = program.tensor(original);
  program.tensors.insert(program.tensors.begin() + static_cast<std::ptrdiff_t>(added), copy);
  ++program.parts[part].tensor_count;
  for (sim::Part& other : program.parts) {
    if (&other != &program.parts[part] && other.first_tensor >= added) ++other.first_tensor;
  }
  for (sim::Loop& loop : program.loops) {
    for (sim::Carry& carry : loop.carries) {
      carry = {renumbered(carry.from), renumbered(carry.to), carry.keep_old};
    }
  }
  change_all_operands(program, [&](const Operands& operands) {
    Operands all;
    for (const TensorId id : operands) all.push_back(renumbered(id));
    if (contains(operands, original) && all.size() < Operands::kCapacity) {
      all.push_back(static_cast<TensorId>(added));
    }
    return all;
  });
}

// Bytes follow from the shape, and those of communications from the tensors, as in a lowering.
void scale_tensor(Program& program, TensorId id, std::size_t axis, bool doubles) {
  sim::Tensor& tensor = program.tensors[sim::index_of(id)];
  std::int64_t& extent = tensor.shape.extents[axis].value;
  extent = doubles ? extent * 2 : extent / 2;
  tensor.bytes = sim::Bytes(tensor.shape.elements() * sim::bytes_per_element(tensor.data_type));
  for (sim::Op& op : program.ops) {
    auto* work = std::get_if<sim::Communication>(&op.work);
    if (work == nullptr || !(contains(op.reads, id) || contains(op.writes, id))) continue;
    work->bytes = bytes_by_operands(program, op);
  }
}

class Collector {
 public:
  Collector(const Program& program, std::size_t part) : program_(program), part_(part) {}

  std::vector<Mutation> collect() {
    const sim::Part& part = program_.parts[part_];
    for (const sim::BlockIndex block : {part.forward, part.backward}) {
      add_ops(program_.blocks[block], block == part.forward ? "forward" : "backward");
    }
    for (std::size_t t = 0; t < part.tensor_count; ++t) {
      const auto id = static_cast<TensorId>(part.first_tensor + t);
      if (is_used(part, id)) add_tensor(id);
    }
    return std::move(mutations_);
  }

 private:
  void add(std::string kind, std::string what, std::function<void(Program&)> apply) {
    mutations_.push_back({std::move(kind), std::move(what), std::move(apply)});
  }

  void add_ops(const sim::Block& block, const std::string& name) {
    for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
      const std::string what = fmt::format("{} '{}'", name, program_.ops[i].name);
      add("op dropped", what, [i](Program& program) { drop_op(program, i); });
      add("op duplicated", what, [i](Program& program) { duplicate_op(program, i); });
      add_operands(i, what);
      add_work(i, what);
    }
    for (std::size_t i = block.first_loop; i < block.first_loop + block.loop_count; ++i) {
      add_loop(i, fmt::format("{} loop at '{}'", name, program_.ops[program_.loops[i].first].name));
    }
  }

  void add_operands(std::size_t op, const std::string& what) {
    const auto add_each = [&](const char* kind, Operands sim::Op::*side) {
      const Operands& operands = program_.ops[op].*side;
      for (std::size_t place = 0; place < operands.size(); ++place) {
        add(kind, fmt::format("{}: '{}'", what, program_.tensor(operands.begin()[place]).name),
            [op, place, side](Program& program) {
              Operands& changed = program.ops[op].*side;
              changed = without(changed, place);
            });
      }
    };
    add_each("read left out", &sim::Op::reads);
    add_each("write left out", &sim::Op::writes);
  }

  // One number of an op's work, as it is found in an op.
  using Number = std::int64_t& (*)(sim::Op&);
  void add_number(std::size_t op, const std::string& what, const char* name, Number number) {
    sim::Op copy = program_.ops[op];
    if (number(copy) / 2 != number(copy)) {
      add("op too small", fmt::format("{}: {}", what, name),
          [op, number](Program& program) { number(program.ops[op]) /= 2; });
      add("op too large", fmt::format("{}: {}", what, name),
          [op, number](Program& program) { number(program.ops[op]) *= 2; });
    }
  }

  void add_work(std::size_t op, const std::string& what) {
    const sim::Work& work = program_.ops[op].work;
    if (std::holds_alternative<sim::Gemm>(work)) {
      add_number(op, what, "m",
                 [](sim::Op& o) -> std::int64_t& { return std::get<sim::Gemm>(o.work).m; });
      add_number(op, what, "n",
                 [](sim::Op& o) -> std::int64_t& { return std::get<sim::Gemm>(o.work).n; });
      add_number(op, what, "k",
                 [](sim::Op& o) -> std::int64_t& { return std::get<sim::Gemm>(o.work).k; });
    } else if (std::holds_alternative<sim::AttentionWork>(work)) {
      using Attention = sim::AttentionWork;
      add_number(op, what, "pairs",
                 [](sim::Op& o) -> std::int64_t& { return std::get<Attention>(o.work).pairs; });
      add_number(op, what, "heads",
                 [](sim::Op& o) -> std::int64_t& { return std::get<Attention>(o.work).heads; });
      add_number(op, what, "head dimension",
                 [](sim::Op& o) -> std::int64_t& { return std::get<Attention>(o.work).head_dim; });
      add("op turned", what + ": direction", [op](Program& program) {
        auto& attention = std::get<Attention>(program.ops[op].work);
        attention.backward = !attention.backward;
      });
    } else if (std::holds_alternative<sim::MemoryPass>(work)) {
      add_bytes<sim::MemoryPass>(op, what);
    } else {
      add_bytes<sim::Communication>(op, what);
      // Collectives have messages of their own; only shifts are told how many.
      if (std::get<sim::Communication>(work).collective == sim::Collective::kRingShift) {
        add_number(op, what, "messages", [](sim::Op& o) -> std::int64_t& {
          return std::get<sim::Communication>(o.work).messages;
        });
        // Two ranks are each other's neighbour on both sides.
        if (program_.group_size(std::get<sim::Communication>(work).axis) == 2) return;
        add("op turned", what, [op](Program& program) {
          auto& shift = std::get<sim::Communication>(program.ops[op].work);
          shift.to_predecessor = !shift.to_predecessor;
        });
      }
    }
  }

  template <class Kind>
  void add_bytes(std::size_t op, const std::string& what) {
    if (std::get<Kind>(program_.ops[op].work).bytes == sim::Bytes(0)) return;
    add("op too small", what + ": bytes", [op](Program& program) {
      sim::Bytes& bytes = std::get<Kind>(program.ops[op].work).bytes;
      bytes = bytes / 2;
    });
    add("op too large", what + ": bytes", [op](Program& program) {
      sim::Bytes& bytes = std::get<Kind>(program.ops[op].work).bytes;
      bytes = bytes * 2;
    });
  }

  // A lowering names tensors that only some layouts need: without a use they are nothing.
  [[nodiscard]] bool is_used(const sim::Part& part, TensorId id) const {
    if (program_.tensor(id).role != sim::Role::kActivation) return true;
    for (const sim::BlockIndex index : {part.forward, part.backward}) {
      const sim::Block& block = program_.blocks[index];
      if (contains(block.inputs, id) || contains(block.outputs, id)) return true;
      for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
        if (contains(program_.ops[i].reads, id) || contains(program_.ops[i].writes, id)) {
          return true;
        }
      }
    }
    return false;
  }

  void add_loop(std::size_t loop, const std::string& what) {
    for (const int more : {-1, 1}) {
      add(more < 0 ? "loop too short" : "loop too long", what,
          [loop, more](Program& program) { program.loops[loop].times += more; });
    }
    for (std::size_t i = 0; i < program_.loops[loop].carry_count; ++i) {
      const sim::Carry& carry = program_.loops[loop].carries[i];
      add("carry dropped", fmt::format("{}: '{}'", what, program_.tensor(carry.to).name),
          [loop, i](Program& program) { drop_carry(program.loops[loop], i); });
    }
  }

  void add_tensor(TensorId id) {
    const sim::Tensor& tensor = program_.tensor(id);
    const std::string what = fmt::format("'{}'", tensor.name);
    if (tensor.role == sim::Role::kActivation) {
      add("tensor dropped", what, [id](Program& program) { drop_tensor(program, id); });
      add("tensor duplicated", what,
          [id, part = part_](Program& program) { duplicate_tensor(program, part, id); });
    }
    for (std::size_t axis = 0; axis < tensor.shape.rank; ++axis) {
      const sim::Extent& extent = tensor.shape.extents[axis];
      const std::string of_axis = fmt::format("{}: {}", what, extent.symbol);
      if (extent.value > 1) {
        add("tensor too small", of_axis,
            [id, axis](Program& program) { scale_tensor(program, id, axis, false); });
      }
      if (extent.value == 0) continue;
      add("tensor too large", of_axis,
          [id, axis](Program& program) { scale_tensor(program, id, axis, true); });
    }
  }

  const Program& program_;
  std::size_t part_;
  std::vector<Mutation> mutations_;
};

}  // namespace

std::vector<Mutation> mutations_of(const Program& program, std::size_t part) {
  return Collector(program, part).collect();
}

}  // namespace seqspan::real
