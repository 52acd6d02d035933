// Which errors of a lowering an execution shows: each small error in turn is put into the program
// of a layer, the layer is run, and something has to differ from the right program's run.
//
// What is looked at, in this order; the first that shows the error is counted:
//   refused    the run ends in an error
//   numbers    output or gradients are not those of one rank in double precision
//   traffic    bytes and messages, op by op, are not those that the right program has
//   peaks      the same of memory by role at the peaks of both blocks
//   taken      bytes by role that both blocks ever asked for are not those of the right run
//   kernels    more or fewer of them ran
//   FLOPs      what the kernels counted is not what the right program has
//   account    what the wrong program says of FLOPs and bytes is not what its run did; for the
//   bytes
//              of memory-bound passes, which a run does not count, not what the right program says
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <mpi.h>

#include <array>
#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "real/execute/layer_check.hpp"
#include "real/execute/predicted_peak.hpp"
#include "tests/real/execute/layouts_under_test.hpp"
#include "tests/real/execute/mutations.hpp"
#include "tests/real/transport/transport_fixture.hpp"

namespace seqspan::real {
namespace {

constexpr double kTolerance = 1e-5;
constexpr sim::Seconds kMoment{0.25};
constexpr sim::Seconds kLongLimit{10.0};
constexpr unsigned kRefusedBit = 1;
constexpr unsigned kOverdueBit = 1U << 31;
constexpr unsigned kUnchangedBit = 1U << 30;

enum class Witness : std::uint8_t {
  kRefused,
  kNumbers,
  kTraffic,
  kPeaks,
  kTaken,
  kKernels,
  kFlops,
  kAccount,
};
constexpr std::size_t kWitnesses = 8;
constexpr std::array kWitnessNames = {"refused", "numbers", "traffic", "peaks",
                                      "taken",   "kernels", "FLOPs",   "account"};

// What a program says that one run of a block does.
struct Said {
  struct Sent {
    std::string op;
    sim::Bytes bytes;
    std::int64_t messages = 1;
    bool operator==(const Sent&) const = default;
  };
  std::vector<Sent> sent;
  std::int64_t kernels = 0;
  double flops = 0;
  sim::Bytes passed;  // by memory-bound passes
};

void say(const sim::Program& program, const sim::Op& op, Said& said) {
  if (const auto* work = std::get_if<sim::Communication>(&op.work)) {
    const bool shifts = work->collective == sim::Collective::kRingShift;
    said.sent.push_back({op.name, sim::bytes_sent(*work, program.group_size(work->axis)),
                         shifts ? work->messages : 1});
    return;
  }
  ++said.kernels;
  said.flops += sim::flops_of(op).value();
  if (const auto* pass = std::get_if<sim::MemoryPass>(&op.work)) said.passed += pass->bytes;
}

Said said_of(const sim::Program& program, const sim::Block& block) {
  Said said;
  std::size_t loop = block.first_loop;
  for (std::size_t i = block.first_op; i < block.first_op + block.op_count;) {
    if (loop == block.first_loop + block.loop_count || i != program.loops[loop].first) {
      say(program, program.ops[i++], said);
      continue;
    }
    const sim::Loop& body = program.loops[loop++];
    for (std::int64_t iteration = 0; iteration < body.times; ++iteration) {
      for (std::size_t j = 0; j < body.count; ++j) say(program, program.ops[i + j], said);
    }
    i += body.count;
  }
  return said;
}

std::vector<Said::Sent> sent_by(const sim::Program& program, const ExecutedBlock& executed) {
  std::vector<Said::Sent> sent;
  for (const ExecutedOp& op : executed.communications) {
    sent.push_back({program.ops[op.op].name, op.sent, op.messages});
  }
  return sent;
}

bool equal(double a, double b) { return std::abs(a - b) <= 1e-9 * std::max(1.0, std::abs(b)); }

// The right program and its run.
struct Right {
  LayerCheck check;

  [[nodiscard]] const sim::Part& part(const sim::Program& program) const {
    return program.parts[check.part];
  }

