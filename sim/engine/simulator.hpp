// Reads a job's layouts: lowers each to a Program and reads memory and time off it.
//
// One Simulator serves one job. evaluate() is what the planner calls thousands of times: it
// allocates nothing once it has seen layouts of the same shape, and costs the same for any number
// of layers, micro-batches and GPUs. What was read of other layouts and is the same for this one is
// not read again (layout_readings.hpp, with its bounds): a layout that was seen is evaluated
// without being lowered, and so is the memory of one whose parts were seen. simulate() gives
// everything that a person may ask about one layout, and reads all of it off the program.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "sim/engine/document_time.hpp"
#include "sim/engine/grouped_documents.hpp"
#include "sim/engine/layout_readings.hpp"
#include "sim/engine/reserved_memory.hpp"
#include "sim/engine/step_memory.hpp"
#include "sim/engine/step_time.hpp"
#include "sim/engine/throughput.hpp"
#include "sim/network/communicator_memory.hpp"
#include "sim/network/network.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::sim {

// What decides the length of a step.
enum class StepBound : std::uint8_t {
  kGemm,
  kAttention,
  kMemoryPasses,
  kTensorCommunication,
  kContextCommunication,
  kExpertCommunication,
  kShardCommunication,
  kInterference,  // what compute loses beside communication
  kHost,          // copies to and from the host that compute waits for
  kLaunches,      // the host, which issues ops more slowly than the GPU runs them
  kPipelineBubble,
  kUpdate,
  kImbalance,  // what ranks with long documents keep the others waiting
};
inline constexpr std::size_t kStepBoundCount = 13;
[[nodiscard]] const char* name_of(StepBound bound);

// Shares of a step's length, in seconds, by what the busiest stage does or waits for. They add up
// to the step.
using StepShares = std::array<Seconds, kStepBoundCount>;

struct Evaluation {
  Bytes peak;
  Seconds step;  // expected, with documents
  Seconds bubble;
  Seconds imbalance{};  // of the step, what ranks with long documents keep the others waiting
  Bytes host{};         // in the host's memory, of the GPU that needs most there
  bool fits = false;    // peak and host
};

struct LargestTensor {
  std::string name;
  std::string shape;  // "[b=1, s/c=16384, h=4096]"
  MemoryRole role = MemoryRole::kTransient;
  Bytes bytes;  // of all copies on the GPU at the peak
  std::int64_t copies = 1;
};

struct TrafficRow {
  std::string op;
  Axis axis = Axis::kTensor;
  Collective collective = Collective::kAllToAll;
  std::int64_t group_size = 1;
  Pass pass = Pass::kForward;
  const char* per = "";      // "layer and micro-batch", "micro-batch", "step"
  std::int64_t count = 0;    // executions on one GPU of the busiest stage per step
  Bytes bytes_sent_per_gpu;  // by one execution
  Bytes message_bytes;
  Seconds seconds;                      // of one execution
  Seconds exposed_seconds;              // over the step
  const char* bound = "";               // "latency", "NVLink", "PCIe", "NIC", "spine", "core"
  std::optional<BoundLink> bound_link;  // where one link of that kind is busier than most
  TimedBy timed_by = TimedBy::kModel;
};

// A copy between GPU and host, or a pass of the host.
struct HostRow {
  std::string op;
  const char* way = "";  // "to host", "from host", "on host"
  Pass pass = Pass::kForward;
  const char* per = "";
  std::int64_t count = 0;
  Bytes bytes;                     // of one execution
  Seconds seconds;                 // likewise
  bool waits = false;              // compute does nothing else meanwhile
  std::optional<Seconds> exposed;  // over the step; absent in the update, which is its own share
};

// What documents of different lengths do to a step (sim/engine/document_time.hpp).
struct DocumentReport {
  DocumentSplit split = DocumentSplit::kPerDocument;
  std::int64_t multiple = 1;  // of tokens, that documents are padded to
  std::int64_t lockstep = 1;  // data parallel ranks that wait for each other in every micro-batch
  RowPoolFacts rows;
  double rank_imbalance = 1;  // most attention of a data parallel rank over their mean, mean
  std::int64_t steps = 0;     // that were drawn
  Seconds confidence;         // the expected step is known to so much more or less, 95 %
  struct Policy {
    Assignment assignment = Assignment::kAsTheyCome;
    Seconds step;
    Seconds imbalance;
  };
  std::vector<Policy> policies;  // the same layout and rows, assigned in each way
  struct Groups {
    Seconds step;
    Seconds imbalance;
  };
  // Groups as small as each document allows, where the framework has them for such a layout.
  std::optional<Groups> groups;
};

struct Simulation {
  Layout layout;
  bool fits = false;

  Bytes capacity;
  StageMemory peak;
  std::vector<StageMemory> by_stage;
  Bytes saved_per_layer;  // of one micro-batch, the layer kind that saves most
  // What PyTorch takes for it, of the stage that takes most; nothing for attention alone, and
  // where it was not asked for. Whether a layout fits is not decided by it.
  std::optional<ReservedMemory> reserved;
  std::vector<LargestTensor> largest;
  std::string peak_moment;  // "stage 0, layer backward of layer 31, attention backward"

  StepTime time;
  ExposedTime exposed;
  StepShares shares{};
  std::array<Seconds, kStepBoundCount> busy{};  // work on the busiest stage, waited for or not
  StepBound bound = StepBound::kGemm;
  double tokens_per_gpu_per_second = 0;
  FlopsPerSecond model_flops_per_gpu;
  double mfu = 0;
  std::int64_t micro_batches = 0;

