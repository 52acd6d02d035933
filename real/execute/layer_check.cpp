#include "real/execute/layer_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "real/execute/float32_program.hpp"
#include "real/execute/reference_layer.hpp"
#include "sim/layout/legality.hpp"
#include "sim/lower/layer/recompute_policy.hpp"
#include "sim/lower/lower.hpp"

namespace seqspan::real {
namespace {

using sim::Axis;

LayerShape shape_of(const sim::Job& job, const sim::Layout& layout,
                    const LayerCheckOptions& options) {
  const sim::Tower& tower = job.model.towers.front();
  const auto& attention = std::get<sim::FullAttention>(tower.kinds.front().attention);
  const auto& dense = std::get<sim::DenseFeedForward>(tower.kinds.front().feed_forward);
  return {.sequences = layout.micro_batch * layout.dp,
          .tokens = job.training.sequence_length,
          .hidden = tower.hidden,
          .query_heads = attention.query_heads,
          .kv_heads = attention.kv_heads,
          .head_dim = attention.head_dim,
          .intermediate = dense.intermediate,
          .qk_norm = attention.qk_norm,
          .documents = options.documents};
}

// The largest difference and the largest number so far. A NaN stays.
class Difference {
 public:
  void add(float value, double expected) {
    largest_ = larger_or_nan(largest_, std::abs(static_cast<double>(value) - expected));
    scale_ = std::max(scale_, std::abs(expected));
  }
  [[nodiscard]] double relative() const { return scale_ > 0 ? largest_ / scale_ : largest_; }

 private:
  double largest_ = 0;
  double scale_ = 0;
};

// One rank's share of what the reference has whole.
class RankShare {
 public:
  RankShare(const LayerShare& share, const LayerShape& shape, const LayerNumbers& numbers)
      : share_(share), shape_(shape), numbers_(numbers) {}

  // Calls visit(sequence, position) for the tokens outside the TP regions, in order: s/(c t).
  template <class Visit>
  void for_each_token(Visit visit) const {
    const Positions& own = share_.own_positions();
    const auto tokens = static_cast<std::int64_t>(own.size()) / share_.layout().tp;
    const std::int64_t first = share_.index(Axis::kTensor) * tokens;
    const std::int64_t replica = replica_index();
    for (std::int64_t i = first; i < first + tokens; ++i) {
      for (std::int64_t b = 0; b < share_.batch(); ++b) {
        visit(replica * share_.batch() + b, own[static_cast<std::size_t>(i)]);
      }
    }
  }

  // Calls visit(place in the flat parameters, matrix, row, column) for this rank's slices.
  template <class Visit>
  void for_each_weight(Visit visit) const {
    const std::int64_t tp = share_.index(Axis::kTensor);
    const std::int64_t width = share_.intermediate() / share_.layout().tp;
    const auto slice = [&](LayerMatrix matrix, const MatrixPlace& place, auto row_of,
                           auto column_of) {
      for (std::int64_t row = 0; row < place.rows; ++row) {
        for (std::int64_t column = 0; column < place.columns; ++column) {
          visit(place.offset + row * place.columns + column, matrix, row_of(row),
                column_of(column));
        }
      }
    };
    const auto whole = [](std::int64_t i) { return i; };
    const auto after = [tp](std::int64_t count) {
      return [tp, count](std::int64_t i) { return tp * count + i; };
    };
    slice(LayerMatrix::kQkv, share_.qkv(), after(share_.qkv().rows), whole);
    slice(LayerMatrix::kOutput, share_.output(), whole, after(share_.output().columns));
    slice(
        LayerMatrix::kGateUp, share_.gate_up(),
        [&](std::int64_t row) {
          return row / width * share_.intermediate() + tp * width + row % width;
        },
        whole);
    slice(LayerMatrix::kDown, share_.down(), whole, after(share_.down().columns));
  }

  [[nodiscard]] std::vector<float> flat_weights(std::int64_t elements) const {
    std::vector<float> flat(static_cast<std::size_t>(elements), 0);
    for_each_weight(
        [&](std::int64_t place, LayerMatrix matrix, std::int64_t row, std::int64_t column) {
          flat.at(static_cast<std::size_t>(place)) = numbers_.weight(shape_, matrix, row, column);
        });
    return flat;
  }

  [[nodiscard]] std::vector<float> hidden_states(
      float (LayerNumbers::*number)(std::int64_t, std::int64_t, std::int64_t) const) const {
    std::vector<float> values;
    for_each_token([&](std::int64_t sequence, std::int64_t position) {
      for (std::int64_t i = 0; i < shape_.hidden; ++i) {
        values.push_back((numbers_.*number)(sequence, position, i));
      }
    });
    return values;
  }