  // What of a run differs from the right one, as bits.
  [[nodiscard]] unsigned differences(const LayerCheck& run) const {
    unsigned bits = 0;
    const auto note = [&bits](Witness witness, bool differs) {
      if (differs) bits |= 1U << static_cast<unsigned>(witness);
    };
    note(Witness::kNumbers, !(run.errors.largest() <= kTolerance));
    for (const bool backward : {false, true}) {
      const auto block = [&](const sim::Program& program) -> const sim::Block& {
        const sim::Part& its = part(program);
        return program.blocks[backward ? its.backward : its.forward];
      };
      const ExecutedBlock& did = backward ? run.backward : run.forward;
      const ExecutedBlock& should = backward ? check.backward : check.forward;
      const Said said = said_of(check.program, block(check.program));
      const Said its_own = said_of(run.program, block(run.program));
      const auto sent = sent_by(run.program, did);
      note(Witness::kTraffic, sent != said.sent);
      note(Witness::kPeaks,
           did.peak.by_role != predicted_peak(check.program, part(check.program), backward));
      note(Witness::kTaken, did.taken != should.taken);
      note(Witness::kKernels, did.kernels != said.kernels);
      note(Witness::kFlops, !equal(did.flops.value(), said.flops));
      note(Witness::kAccount, sent != its_own.sent || did.kernels != its_own.kernels ||
                                  !equal(did.flops.value(), its_own.flops) ||
                                  its_own.passed != said.passed);
    }
    return bits;
  }
};

struct Case {
  sim::Framework framework;
  std::string layout;
  std::int64_t kv_heads = 2;
  bool qk_norm = false;
};

// One for each method, frameworks with other rules for the same one included.
std::vector<Case> cases_for(std::int64_t ranks) {
  using sim::Framework;
  if (ranks == 2) {
    return {
        {Framework::kDeepSpeed, "ulysses=2,sharding=parameters", 1},
        {Framework::kYunchang, "ulysses=2,sharding=gradients", 2},
        {Framework::kYunchang, "ring=2,ring_order=zigzag"},
        {Framework::kYunchang, "ring=2,ring_order=striped"},
        {Framework::kYunchang, "ring=2,ring_order=contiguous"},
        {Framework::kMegatron, "ring=2", 1, true},
        {Framework::kMegatron, "ring=2,kv_exchange=all_gather,recompute=full"},
        {Framework::kTorchTitan, "ring=2,kv_exchange=all_gather,sharding=parameters"},
        {Framework::kMegatron, "tp=2,recompute=selective", 2, true},
        {Framework::kMegatron, "tp=2", 1},
    };
  }
  return {
      {Framework::kYunchang, "ulysses=2,ring=2,placement=ring_inner"},
      {Framework::kMegatron, "ulysses=2,ring=2"},
      {Framework::kMegatron, "ulysses=4,ulysses_in_node=2", 4},
  };
}

// All mutations that any rank has, in the order of the first rank that has them: the programs of a
// contiguous ring's ranks differ, so mutations are known by name.
std::vector<std::string> names_on_all_ranks(const std::vector<std::string>& own, int ranks) {
  std::vector<std::string> names;
  std::set<std::string> known;
  for (int root = 0; root < ranks; ++root) {
    std::string text;
    for (const std::string& name : own) text += name + '\n';
    auto size = static_cast<int>(text.size());
    MPI_Bcast(&size, 1, MPI_INT, root, MPI_COMM_WORLD);
    text.resize(static_cast<std::size_t>(size));
    MPI_Bcast(text.data(), size, MPI_CHAR, root, MPI_COMM_WORLD);
    std::istringstream lines(text);
    for (std::string name; std::getline(lines, name);) {
      if (known.insert(name).second) names.push_back(name);
    }
  }
  return names;
}

sim::Job small_job(const Case& one, const sim::LayoutChoice& layout, std::int64_t ranks) {
  sim::FullAttention attention;
  attention.query_heads = 4;
  attention.kv_heads = one.kv_heads;
  attention.head_dim = 2;
  attention.qk_norm = one.qk_norm;
  sim::Job job;
  job.name = "small";
  job.framework = one.framework;
  job.model.name = "small";
  job.model.vocabulary = 256;
  sim::Tower tower;
  tower.name = "text";
  tower.hidden = 6;
  tower.kinds = {{attention, sim::DenseFeedForward{4, false}}};
  tower.runs = {{0, 1}};
  job.model.towers = {tower};
  job.model.max_positions = 64;
  job.training.sequence_length = 2 * ranks;
  job.training.global_batch_size = layout.micro_batch.value_or(1);
  job.cluster.nodes = 1;
  job.cluster.gpus_per_node = ranks;
  return job;
}

// What no run of one layer alone can show, and why.
bool cannot_show(const std::string& mutation) {
  // Tensors of no bytes that hold a layer's gather back until the layer before has started: there
  // is no layer before, and ops run one by one. Only time readers have a use for them.
  const bool of_token = mutation.find("block started'") != std::string::npos;
  const bool of_start =
      mutation.starts_with("read left out") && mutation.find("'start': ") != std::string::npos;
  return of_token || of_start;
}

class MutationTest : public TransportTest {
 protected:
  struct Count {
    std::int64_t applied = 0;
    std::array<std::int64_t, kWitnesses> shown{};
    std::int64_t cannot_show = 0;
    std::int64_t missed = 0;
  };

  LayerCheckOptions options(std::function<void(sim::Program&)> change, sim::Seconds limit) const {
    return {.seed = 1, .documents = {}, .limit = limit, .change = std::move(change)};
  }

