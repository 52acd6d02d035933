#include "tests/real/oracle/hop.hpp"

namespace seqspan::oracle {

void Hop::post(const Tensor& send, const Tensor& receive) {
  post(send.data(), receive.data(), send.elements());
}

// Messages between two ranks arrive in the order in which they were posted.
void Hop::post(const float* send, float* receive, std::int64_t count) {
  const int size = ring_.size();
  const int to = (ring_.rank() + offset_ + size) % size;
  const int from = (ring_.rank() - offset_ + size) % size;
  const auto elements = static_cast<int>(count);
  requests_.push_back(MPI_REQUEST_NULL);
  MPI_Irecv(receive, elements, MPI_FLOAT, from, 0, ring_.handle(), &requests_.back());
  requests_.push_back(MPI_REQUEST_NULL);
  MPI_Isend(send, elements, MPI_FLOAT, to, 0, ring_.handle(), &requests_.back());
}

void Hop::wait() {
  MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE);
  requests_.clear();
}

}  // namespace seqspan::oracle
