#include "real/transport/nccl_exchange.hpp"

namespace seqspan::real {
namespace {

using sim::Collective;

constexpr int kFirstWithAllToAll = NCCL_VERSION(2, 28, 0);

ncclDataType_t type_of(sim::DataType type) {
  switch (type) {
    case sim::DataType::kBFloat16:
      return ncclBfloat16;
    case sim::DataType::kFloat32:
      return ncclFloat32;
    case sim::DataType::kInt64:
      return ncclInt64;
    case sim::DataType::kFloat8:
    case sim::DataType::kBool:
      return ncclUint8;
  }
  return ncclUint8;
}

// A group of sends and receives. The group is ended whatever happens inside it: one left open
// would swallow all later calls of this thread.
class Messages {
 public:
  Messages(ncclDataType_t type, ncclComm_t comm, cudaStream_t stream)
      : type_(type), comm_(comm), stream_(stream) {
    note(ncclGroupStart(), "ncclGroupStart");
  }
  void send(const std::byte* from, std::int64_t elements, std::int64_t to) {
    if (elements == 0 || !is_well()) return;
    note(ncclSend(from, static_cast<std::size_t>(elements), type_, static_cast<int>(to), comm_,
                  stream_),
         "ncclSend");
  }
  void receive(std::byte* to, std::int64_t elements, std::int64_t from) {
    if (elements == 0 || !is_well()) return;
    note(ncclRecv(to, static_cast<std::size_t>(elements), type_, static_cast<int>(from), comm_,
                  stream_),
         "ncclRecv");
  }
  NcclCalled end() {
    const ncclResult_t code = ncclGroupEnd();
    if (is_well()) called_ = {code, "ncclGroupEnd"};
    return called_;
  }

 private:
  [[nodiscard]] bool is_well() const {
    return called_.code == ncclSuccess || called_.code == ncclInProgress;
  }
  void note(ncclResult_t code, const char* call) {
    if (is_well()) called_ = {code, call};
  }

  ncclDataType_t type_;
  ncclComm_t comm_;
  cudaStream_t stream_;
  NcclCalled called_;
};

NcclCalled call_all_to_all(const Exchange& exchange, const Group& group, AllToAllBy by,
                           ncclComm_t comm, cudaStream_t stream) {
  const Message& message = exchange.messages.front();
  const std::int64_t block = message.elements / group.size();
#if NCCL_VERSION_CODE >= NCCL_VERSION(2, 28, 0)
  if (by == AllToAllBy::kLibrary && has_nccl_all_to_all()) {
    return {
        ncclAlltoAll(message.send.address, message.receive.address, static_cast<std::size_t>(block),
                     type_of(exchange.data_type), comm, stream),
        "ncclAlltoAll"};
  }
#else
  static_cast<void>(by);
#endif
  const std::int64_t bytes = block * sim::bytes_per_element(exchange.data_type);
  Messages messages(type_of(exchange.data_type), comm, stream);
  for (std::int64_t peer = 0; peer < group.size(); ++peer) {
    messages.send(message.send.address + peer * bytes, block, peer);
    messages.receive(message.receive.address + peer * bytes, block, peer);
  }
  return messages.end();
}

NcclCalled call_shift(const Exchange& exchange, const Group& group, ncclComm_t comm,
                      cudaStream_t stream) {
  const bool wraps = exchange.collective == Collective::kRingShift;
  const bool is_forward = exchange.direction == Direction::kForward;
  const std::int64_t to = is_forward ? group.successor() : group.predecessor();
  const std::int64_t from = is_forward ? group.predecessor() : group.successor();
  const bool is_first = group.index == 0;
  const bool is_last = group.index + 1 == group.size();
  const bool sends = wraps || !(is_forward ? is_last : is_first);
  const bool receives = wraps || !(is_forward ? is_first : is_last);
  Messages messages(type_of(exchange.data_type), comm, stream);
  for (const Message& message : exchange.messages) {
    if (sends && !message.send.empty()) messages.send(message.send.address, message.elements, to);
    if (receives && !message.receive.empty()) {
      messages.receive(message.receive.address, message.elements, from);
    }
  }
  return messages.end();
}

}  // namespace

bool has_nccl_all_to_all() {
  int version = 0;
  return NCCL_VERSION_CODE >= kFirstWithAllToAll && ncclGetVersion(&version) == ncclSuccess &&
         version >= kFirstWithAllToAll;
}

NcclCalled call_nccl(const Exchange& exchange, const Group& group, AllToAllBy by, ncclComm_t comm,
                     cudaStream_t stream) {
  const Message& message = exchange.messages.front();
  const ncclDataType_t type = type_of(exchange.data_type);
  const auto elements = static_cast<std::size_t>(message.elements);
  const auto block = static_cast<std::size_t>(message.elements / group.size());
  const std::byte* send = message.send.address;
  std::byte* receive = message.receive.address;
  const bool is_shift = exchange.collective == Collective::kRingShift ||
                        exchange.collective == Collective::kPointToPoint;
  if (!is_shift && elements == 0) return {};
  switch (exchange.collective) {
    case Collective::kAllToAll:
      return call_all_to_all(exchange, group, by, comm, stream);
    case Collective::kAllGather:
      return {ncclAllGather(send, receive, block, type, comm, stream), "ncclAllGather"};
    case Collective::kReduceScatter:
      return {ncclReduceScatter(send, receive, block, type, ncclSum, comm, stream),
              "ncclReduceScatter"};
    case Collective::kAllReduce:
      return {ncclAllReduce(send, receive, elements, type, ncclSum, comm, stream), "ncclAllReduce"};
    case Collective::kRingShift:
    case Collective::kPointToPoint:
      return call_shift(exchange, group, comm, stream);
  }
  return {};
}

}  // namespace seqspan::real