  // What shows on any rank. A rank that refuses leaves others waiting, as do ranks of which some
  // have nothing to change: for a moment only. Else a busy machine may be all that is wrong, and
  // they wait for longer.
  unsigned differences(const sim::Job& job, const sim::Layout& layout, const Right& right,
                       const std::function<void(sim::Program&)>& mutation) {
    const unsigned bits = run_once(job, layout, right, options(mutation, kMoment));
    if ((bits & kOverdueBit) == 0) return bits;
    if ((bits & (kRefusedBit | kUnchangedBit)) != 0) return kRefusedBit;
    return run_once(job, layout, right, options(mutation, kLongLimit)) == 0 ? 0 : kRefusedBit;
  }

  unsigned run_once(const sim::Job& job, const sim::Layout& layout, const Right& right,
                    const LayerCheckOptions& how) {
    const auto run = check_layer(transport(), job, layout, how);
    unsigned bits = 0;
    if (!how.change) bits |= kUnchangedBit;
    if (run) {
      bits |= right.differences(*run);
    } else {
      bits |= run.error().category == sim::ErrorCategory::kInput ? kRefusedBit : kOverdueBit;
    }
    bits = all_bits(bits);
    if ((bits & (kRefusedBit | kOverdueBit)) != 0) {
      transport().abort();
      renew();
    } else if (++runs_ % kRunsOfTransport == 0) {
      succeed(transport().close());
      renew();
    }
    return bits;
  }

  // While it waits, it answers who asks which ranks take part.
  unsigned all_bits(unsigned bits) {
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Iallreduce(MPI_IN_PLACE, &bits, 1, MPI_UNSIGNED, MPI_BOR, MPI_COMM_WORLD, &request);
    for (int done = 0; done == 0;) {
      (void)transport().is_idle(stream_);
      MPI_Test(&request, &done, MPI_STATUS_IGNORE);
      std::this_thread::yield();
    }
    return bits;
  }

  void run_case(const Case& one) {
    const sim::LayoutChoice choice = value_or_fail(sim::parse_layout(one.layout));
    const sim::Job job = small_job(one, choice, world());
    const sim::Layout layout = value_or_fail(sim::resolve_legal(job, choice));
    const Right right{value_or_fail(check_layer(transport(), job, layout, options({}, kLimit)))};
    ASSERT_EQ(right.differences(right.check), 0U) << "the right program's run is not right";
    std::map<std::string, std::function<void(sim::Program&)>> own;
    std::vector<std::string> own_names;
    for (const Mutation& mutation : mutations_of(right.check.program, right.check.part)) {
      std::string name = mutation.kind + ", " + mutation.what;
      for (int n = 2; own.contains(name); ++n) {
        name = fmt::format("{}, {} ({})", mutation.kind, mutation.what, n);
      }
      own[name] = mutation.apply;
      own_names.push_back(name);
    }
    for (const std::string& name : names_on_all_ranks(own_names, static_cast<int>(world()))) {
      const auto found = own.find(name);
      const unsigned bits =
          differences(job, layout, right, found == own.end() ? nullptr : found->second) &
          ~kUnchangedBit;
      Count& count = counts_[name.substr(0, name.find(','))];
      ++count.applied;
      if (bits == 0 && cannot_show(name)) {
        ++count.cannot_show;
        if (rank() == 0) fmt::print("no run can show: {} {}\n", one.layout, name);
      } else if (bits == 0) {
        ++count.missed;
        missed_.push_back(fmt::format("{} {}: {}", sim::name_of(one.framework), one.layout, name));
      } else {
        std::size_t first = 0;
        while ((bits >> first & 1U) == 0) ++first;
        ++count.shown[first];
      }
    }
  }

  void report() const {
    if (transport_->rank() != 0) return;
    fmt::print("{:<20} {:>8}", "", "applied");
    for (const char* name : kWitnessNames) fmt::print(" {:>8}", name);
    fmt::print(" {:>8} {:>8}\n", "cannot", "missed");
    for (const auto& [kind, count] : counts_) {
      fmt::print("{:<20} {:>8}", kind, count.applied);
      for (const std::int64_t shown : count.shown) fmt::print(" {:>8}", shown);
      fmt::print(" {:>8} {:>8}\n", count.cannot_show, count.missed);
    }
  }

  static constexpr int kRunsOfTransport = 64;
  std::map<std::string, Count> counts_;
  std::vector<std::string> missed_;

 private:
  void renew() {
    transport_ = value_or_fail(make_transport_under_test());
    stream_ = value_or_fail(transport_->make_stream());
  }

  int runs_ = 0;
};

TEST_F(MutationTest, EveryErrorOfALoweringShows) {
  // The world's own handler, which Open MPI asks when a collective was cut short, ends the process.
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  for (const Case& one : cases_for(world())) {
    SCOPED_TRACE(one.layout);
    run_case(one);
    if (testing::Test::HasFatalFailure()) return;
  }
  report();
  if (rank() != 0) return;
  for (const std::string& mutation : missed_) ADD_FAILURE() << "nothing shows: " << mutation;
}

}  // namespace
}  // namespace seqspan::real
