#include "tests/real/oracle/ulysses.hpp"

#include <algorithm>
#include <numeric>

namespace seqspan::oracle {

UlyssesAttention::UlyssesAttention(Setting setting, const Group& group, UlyssesHabits habits,
                                   const MakeCore& make_core)
    : at_(std::move(setting)),
      group_(group),
      habits_(habits),
      wire_kv_heads_(std::max<std::int64_t>(at_.heads.kv_heads, group.size())) {
  gather_rows();
  Setting dealt = at_;
  dealt.heads.query_heads /= group_.size();
  dealt.heads.kv_heads = wire_kv_heads_ / group_.size();
  dealt.rows.resize(arriving_.size());
  for (std::size_t i = 0; i < arriving_.size(); ++i) {
    dealt.rows[static_cast<std::size_t>(place_[i])] = arriving_[i];
  }
  core_ = make_core(std::move(dealt));
}

// Which rows the group holds is known to every rank from the layout; asking is shorter. Not part of
// the method, so not counted: PMPI.
void UlyssesAttention::gather_rows() {
  const auto count = static_cast<int>(at_.rows.size());
  arriving_.resize(at_.rows.size() * static_cast<std::size_t>(group_.size()));
  PMPI_Allgather(at_.rows.data(), count, MPI_INT64_T, arriving_.data(), count, MPI_INT64_T,
                 group_.handle());
  place_.resize(arriving_.size());
  std::iota(place_.begin(), place_.end(), 0);
  if (!habits_.reorders_chunks) return;
  Rows sorted = arriving_;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < arriving_.size(); ++i) {
    place_[i] = std::lower_bound(sorted.begin(), sorted.end(), arriving_[i]) - sorted.begin();
  }
}

void UlyssesAttention::gather_positions() {
  const std::int64_t count = at_.heads.batch * static_cast<std::int64_t>(at_.rows.size());
  const Tensor here(at_.ledger, "position ids", Stored::kInt64, count);
  const Tensor all(at_.ledger, "position ids of all", Stored::kInt64, count * group_.size());
  std::vector<std::int64_t> ids;
  for (std::int64_t sequence = 0; sequence < at_.heads.batch; ++sequence) {
    ids.insert(ids.end(), at_.rows.begin(), at_.rows.end());
  }
  std::vector<std::int64_t> gathered(ids.size() * static_cast<std::size_t>(group_.size()));
  MPI_Allgather(ids.data(), static_cast<int>(count), MPI_INT64_T, gathered.data(),
                static_cast<int>(count), MPI_INT64_T, group_.handle());
}

Tensor UlyssesAttention::exchange(const Tensor& send) const {
  Tensor received = at_.bfloat16("all-to-all: received", send.elements());
  const auto block = static_cast<int>(send.elements() / group_.size());
  MPI_Alltoall(send.data(), block, MPI_FLOAT, received.data(), block, MPI_FLOAT, group_.handle());
  return received;
}

// [n, b, heads, d] -> send [u, n, b, heads/u, d] -> received [u, n, b, heads/u, d] = [u n, ...].
Tensor UlyssesAttention::to_heads(Tensor tensor, std::int64_t heads, const char* name) const {
  const std::int64_t ranks = group_.size();
  const std::int64_t lines = static_cast<std::int64_t>(at_.rows.size()) * at_.heads.batch;
  const std::int64_t run = heads / ranks * at_.heads.head_dim;
  Tensor send = at_.bfloat16("all-to-all: send", tensor.elements());
  for (std::int64_t rank = 0; rank < ranks; ++rank) {
    for (std::int64_t line = 0; line < lines; ++line) {
      std::copy_n(tensor.data() + (line * ranks + rank) * run, run,
                  send.data() + (rank * lines + line) * run);
    }
  }
  tensor.release();
  const Tensor received = exchange(send);
  send.release();
  Tensor result = at_.bfloat16(name, received.elements());
  const std::int64_t row = at_.heads.batch * run;
  for (std::size_t i = 0; i < place_.size(); ++i) {
    std::copy_n(received.data() + static_cast<std::int64_t>(i) * row, row,
                result.data() + place_[i] * row);
  }
  return result;
}

// The way back: [u n, b, heads/u, d] -> [n, b, heads, d].
Tensor UlyssesAttention::to_rows(Tensor tensor, std::int64_t heads, const char* name) const {
  const std::int64_t ranks = group_.size();
  const std::int64_t lines = static_cast<std::int64_t>(at_.rows.size()) * at_.heads.batch;
  const std::int64_t run = heads / ranks * at_.heads.head_dim;
  const std::int64_t row = at_.heads.batch * run;
  Tensor send = at_.bfloat16("all-to-all: send", tensor.elements());
  for (std::size_t i = 0; i < place_.size(); ++i) {
    std::copy_n(tensor.data() + place_[i] * row, row,
                send.data() + static_cast<std::int64_t>(i) * row);
  }
  tensor.release();
  const Tensor received = exchange(send);
  send.release();
  Tensor result = at_.bfloat16(name, received.elements());
  for (std::int64_t rank = 0; rank < ranks; ++rank) {
    for (std::int64_t line = 0; line < lines; ++line) {
      std::copy_n(received.data() + (rank * lines + line) * run, run,
                  result.data() + (line * ranks + rank) * run);
    }
  }
  return result;
}

Tensor UlyssesAttention::repeat(Tensor tensor) const {
  const std::int64_t d = at_.heads.head_dim;
  const std::int64_t times = wire_kv_heads_ / at_.heads.kv_heads;
  if (times == 1) return tensor;
  Tensor repeated = at_.bfloat16("K or V, heads repeated", tensor.elements() * times);
  for (std::int64_t i = 0; i < repeated.elements() / d; ++i) {
    std::copy_n(tensor.data() + i / times * d, d, repeated.data() + i * d);
  }
  tensor.release();
  return repeated;
}

Tensor UlyssesAttention::add_repeats(Tensor tensor) const {
  const std::int64_t d = at_.heads.head_dim;
  const std::int64_t times = wire_kv_heads_ / at_.heads.kv_heads;
  if (times == 1) return tensor;
  Tensor sum = at_.bfloat16("dK or dV, repeats added", tensor.elements() / times);
  for (std::int64_t i = 0; i < tensor.elements(); ++i) {
    sum.data()[i / d / times * d + i % d] += tensor.data()[i];
  }
  tensor.release();
  return sum;
}

Tensor UlyssesAttention::forward(Tensor query, Tensor key, Tensor value) {
  const std::int64_t heads = at_.heads.query_heads;
  if (habits_.gathers_positions) gather_positions();
  Tensor q = to_heads(std::move(query), heads, "q");
  Tensor k = to_heads(repeat(std::move(key)), wire_kv_heads_, "k");
  Tensor v = to_heads(repeat(std::move(value)), wire_kv_heads_, "v");
  return to_rows(core_->forward(std::move(q), std::move(k), std::move(v)), heads, "o, own rows");
}

Gradients UlyssesAttention::backward(Tensor output_gradient) {
  const std::int64_t heads = at_.heads.query_heads;
  Gradients dealt = core_->backward(to_heads(std::move(output_gradient), heads, "dO"));
  Gradients gradients;
  gradients.query = to_rows(std::move(dealt.query), heads, "dQ, own rows");
  gradients.key = add_repeats(to_rows(std::move(dealt.key), wire_kv_heads_, "dK, own rows"));
  gradients.value = add_repeats(to_rows(std::move(dealt.value), wire_kv_heads_, "dV, own rows"));
  return gradients;
}

}  // namespace seqspan::oracle
