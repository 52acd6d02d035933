#include "sim/engine/grouped_documents.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/documents/document_stream.hpp"
#include "sim/documents/step_loads.hpp"
#include "sim/engine/op_times.hpp"
#include "sim/lower/kernels.hpp"
#include "sim/lower/lower.hpp"

namespace seqspan::sim {
namespace {

// Shares of g n tokens at which micro-batches are read: documents of groups of two and more are
// longer than half of it.
constexpr std::array kOfOneRank{1.0 / 256, 1.0 / 64, 1.0 / 16, 1.0 / 4, 1.0 / 2, 1.0};
constexpr std::array kOfGroups{1.0 / 2, 3.0 / 4, 1.0};

}  // namespace

GroupedDocuments::GroupedDocuments(const Job& job)
    : job_(job), sequence_(job.training.sequence_length) {
  draw_documents();
}

void GroupedDocuments::draw_documents() {
  const Documents& documents = *job_.training.documents;
  DocumentStream stream(documents, sequence_);
  const std::int64_t tokens = sequence_ * job_.training.global_batch_size;
  std::int64_t pending = 0;
  for (std::int64_t i = 0; i < std::min(kMostSequences, documents.samples); ++i) {
    std::vector<std::int64_t>& step = steps_.emplace_back();
    for (std::int64_t left = tokens; left > 0; left -= step.back()) {
      if (pending == 0) pending = stream.next();
      step.push_back(std::min({pending, sequence_, left}));
      pending -= step.back();
    }
  }
}

double GroupedDocuments::micro_batch(const Layout& layout, std::int64_t tokens, Network& network) {
  job_.training.sequence_length = tokens;
  lower(job_, layout, program_);
  read_op_times(job_.cluster, network, program_, durations_, uses_);
  launches_.read(job_.cluster.device, host_of(job_.training, traits_of(job_.framework)), program_);
  reader_.read_stages(program_, durations_, uses_, &launches_, stages_);
  return stages_.front().both().value();
}

void GroupedDocuments::read_curves(const Layout& layout, Network& network) {
  curves_.clear();
  const std::int64_t of_rank = sequence_ / layout.ring;
  const std::int64_t pool = layout.ring * layout.dp;
  for (std::int64_t group = 1; group <= layout.ring; group *= 2) {
    Layout grouped = layout;
    grouped.ring = group;
    grouped.dp = pool / group;
    network.place(grouped);
    Curve& curve = curves_.emplace_back(Curve{group, {}});
    const auto add = [&](double share) {
      // Whole zigzag chunks, which tensor parallel ranks divide.
      const std::int64_t unit = 2 * group * layout.tp;
      const auto wanted = static_cast<std::int64_t>(share * static_cast<double>(of_rank * group));
      const std::int64_t tokens = std::max<std::int64_t>(1, wanted / unit) * unit;
      if (!curve.points.empty() && curve.points.back().tokens >= tokens) return;
      curve.points.push_back({tokens, micro_batch(grouped, tokens, network)});
    };
    if (group == 1) {
      for (const double share : kOfOneRank) add(share);
    } else {
      for (const double share : kOfGroups) add(share);
    }
  }
  job_.training.sequence_length = sequence_;
}

// Below the first point documents take as long as there, beyond the last as on the way to it.
double GroupedDocuments::interpolate(const Curve& curve, std::int64_t tokens) {
  const std::vector<Point>& points = curve.points;
  if (points.size() == 1 || tokens <= points.front().tokens) return points.front().seconds;
  std::size_t above = 1;
  while (above + 1 < points.size() && points[above].tokens < tokens) ++above;
  const Point& low = points[above - 1];
  const Point& high = points[above];
  const double share =
      static_cast<double>(tokens - low.tokens) / static_cast<double>(high.tokens - low.tokens);
  return low.seconds + share * (high.seconds - low.seconds);
}

GroupedStep GroupedDocuments::read(const Layout& layout, Network& network) {
  read_curves(layout, network);
  const std::int64_t of_rank = sequence_ / layout.ring;
  GroupSchedule schedule(layout.ring * layout.dp);
  double longest = 0;
  double squares = 0;
  double mean = 0;
  for (const std::vector<std::int64_t>& step : steps_) {
    documents_.clear();
    for (const std::int64_t tokens : step) {
      std::size_t curve = 0;
      while (curve + 1 < curves_.size() && tokens > curves_[curve].group * of_rank) ++curve;
      documents_.push_back({curves_[curve].group, interpolate(curves_[curve], tokens)});
    }
    const GroupSchedule::Length length = schedule.read(documents_);
    longest += length.longest;
    squares += length.longest * length.longest;
    mean += length.mean;
  }
  const auto count = static_cast<double>(steps_.size());
  longest /= count;
  const double variance = std::max(0.0, squares / count - longest * longest);
  return {Seconds(longest), Seconds(mean / count), Seconds(std::sqrt(variance / (count - 1)))};
}

}  // namespace seqspan::sim
