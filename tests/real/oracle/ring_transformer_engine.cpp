#include "tests/real/oracle/ring_transformer_engine.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "tests/real/oracle/hop.hpp"

namespace seqspan::oracle {

TransformerEngineRing::Meeting TransformerEngineRing::meeting(std::int64_t owner) const {
  const auto rows = static_cast<std::int64_t>(at_.rows.size());
  if (owner == ring_.rank()) return {0, rows, rows};
  if (owner < ring_.rank()) return {0, rows, rows / 2};
  return {rows / 2, rows - rows / 2, rows};
}

Queries TransformerEngineRing::queries_of(const Meeting& meeting) const {
  return {RowSpan(at_.rows).subspan(static_cast<std::size_t>(meeting.first_query),
                                    static_cast<std::size_t>(meeting.queries)),
          query_.data() + meeting.first_query * at_.heads.query_row()};
}

Keys TransformerEngineRing::keys_of(const Meeting& meeting, const Rows& owner_rows,
                                    const float* kv) const {
  return {RowSpan(owner_rows).first(static_cast<std::size_t>(meeting.keys)), kv,
          kv + at_.kv_elements()};
}

Rows TransformerEngineRing::rows_of_rank(std::int64_t rank) const {
  const auto local = static_cast<std::int64_t>(at_.rows.size());
  return oracle::rows_of(Order::kZigzag, local * ring_.size(), ring_.size(), rank);
}

// LSE = log(exp(LSE) + exp(step)) with log1p, as flash_attn_fwd_softmax_lse_correction does it. A
// row that saw nothing yet has -infinity.
void TransformerEngineRing::correct(const Meeting& meeting, const Tensor& step) {
  float* total = log_sum_exp_.data() + meeting.first_query * at_.heads.lse_row();
  for (std::int64_t i = 0; i < step.elements(); ++i) {
    const float larger = std::max(total[i], step.data()[i]);
    const float smaller = std::min(total[i], step.data()[i]);
    total[i] = std::isinf(smaller) ? larger : larger + std::log1p(std::exp(smaller - larger));
  }
}

void TransformerEngineRing::merge(const Meeting& meeting, const Tensor& partial, const Tensor& step,
                                  bool first) {
  const std::int64_t d = at_.heads.head_dim;
  const float* total = log_sum_exp_.data() + meeting.first_query * at_.heads.lse_row();
  float* output = output_.data() + meeting.first_query * at_.heads.query_row();
  for (std::int64_t i = 0; i < partial.elements(); ++i) {
    const float scaled = partial.data()[i] * std::exp(step.data()[i / d] - total[i / d]);
    output[i] = first ? scaled : output[i] + scaled;
  }
}

Tensor TransformerEngineRing::forward(Tensor query, Tensor key, Tensor value) {
  const std::int64_t ranks = ring_.size();
  query_ = std::move(query);
  std::vector<Tensor> buffers{at_.bfloat16("own KV, concatenated", 2 * at_.kv_elements())};
  std::copy_n(key.data(), key.elements(), buffers[0].data());
  std::copy_n(value.data(), value.elements(), buffers[0].data() + key.elements());
  key.let_go();
  value.let_go();

  std::vector<Tensor> partials;
  std::vector<Tensor> steps;
  for (std::int64_t i = 0; i < ranks; ++i) {
    Hop hop(ring_, 1);
    if (i < ranks - 1) {
      buffers.push_back(at_.bfloat16("received KV", 2 * at_.kv_elements()));
      hop.post(buffers[static_cast<std::size_t>(i)], buffers.back());
    }
    const std::int64_t owner = (ring_.rank() - i + ranks) % ranks;
    const Meeting met = meeting(owner);
    partials.push_back(at_.bfloat16("partial o", met.queries * at_.heads.query_row()));
    steps.push_back(at_.float32("LSE of a step", met.queries * at_.heads.lse_row()));
    const Rows owner_rows = rows_of_rank(owner);
    attend(at_.heads, at_.mask, queries_of(met),
           keys_of(met, owner_rows, buffers[static_cast<std::size_t>(i)].data()),
           partials.back().data(), steps.back().data());
    if (i == 0) {
      log_sum_exp_ = at_.float32("LSE", at_.lse_elements());
      std::copy_n(steps[0].data(), steps[0].elements(), log_sum_exp_.data());
    } else {
      correct(met, steps.back());
    }
  }
  output_ = at_.bfloat16("o", at_.query_elements());
  for (std::size_t i = 0; i < partials.size(); ++i) {
    const std::int64_t owner = (ring_.rank() - static_cast<std::int64_t>(i) + ranks) % ranks;
    merge(meeting(owner), partials[i], steps[i], i == 0);
  }
  kv_ = buffers.back();
  // p2p_comm_buffers is a list of the function, which with Ulysses around the ring exchanges o too.
  if (at_.outer != nullptr) at_.outer->insert(at_.outer->end(), buffers.begin(), buffers.end());
  return output_;
}

void TransformerEngineRing::attend_backward_step(const Rows& owner_rows, const Meeting& meeting,
                                                 const float* kv, const Tensor& output_gradient,
                                                 const Tensor& step_query,
                                                 const Tensor& step_kv) const {
  const KernelWorkspace workspace(at_.ledger, at_.library, at_.heads,
                                  static_cast<std::size_t>(meeting.queries),
                                  static_cast<std::size_t>(meeting.keys));
  const std::int64_t skipped = meeting.first_query * at_.heads.query_row();
  attend_backward(
      at_.heads, at_.mask, queries_of(meeting), keys_of(meeting, owner_rows, kv),
      {output_.data() + skipped, log_sum_exp_.data() + meeting.first_query * at_.heads.lse_row(),
       output_gradient.data() + skipped},
      step_query.data(), step_kv.data(), step_kv.data() + step_kv.elements() / 2);
}

LogSumExp TransformerEngineRing::log_sum_exp() const {
  return {at_.rows, 0, at_.heads.query_heads, log_sum_exp_.values()};
}

namespace {

// Two buffers of KV and dK, dV that take turns, 2 U elements each, U of KV first.
class TurningBuffers {
 public:
  TurningBuffers(Ledger& ledger, std::int64_t unit) : unit_(unit) {
    const std::int64_t bytes = unit * static_cast<int>(Stored::kBFloat16);
    for (Half& half : halves_) {
      half.kv = std::make_unique<Note>(ledger, "KV of a buffer", bytes, Use::kOnlyHeld);
      half.gradient = std::make_unique<Note>(ledger, "dK, dV of a buffer", bytes, Use::kOnlyHeld);
      half.values.resize(static_cast<std::size_t>(2 * unit));
    }
  }