  [[nodiscard]] double compare(const std::vector<float>& values,
                               const std::vector<double>& reference) const {
    Difference difference;
    std::size_t next = 0;
    for_each_token([&](std::int64_t sequence, std::int64_t position) {
      for (std::int64_t i = 0; i < shape_.hidden; ++i) {
        const std::int64_t at = (sequence * shape_.tokens + position) * shape_.hidden + i;
        difference.add(values.at(next++), reference[static_cast<std::size_t>(at)]);
      }
    });
    return difference.relative();
  }

  // `values` are the elements from `first` on of the flat gradients.
  [[nodiscard]] double compare_weights(const std::vector<float>& values, std::int64_t first,
                                       std::int64_t count, const ReferenceLayer& reference) const {
    Difference difference;
    for_each_weight(
        [&](std::int64_t place, LayerMatrix matrix, std::int64_t row, std::int64_t column) {
          if (place < first || place >= first + count) return;
          const auto& gradients = reference.weight_gradients[static_cast<std::size_t>(matrix)];
          const std::int64_t at = row * shape_.columns(matrix) + column;
          difference.add(values.at(static_cast<std::size_t>(place - first)),
                         gradients[static_cast<std::size_t>(at)]);
        });
    return difference.relative();
  }

 private:
  // Of the shard group's dp x cp ranks, context parallel ones come first.
  [[nodiscard]] std::int64_t replica_index() const {
    return share_.index(Axis::kShard) / share_.layout().cp();
  }

