// One hop round a ring: messages posted together, waited for together.
#pragma once

#include <vector>

#include "tests/real/oracle/grid.hpp"
#include "tests/real/oracle/ledger.hpp"

namespace seqspan::oracle {

class Hop {
 public:
  // To the rank `offset` places on, from the rank as many places back.
  Hop(const Group& ring, int offset) : ring_(ring), offset_(offset) {}
  ~Hop() { wait(); }
  Hop(const Hop&) = delete;
  Hop& operator=(const Hop&) = delete;

  void post(const Tensor& send, const Tensor& receive);
  void post(const float* send, float* receive, std::int64_t count);
  void wait();

 private:
  const Group& ring_;
  int offset_;
  std::vector<MPI_Request> requests_;
};

}  // namespace seqspan::oracle
