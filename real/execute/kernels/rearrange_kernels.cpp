// Ulysses: heads against sequence, before and after an all-to-all; repeats of KV heads.
#include <array>

#include "real/execute/kernels/kernels.hpp"

namespace seqspan::real {
namespace {

// [rows, heads, d] of one side of an all-to-all: n = s/c tokens with all heads of the rank before
// it, s/r tokens with a share of the heads after it, or the way back.
struct Sides {
  explicit Sides(const KernelCall& call, const Operand& result)
      : ranks(call.share.layout().ulysses),
        tokens(static_cast<std::int64_t>(call.share.own_positions().size())),
        batch(call.share.batch()),
        towards(result.extent(1) > tokens),
        heads(result.extent(2) / (towards ? 1 : ranks)),
        head_dim(result.extent(3)) {}

  std::int64_t ranks;
  std::int64_t tokens;  // n
  std::int64_t batch;
  bool towards;        // attention
  std::int64_t heads;  // of one rank's share
  std::int64_t head_dim;

  // Elements of one token of all batches with one share of the heads; of what one rank gets.
  [[nodiscard]] std::int64_t block() const { return tokens * batch * heads * head_dim; }
  // Place of (token, batch, head) among `all` heads.
  [[nodiscard]] std::int64_t at(std::int64_t token, std::int64_t b, std::int64_t head,
                                std::int64_t all) const {
    return ((token * batch + b) * all + head) * head_dim;
  }
};

// Calls visit(token, b, head) for what goes to one rank.
template <class Visit>
void for_each_head(const Sides& sides, Visit visit) {
  for (std::int64_t token = 0; token < sides.tokens; ++token) {
    for (std::int64_t b = 0; b < sides.batch; ++b) {
      for (std::int64_t head = 0; head < sides.heads; ++head) visit(token, b, head);
    }
  }
}

void copy_head(const Floats& from, std::int64_t from_at, const Floats& to, std::int64_t to_at,
               std::int64_t head_dim) {
  copy(from.part(from_at, head_dim), to.part(to_at, head_dim));
}

// Where the block for rank `to` lies in the send buffer: in order, or, where a first exchange
// inside the node comes before, by the place inside the node.
std::int64_t slot_of(const sim::Layout& layout, std::int64_t to) {
  const std::int64_t in_node = layout.ulysses_in_node;
  if (in_node == 1) return to;
  return to % in_node * (layout.ulysses / in_node) + to / in_node;
}

// The place of each token of a rank among the tokens of its ring's place.
std::vector<std::int64_t> places_in_ring(const KernelCall& call) {
  const sim::Layout& layout = call.share.layout();
  const Positions all =
      ring_positions(layout, call.share.sequence(), call.share.index(sim::Axis::kRing));
  std::vector<std::int64_t> place_of(static_cast<std::size_t>(call.share.sequence()), 0);
  for (std::size_t i = 0; i < all.size(); ++i) {
    place_of[static_cast<std::size_t>(all[i])] = static_cast<std::int64_t>(i);
  }
  std::vector<std::int64_t> places;
  for (const std::int64_t position : call.share.dealt_positions()) {
    places.push_back(place_of[static_cast<std::size_t>(position)]);
  }
  return places;
}

sim::Result<void> pack(const KernelCall& call) {
  const Floats& from = call.read(0).values();
  const Floats& to = call.write(0).values();
  const Sides sides(call, call.write(0));
  const std::vector<std::int64_t> places = places_in_ring(call);
  for (std::int64_t rank = 0; rank < sides.ranks; ++rank) {
    const std::int64_t start = slot_of(call.share.layout(), rank) * sides.block();
    for_each_head(sides, [&](std::int64_t token, std::int64_t b, std::int64_t head) {
      const std::int64_t source =
          sides.towards ? sides.at(token, b, rank * sides.heads + head, sides.ranks * sides.heads)
                        : sides.at(places.at(static_cast<std::size_t>(rank * sides.tokens + token)),
                                   b, head, sides.heads);
      copy_head(from, source, to, start + sides.at(token, b, head, sides.heads), sides.head_dim);
    });
  }
  return {};
}

sim::Result<void> unpack(const KernelCall& call) {
  const Floats& from = call.read(0).values();
  const Floats& to = call.write(0).values();
  const Sides sides(call, call.write(0));
  for (std::int64_t rank = 0; rank < sides.ranks; ++rank) {
    for_each_head(sides, [&](std::int64_t token, std::int64_t b, std::int64_t head) {
      const std::int64_t target =
          sides.towards ? sides.at(rank * sides.tokens + token, b, head, sides.heads)
                        : sides.at(token, b, rank * sides.heads + head, sides.ranks * sides.heads);
      copy_head(from, rank * sides.block() + sides.at(token, b, head, sides.heads), to, target,
                sides.head_dim);
    });
  }
  return {};
}

// Blocks by (place inside the node, node) become (node, place inside the node).
sim::Result<void> order_for_other_nodes(const KernelCall& call) {
  const Floats& from = call.read(0).values();
  const Floats& to = call.write(0).values();
  const std::int64_t in_node = call.share.layout().ulysses_in_node;
  const std::int64_t nodes = call.share.layout().ulysses / in_node;
  const std::int64_t block = from.size() / (in_node * nodes);
  for (std::int64_t place = 0; place < in_node; ++place) {
    for (std::int64_t node = 0; node < nodes; ++node) {
      copy_head(from, (place * nodes + node) * block, to, (node * in_node + place) * block, block);
    }
  }
  return {};
}

// How many heads of the larger there are for one of the smaller.
std::int64_t repeats_of(const Operand& larger, const Operand& smaller) {
  if (larger.extent(2) < smaller.extent(2)) throw std::out_of_range("fewer heads than before");
  return larger.extent(2) / smaller.extent(2);
}

// Every KV head as often as the ranks need it, one after the other.
sim::Result<void> repeat(const KernelCall& call) {
  const Operand& from = call.read(0);
  const Operand& to = call.write(0);
  const std::int64_t d = from.extent(3);
  const std::int64_t repeats = repeats_of(to, from);
  for (std::int64_t row = 0; row < to.values().size() / d; ++row) {
    copy_head(from.values(), row / repeats * d, to.values(), row * d, d);
  }
  return {};
}

sim::Result<void> sum_repeats(const KernelCall& call) {
  const Operand& from = call.read(0);
  const Operand& to = call.write(0);
  const std::int64_t d = from.extent(3);
  const std::int64_t repeats = repeats_of(from, to);
  zero(to.values());
  for (std::int64_t row = 0; row < from.values().size() / d; ++row) {
    for (std::int64_t i = 0; i < d; ++i) {
      to.values()[row / repeats * d + i] += from.values()[row * d + i];
    }
  }
  return {};
}

// Nothing in the block reads them: only their traffic counts.
sim::Result<void> position_ids(const KernelCall& call) {
  zero(call.write(0).values());
  return {};
}

constexpr std::array kRearrangeKernels = {
    NamedKernel{"pack for all-to-all", pack},
    NamedKernel{"unpack after all-to-all", unpack},
    NamedKernel{"order for the other nodes", order_for_other_nodes},
    NamedKernel{"repeat K", repeat},
    NamedKernel{"repeat V", repeat},
    NamedKernel{"sum dK", sum_repeats},
    NamedKernel{"sum dV", sum_repeats},
    NamedKernel{"position ids", position_ids},
};

}  // namespace

std::span<const NamedKernel> rearrange_kernels() { return kRearrangeKernels; }

sim::Result<void> copy_kernel(const KernelCall& call) {
  const Floats& from = call.read(0).values();
  const Floats& to = call.write(0).values();
  if (from.size() != to.size()) throw std::out_of_range("tensors of different sizes");
  copy(from, to);
  return {};
}

}  // namespace seqspan::real