  [[nodiscard]] float* kv(std::int64_t turn) { return at(turn).values.data(); }
  [[nodiscard]] float* gradient(std::int64_t turn) { return kv(turn) + unit_; }
  void mark_kv(std::int64_t turn, Use use) { at(turn).kv->mark(use); }
  void mark_gradient(std::int64_t turn, Use use) { at(turn).gradient->mark(use); }

 private:
  struct Half {
    std::unique_ptr<Note> kv;
    std::unique_ptr<Note> gradient;
    std::vector<float> values;
  };
  Half& at(std::int64_t turn) { return halves_[static_cast<std::size_t>(turn % 2)]; }

  std::int64_t unit_;
  std::array<Half, 2> halves_;
};

}  // namespace

Gradients TransformerEngineRing::backward(Tensor output_gradient) {
  const std::int64_t ranks = ring_.size();
  const std::int64_t unit = 2 * at_.kv_elements();
  const Tensor saved_kv = kv_;
  Tensor query_gradient = at_.bfloat16("dQ", at_.query_elements());
  TurningBuffers buffers(at_.ledger, unit);
  std::copy_n(kv_.data(), unit, buffers.kv(0));
  for (std::int64_t i = 0; i < ranks; ++i) {
    const bool first = i == 0;
    const bool last = i == ranks - 1;
    if (!last) buffers.mark_kv(i + 1, Use::kNeeded);
    if (!first) buffers.mark_gradient(i + 1, Use::kNeeded);
    Hop hop(ring_, -1);
    if (!first || !last) {
      hop.post(last ? buffers.gradient(i) : buffers.kv(i),
               last ? buffers.gradient(i + 1) : buffers.kv(i + 1), first || last ? unit : 2 * unit);
    }
    const std::int64_t owner = (ring_.rank() + 1 + i) % ranks;
    const Meeting met = meeting(owner);
    const Tensor step_query = at_.bfloat16("dQ of a step", met.queries * at_.heads.query_row());
    // dkv_ = torch.empty_like(kv_), where kv_ is the part of KV that the kernel is given.
    const std::int64_t step_keys = met.keys * at_.heads.kv_row();
    const Tensor step_kv = at_.bfloat16("dK, dV of a step", 2 * step_keys);
    attend_backward_step(rows_of_rank(owner), met, buffers.kv(i), output_gradient, step_query,
                         step_kv);
    float* dq = query_gradient.data() + met.first_query * at_.heads.query_row();
    for (std::int64_t e = 0; e < step_query.elements(); ++e) dq[e] += step_query.data()[e];

    hop.wait();
    if (first) {
      buffers.mark_gradient(i + 1, Use::kNeeded);
      std::fill_n(buffers.gradient(i + 1), unit, 0.0F);
    }
    for (std::int64_t half = 0; half < 2; ++half) {
      for (std::int64_t e = 0; e < step_keys; ++e) {
        buffers.gradient(i + 1)[half * at_.kv_elements() + e] +=
            step_kv.data()[half * step_keys + e];
      }
    }
    if (first) kv_.let_go();
    buffers.mark_kv(i, Use::kOnlyHeld);
    buffers.mark_gradient(i, Use::kOnlyHeld);
  }
  for (Tensor* saved : {&query_, &output_, &log_sum_exp_}) at_.let_go(*saved);
  at_.let_go(output_gradient);
  buffers.mark_gradient(ranks, Use::kOnlyHeld);
  Gradients gradients{query_gradient, at_.bfloat16("dK", at_.kv_elements()),
                      at_.bfloat16("dV", at_.kv_elements())};
  const float* home = buffers.gradient(ranks);
  std::copy_n(home, at_.kv_elements(), gradients.key.data());
  std::copy_n(home + at_.kv_elements(), at_.kv_elements(), gradients.value.data());
  return gradients;
}

}  // namespace seqspan::oracle
