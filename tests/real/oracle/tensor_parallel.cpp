#include "tests/real/oracle/tensor_parallel.hpp"

#include <algorithm>

namespace seqspan::oracle {
namespace {

std::vector<float> zeros(std::int64_t count) {
  return std::vector<float>(static_cast<std::size_t>(count));
}

// [rows, inner] [inner, columns]
std::vector<float> product(const float* x, const float* y, std::int64_t rows, std::int64_t inner,
                           std::int64_t columns) {
  std::vector<float> result = zeros(rows * columns);
  float* to = result.data();
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t k = 0; k < inner; ++k) {
      for (std::int64_t j = 0; j < columns; ++j) {
        to[i * columns + j] += x[i * inner + k] * y[k * columns + j];
      }
    }
  }
  return result;
}

// [rows, columns] of [columns, rows].
std::vector<float> transposed(const float* values, std::int64_t rows, std::int64_t columns) {
  std::vector<float> result = zeros(rows * columns);
  float* to = result.data();
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) to[i * columns + j] = values[j * rows + i];
  }
  return result;
}

}  // namespace

Heads heads_of_rank(const LayerHeads& layer, std::int64_t ranks) {
  Heads heads = layer.heads;
  heads.query_heads /= ranks;
  heads.kv_heads = std::max<std::int64_t>(heads.kv_heads / ranks, 1);
  return heads;
}

TensorParallelHalf::TensorParallelHalf(Ledger& ledger, const LayerHeads& layer, const Group& group,
                                       Rows rows, std::vector<float> qkv, std::vector<float> output,
                                       std::unique_ptr<Attention> attention)
    : ledger_(ledger),
      layer_(layer),
      group_(group),
      rows_(std::move(rows)),
      heads_(heads_of_rank(layer, group.size())),
      qkv_weight_(std::move(qkv)),
      output_weight_(std::move(output)),
      attention_(std::move(attention)) {}

std::int64_t TensorParallelHalf::lines() const {
  return static_cast<std::int64_t>(rows_.size()) * heads_.batch;
}

bool TensorParallelHalf::gathers_heads() const { return layer_.heads.kv_heads < group_.size(); }

// Columns of mixed QKV that this rank takes its heads from: its own, or all.
std::int64_t TensorParallelHalf::seen_width() const {
  return gathers_heads() ? layer_.qkv_width() : layer_.qkv_width() / group_.size();
}

std::vector<float> TensorParallelHalf::gather_rows(const std::vector<float>& shard) const {
  std::vector<float> whole(shard.size() * static_cast<std::size_t>(group_.size()));
  const auto count = static_cast<int>(shard.size());
  MPI_Allgather(shard.data(), count, MPI_FLOAT, whole.data(), count, MPI_FLOAT, group_.handle());
  return whole;
}

std::vector<float> TensorParallelHalf::scatter_rows(const std::vector<float>& partial) const {
  std::vector<float> shard(partial.size() / static_cast<std::size_t>(group_.size()));
  MPI_Reduce_scatter_block(partial.data(), shard.data(), static_cast<int>(shard.size()), MPI_FLOAT,
                           MPI_SUM, group_.handle());
  return shard;
}

// Gathered blocks [t, lines, width/t] become [lines, width].
std::vector<float> TensorParallelHalf::gather_heads(const std::vector<float>& projected) const {
  const std::vector<float> blocks = gather_rows(projected);
  const std::int64_t part = layer_.qkv_width() / group_.size();
  std::vector<float> whole = zeros(lines() * layer_.qkv_width());
  for (std::int64_t rank = 0; rank < group_.size(); ++rank) {
    for (std::int64_t line = 0; line < lines(); ++line) {
      std::copy_n(blocks.data() + (rank * lines() + line) * part, part,
                  whole.data() + (line * group_.size() + rank) * part);
    }
  }
  return whole;
}

std::vector<float> TensorParallelHalf::scatter_heads(const std::vector<float>& partial) const {
  const std::int64_t part = layer_.qkv_width() / group_.size();
  std::vector<float> blocks = zeros(lines() * layer_.qkv_width());
  for (std::int64_t rank = 0; rank < group_.size(); ++rank) {
    for (std::int64_t line = 0; line < lines(); ++line) {
      std::copy_n(partial.data() + (line * group_.size() + rank) * part, part,
                  blocks.data() + (rank * lines() + line) * part);
    }
  }
  return scatter_rows(blocks);
}

