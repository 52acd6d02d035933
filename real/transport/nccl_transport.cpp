#include "real/transport/nccl_transport.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <set>
#include <thread>
#include <utility>

#include "real/launch/host_name.hpp"
#include "real/transport/booked_transport.hpp"
#include "real/transport/nccl_errors.hpp"
#include "real/transport/nccl_exchange.hpp"
#include "real/transport/watchdog.hpp"

namespace seqspan::real {
namespace {

using Clock = std::chrono::steady_clock;

// An op on the device, between its two events.
struct Running {
  OpId op{};
  std::size_t communicator = 0;
  cudaEvent_t before = nullptr;
  cudaEvent_t behind = nullptr;
  bool is_reached = false;
};

struct Event {
  cudaEvent_t event = nullptr;
  bool is_recorded = false;
};

// A thread that sleeps wakes up about 60 us late: so it sleeps until shortly before the end.
void wait_exactly(sim::Seconds time) {
  constexpr std::chrono::microseconds kLatestWake(150);
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(time.value()));
  if (end - Clock::now() > kLatestWake) std::this_thread::sleep_until(end - kLatestWake);
  while (Clock::now() < end) {
  }
}

void run_work(void* pointer) {
  const std::unique_ptr<std::function<void()>> work(static_cast<std::function<void()>*>(pointer));
  (*work)();
}

class NcclTransport final : public BookedTransport {
 public:
  explicit NcclTransport(NcclWorld world)
      : BookedTransport(world.rank, world.size, std::move(world.roll_call)),
        all_to_all_(world.all_to_all),
        limit_(world.limit) {}

  // Without close() NCCL's kernels may still run: the driver ends them with the process.
  ~NcclTransport() override = default;

  // Called once, before anything else.
  sim::Result<void> open(const NcclWorld& world, int device) {
    if (auto set = check_cuda(cudaSetDevice(device), "cudaSetDevice"); !set) return set;
    ncclUniqueId id{};
    if (world.rank == 0) {
      if (auto made = check_nccl(ncclGetUniqueId(&id), "ncclGetUniqueId", nullptr); !made) {
        return made;
      }
    }
    if (world.share) {
      if (auto shared = world.share(std::as_writable_bytes(std::span(id.internal))); !shared) {
        return shared;
      }
    }
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = 0;
    const ncclResult_t code = ncclCommInitRankConfig(&world_, static_cast<int>(world.size), id,
                                                     static_cast<int>(world.rank), &config);
    if (auto made = check_nccl(code, "ncclCommInitRankConfig", world_); !made) return made;
    return settle(world_, "ncclCommInitRankConfig", "the communicator of the world");
  }

  const char* name() const override { return "nccl"; }
  bool is_host_memory() const override { return false; }

 protected:
  sim::Result<void> join(const Group& group) override {
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = 0;
    // A deque: NCCL writes the handle later, from a thread of its own, so its place must stay.
    ncclComm_t& comm = communicators_.emplace_back(nullptr);
    const std::string where = "the communicator of " + list_ranks(group.members);
    const ncclResult_t code = ncclCommSplit(world_, static_cast<int>(group.color),
                                            static_cast<int>(group.index), &comm, &config);
    if (auto split = check_nccl(code, "ncclCommSplit", world_, where); !split) return split;
    if (auto settled = settle(world_, "ncclCommSplit", where); !settled) return settled;
    ncclComm_t made = std::atomic_ref(comm).load();
    if (made == nullptr) {
      return sim::environment_error("ncclCommSplit gave no communicator", where);
    }
    return settle(made, "ncclCommSplit", where);
  }

  sim::Result<std::byte*> acquire(sim::Bytes size) override {
    void* address = nullptr;
    const auto bytes = static_cast<std::size_t>(size.value());
    if (auto made = check_cuda(cudaMalloc(&address, bytes), "cudaMalloc"); !made) {
      return tl::unexpected(made.error());
    }
    auto* memory = static_cast<std::byte*>(address);
    memory_.insert(memory);
    return memory;
  }

  sim::Result<void> give_back(std::byte* address) override {
    memory_.erase(address);
    return check_cuda(cudaFree(address), "cudaFree");
  }

