// MPI, from its start to its end, for a process that is one of its ranks.
//
// Errors: kEnvironment where seqspan was built without MPI, or MPI cannot start.
#pragma once

#include <memory>

#include "sim/errors/error.hpp"

namespace seqspan::real {

class MpiSession {
 public:
  [[nodiscard]] static sim::Result<std::unique_ptr<MpiSession>> start();

  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;
  // Ends MPI, with all other ranks; whatever used it must be gone.
  ~MpiSession();

  [[nodiscard]] static bool is_first();

  // Ends the processes of all ranks with this exit code. For a rank that has failed, and has said
  // why: the others may be waiting for it. Does not return.
  [[noreturn]] static void abort_all(int exit_code);
  // Whether another rank is ending this one by abort_all, as far as the news has come: there is
  // nothing more to say then.
  [[nodiscard]] static bool is_aborted_by_other();

 private:
  MpiSession() = default;
};

}  // namespace seqspan::real