template <class Visit>
void TensorParallelHalf::for_each_head(Visit visit) const {
  const std::int64_t d = heads_.head_dim;
  const std::int64_t per_kv = layer_.heads.query_heads / layer_.heads.kv_heads;
  const std::int64_t group_width = (per_kv + 2) * d;
  if (gathers_heads()) {  // this rank's part of the query heads of one KV head
    const std::int64_t sharing = group_.size() / layer_.heads.kv_heads;
    const std::int64_t first = group_.rank() / sharing * group_width;
    const std::int64_t skipped = group_.rank() % sharing * heads_.query_heads;
    for (std::int64_t i = 0; i < heads_.query_heads; ++i) visit(first + (skipped + i) * d, 0, i);
    visit(first + per_kv * d, 1, 0);
    visit(first + (per_kv + 1) * d, 2, 0);
    return;
  }
  for (std::int64_t kv = 0; kv < heads_.kv_heads; ++kv) {
    const std::int64_t first = kv * group_width;
    for (std::int64_t i = 0; i < per_kv; ++i) visit(first + i * d, 0, kv * per_kv + i);
    visit(first + per_kv * d, 1, kv);
    visit(first + (per_kv + 1) * d, 2, kv);
  }
}

std::vector<float> TensorParallelHalf::forward(const std::vector<float>& input) {
  input_ = input;
  const std::int64_t h = layer_.hidden;
  const std::int64_t d = heads_.head_dim;
  const std::int64_t part = layer_.qkv_width() / group_.size();
  std::vector<float> mixed =
      product(gather_rows(input_).data(), qkv_weight_.data(), lines(), h, part);
  if (gathers_heads()) mixed = gather_heads(mixed);

  std::array<Tensor, 3> qkv{
      Tensor(ledger_, "q", Stored::kBFloat16, lines() * heads_.query_heads * d),
      Tensor(ledger_, "k", Stored::kBFloat16, lines() * heads_.kv_heads * d),
      Tensor(ledger_, "v", Stored::kBFloat16, lines() * heads_.kv_heads * d)};
  for_each_head([&](std::int64_t column, std::size_t which, std::int64_t head) {
    const std::int64_t heads = which == 0 ? heads_.query_heads : heads_.kv_heads;
    for (std::int64_t line = 0; line < lines(); ++line) {
      std::copy_n(mixed.data() + line * seen_width() + column, d,
                  qkv[which].data() + (line * heads + head) * d);
    }
  });
  attended_ = attention_->forward(std::move(qkv[0]), std::move(qkv[1]), std::move(qkv[2]));
  return scatter_rows(
      product(attended_.data(), output_weight_.data(), lines(), heads_.query_heads * d, h));
}

TensorParallelHalf::Result TensorParallelHalf::backward(const std::vector<float>& output_gradient) {
  const std::int64_t h = layer_.hidden;
  const std::int64_t d = heads_.head_dim;
  const std::int64_t part = layer_.qkv_width() / group_.size();
  const std::int64_t width = heads_.query_heads * d;
  Result result;
  const std::vector<float> whole_gradient = gather_rows(output_gradient);
  Tensor attended_gradient(
      ledger_, "dO", Stored::kBFloat16,
      product(whole_gradient.data(), transposed(output_weight_.data(), h, width).data(), lines(), h,
              width));
  result.output = product(transposed(attended_.data(), width, lines()).data(),
                          whole_gradient.data(), width, lines(), h);
  attended_.release();

  const Gradients gradients = attention_->backward(std::move(attended_gradient));
  std::vector<float> mixed = zeros(lines() * seen_width());
  for_each_head([&](std::int64_t column, int which, std::int64_t head) {
    const Tensor& from = which == 0   ? gradients.query
                         : which == 1 ? gradients.key
                                      : gradients.value;
    const std::int64_t heads = which == 0 ? heads_.query_heads : heads_.kv_heads;
    for (std::int64_t line = 0; line < lines(); ++line) {
      std::copy_n(from.data() + (line * heads + head) * d, d,
                  mixed.data() + line * seen_width() + column);
    }
  });
  if (gathers_heads()) mixed = scatter_heads(mixed);
  const std::vector<float> whole_input = gather_rows(input_);
  result.input = scatter_rows(
      product(mixed.data(), transposed(qkv_weight_.data(), part, h).data(), lines(), part, h));
  result.qkv =
      product(transposed(whole_input.data(), h, lines()).data(), mixed.data(), h, lines(), part);
  return result;
}

}  // namespace seqspan::oracle
