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
  if (habits_.one_function) dealt.outer = &function_;
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
Tensor UlyssesAttention::to_heads(Tensor tensor, std::int64_t heads, const char* name) {
  const std::int64_t ranks = group_.size();
  const std::int64_t lines = static_cast<std::int64_t>(at_.rows.size()) * at_.heads.batch;
  const std::int64_t run = heads / ranks * at_.heads.head_dim;
  const Tensor argument = tensor;
  Tensor send = at_.bfloat16("all-to-all: send", tensor.elements());
  for (std::int64_t rank = 0; rank < ranks; ++rank) {
    for (std::int64_t line = 0; line < lines; ++line) {
      std::copy_n(tensor.data() + (line * ranks + rank) * run, run,
                  send.data() + (rank * lines + line) * run);
    }
  }
  tensor.let_go();
  const Tensor received = exchange(send);
  const Tensor held = send;  // a variable of the framework's function, until it returns
  hold_in_list(send);
  send.let_go();
  Tensor result = at_.bfloat16(name, received.elements());
  const std::int64_t row = at_.heads.batch * run;
  for (std::size_t i = 0; i < place_.size(); ++i) {
    std::copy_n(received.data() + static_cast<std::int64_t>(i) * row, row,
                result.data() + place_[i] * row);
  }
  return result;
}

// The way back: [u n, b, heads/u, d] -> [n, b, heads, d].
Tensor UlyssesAttention::pack_rows(const Tensor& tensor, std::int64_t heads) const {
  const std::int64_t row = at_.heads.batch * heads / group_.size() * at_.heads.head_dim;
  Tensor send = at_.bfloat16("all-to-all: send", tensor.elements());
  for (std::size_t i = 0; i < place_.size(); ++i) {
    std::copy_n(tensor.data() + place_[i] * row, row,
                send.data() + static_cast<std::int64_t>(i) * row);
  }
  return send;
}

Tensor UlyssesAttention::send_rows(Tensor send, std::int64_t heads, const char* name) {
  const std::int64_t ranks = group_.size();
  const std::int64_t lines = static_cast<std::int64_t>(at_.rows.size()) * at_.heads.batch;
  const std::int64_t run = heads / ranks * at_.heads.head_dim;
  const Tensor received = exchange(send);
  const Tensor held = send;  // a variable of the framework's function, until it returns
  hold_in_list(send);
  send.let_go();
  Tensor result = at_.bfloat16(name, received.elements());
  for (std::int64_t rank = 0; rank < ranks; ++rank) {
    for (std::int64_t line = 0; line < lines; ++line) {
      std::copy_n(received.data() + (rank * lines + line) * run, run,
                  result.data() + (line * ranks + rank) * run);
    }
  }
  return result;
}

// The argument is held until the function returns: by the one function, or by autograd.
Tensor UlyssesAttention::gradient_to_rows(Tensor& tensor, std::int64_t heads, const char* name) {
  const Tensor argument = tensor;
  if (habits_.one_function) function_.push_back(tensor);
  Tensor send = pack_rows(tensor, heads);
  tensor.let_go();
  return send_rows(std::move(send), heads, name);
}

void UlyssesAttention::hold_in_list(const Tensor& tensor) {
  if (habits_.one_function) list_.push_back(tensor);
}

Tensor UlyssesAttention::repeat(Tensor tensor) const {
  const std::int64_t d = at_.heads.head_dim;
  const std::int64_t times = wire_kv_heads_ / at_.heads.kv_heads;
  if (times == 1) return tensor;
  Tensor repeated = at_.bfloat16("K or V, heads repeated", tensor.elements() * times);
  for (std::int64_t i = 0; i < repeated.elements() / d; ++i) {
    std::copy_n(tensor.data() + i / times * d, d, repeated.data() + i * d);
  }
  tensor.let_go();
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
  list_.clear();
  Tensor output = core_->forward(std::move(q), std::move(k), std::move(v));
  Tensor send = pack_rows(output, heads);
  output.release();
  Tensor result = send_rows(std::move(send), heads, "o, own rows");
  list_.clear();
  function_.clear();
  return result;
}

LogSumExp UlyssesAttention::log_sum_exp() const {
  LogSumExp dealt = core_->log_sum_exp();
  dealt.first_head = group_.rank() * dealt.heads;
  return dealt;
}

Gradients UlyssesAttention::backward(Tensor output_gradient) {
  const std::int64_t heads = at_.heads.query_heads;
  Tensor dealt_gradient = to_heads(std::move(output_gradient), heads, "dO");
  list_.clear();
  Gradients dealt = core_->backward(std::move(dealt_gradient));
  Gradients gradients;
  const auto query = [&] {
    gradients.query = gradient_to_rows(dealt.query, heads, "dQ, own rows");
  };
  const auto key = [&] {
    gradients.key = add_repeats(gradient_to_rows(dealt.key, wire_kv_heads_, "dK, own rows"));
  };
  const auto value = [&] {
    gradients.value = add_repeats(gradient_to_rows(dealt.value, wire_kv_heads_, "dV, own rows"));
  };
  if (habits_.one_function) {
    query();
    key();
    value();
  } else {
    value();
    key();
    query();
  }
  list_.clear();
  function_.clear();
  return gradients;
}

}  // namespace seqspan::oracle
