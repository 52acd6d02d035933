#include "profiles/replay/published/attention_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "profiles/replay/published/methods.hpp"
#include "profiles/replay/published/words.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::profiles::published {
namespace {

constexpr std::int64_t kGpusOfOneNode = 8;  // HGX machines, where a file does not say

using Quantity = std::optional<double> ReplayMeasured::*;

// Where a figure goes; nullptr: the pass has no such figure.
Quantity quantity_of(const std::string& pass_text, bool of_iterations) {
  const std::string pass = plain(pass_text);
  const bool forward = pass == "fwd" || pass == "forward";
  const bool backward = pass == "bwd" || pass == "backward";
  const bool both = pass == "fwdbwd" || pass == "forwardbackward" || pass.empty();
  if (!forward && !backward && !both) return nullptr;
  if (of_iterations) {
    if (backward) return nullptr;
    return forward ? &ReplayMeasured::forward_iterations_per_second
                   : &ReplayMeasured::iterations_per_second;
  }
  if (forward) return &ReplayMeasured::attention_forward_tflops;
  return backward ? &ReplayMeasured::attention_backward_tflops : &ReplayMeasured::tflops_per_gpu;
}

class AttentionRows {
 public:
  AttentionRows(const FileFacts& file, const std::filesystem::path& data_root, ReplayCase& target)
      : file_(file), data_root_(data_root), target_(target) {}

  // One figure for each of `gpus`, in this order; null: not measured.
  void add(const RowFacts& facts, const std::vector<std::int64_t>& gpus,
           const MethodFigures& figures, bool of_iterations) {
    const Quantity quantity = quantity_of(facts.pass, of_iterations);
    for (std::size_t i = 0; i < gpus.size(); ++i) {
      for (const auto& [method, values] : figures) {
        if (quantity == nullptr) {
          leave_out(facts, method,
                    fmt::format("pass {} has no such figure", sim::quote(facts.pass)));
        } else if (values.size() > gpus.size()) {
          leave_out(facts, method, "there are more figures of it than numbers of GPUs");
        } else if (std::none_of(values.begin(), values.end(),
                                [](const auto& value) { return value.has_value(); })) {
          leave_out(facts, method, "nothing was measured");
        } else if (i < values.size() && values[i]) {
          add_figure(facts, method, gpus[i], quantity, *values[i]);
        }
      }
    }
  }

  // Once for one reason, on any number of GPUs.
  void leave_out(const RowFacts& facts, const std::string& method, const std::string& why) {
    for (const ReplayRow& other : target_.rows) {
      if (other.where == facts.where && other.layout == method && other.left_out == why) return;
    }
    ReplayRow row;
    row.where = facts.where;
    row.group = "left out";
    row.layout = method;
    row.left_out = why;
    methods_.push_back(method);
    target_.rows.push_back(std::move(row));
  }

 private:
  void add_figure(const RowFacts& facts, const std::string& method, std::int64_t gpus,
                  Quantity quantity, double value) {
    auto row = row_of_method(file_, facts, method, gpus, data_root_, target_.assumptions);
    if (!row) {
      leave_out(facts, method, row.error().what);
      return;
    }
    for (std::size_t i = 0; i < methods_.size(); ++i) {
      ReplayRow& known = target_.rows[i];
      if (methods_[i] == method && is_same_job(known, *row) && !(known.measured.*quantity)) {
        known.measured.*quantity = value;
        return;
      }
    }
    row->measured.*quantity = value;
    methods_.push_back(method);
    target_.rows.push_back(std::move(*row));
  }

  static bool is_same_job(const ReplayRow& a, const ReplayRow& b) {
    return a.left_out.empty() && a.layout == b.layout && a.settings == b.settings &&
           a.sequence_length == b.sequence_length && a.global_batch_size == b.global_batch_size;
  }

  const FileFacts& file_;
  const std::filesystem::path& data_root_;
  ReplayCase& target_;
  std::vector<std::string> methods_;  // of target_.rows
};

}  // namespace

bool is_of_attention(const FileFacts& file) {
  return std::any_of(file.rows.begin(), file.rows.end(), [](const RowFacts& row) {
    return !row.tflops.empty() || !row.iterations_per_second.empty();
  });
}

void add_attention_rows(const FileFacts& file, const std::filesystem::path& data_root,
                        ReplayCase& target) {
  AttentionRows rows(file, data_root, target);
  for (const RowFacts& facts : file.rows) {
    if (!facts.left_out.empty()) {
      rows.leave_out(facts, facts.layout_as_written, facts.left_out);
      continue;
    }
    if (facts.tflops.empty() && facts.iterations_per_second.empty()) {
      rows.leave_out(facts, facts.layout_as_written, "it has no figures by method");
      continue;
    }
    std::vector<std::int64_t> gpus = facts.job.gpus;
    if (gpus.empty()) gpus.push_back(file.gpus_per_node.value_or(kGpusOfOneNode));
    rows.add(facts, gpus, facts.tflops, false);
    rows.add(facts, gpus, facts.iterations_per_second, true);
  }
}

}  // namespace seqspan::profiles::published
