// The expected time of a step whose documents run on context parallel groups as small as each
// allows (training.documents.context_parallel=per_document).
//
// A rank holds at most n = s/c tokens, c that of the layout. A document of l tokens runs on the
// smallest power of two g of ranks with l <= g n, of the pool of dp x c. How long a micro-batch of
// one document takes is read off the program of a ring of g with sequences of so many tokens, at a
// few lengths for each g, and interpolated between them. Documents of a step, as many tokens as the
// job's rows have, are then scheduled (sim/documents/group_schedule.hpp), for 64 steps.
#pragma once

#include <vector>

#include "sim/documents/group_schedule.hpp"
#include "sim/engine/step_time.hpp"
#include "sim/network/network.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::sim {

struct GroupedStep {
  Seconds longest;  // micro-batches of the rank that is done last, mean of the steps
  Seconds mean;     // of all ranks
  Seconds error;    // standard error of `longest`
};

class GroupedDocuments {
 public:
  // The job has documents, and outlives this.
  explicit GroupedDocuments(const Job& job);

  // The layout may have such groups (reason code document_groups_unsupported). The network is left
  // with other groups placed than the layout's.
  [[nodiscard]] GroupedStep read(const Layout& layout, Network& network);

 private:
  struct Point {
    std::int64_t tokens = 0;
    double seconds = 0;
  };
  struct Curve {
    std::int64_t group = 1;
    std::vector<Point> points;
  };

  void draw_documents();
  void read_curves(const Layout& layout, Network& network);
  [[nodiscard]] double micro_batch(const Layout& layout, std::int64_t tokens, Network& network);
  [[nodiscard]] static double interpolate(const Curve& curve, std::int64_t tokens);

  Job job_;  // with sequences of other lengths
  std::int64_t sequence_;
  std::vector<std::vector<std::int64_t>> steps_;  // tokens of the documents of each
  std::vector<Curve> curves_;                     // smallest groups first
  std::vector<GroupedDocument> documents_;
  Program program_;
  HostLaunches launches_;
  StepTimeReader reader_;
  std::vector<Seconds> durations_;
  std::vector<LinkUse> uses_;
  std::vector<StageTime> stages_;
};

}  // namespace seqspan::sim