  sim::Result<void> add_stream() override {
    cudaStream_t stream = nullptr;
    if (auto made = check_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking),
                               "cudaStreamCreateWithFlags");
        !made) {
      return made;
    }
    streams_.push_back(stream);
    return {};
  }

  sim::Result<void> add_event() override {
    cudaEvent_t event = nullptr;
    if (auto made = check_cuda(cudaEventCreateWithFlags(&event, cudaEventDisableTiming),
                               "cudaEventCreateWithFlags");
        !made) {
      return made;
    }
    events_.push_back({.event = event});
    return {};
  }

  sim::Result<void> give_record(std::size_t event, std::size_t stream) override {
    events_[event].is_recorded = true;
    return check_cuda(cudaEventRecord(events_[event].event, streams_[stream]), "cudaEventRecord");
  }

  sim::Result<void> give_wait(std::size_t stream, std::size_t event) override {
    if (!events_[event].is_recorded) return {};
    return check_cuda(cudaStreamWaitEvent(streams_[stream], events_[event].event, 0),
                      "cudaStreamWaitEvent");
  }

  sim::Result<bool> event_reached(std::size_t event) override {
    if (!events_[event].is_recorded) return true;
    return confirm(is_past(events_[event].event));
  }

  sim::Result<void> give_copy_in(std::size_t stream, const Memory& to,
                                 std::span<const std::byte> from) override {
    if (from.empty()) return {};
    return check_cuda(cudaMemcpyAsync(to.address, from.data(), from.size(), cudaMemcpyHostToDevice,
                                      streams_[stream]),
                      "cudaMemcpyAsync");
  }

  sim::Result<void> give_copy_out(std::size_t stream, std::span<std::byte> to,
                                  const Memory& from) override {
    if (to.empty()) return {};
    return check_cuda(cudaMemcpyAsync(to.data(), from.address, to.size(), cudaMemcpyDeviceToHost,
                                      streams_[stream]),
                      "cudaMemcpyAsync");
  }

  sim::Result<void> give_delay(std::size_t stream, sim::Seconds time) override {
    return give_call(stream, [time] { wait_exactly(time); });
  }

  sim::Result<void> give_call(std::size_t stream, std::function<void()> work) override {
    auto owned = std::make_unique<std::function<void()>>(std::move(work));
    const cudaError_t code = cudaLaunchHostFunc(streams_[stream], run_work, owned.get());
    if (code == cudaSuccess) (void)owned.release();  // run_work deletes it
    return check_cuda(code, "cudaLaunchHostFunc");
  }

  sim::Result<void> refuse(const Exchange& /*exchange*/, const Group& /*group*/) override {
    return {};  // NCCL counts in size_t
  }

  sim::Result<void> give_exchange(OpId op, const Exchange& exchange, const Group& group) override {
    cudaStream_t stream = streams_[static_cast<std::size_t>(exchange.stream)];
    const auto index = static_cast<std::size_t>(exchange.communicator);
    ncclComm_t comm = communicators_[index];
    Running running{.op = op, .communicator = index};
    if (auto timed = take_timer(running.before); !timed) return timed;
    if (auto timed = take_timer(running.behind); !timed) return timed;
    if (auto recorded = check_cuda(cudaEventRecord(running.before, stream), "cudaEventRecord");
        !recorded) {
      return recorded;
    }
    const std::string where = describe(exchange, group);
    const NcclCalled called = call_nccl(exchange, group, all_to_all_, comm, stream);
    if (auto started = check_nccl(called.code, called.call, comm, where); !started) return started;
    // Until NCCL has put the op on the stream, what follows would overtake it.
    if (auto settled = settle_exchange(comm, called, where, running); !settled) return settled;
    if (auto recorded = check_cuda(cudaEventRecord(running.behind, stream), "cudaEventRecord");
        !recorded) {
      return recorded;
    }
    running_.push_back(running);
    return {};
  }

  sim::Result<void> advance() override {
    if (auto well = check_communicators(); !well) return well;
    for (auto running = running_.begin(); running != running_.end();) {
      const sim::Result<bool> done = step(*running);
      if (!done) return tl::unexpected(done.error());
      running = *done ? running_.erase(running) : std::next(running);
    }
    return {};
  }

  sim::Result<bool> stream_idle(std::size_t stream) override {
    const cudaError_t code = cudaStreamQuery(streams_[stream]);
    if (code == cudaErrorNotReady) return not_ready();
    if (auto queried = check_cuda(code, "cudaStreamQuery"); !queried) {
      return tl::unexpected(queried.error());
    }
    return confirm(true);
  }

  bool names_lost_peers() const override { return false; }

  void give_up() override {
    for (ncclComm_t& comm : communicators_) {
      if (comm != nullptr) (void)ncclCommAbort(comm);
      comm = nullptr;
    }
    if (world_ != nullptr) (void)ncclCommAbort(world_);
    world_ = nullptr;
  }

  sim::Result<void> shut() override {
    sim::Result<void> result;
    const auto keep = [&result](sim::Result<void> next) {
      if (result && !next) result = std::move(next);
    };
    for (ncclComm_t comm : communicators_) keep(end(comm));
    keep(end(world_));
    communicators_.clear();
    world_ = nullptr;
    for (cudaStream_t stream : streams_)
      keep(check_cuda(cudaStreamDestroy(stream), "cudaStreamDestroy"));
    for (const Event& event : events_)
      keep(check_cuda(cudaEventDestroy(event.event), "cudaEventDestroy"));
    for (cudaEvent_t timer : timers_) keep(check_cuda(cudaEventDestroy(timer), "cudaEventDestroy"));
    for (std::byte* address : memory_) keep(check_cuda(cudaFree(address), "cudaFree"));
    return result;
  }

 private:
  // "Not ready" stays behind as CUDA's last error unless it is taken.
  static bool not_ready() {
    (void)cudaGetLastError();
    return false;
  }

  static sim::Result<bool> is_past(cudaEvent_t event) {
    const cudaError_t code = cudaEventQuery(event);
    if (code == cudaErrorNotReady) return not_ready();
    if (auto queried = check_cuda(code, "cudaEventQuery"); !queried) {
      return tl::unexpected(queried.error());
    }
    return true;
  }

  static sim::Result<ncclResult_t> async_state(ncclComm_t comm, const char* call,
                                               const std::string& where) {
    ncclResult_t state = ncclSuccess;
    if (auto asked =
            check_nccl(ncclCommGetAsyncError(comm, &state), "ncclCommGetAsyncError", comm, where);
        !asked) {
      return tl::unexpected(asked.error());
    }
    if (auto well = check_nccl(state, call, comm, where); !well) {
      return tl::unexpected(well.error());
    }
    return state;
  }

  sim::Result<void> check_communicators() const {
    for (ncclComm_t comm : communicators_) {
      if (auto state = async_state(comm, "NCCL", ""); !state) {
        return tl::unexpected(state.error());
      }
    }
    return {};
  }

  // An op that fails ends too: what seems done counts only when its communicators are well
  // afterwards.
  sim::Result<bool> confirm(sim::Result<bool> is_done) const {
    if (!is_done || !*is_done) return is_done;
    if (auto well = check_communicators(); !well) return tl::unexpected(well.error());
    return true;
  }

  // Polls until what was asked of a non-blocking communicator is accepted.
  sim::Result<void> settle(ncclComm_t comm, const char* call, const std::string& where) const {
    const Clock::time_point start = Clock::now();
    for (;;) {
      const auto state = async_state(comm, call, where);
      if (!state) return tl::unexpected(state.error());
      if (*state == ncclSuccess) return {};
      if (std::chrono::duration<double>(Clock::now() - start).count() > limit_.value()) {
        return sim::environment_error(
            fmt::format("{} was not accepted within {:g} s", call, limit_.value()), where,
            "NCCL first connects the ranks, and one of them does not come",
            "see what the other ranks say; NCCL_DEBUG=INFO shows how far each came");
      }
      std::this_thread::yield();
    }
  }

  // NCCL connects the ranks of a communicator with its first op: a peer that does not come shows
  // here, and is waited for as for any op, with questions answered and the same words at the end.
  sim::Result<void> settle_exchange(ncclComm_t comm, const NcclCalled& called,
                                    const std::string& where, Running& running) {
    for (;;) {
      const auto state = async_state(comm, called.call, where);
      if (!state) return lost(state.error());
      if (*state == ncclSuccess) return {};
      if (auto past = note_reached(running); !past) return tl::unexpected(past.error());
      if (auto moved = progress(); !moved) return moved;
      if (auto watched = watch(*this, limit_); !watched) return watched;
      std::this_thread::yield();
    }
  }

  sim::Result<void> end(ncclComm_t comm) const {
    if (comm == nullptr) return {};
    if (auto ended = check_nccl(ncclCommFinalize(comm), "ncclCommFinalize", comm); !ended) {
      return ended;
    }
    if (auto settled = settle(comm, "ncclCommFinalize", ""); !settled) return settled;
    return check_nccl(ncclCommDestroy(comm), "ncclCommDestroy", nullptr);
  }

  sim::Result<void> take_timer(cudaEvent_t& timer) {
    if (!timers_.empty()) {
      timer = timers_.back();
      timers_.pop_back();
      return {};
    }
    return check_cuda(cudaEventCreateWithFlags(&timer, cudaEventDefault),
                      "cudaEventCreateWithFlags");
  }

  // Whether its stream has come to the op.
  sim::Result<bool> note_reached(Running& running) {
    if (running.is_reached) return true;
    auto past = is_past(running.before);
    if (!past || !*past) return past;
    running.is_reached = true;
    reached(running.op);
    return true;
  }

  // Whether the op is done.
  sim::Result<bool> step(Running& running) {
    if (auto past = note_reached(running); !past || !*past) return past;
    auto past = confirm(is_past(running.behind));
    if (!past || !*past) return past;
    float milliseconds = 0;
    if (auto measured =
            check_cuda(cudaEventElapsedTime(&milliseconds, running.before, running.behind),
                       "cudaEventElapsedTime");
        !measured) {
      return tl::unexpected(measured.error());
    }
    timers_.push_back(running.before);
    timers_.push_back(running.behind);
    finished(running.op, sim::Seconds(static_cast<double>(milliseconds) * 1e-3));
    return true;
  }

  AllToAllBy all_to_all_;
  sim::Seconds limit_;
  ncclComm_t world_ = nullptr;
  std::deque<ncclComm_t> communicators_;
  std::vector<cudaStream_t> streams_;
  std::vector<Event> events_;
  std::vector<cudaEvent_t> timers_;  // not in use
  std::deque<Running> running_;      // as started
  std::set<std::byte*> memory_;
};

