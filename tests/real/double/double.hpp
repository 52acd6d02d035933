// A double of the CUDA runtime and NCCL: the calls that the NCCL transport makes, over host memory
// and MPI, so that the transport's own logic runs where there is no GPU. Linked in place of the
// real libraries (their headers are used, so signatures cannot drift).
//
// Checked, and told by double_complaints():
//   streams   work runs in the order given; events order streams. Two accesses to the same bytes,
//   one
//             of them a write, with no order between them by stream, event, or host that has seen
//             the first end, are a hazard, whether or not they happened to run in a good order.
//   memory    every access lies in one live allocation; freed addresses are never given out again;
//             memory is not freed while work on it may run (cudaFree would wait: the double is
//             stricter)
//   NCCL      ncclGroupStart and ncclGroupEnd match; a non-blocking communicator is not used before
//             it has settled; members call the same collective with the same count, type and sum; a
//             receive gets what was sent; communicators are finalised before they are destroyed
//   leaks     streams, events, communicators, memory
//
// Not modelled: that kernels of two communicators may not fit on a GPU together, the time of
// anything, errors of hardware.
#pragma once

#include <string>

namespace seqspan::real {

// What was wrong since the last call, one line each, and what is alive now; and forgets.
[[nodiscard]] std::string double_complaints();

// How often a call was made: "ncclAlltoAll".
[[nodiscard]] int double_calls(const std::string& call);

// What the double pretends to be. Reset by double_reset().
void double_set_nccl_version(int version);
void double_set_gpu_count(int count);
// All communicators report ncclRemoteError from now on, as after the death of a peer.
void double_break_peers();
// Work advances only when streams and events are asked, not when communicators are: an error then
// shows no earlier than the end of the work that met it.
void double_advance_by_queries_only();
void double_reset();

}  // namespace seqspan::real
