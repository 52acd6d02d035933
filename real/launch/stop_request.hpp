// SIGTERM as a request to end, seen where a rank waits: mpirun sends it to every rank when one of
// them dies (and kills a second later), srun when the time is over. A rank that only died of it
// could not say what it was waiting for.
#pragma once

namespace seqspan::real {

// From now on SIGTERM does not end this process, but is noted. A rank that does not wait with a
// watch (watchdog.hpp) never looks at the note.
void note_stop_requests();

// From now on it ends the process again, as it does by default.
void end_on_stop_request();

[[nodiscard]] bool stop_requested();

}  // namespace seqspan::real
