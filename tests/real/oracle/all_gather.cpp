#include "tests/real/oracle/all_gather.hpp"

#include <algorithm>
#include <numeric>

namespace seqspan::oracle {

AllGatherAttention::AllGatherAttention(Setting setting, const Group& group)
    : at_(std::move(setting)), group_(group) {
  const std::int64_t ranks = group_.size();
  all_.resize(at_.rows.size() * static_cast<std::size_t>(ranks));
  std::iota(all_.begin(), all_.end(), 0);
  for (std::int64_t rank = 0; rank < ranks; ++rank) {
    const Rows rows = rows_of(Order::kZigzag, static_cast<std::int64_t>(all_.size()), ranks, rank);
    of_ranks_.insert(of_ranks_.end(), rows.begin(), rows.end());
  }
}

Tensor AllGatherAttention::gather(const Tensor& own, const char* name) const {
  Tensor gathered = at_.bfloat16(name, own.elements() * group_.size());
  const auto count = static_cast<int>(own.elements());
  MPI_Allgather(own.data(), count, MPI_FLOAT, gathered.data(), count, MPI_FLOAT, group_.handle());
  return gathered;
}

Tensor AllGatherAttention::in_order(Tensor of_ranks, const char* name) const {
  Tensor ordered = at_.bfloat16(name, of_ranks.elements());
  const std::int64_t row = at_.heads.kv_row();
  for (std::size_t i = 0; i < of_ranks_.size(); ++i) {
    std::copy_n(of_ranks.data() + static_cast<std::int64_t>(i) * row, row,
                ordered.data() + of_ranks_[i] * row);
  }
  of_ranks.release();
  return ordered;
}

AllGatherAttention::Gathered AllGatherAttention::gather_both() const {
  Tensor key = gather(key_, "gathered K");
  Tensor value = gather(value_, "gathered V");
  Gathered both;
  both.key = in_order(std::move(key), "gathered K, in order");
  both.value = in_order(std::move(value), "gathered V, in order");
  return both;
}

Queries AllGatherAttention::queries_of(std::int64_t chunk) const {
  const std::size_t rows = at_.rows.size() / 2;
  const std::size_t first = static_cast<std::size_t>(chunk) * rows;
  return {RowSpan(at_.rows).subspan(first, rows),
          query_.data() + static_cast<std::int64_t>(first) * at_.heads.query_row()};
}

RowSpan AllGatherAttention::keys_of(std::int64_t chunk) const {
  const std::int64_t chunks = chunk == 0 ? group_.rank() + 1 : 2 * group_.size() - group_.rank();
  return RowSpan(all_).first(at_.rows.size() / 2 * static_cast<std::size_t>(chunks));
}

Tensor AllGatherAttention::forward(Tensor query, Tensor key, Tensor value) {
  query_ = std::move(query);
  key_ = std::move(key);
  value_ = std::move(value);
  const Gathered gathered = gather_both();
  output_ = at_.bfloat16("o", at_.query_elements());
  std::array<Tensor, 2> outputs;
  for (std::int64_t chunk = 0; chunk < 2; ++chunk) {
    Tensor& output = outputs[static_cast<std::size_t>(chunk)];
    Tensor& lse = log_sum_exp_[static_cast<std::size_t>(chunk)];
    output = at_.only_held("o of a chunk", at_.query_elements() / 2);
    lse = at_.float32("LSE of a chunk", at_.lse_elements() / 2);
    attend(at_.heads, at_.mask, queries_of(chunk),
           {keys_of(chunk), gathered.key.data(), gathered.value.data()}, output.data(), lse.data());
    std::copy_n(output.data(), output.elements(), output_.data() + chunk * output.elements());
  }
  return output_;
}

LogSumExp AllGatherAttention::log_sum_exp() const {
  std::vector<float> values = log_sum_exp_[0].values();
  values.insert(values.end(), log_sum_exp_[1].values().begin(), log_sum_exp_[1].values().end());
  return {at_.rows, 0, at_.heads.query_heads, std::move(values)};
}

Tensor AllGatherAttention::by_rank(Tensor whole) const {
  const std::int64_t row = at_.heads.kv_row();
  Tensor of_ranks = at_.bfloat16("dK or dV, by rank", whole.elements());
  for (std::size_t i = 0; i < of_ranks_.size(); ++i) {
    std::copy_n(whole.data() + of_ranks_[i] * row, row,
                of_ranks.data() + static_cast<std::int64_t>(i) * row);
  }
  whole.release();
  return of_ranks;
}

Tensor AllGatherAttention::scatter(const Tensor& of_ranks, const char* name) const {
  Tensor own = at_.bfloat16(name, at_.kv_elements());
  MPI_Reduce_scatter_block(of_ranks.data(), own.data(), static_cast<int>(own.elements()), MPI_FLOAT,
                           MPI_SUM, group_.handle());
  return own;
}

Gradients AllGatherAttention::backward(Tensor output_gradient) {
  const std::int64_t row = at_.heads.kv_row();
  const std::int64_t half = at_.query_elements() / 2;
  const std::int64_t whole = static_cast<std::int64_t>(all_.size()) * row;
  Gradients gradients;
  gradients.query = at_.bfloat16("dQ", at_.query_elements());
  // Zeros, made before K and V are gathered.
  Tensor key_sum = at_.only_held("dK of all rows", whole);
  Tensor value_sum = at_.only_held("dV of all rows", whole);
  Gathered gathered = gather_both();
  std::vector<Tensor> locals{gathered.key, gathered.value,  query_,          key_,           value_,
                             output_,      log_sum_exp_[0], log_sum_exp_[1], output_gradient};
  key_.let_go();
  value_.let_go();
  key_sum.need();
  value_sum.need();
  for (std::int64_t chunk = 0; chunk < 2; ++chunk) {
    const RowSpan rows = keys_of(chunk);
    const std::int64_t keys = static_cast<std::int64_t>(rows.size()) * row;
    Tensor dq = at_.only_held("dQ of a chunk", half);
    Tensor dk = at_.bfloat16("dK of a chunk", keys);
    Tensor dv = at_.bfloat16("dV of a chunk", keys);
    {
      const KernelWorkspace workspace(at_.ledger, at_.library, at_.heads, at_.rows.size() / 2,
                                      rows.size());
      attend_backward(
          at_.heads, at_.mask, queries_of(chunk),
          {rows, gathered.key.data(), gathered.value.data()},
          {output_.data() + chunk * half, log_sum_exp_[static_cast<std::size_t>(chunk)].data(),
           output_gradient.data() + chunk * half},
          dq.data(), dk.data(), dv.data());
    }
    std::copy_n(dq.data(), half, gradients.query.data() + chunk * half);
    for (std::int64_t e = 0; e < keys; ++e) {
      key_sum.data()[e] += dk.data()[e];
      value_sum.data()[e] += dv.data()[e];
    }
    for (Tensor* part : {&dq, &dk, &dv}) {
      locals.push_back(*part);
      part->let_go();
    }
  }
  for (Tensor* used : {&gathered.key, &gathered.value, &query_, &output_, &log_sum_exp_[0],
                       &log_sum_exp_[1], &output_gradient}) {
    used->let_go();
  }
  Tensor key_parts = by_rank(std::move(key_sum));
  const Tensor value_parts = by_rank(std::move(value_sum));
  gradients.key = scatter(key_parts, "dK");
  key_parts.release();
  gradients.value = scatter(value_parts, "dV");
  return gradients;
}

}  // namespace seqspan::oracle