  std::vector<TrafficRow> traffic;

  HostMemory host_memory;              // of one GPU, on the stage that needs most there
  std::optional<Bytes> host_capacity;  // of one node
  std::int64_t gpus_per_host = 0;
  std::vector<HostRow> host;
  std::int64_t kv_replication = 1;
  std::optional<DocumentReport> documents;
};

struct Explanation;
struct StepTimeline;
struct ExplainedCommunication;

class Simulator {
 public:
  // The job must outlive the simulator, and stay as it is. `counts`: of what evaluations remember.
  explicit Simulator(const Job& job, const ReadingCounts& counts = {});

  // Whether the job's cluster can be simulated at all (Network::check()); ask before all else.
  [[nodiscard]] Result<void> check() const { return network_.check(); }

  // The layout must be legal (sim/layout/legality.hpp). Time is read only where memory fits, unless
  // `always` is set: a layout that does not fit has step 0.
  [[nodiscard]] Evaluation evaluate(const Layout& layout, bool always = false);
  // The same in parts, so that a search may stop between them: memory (with step 0), bounds of what
  // was just read, and its time.
  [[nodiscard]] Evaluation evaluate_memory(const Layout& layout);
  // No peak of a layout with the same standing tensors is below.
  [[nodiscard]] Bytes least_peak() const;
  // No step of the layout is below: its compute, with every communication hidden and no bubble.
  [[nodiscard]] Seconds least_step();
  void evaluate_time(Evaluation& evaluation);
  // With documents. The step with the mean load in every micro-batch:
  // what promises to be short.
  [[nodiscard]] Seconds even_step();
  // Sets evaluation.step to a closer bound than it was, and returns whether there are more; false:
  // nothing left but evaluate_time(), which takes up what was read.
  [[nodiscard]] bool come_closer(Evaluation& evaluation);
  // What PyTorch reserves is read where it is asked for: it walks every layer and micro-batch.
  [[nodiscard]] Simulation simulate(const Layout& layout, bool with_reserved = false);
  // The same with the formula of every number (sim/engine/explanation.hpp).
  [[nodiscard]] Explanation explain(const Layout& layout);
  // The same with every op and every byte over the step (sim/engine/step_timeline.hpp).
  [[nodiscard]] StepTimeline timeline(const Layout& layout);
  // Those of other ranks of its ring, where they run other ops (sim/engine/rank_timelines.hpp).
  [[nodiscard]] std::vector<StepTimeline> other_ranks(const StepTimeline& deciding);
  // The program of the layout, for printing, execution and traces.
  [[nodiscard]] const Program& program_of(const Layout& layout);

  [[nodiscard]] const Job& job() const { return job_; }

 private:
  void prepare(const Layout& layout);
  void lower_parts();
  void read_program_memory();
  void read_memory();
  void recall_memory(const LayoutKey& blocks, const LayoutKey& standing);
  [[nodiscard]] bool remembers() const;
  void read_durations();
  [[nodiscard]] StepTime read_time();
  void add_imbalance(const Layout& layout, StepTime& time);
  void add(const Imbalance& imbalance, StepTime& time) const;
  [[nodiscard]] StepTime with_groups(const Layout& layout, StepTime time);
  [[nodiscard]] RowContent row_content() const;
  void describe_documents(Simulation& simulation);
  [[nodiscard]] CommunicatorUses program_uses() const;
  [[nodiscard]] Bytes communication_buffers(const CommunicatorUses& uses) const;
  [[nodiscard]] ReservedMemory reserved() const;
  void describe_memory(Simulation& simulation);
  void describe_time(Simulation& simulation);
  void describe_traffic(Simulation& simulation);
  void describe_host(Simulation& simulation);
  [[nodiscard]] bool host_fits(Bytes per_gpu) const;
  [[nodiscard]] ExplainedCommunication explain_communication(const Communication& work) const;
  void explain_blocks(Explanation& explanation) const;
  void explain_memory(Explanation& explanation) const;

  // What is already read of the layout. Layouts that differ in vpp alone have the same parts, on
  // the same groups: one after the other they cost their stages only.
  std::optional<Layout> layout_;
  bool lowered_ = false;      // the parts of program_ are the layout's; its stages always are
  bool memory_read_ = false;  // wherever it is from
  bool program_memory_read_ = false;  // off the program
  bool durations_read_ = false;
  // Stages whose micro-batches are read: layouts of one program mostly have the same.
  bool stages_read_ = false;
  std::vector<PartRun> runs_read_;
  std::vector<StageClass> classes_read_;
  bool loads_read_ = false;  // of them, micro-batches of all loads

  const Job& job_;
  ReadingCounts counts_;
  std::optional<LayoutReadings> readings_;  // made when it is first asked for
  std::span<PartReading> blocks_;           // in it, of the layout; empty: not remembered
  std::vector<PartWork> works_;
  Network network_;
  Program program_;
  StepMemoryReader memory_;
  StepTimeReader time_;
  std::optional<DocumentTime> documents_;
  std::optional<GroupedDocuments> grouped_;  // made when it is first asked for
  StepTimeReader point_time_;                // of micro-batches with other loads than the mean
  // What come_closer() has read of the layout.
  std::optional<StepTime> bounded_;
  bool is_close_ = false;
  StepReading step_;
  std::vector<Seconds> durations_;
  std::vector<LinkUse> uses_;
  HostLaunches launches_;
};

}  // namespace seqspan::sim
