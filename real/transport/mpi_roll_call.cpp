#include "real/transport/mpi_roll_call.hpp"

#include <mpi.h>

#include <array>
#include <list>
#include <map>
#include <thread>

#include "real/transport/mpi_errors.hpp"

namespace seqspan::real {
namespace {

constexpr int kQuestion = 1;
constexpr int kAnswer = 2;
// Probing costs about a microsecond; a question can wait this long.
constexpr double kSecondsBetweenProbes = 0.002;
constexpr double kSecondsToClose = 10;

// communicator, which question of the asker's, ops reached (in an answer).
using Note = std::array<std::uint64_t, 3>;

struct Sending {
  Note note{};
  MPI_Request request = MPI_REQUEST_NULL;
};

class MpiRollCall final : public RollCall {
 public:
  explicit MpiRollCall(MPI_Comm comm) : comm_(comm) { MPI_Comm_rank(comm, &rank_); }

  void reached(CommunicatorId communicator, std::uint64_t ops) override {
    reached_[static_cast<std::uint64_t>(communicator)] = ops;
  }

  sim::Result<void> serve() override {
    const double now = MPI_Wtime();
    if (now < next_probe_) return {};
    next_probe_ = now + kSecondsBetweenProbes;
    for (;;) {
      Note note{};
      int from = 0;
      const auto got = take(kQuestion, note, from);
      if (!got) return tl::unexpected(got.error());
      if (!*got) break;
      const auto found = reached_.find(note[0]);
      note[2] = found == reached_.end() ? 0 : found->second;
      if (auto sent = send(kAnswer, note, from); !sent) return sent;
    }
    return drop_sent();
  }

  sim::Result<Attendance> ask(const Group& group, CommunicatorId communicator, std::uint64_t number,
                              sim::Seconds patience,
                              const std::function<void()>& meanwhile) override {
    const auto key = static_cast<std::uint64_t>(communicator);
    ++questions_;
    std::map<std::int64_t, std::uint64_t> answers;
    answers[rank_] = reached_[key];
    for (const std::int64_t member : group.members) {
      if (member == rank_) continue;
      if (auto sent = send(kQuestion, {key, questions_, 0}, static_cast<int>(member)); !sent) {
        return tl::unexpected(sent.error());
      }
      ++unanswered_;
    }
    const double deadline = MPI_Wtime() + patience.value();
    while (answers.size() < group.members.size() && MPI_Wtime() < deadline) {
      meanwhile();
      if (auto served = serve(); !served) return tl::unexpected(served.error());
      Note note{};
      int from = 0;
      const auto got = take_answer(note, from);
      if (!got) return tl::unexpected(got.error());
      // A late answer to an earlier question is old news.
      if (*got && note[0] == key && note[1] == questions_) answers[from] = note[2];
      if (!*got) std::this_thread::yield();
    }
    Attendance attendance;
    for (const std::int64_t member : group.members) {
      const auto answer = answers.find(member);
      if (answer == answers.end()) {
        attendance.silent.push_back(member);
      } else if (answer->second >= number) {
        attendance.arrived.push_back(member);
      } else {
        attendance.missing.push_back(member);
      }
    }
    return attendance;
  }

  // A communicator that is freed while a note travels on it would deliver the note to its
  // successor: so each rank answers until all have had all their answers.
  sim::Result<void> close() override {
    const double deadline = MPI_Wtime() + kSecondsToClose;
    MPI_Request everybody = MPI_REQUEST_NULL;
    for (int is_over = 0; is_over == 0;) {
      // Left to the end of the process: a rank that is gone never answers.
      if (MPI_Wtime() > deadline) return {};
      if (auto served = serve(); !served) return served;
      Note note{};
      int from = 0;
      const auto got = take_answer(note, from);
      if (!got) return tl::unexpected(got.error());
      if (unanswered_ > 0) {
        std::this_thread::yield();
        continue;
      }
      if (everybody == MPI_REQUEST_NULL) MPI_Ibarrier(comm_, &everybody);
      MPI_Test(&everybody, &is_over, MPI_STATUS_IGNORE);
      if (is_over == 0) std::this_thread::yield();
    }
    // Answers that were sent after the barrier was entered have arrived; MPI may not have said so.
    for (Sending& sending : sending_) MPI_Wait(&sending.request, MPI_STATUS_IGNORE);
    return check_mpi(MPI_Comm_free(&comm_), "MPI_Comm_free");
  }

 private:
  sim::Result<bool> take(int tag, Note& note, int& from) {
    int is_there = 0;
    MPI_Status status{};
    if (auto probed =
            check_mpi(MPI_Iprobe(MPI_ANY_SOURCE, tag, comm_, &is_there, &status), "MPI_Iprobe");
        !probed) {
      return tl::unexpected(probed.error());
    }
    if (is_there == 0) return false;
    from = status.MPI_SOURCE;
    const int count = static_cast<int>(note.size());
    if (auto taken = check_mpi(
            MPI_Recv(note.data(), count, MPI_UINT64_T, from, tag, comm_, MPI_STATUS_IGNORE),
            "MPI_Recv");
        !taken) {
      return tl::unexpected(taken.error());
    }
    return true;
  }

  sim::Result<bool> take_answer(Note& note, int& from) {
    auto got = take(kAnswer, note, from);
    if (got && *got) --unanswered_;
    return got;
  }

  sim::Result<void> send(int tag, const Note& note, int to) {
    Sending& sending = sending_.emplace_back(Sending{note});
    const int count = static_cast<int>(note.size());
    return check_mpi(
        MPI_Isend(sending.note.data(), count, MPI_UINT64_T, to, tag, comm_, &sending.request),
        "MPI_Isend");
  }

  sim::Result<void> drop_sent() {
    for (auto sending = sending_.begin(); sending != sending_.end();) {
      int is_done = 0;
      if (auto tested =
              check_mpi(MPI_Test(&sending->request, &is_done, MPI_STATUS_IGNORE), "MPI_Test");
          !tested) {
        return tested;
      }
      sending = is_done != 0 ? sending_.erase(sending) : std::next(sending);
    }
    return {};
  }

  MPI_Comm comm_;
  int rank_ = 0;
  double next_probe_ = 0;
  std::uint64_t questions_ = 0;
  std::int64_t unanswered_ = 0;
  std::map<std::uint64_t, std::uint64_t> reached_;
  std::list<Sending> sending_;  // addresses stay while they are sent
};

}  // namespace

sim::Result<std::unique_ptr<RollCall>> make_mpi_roll_call() {
  if (auto running = check_mpi_running(); !running) return tl::unexpected(running.error());
  MPI_Comm comm = MPI_COMM_NULL;
  if (auto made = check_mpi(MPI_Comm_dup(MPI_COMM_WORLD, &comm), "MPI_Comm_dup"); !made) {
    return tl::unexpected(made.error());
  }
  MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
  return std::make_unique<MpiRollCall>(comm);
}

}  // namespace seqspan::real
