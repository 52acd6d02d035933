#include "tests/real/oracle/local.hpp"

namespace seqspan::oracle {

Tensor LocalAttention::forward(Tensor query, Tensor key, Tensor value) {
  output_ = at_.bfloat16("o", at_.query_elements());
  log_sum_exp_ = at_.float32("LSE", at_.lse_elements());
  attend(at_.heads, at_.mask, {at_.rows, query.data()}, {at_.rows, key.data(), value.data()},
         output_.data(), log_sum_exp_.data());
  query_ = std::move(query);
  key_ = std::move(key);
  value_ = std::move(value);
  return output_;
}

LogSumExp LocalAttention::log_sum_exp() const {
  return {at_.rows, 0, at_.heads.query_heads, log_sum_exp_.values()};
}

Gradients LocalAttention::backward(Tensor output_gradient) {
  Gradients gradients{at_.bfloat16("dQ", at_.query_elements()),
                      at_.bfloat16("dK", at_.kv_elements()), at_.bfloat16("dV", at_.kv_elements())};
  const KernelWorkspace workspace(at_.ledger, at_.library, at_.heads, at_.rows.size(),
                                  at_.rows.size());
  attend_backward(at_.heads, at_.mask, {at_.rows, query_.data()},
                  {at_.rows, key_.data(), value_.data()},
                  {output_.data(), log_sum_exp_.data(), output_gradient.data()},
                  gradients.query.data(), gradients.key.data(), gradients.value.data());
  for (Tensor* saved : {&query_, &key_, &value_, &output_, &log_sum_exp_}) at_.let_go(*saved);
  at_.let_go(output_gradient);
  return gradients;
}

}  // namespace seqspan::oracle
