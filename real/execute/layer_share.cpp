#include "real/execute/layer_share.hpp"

#include <algorithm>
#include <utility>

namespace seqspan::real {
namespace {

const sim::FullAttention& attention_of(const sim::Job& job) {
  return std::get<sim::FullAttention>(job.model.towers.front().kinds.front().attention);
}

const sim::DenseFeedForward& feed_forward_of(const sim::Job& job) {
  return std::get<sim::DenseFeedForward>(job.model.towers.front().kinds.front().feed_forward);
}

// Which document each position lies in; the last one takes what the lengths leave.
std::vector<std::int32_t> documents_by_position(std::int64_t sequence,
                                                const std::vector<std::int64_t>& lengths) {
  std::vector<std::int32_t> documents;
  std::int32_t document = 0;
  for (const std::int64_t length : lengths) {
    const std::int64_t left = sequence - static_cast<std::int64_t>(documents.size());
    documents.insert(documents.end(),
                     static_cast<std::size_t>(std::clamp(length, std::int64_t{0}, left)),
                     document++);
  }
  documents.resize(static_cast<std::size_t>(sequence), document);
  return documents;
}

}  // namespace

sim::Result<void> can_share(const sim::Job& job) {
  for (const sim::LayerKind& kind : job.model.towers.front().kinds) {
    if (!std::holds_alternative<sim::FullAttention>(kind.attention) ||
        !std::holds_alternative<sim::DenseFeedForward>(kind.feed_forward) ||
        !std::get<sim::FullAttention>(kind.attention).rotary) {
      return sim::input_error(
          "the numbers of this model's layers cannot be checked", "model " + job.model.name,
          "experts, latents, plain feed-forwards and learned positions have no kernels on the host",
          "leave out --check, or check a dense model with the same layout");
    }
  }
  if (job.training.dropout > 0 || job.training.attention_kernel != sim::AttentionKernel::kFlash) {
    return sim::input_error("the numbers of this job's layers cannot be checked", "job " + job.name,
                            "dropout and unfused attention have no kernels on the host",
                            "leave out --check, or set training.dropout=0 and "
                            "training.attention_kernel=flash");
  }
  if (job.training.unpads_attention) {
    return sim::input_error("the numbers of this job's layers cannot be checked", "job " + job.name,
                            "packing rows for each attention call has no kernel on the host",
                            "leave out --check, or set training.unpads_attention=false");
  }
  return {};
}

LayerShare::LayerShare(const sim::Job& job, const sim::Layout& layout, std::int64_t rank,
                       std::vector<std::int64_t> documents)
    : layout_(layout),
      traits_(&sim::traits_of(job.framework)),
      rank_(rank),
      document_of_(documents_by_position(job.training.sequence_length, documents)),
      batch_(layout.micro_batch),
      sequence_(job.training.sequence_length),
      hidden_(job.model.towers.front().hidden),
      query_heads_(attention_of(job).query_heads),
      kv_heads_(attention_of(job).kv_heads),
      head_dim_(attention_of(job).head_dim),
      intermediate_(feed_forward_of(job).intermediate),
      norms_(2 * hidden_ + (attention_of(job).qk_norm ? 2 * head_dim_ : 0)),
      own_(rank_positions(layout, *traits_, sequence_, index(sim::Axis::kUlysses),
                          index(sim::Axis::kRing))) {}

std::int64_t LayerShare::index(sim::Axis axis) const {
  return sim::group_shape(axis, layout_).index_of(rank_);
}

TokenRows LayerShare::rows_of(const Positions& positions) const {
  TokenRows rows;
  const std::int32_t documents = document_of_.empty() ? 1 : document_of_.back() + 1;
  for (const std::int64_t position : positions) {
    for (std::int64_t b = 0; b < batch_; ++b) {
      rows.positions.push_back(position);
      rows.documents.push_back(static_cast<std::int32_t>(b) * documents +
                               document_of_[static_cast<std::size_t>(position)]);
    }
  }
  return rows;
}

TokenRows LayerShare::ring_rows(std::int64_t ring_index) const {
  return rows_of(ring_positions(layout_, sequence_, ring_index));
}

TokenRows LayerShare::all_rows() const {
  Positions all(static_cast<std::size_t>(sequence_));
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  return rows_of(all);
}

Positions LayerShare::dealt_positions() const {
  Positions all;
  for (std::int64_t i = 0; i < layout_.ulysses; ++i) {
    const Positions one = rank_positions(layout_, *traits_, sequence_, i, index(sim::Axis::kRing));
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

Positions LayerShare::gathered_positions() const {
  Positions all;
  for (std::int64_t i = 0; i < layout_.ring; ++i) {
    const Positions one = ring_positions(layout_, sequence_, i);
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

MatrixPlace LayerShare::qkv() const {
  return {norms_, (query_heads_ + 2 * kv_heads_) * head_dim_ / layout_.tp, hidden_};
}

MatrixPlace LayerShare::output() const {
  const MatrixPlace before = qkv();
  return {before.offset + before.rows * before.columns, hidden_,
          query_heads_ * head_dim_ / layout_.tp};
}

MatrixPlace LayerShare::gate_up() const {
  const MatrixPlace before = output();
  return {before.offset + before.rows * before.columns, 2 * intermediate_ / layout_.tp, hidden_};
}

MatrixPlace LayerShare::down() const {
  const MatrixPlace before = gate_up();
  return {before.offset + before.rows * before.columns, hidden_, intermediate_ / layout_.tp};
}

}  // namespace seqspan::real
