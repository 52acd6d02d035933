#include "real/transport/nccl_transport.hpp"

#include <fmt/format.h>

#include <deque>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <utility>

#include "real/transport/booked_transport.hpp"
#include "real/transport/choose_gpu.hpp"
#include "real/transport/cuda_device.hpp"
#include "real/transport/cuda_op_timers.hpp"
#include "real/transport/nccl_communicators.hpp"
#include "real/transport/nccl_errors.hpp"
#include "real/transport/nccl_exchange.hpp"
#include "real/transport/watchdog.hpp"

namespace seqspan::real {
namespace {

// An op on the device.
struct Running {
  OpId op{};
  CudaOpTimer timer;
  bool is_reached = false;
};

class NcclTransport final : public BookedTransport {
 public:
  explicit NcclTransport(NcclWorld world)
      : BookedTransport(world.rank, world.size, std::move(world.roll_call)),
        all_to_all_(world.all_to_all),
        limit_(world.limit),
        communicators_(world.limit) {}

  // Without close() NCCL's kernels may still run: the driver ends them with the process.
  ~NcclTransport() override = default;

  // Called once, before anything else.
  sim::Result<void> open(const NcclWorld& world, int device) {
    if (auto chosen = CudaDevice::choose(device); !chosen) return chosen;
    return communicators_.open(world);
  }

  const char* name() const override { return "nccl"; }
  bool is_host_memory() const override { return false; }

 protected:
  sim::Result<void> join(const Group& group) override { return communicators_.add(group); }

  sim::Result<std::byte*> acquire(sim::Bytes size) override { return device_.allocate(size); }
  sim::Result<void> give_back(std::byte* address) override { return device_.free(address); }
  sim::Result<void> add_stream() override { return device_.add_stream(); }
  sim::Result<void> add_event() override { return device_.add_event(); }

  sim::Result<void> give_record(std::size_t event, std::size_t stream) override {
    return device_.record(event, stream);
  }
  sim::Result<void> give_wait(std::size_t stream, std::size_t event) override {
    return device_.wait(stream, event);
  }
  sim::Result<bool> event_reached(std::size_t event) override {
    return confirm(device_.is_reached(event));
  }
  sim::Result<void> give_copy_in(std::size_t stream, const Memory& to,
                                 std::span<const std::byte> from) override {
    return device_.copy_in(stream, to, from);
  }
  sim::Result<void> give_copy_out(std::size_t stream, std::span<std::byte> to,
                                  const Memory& from) override {
    return device_.copy_out(stream, to, from);
  }
  sim::Result<void> give_delay(std::size_t stream, sim::Seconds time) override {
    return device_.delay(stream, time);
  }
  sim::Result<void> give_call(std::size_t stream, std::function<void()> work) override {
    return device_.call(stream, std::move(work));
  }

  sim::Result<void> refuse(const Exchange& /*exchange*/, const Group& /*group*/) override {
    return {};  // NCCL counts in size_t
  }

  sim::Result<void> give_exchange(OpId op, const Exchange& exchange, const Group& group) override {
    cudaStream_t stream = device_.stream(static_cast<std::size_t>(exchange.stream));
    ncclComm_t comm = communicators_.group(static_cast<std::size_t>(exchange.communicator));
    const auto timer = timers_.begin(stream);
    if (!timer) return tl::unexpected(timer.error());
    Running running{.op = op, .timer = *timer};
    const std::string where = describe(exchange, group);
    const NcclCalled called = call_nccl(exchange, group, all_to_all_, comm, stream);
    if (auto started = check_nccl(called.code, called.call, comm, where); !started) return started;
    // Until NCCL has put the op on the stream, what follows would overtake it.
    if (auto settled = settle(comm, called, where, running); !settled) return settled;
    if (auto ended = CudaOpTimers::end(running.timer, stream); !ended) return ended;
    running_.push_back(running);
    return {};
  }

  sim::Result<void> advance() override {
    if (auto well = communicators_.check(); !well) return well;
    for (auto running = running_.begin(); running != running_.end();) {
      const sim::Result<bool> done = step(*running);
      if (!done) return tl::unexpected(done.error());
      running = *done ? running_.erase(running) : std::next(running);
    }
    return {};
  }

  sim::Result<bool> stream_idle(std::size_t stream) override {
    return confirm(device_.is_idle(stream));
  }

  bool names_lost_peers() const override { return false; }

  void give_up() override { communicators_.abort(); }

  sim::Result<void> shut() override {
    sim::Result<void> result = communicators_.close();
    keep_first(result, timers_.close());
    keep_first(result, device_.close());
    return result;
  }

 private:
  // An op that fails ends too: what seems done counts only when its communicators are well
  // afterwards.
  sim::Result<bool> confirm(sim::Result<bool> is_done) const {
    if (!is_done || !*is_done) return is_done;
    if (auto well = communicators_.check(); !well) return tl::unexpected(well.error());
    return true;
  }

  // NCCL connects the ranks of a communicator with its first op: a peer that does not come shows
  // here, and is waited for as for any op, with questions answered and the same words at the end.
  sim::Result<void> settle(ncclComm_t comm, const NcclCalled& called, const std::string& where,
                           Running& running) {
    for (;;) {
      const auto state = NcclCommunicators::state(comm, called.call, where);
      if (!state) return lost(state.error());
      if (*state == ncclSuccess) return {};
      if (auto past = note_reached(running); !past) return tl::unexpected(past.error());
      if (auto moved = progress(); !moved) return moved;
      if (auto watched = watch(*this, limit_); !watched) return watched;
      std::this_thread::yield();
    }
  }

  // Whether its stream has come to the op.
  sim::Result<bool> note_reached(Running& running) {
    if (running.is_reached) return true;
    auto past = is_past(running.timer.before);
    if (!past || !*past) return past;
    running.is_reached = true;
    reached(running.op);
    return true;
  }

  // Whether the op is done.
  sim::Result<bool> step(Running& running) {
    if (auto past = note_reached(running); !past || !*past) return past;
    auto past = confirm(is_past(running.timer.behind));
    if (!past || !*past) return past;
    const auto time = timers_.read(running.timer);
    if (!time) return tl::unexpected(time.error());
    finished(running.op, *time);
    return true;
  }

  AllToAllBy all_to_all_;
  sim::Seconds limit_;
  NcclCommunicators communicators_;
  CudaDevice device_;
  CudaOpTimers timers_;
  std::deque<Running> running_;  // as started
};

}  // namespace

sim::Result<std::unique_ptr<Transport>> make_nccl_transport(NcclWorld world) {
  const auto device = choose_gpu(world);
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
