// Waiting with a limit, so that a peer that does not come ends in an error and not in silence:
//
//   what   all_to_all 'Q' of ranks 0, 1, 2, 3 has not ended within 10 s
//   why    arrived: ranks 0, 1; not arrived: rank 2; no answer: rank 3
//
// Where all of the group answer, the ranks of the other groups are asked as well: a rank that has
// not arrived waits for one of these.
//
// A request to end (stop_request.hpp) ends the wait in the same way: "told to end during ...".
//
// All that have arrived come to this end together, and the first to report it may end the others:
// so each keeps answering for a moment before it returns, the first of them not at all.
#pragma once

#include "real/transport/transport.hpp"

namespace seqspan::real {

// kEnvironment, as above, where an op has been running for longer than the limit, or a request to
// end has come.
[[nodiscard]] sim::Result<void> watch(Transport& transport, sim::Seconds limit);

// Polls until all work of the stream is done, watching. A delay and a call have no limit.
[[nodiscard]] sim::Result<void> finish(Transport& transport, StreamId stream, sim::Seconds limit);

}  // namespace seqspan::real
