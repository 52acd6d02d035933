// One rank's attention under a method: forward, then backward of the same tensors.
//
// Tensors come and go as handles: a method that is done with one lets go of it, and what a method
// keeps between its forward and its backward is what it has saved.
#pragma once

#include <memory>

#include "tests/real/oracle/kernel.hpp"

namespace seqspan::oracle {

struct Gradients {
  Tensor query;
  Tensor key;
  Tensor value;
};

// Of the rows and heads that a rank attended with: [rows, b, heads].
struct LogSumExp {
  Rows rows;
  std::int64_t first_head = 0;
  std::int64_t heads = 0;
  std::vector<float> values;
};

class Attention {
 public:
  Attention() = default;
  virtual ~Attention() = default;
  Attention(const Attention&) = delete;
  Attention& operator=(const Attention&) = delete;

  // q [n, b, a, d], k and v [n, b, g, d] of this rank's n rows and heads; o like q.
  [[nodiscard]] virtual Tensor forward(Tensor query, Tensor key, Tensor value) = 0;
  // What forward saved; asked for between the two.
  [[nodiscard]] virtual LogSumExp log_sum_exp() const = 0;
  [[nodiscard]] virtual Gradients backward(Tensor output_gradient) = 0;
};

// What every method needs to know. `rows`: which rows this rank attends with.
struct Setting {
  Ledger& ledger;
  const Mask& mask;
  Library library = Library::kFlashAttention3;
  Heads heads;
  Rows rows;
  // Of the framework's function around this one, if there is one: what it holds until it returns.
  std::vector<Tensor>* outer = nullptr;

  [[nodiscard]] std::int64_t query_elements() const {
    return static_cast<std::int64_t>(rows.size()) * heads.query_row();
  }
  [[nodiscard]] std::int64_t kv_elements() const {
    return static_cast<std::int64_t>(rows.size()) * heads.kv_row();
  }
  [[nodiscard]] std::int64_t lse_elements() const {
    return static_cast<std::int64_t>(rows.size()) * heads.lse_row();
  }
  [[nodiscard]] Tensor bfloat16(const char* name, std::int64_t elements) const {
    return {ledger, name, Stored::kBFloat16, elements};
  }
  [[nodiscard]] Tensor float32(const char* name, std::int64_t elements) const {
    return {ledger, name, Stored::kFloat32, elements};
  }
  // In bf16: a copy that the framework makes without need.
  [[nodiscard]] Tensor only_held(const char* name, std::int64_t elements) const {
    return {ledger, name, Stored::kBFloat16, elements, Use::kOnlyHeld};
  }
  // Used for the last time, though a function around this one may hold on to it.
  void let_go(Tensor& tensor) const {
    if (outer != nullptr) outer->push_back(tensor);
    tensor.let_go();
  }
};

}  // namespace seqspan::oracle
