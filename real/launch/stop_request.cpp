#include "real/launch/stop_request.hpp"

#include <csignal>

namespace seqspan::real {
namespace {

volatile std::sig_atomic_t requested = 0;

extern "C" void seqspan_note_stop(int /*signal*/) { requested = 1; }

}  // namespace

void note_stop_requests() { std::signal(SIGTERM, seqspan_note_stop); }

void end_on_stop_request() { std::signal(SIGTERM, SIG_DFL); }

bool stop_requested() { return requested != 0; }

}  // namespace seqspan::real
