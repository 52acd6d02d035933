#include "real/transport/mpi_transport.hpp"

#include <fmt/format.h>
#include <mpi.h>

#include <cstdlib>
#include <cstring>
#include <deque>
#include <limits>
#include <set>
#include <utility>

#include "real/transport/booked_transport.hpp"
#include "real/transport/mpi_errors.hpp"
#include "real/transport/mpi_exchange.hpp"
#include "real/transport/mpi_roll_call.hpp"
#include "real/transport/mpi_types.hpp"

namespace seqspan::real {
namespace {

constexpr std::size_t kAlignment = 64;  // a cache line: blocks of tensors start on one

// A record of an event; true once its stream has reached it.
using Flag = std::shared_ptr<bool>;

struct Communicator {
  MPI_Comm comm = MPI_COMM_NULL;
  std::uint64_t given = 0;   // ops started
  std::uint64_t posted = 0;  // of these
};

// One piece of work on a stream.
struct Item {
  enum class Kind : std::uint8_t { kExchange, kRecord, kWait, kCopy, kDelay, kCall };
  Kind kind = Kind::kCall;
  OpId op{};
  Exchange exchange{};
  std::int64_t group_size = 1;
  std::uint64_t turn = 0;  // number on its communicator
  Flag flag{};
  std::function<void()> work{};
  const std::byte* from = nullptr;
  std::byte* to = nullptr;
  std::size_t bytes = 0;
  double until = 0;
  sim::Seconds time{};
  bool is_posted = false;
  std::vector<MPI_Request> requests{};
};

class MpiTransport final : public BookedTransport {
 public:
  MpiTransport(MPI_Comm world, int rank, int size, MpiTypes types,
               std::unique_ptr<RollCall> roll_call)
      : BookedTransport(rank, size, std::move(roll_call)), world_(world), types_(types) {}

  ~MpiTransport() override {
    // Requests that run still write into these buffers: they are left to the end of the process.
    if (!is_given_up_) {
      for (std::byte* address : memory_) std::free(address);
    }
  }

  const char* name() const override { return "mpi"; }
  bool is_host_memory() const override { return true; }

 protected:
  sim::Result<void> join(const Group& group) override {
    MPI_Comm comm = MPI_COMM_NULL;
    if (auto split = check_mpi(MPI_Comm_split(world_, static_cast<int>(group.color),
                                              static_cast<int>(group.index), &comm),
                               "MPI_Comm_split");
        !split) {
      return split;
    }
    MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
    communicators_.push_back({.comm = comm});
    return {};
  }

  sim::Result<std::byte*> acquire(sim::Bytes size) override {
    const auto bytes = static_cast<std::size_t>(size.value());
    if (bytes > std::numeric_limits<std::size_t>::max() / 2) return out_of_memory(size);
    const std::size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    auto* address = static_cast<std::byte*>(std::aligned_alloc(kAlignment, rounded));
    if (address == nullptr) return out_of_memory(size);
    memory_.insert(address);
    return address;
  }

  sim::Result<void> give_back(std::byte* address) override {
    memory_.erase(address);
    std::free(address);
    return {};
  }

  sim::Result<void> add_stream() override {
    streams_.emplace_back();
    return {};
  }
  sim::Result<void> add_event() override {
    events_.emplace_back();
    return {};
  }

  sim::Result<void> give_record(std::size_t event, std::size_t stream) override {
    events_[event] = std::make_shared<bool>(false);
    streams_[stream].push_back({.kind = Item::Kind::kRecord, .flag = events_[event]});
    return advance();
  }

  sim::Result<void> give_wait(std::size_t stream, std::size_t event) override {
    if (!events_[event]) return {};
    streams_[stream].push_back({.kind = Item::Kind::kWait, .flag = events_[event]});
    return {};
  }

  sim::Result<bool> event_reached(std::size_t event) override {
    return !events_[event] || *events_[event];
  }

  sim::Result<void> give_copy_in(std::size_t stream, const Memory& to,
                                 std::span<const std::byte> from) override {
    return give_copy(stream, to.address, from.data(), from.size());
  }
  sim::Result<void> give_copy_out(std::size_t stream, std::span<std::byte> to,
                                  const Memory& from) override {
    return give_copy(stream, to.data(), from.address, to.size());
  }

  sim::Result<void> give_delay(std::size_t stream, sim::Seconds time) override {
    streams_[stream].push_back({.kind = Item::Kind::kDelay, .time = time});
    return advance();
  }

  sim::Result<void> give_call(std::size_t stream, std::function<void()> work) override {
    streams_[stream].push_back({.kind = Item::Kind::kCall, .work = std::move(work)});
    return {};
  }

  sim::Result<void> refuse(const Exchange& exchange, const Group& group) override {
    return check_mpi_counts(exchange, group);
  }