  const LayerShare& share_;
  const LayerShape& shape_;
  const LayerNumbers& numbers_;
};

std::size_t layer_part(const sim::Program& program) {
  const auto found =
      std::find_if(program.parts.begin(), program.parts.end(),
                   [](const sim::Part& part) { return part.kind == sim::PartKind::kLayer; });
  return static_cast<std::size_t>(found - program.parts.begin());
}

std::int64_t divide_up(std::int64_t value, std::int64_t divisor) {
  return (value + divisor - 1) / divisor;
}

// The flat parameters of this rank, and which of them it keeps.
struct FlatPlace {
  std::int64_t whole = 0;
  std::int64_t shard = 0;
  std::int64_t first = 0;  // of its shard
};

FlatPlace flat_place(const LayerShare& share) {
  const MatrixPlace last = share.down();
  FlatPlace place;
  place.whole = last.offset + last.rows * last.columns;
  place.shard = divide_up(place.whole, share.layout().cp() * share.layout().dp);
  place.first = share.index(Axis::kShard) * place.shard;
  return place;
}

// A tensor has no more and no fewer numbers than it is compared with.
sim::Result<void> check_count(const char* tensor, std::size_t count,
                              std::initializer_list<std::size_t> allowed) {
  if (std::find(allowed.begin(), allowed.end(), count) != allowed.end()) return {};
  return sim::input_error(fmt::format("tensor '{}' has {} numbers", tensor, count), "",
                          fmt::format("the layer of this rank has {}", *allowed.begin()));
}

}  // namespace

double larger_or_nan(double a, double b) { return std::isnan(a) || a > b ? a : b; }

double LayerErrors::largest() const {
  return larger_or_nan(larger_or_nan(output, input_gradient), weight_gradient);
}

sim::Result<LayerCheck> check_layer(Transport& transport, const sim::Job& job,
                                    const sim::Layout& layout, const LayerCheckOptions& options) {
  if (auto can = can_share(job); !can) return tl::unexpected(can.error());
  if (!layout.sequence_parallel && layout.tp > 1) {
    return sim::input_error("the numbers of this layout cannot be checked",
                            "layout sequence_parallel=false",
                            "all tokens outside the products of every rank are not shared out here",
                            "check it with sequence_parallel=true");
  }
  if (layout.offloads_optimizer() || layout.mlp_chunks > 1) {
    return sim::input_error(
        "the numbers of this layout cannot be checked",
        layout.mlp_chunks > 1 ? "layout mlp_chunks" : "layout offload",
        layout.mlp_chunks > 1 ? "the kernels of --check compute all rows of a feed-forward at once"
                              : "gradients leave for the host, where --check does not read them",
        layout.mlp_chunks > 1 ? "check it with mlp_chunks=1, or leave out --check"
                              : "check it with offload=none or activations, or leave out --check");
  }
  if (sim::keeps_every_second_product(layout, sim::traits_of(job.framework))) {
    return sim::input_error("the numbers of this layout cannot be checked",
                            "layout recompute=selective",
                            "the kernels of --check multiply q, k and v as one, gate and up as one",
                            "check it with recompute=none or full, or leave out --check");
  }
  if (layout.head_groups > 1) {
    return sim::input_error("the numbers of this layout cannot be checked", "layout head_groups",
                            "the kernels of --check attend with all heads of a rank at once",
                            "check it with head_groups=1, or leave out --check");
  }
  if (layout.world() != transport.world_size()) {
    return sim::input_error("the layout has another number of ranks than the world");
  }
  const LayerShape shape = shape_of(job, layout, options);
  const LayerNumbers numbers(options.seed);
  const LayerShare share(job, layout, transport.rank(), options.documents);
  const RankShare mine(share, shape, numbers);
  const FlatPlace flat = flat_place(share);

  LayerCheck check;
  sim::lower_for(job, layout, share.index(Axis::kRing), check.program);
  check.program = in_float32(std::move(check.program));
  if (options.change) options.change(check.program);
  check.part = layer_part(check.program);

  auto groups = AxisGroups::make(transport, layout, options.groups);
  if (!groups) return tl::unexpected(groups.error());
  RoleAllocator memory(transport);
  BlockRunner runner(transport, check.program, *groups, memory,
                     {.share = &share, .durations = {}, .limit = options.limit});
  sim::Error failure;
  const auto done = [&failure](const auto& result) {
    if (!result) failure = result.error();
    return static_cast<bool>(result);
  };
  const std::int64_t shards = layout.cp() * layout.dp;
  const bool is_whole = layout.sharding == sim::Sharding::kNone || shards == 1;
  std::vector<float> parameters = mine.flat_weights(is_whole ? flat.whole : flat.shard * shards);
  if (!is_whole && layout.sharding == sim::Sharding::kParameters) {
    const auto first = parameters.begin() + static_cast<std::ptrdiff_t>(flat.first);
    parameters = {first, first + static_cast<std::ptrdiff_t>(flat.shard)};
  }
  if (!done(runner.open()) || !done(runner.begin(check.program.parts[check.part])) ||
      !done(runner.set("layer parameters", parameters)) ||
      !done(runner.set("layer input", mine.hidden_states(&LayerNumbers::input)))) {
    return tl::unexpected(failure);
  }
  auto forward = runner.forward();
  if (!done(forward)) return tl::unexpected(failure);
  const auto output = runner.get("layer output");
  if (!done(output) ||
      !done(runner.set("d(layer output)", mine.hidden_states(&LayerNumbers::output_gradient)))) {
    return tl::unexpected(failure);
  }
  auto backward = runner.backward();
  if (!done(backward)) return tl::unexpected(failure);
  const auto input_gradient = runner.get("d(layer input)");
  const auto gradients = runner.get("layer gradients");
  if (!done(input_gradient) || !done(gradients) || !done(runner.end()) || !done(memory.clear())) {
    return tl::unexpected(failure);
  }
  check.forward = *std::move(forward);
  check.backward = *std::move(backward);

  const std::size_t tokens = mine.hidden_states(&LayerNumbers::input).size();
  const auto whole = static_cast<std::size_t>(is_whole ? flat.whole : flat.shard * shards);
  const auto shard = static_cast<std::size_t>(flat.shard);
  if (!done(check_count("layer output", output->size(), {tokens})) ||
      !done(check_count("d(layer input)", input_gradient->size(), {tokens})) ||
      !done(check_count("layer gradients", gradients->size(), {whole, is_whole ? whole : shard}))) {
    return tl::unexpected(failure);
  }

  const ReferenceLayer reference = reference_layer(shape, numbers);
  check.errors.output = mine.compare(*output, reference.output);
  check.errors.input_gradient = mine.compare(*input_gradient, reference.input_gradient);
  // Reduced gradients are whole where nothing is sharded; else this rank's part of them counts.
  std::vector<float> own = *gradients;
  if (!is_whole && static_cast<std::int64_t>(own.size()) > flat.shard) {
    own = {own.begin() + flat.first, own.begin() + flat.first + flat.shard};
  }
  check.errors.weight_gradient = mine.compare_weights(
      own, is_whole ? 0 : flat.first, is_whole ? flat.whole : flat.shard, reference);
  return check;
}

}  // namespace seqspan::real