sim::Result<int> count_gpus() {
  int count = 0;
  const cudaError_t code = cudaGetDeviceCount(&count);
  if (code == cudaSuccess && count > 0) return count;
  (void)cudaGetLastError();
  return sim::environment_error(
      fmt::format("no GPU: {}", code == cudaSuccess ? "CUDA finds none" : cudaGetErrorString(code)),
      "", "the NCCL transport runs on NVIDIA GPUs with a driver for this CUDA",
      "run on a host with GPUs, or use the MPI transport");
}

// Which GPU this rank takes.
sim::Result<int> choose_device(const NcclWorld& world) {
  const auto count = count_gpus();
  if (!count) return tl::unexpected(count.error());
  const int device =
      world.shares_gpus ? world.device.value_or(0) % *count : world.device.value_or(0);
  if (device < 0 || device >= *count) {
    return sim::environment_error(
        fmt::format("no GPU: this host has {}, and rank {} would be given number {}", *count,
                    world.rank, device),
        "", "one rank has one GPU",
        "start at most as many ranks per host as it has GPUs; where numbers matter and times do "
        "not, ranks may share one (--backend nccl-shared)");
  }
  return device;
}

// Before the first call of NCCL, which reads it once.
sim::Result<void> pose_as_host(const NcclWorld& world) {
  const std::string name = fmt::format("{}-rank-{}", host_name(), world.rank);
  if (setenv("NCCL_HOSTID", name.c_str(), 1) == 0) return {};
  return sim::environment_error("NCCL_HOSTID cannot be set", name);
}

}  // namespace

sim::Result<void> check_gpus() {
  const auto count = count_gpus();
  if (!count) return tl::unexpected(count.error());
  return {};
}

sim::Result<std::unique_ptr<Transport>> make_nccl_transport(NcclWorld world) {
  const auto device = choose_device(world);
  if (!device) return tl::unexpected(device.error());
  if (world.rank < 0 || world.rank >= world.size) {
    return sim::input_error(fmt::format("rank {} of a world of {}", world.rank, world.size));
  }
  if (world.size > 1 && !world.share) {
    return sim::input_error("no way to share NCCL's unique id", "",
                            "rank 0 makes it, the others need it", "set NcclWorld::share");
  }
  if (world.shares_gpus) {
    if (auto posed = pose_as_host(world); !posed) return tl::unexpected(posed.error());
  }
  const NcclWorld shape{.rank = world.rank,
                        .size = world.size,
                        .device = {},
                        .share = world.share,
                        .roll_call = nullptr};
  auto transport = std::make_unique<NcclTransport>(std::move(world));
  if (auto opened = transport->open(shape, *device); !opened) {
    transport->abort();
    return tl::unexpected(opened.error());
  }
  return transport;
}

}  // namespace seqspan::real
