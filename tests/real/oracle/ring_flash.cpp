#include "tests/real/oracle/ring_flash.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/real/oracle/hop.hpp"

namespace seqspan::oracle {

FlashRing::Meeting FlashRing::meeting(std::int64_t step) const {
  const auto rows = static_cast<std::int64_t>(at_.rows.size());
  const bool behind = step <= ring_.rank();  // these keys come from a rank before this one
  if (step == 0) return {0, rows, rows};
  switch (order_) {
    case Order::kContiguous:
      return behind ? Meeting{0, rows, rows} : Meeting{};
    case Order::kZigzag:
      return behind ? Meeting{0, rows, rows / 2} : Meeting{rows / 2, rows - rows / 2, rows};
    case Order::kStriped:
      return behind ? Meeting{0, rows, rows} : Meeting{1, rows - 1, rows - 1};
  }
  return {};
}

Rows FlashRing::rows_at(std::int64_t step) const {
  const std::int64_t ranks = ring_.size();
  const std::int64_t owner = (ring_.rank() - step + ranks) % ranks;
  return rows_of(order_, static_cast<std::int64_t>(at_.rows.size()) * ranks, ranks, owner);
}

Queries FlashRing::queries_of(const Meeting& meeting) const {
  return {RowSpan(at_.rows).subspan(static_cast<std::size_t>(meeting.first_query),
                                    static_cast<std::size_t>(meeting.queries)),
          query_.data() + meeting.first_query * at_.heads.query_row()};
}

// o <- o - sigmoid(LSE_i - LSE) (o - o_i); LSE <- LSE - log(sigmoid(LSE - LSE_i)).
void FlashRing::merge(const Meeting& meeting, const Tensor& accumulator, const Tensor& partial,
                      const Tensor& step) const {
  const std::int64_t d = at_.heads.head_dim;
  float* total = log_sum_exp_.data() + meeting.first_query * at_.heads.lse_row();
  float* output = accumulator.data() + meeting.first_query * at_.heads.query_row();
  for (std::int64_t i = 0; i < step.elements(); ++i) {
    const float added = step.data()[i];
    if (std::isinf(added)) continue;  // saw no key
    const float part = std::isinf(total[i]) ? 1.0F : 1.0F / (1.0F + std::exp(total[i] - added));
    for (std::int64_t e = i * d; e < (i + 1) * d; ++e) {
      output[e] -= part * (output[e] - partial.data()[e]);
    }
    total[i] = std::isinf(total[i]) ? added : total[i] + std::log1p(std::exp(added - total[i]));
  }
}

Tensor FlashRing::forward(Tensor query, Tensor key, Tensor value) {
  const std::int64_t ranks = ring_.size();
  query_ = std::move(query);
  key_ = std::move(key);
  value_ = std::move(value);
  Tensor accumulator;
  Tensor k = key_;
  Tensor v = value_;
  for (std::int64_t i = 0; i < ranks; ++i) {
    Hop hop(ring_, 1);
    Tensor next_k;
    Tensor next_v;
    if (i + 1 < ranks) {
      next_k = at_.bfloat16("arriving K", at_.kv_elements());
      next_v = at_.bfloat16("arriving V", at_.kv_elements());
      hop.post(k, next_k);
      hop.post(v, next_v);
    }
    const Meeting met = meeting(i);
    if (met.keys > 0) {
      const Tensor partial = at_.bfloat16("o of a step", met.queries * at_.heads.query_row());
      Tensor step = at_.float32("LSE of a step", met.queries * at_.heads.lse_row());
      const Rows rows = rows_at(i);
      attend(at_.heads, at_.mask, queries_of(met),
             {RowSpan(rows).first(static_cast<std::size_t>(met.keys)), k.data(), v.data()},
             partial.data(), step.data());
      if (i == 0) {
        accumulator = at_.float32("o in fp32", at_.query_elements());
        std::copy_n(partial.data(), partial.elements(), accumulator.data());
        log_sum_exp_ = step;
      } else {
        // `out = out - ...` makes a new tensor beside the old one.
        const Tensor renewed(at_.ledger, "o in fp32, renewed", Stored::kFloat32,
                             met.queries * at_.heads.query_row(), Use::kOnlyHeld);
        merge(met, accumulator, partial, step);
      }
    }
    hop.wait();
    if (i + 1 < ranks) {
      k = std::move(next_k);
      v = std::move(next_v);
    }
  }
  k.release();
  v.release();
  output_ = at_.bfloat16("o", at_.query_elements());
  std::copy_n(accumulator.data(), accumulator.elements(), output_.data());
  return output_;
}

LogSumExp FlashRing::log_sum_exp() const {
  return {at_.rows, 0, at_.heads.query_heads, log_sum_exp_.values()};
}

Gradients FlashRing::backward(Tensor output_gradient) {
  const std::int64_t ranks = ring_.size();
  const std::int64_t last_working = order_ == Order::kContiguous ? ring_.rank() : ranks - 1;
  // Of one step, in the type of q, k and v: made once, used at every step.
  const std::array<Tensor, 3> step{at_.bfloat16("dQ of a step", at_.query_elements()),
                                   at_.bfloat16("dK of a step", at_.kv_elements()),
                                   at_.bfloat16("dV of a step", at_.kv_elements())};
  Tensor query_sum;
  Tensor k = key_;
  Tensor v = value_;
  Tensor dk;
  Tensor dv;
  Tensor next_dk;
  Tensor next_dv;
  Hop gradient_hop(ring_, 1);
  for (std::int64_t i = 0; i < ranks; ++i) {
    Hop hop(ring_, 1);
    Tensor next_k;
    Tensor next_v;
    if (i + 1 < ranks) {
      next_k = at_.bfloat16("arriving K", at_.kv_elements());
      next_v = at_.bfloat16("arriving V", at_.kv_elements());
      hop.post(k, next_k);
      hop.post(v, next_v);
    }
    const Meeting met = meeting(i);
    const std::int64_t skipped = met.first_query * at_.heads.query_row();
    if (met.keys > 0) {
      for (const Tensor& part : step) part.need();
      const KernelWorkspace workspace(at_.ledger, at_.library, at_.heads,
                                      static_cast<std::size_t>(met.queries),
                                      static_cast<std::size_t>(met.keys));
      const Rows rows = rows_at(i);
      attend_backward(
          at_.heads, at_.mask, queries_of(met),
          {RowSpan(rows).first(static_cast<std::size_t>(met.keys)), k.data(), v.data()},
          {output_.data() + skipped, log_sum_exp_.data() + met.first_query * at_.heads.lse_row(),
           output_gradient.data() + skipped},
          step[0].data(), step[1].data(), step[2].data());
    }
    if (i == last_working) {
      for (const Tensor* used : {&query_, &output_, &log_sum_exp_, &output_gradient}) used->rest();
    }
    if (i == 0) {
      query_sum = at_.float32("dQ in fp32", at_.query_elements());
      dk = at_.float32("dK in fp32", at_.kv_elements());
      dv = at_.float32("dV in fp32", at_.kv_elements());
    } else {
      gradient_hop.wait();  // what this rank sent may be overwritten, what it gets is there
      std::swap(dk, next_dk);
      std::swap(dv, next_dv);
    }
    for (std::int64_t e = 0; e < met.queries * at_.heads.query_row(); ++e) {
      query_sum.data()[skipped + e] += step[0].data()[e];
    }
    for (std::int64_t e = 0; e < met.keys * at_.heads.kv_row(); ++e) {
      dk.data()[e] += step[1].data()[e];
      dv.data()[e] += step[2].data()[e];
    }
    for (const Tensor& part : step) part.rest();
    hop.wait();
    k.rest();  // own K and V: held by autograd
    v.rest();
    k = std::move(next_k);
    v = std::move(next_v);
    if (!next_dk) {
      next_dk = at_.float32("arriving dK in fp32", at_.kv_elements());
      next_dv = at_.float32("arriving dV in fp32", at_.kv_elements());
    }
    gradient_hop.post(dk, next_dk);
    gradient_hop.post(dv, next_dv);
  }
  gradient_hop.wait();
  dk.rest();
  dv.rest();
  Gradients gradients{at_.bfloat16("dQ", at_.query_elements()),
                      at_.bfloat16("dK", at_.kv_elements()), at_.bfloat16("dV", at_.kv_elements())};
  std::copy_n(query_sum.data(), query_sum.elements(), gradients.query.data());
  std::copy_n(next_dk.data(), next_dk.elements(), gradients.key.data());
  std::copy_n(next_dv.data(), next_dv.elements(), gradients.value.data());
  for (Tensor* saved : {&query_, &key_, &value_, &output_, &log_sum_exp_}) at_.let_go(*saved);
  return gradients;
}

}  // namespace seqspan::oracle
