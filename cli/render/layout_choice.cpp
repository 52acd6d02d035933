#include "cli/render/layout_choice.hpp"

#include <fmt/format.h>

#include <array>

#include "sim/layout/resolve.hpp"
#include "sim/spec/layout_text.hpp"

namespace seqspan::cli {
namespace {

sim::Layout completed(const sim::Job& job, const sim::LayoutChoice& choice) {
  return sim::resolve(job, sim::override_with(choice, job.layout));
}

std::string text_of(std::int64_t value) { return fmt::format("{}", value); }
std::string text_of(bool value) { return value ? "true" : "false"; }
template <class T>
std::string text_of(T value) {
  return name_of(value);
}

class ShortText {
 public:
  ShortText(const sim::Job& job, const sim::Layout& layout) : job_(job), layout_(layout) {}

  template <class T>
  void add(const char* key, std::optional<T> sim::LayoutChoice::*choice, T sim::Layout::*member,
           bool always) {
    const T value = layout_.*member;
    if (!always && completed(job_, choice_).*member == value) return;
    choice_.*choice = value;
    text_ += fmt::format("{}{}={}", text_.empty() ? "" : ",", key, text_of(value));
  }

  [[nodiscard]] bool is_whole() const { return completed(job_, choice_) == layout_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  const sim::Job& job_;
  const sim::Layout& layout_;
  sim::LayoutChoice choice_;
  std::string text_;
};

}  // namespace

std::string short_layout(const sim::Job& job, const sim::Layout& layout) {
  using C = sim::LayoutChoice;
  using L = sim::Layout;
  ShortText text(job, layout);
  text.add("tp", &C::tp, &L::tp, layout.tp > 1);
  text.add("sequence_parallel", &C::sequence_parallel, &L::sequence_parallel, false);
  text.add("ulysses", &C::ulysses, &L::ulysses, layout.ulysses > 1);
  text.add("ring", &C::ring, &L::ring, layout.ring > 1);
  text.add("pp", &C::pp, &L::pp, layout.pp > 1);
  text.add("vpp", &C::vpp, &L::vpp, layout.vpp > 1);
  text.add("ep", &C::ep, &L::ep, layout.ep > 1);
  text.add("etp", &C::etp, &L::etp, false);
  text.add("dp", &C::dp, &L::dp, text.text().empty());
  text.add("ring_order", &C::ring_order, &L::ring_order, false);
  text.add("kv_exchange", &C::kv_exchange, &L::kv_exchange, false);
  text.add("placement", &C::placement, &L::placement, false);
  text.add("micro_batch", &C::micro_batch, &L::micro_batch, false);
  text.add("recompute", &C::recompute, &L::recompute, false);
  text.add("sharding", &C::sharding, &L::sharding, false);
  text.add("offload", &C::offload, &L::offload, false);
  text.add("ulysses_in_node", &C::ulysses_in_node, &L::ulysses_in_node, false);
  text.add("ep_in_node", &C::ep_in_node, &L::ep_in_node, false);
  text.add("mlp_chunks", &C::mlp_chunks, &L::mlp_chunks, false);
  text.add("head_groups", &C::head_groups, &L::head_groups, false);
  text.add("loss_chunks", &C::loss_chunks, &L::loss_chunks, false);
  return text.is_whole() ? text.text() : sim::to_string(layout);
}

}  // namespace seqspan::cli