  sim::Result<void> give_exchange(OpId op, const Exchange& exchange, const Group& group) override {
    Communicator& communicator = communicators_[static_cast<std::size_t>(exchange.communicator)];
    streams_[static_cast<std::size_t>(exchange.stream)].push_back({.kind = Item::Kind::kExchange,
                                                                   .op = op,
                                                                   .exchange = exchange,
                                                                   .group_size = group.size(),
                                                                   .turn = ++communicator.given});
    return {};
  }

  sim::Result<void> advance() override {
    // Until nothing moves: what one stream does may release another.
    for (bool has_moved = true; has_moved;) {
      has_moved = false;
      for (std::deque<Item>& stream : streams_) {
        while (!stream.empty()) {
          const sim::Result<bool> done = step(stream.front());
          if (!done) return tl::unexpected(done.error());
          if (!*done) break;
          stream.pop_front();
          has_moved = true;
        }
      }
    }
    return {};
  }

  sim::Result<bool> stream_idle(std::size_t stream) override { return streams_[stream].empty(); }

  void give_up() override { is_given_up_ = true; }

  sim::Result<void> shut() override {
    for (Communicator& communicator : communicators_) {
      if (auto freed = check_mpi(MPI_Comm_free(&communicator.comm), "MPI_Comm_free"); !freed) {
        return freed;
      }
    }
    types_.free();
    return check_mpi(MPI_Comm_free(&world_), "MPI_Comm_free");
  }

 private:
  static tl::unexpected<sim::Error> out_of_memory(sim::Bytes size) {
    return sim::environment_error(
        fmt::format("out of memory: {} bytes of host memory", size.value()), "", "",
        "use a smaller shape, or fewer ranks on this host");
  }

  sim::Result<void> give_copy(std::size_t stream, std::byte* to, const std::byte* from,
                              std::size_t bytes) {
    streams_[stream].push_back({.kind = Item::Kind::kCopy, .from = from, .to = to, .bytes = bytes});
    return advance();
  }

  // Whether the item is done.
  sim::Result<bool> step(Item& item) {
    switch (item.kind) {
      case Item::Kind::kExchange:
        return step_exchange(item);
      case Item::Kind::kRecord:
        *item.flag = true;
        return true;
      case Item::Kind::kWait:
        return *item.flag;
      case Item::Kind::kCopy:
        if (item.bytes > 0) std::memcpy(item.to, item.from, item.bytes);
        return true;
      case Item::Kind::kDelay:
        if (item.until == 0) item.until = MPI_Wtime() + item.time.value();
        return MPI_Wtime() >= item.until;
      case Item::Kind::kCall:
        item.work();
        return true;
    }
    return true;
  }

  sim::Result<bool> step_exchange(Item& item) {
    Communicator& communicator =
        communicators_[static_cast<std::size_t>(item.exchange.communicator)];
    if (!item.is_posted) {
      if (communicator.posted + 1 != item.turn) return false;
      ++communicator.posted;
      item.is_posted = true;
      reached(item.op);
      if (auto posted =
              post_mpi(item.exchange, item.group_size, types_, communicator.comm, item.requests);
          !posted) {
        return tl::unexpected(posted.error());
      }
    }
    int is_done = 0;
    if (auto tested = check_mpi(MPI_Testall(static_cast<int>(item.requests.size()),
                                            item.requests.data(), &is_done, MPI_STATUSES_IGNORE),
                                "MPI_Testall", item.exchange.name);
        !tested) {
      return tl::unexpected(tested.error());
    }
    if (is_done == 0) return false;
    finished(item.op);
    return true;
  }

  MPI_Comm world_;
  MpiTypes types_;
  std::vector<Communicator> communicators_;
  std::vector<std::deque<Item>> streams_;
  std::vector<Flag> events_;  // the latest record of each; none: never recorded
  std::set<std::byte*> memory_;
  bool is_given_up_ = false;
};

}  // namespace

sim::Result<std::unique_ptr<Transport>> make_mpi_transport() {
  if (auto running = check_mpi_running(); !running) return tl::unexpected(running.error());
  MPI_Comm world = MPI_COMM_NULL;
  if (auto made = check_mpi(MPI_Comm_dup(MPI_COMM_WORLD, &world), "MPI_Comm_dup"); !made) {
    return tl::unexpected(made.error());
  }
  MPI_Comm_set_errhandler(world, MPI_ERRORS_RETURN);
  int rank = 0;
  int size = 0;
  MPI_Comm_rank(world, &rank);
  MPI_Comm_size(world, &size);
  const MpiTypes types = MpiTypes::make();
  auto roll_call = make_mpi_roll_call();
  if (!roll_call) return tl::unexpected(roll_call.error());
  return std::make_unique<MpiTransport>(world, rank, size, types, *std::move(roll_call));
}

}  // namespace seqspan::real
