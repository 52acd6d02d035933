#include "tests/real/oracle/grid.hpp"

namespace seqspan::oracle {

int world_rank() {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}

int world_size() {
  int size = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size;
}

Group::Group(const char* name, std::int64_t color) {
  MPI_Comm_split(MPI_COMM_WORLD, static_cast<int>(color), world_rank(), &handle_);
  MPI_Comm_set_name(handle_, name);
  MPI_Comm_size(handle_, &size_);
  MPI_Comm_rank(handle_, &rank_);
}

Group::~Group() { MPI_Comm_free(&handle_); }

namespace {

std::int64_t place(const Degrees& degrees, bool of_ring) {
  const std::int64_t context = world_rank() / degrees.tensor;
  const std::int64_t inner = degrees.ring_inner ? degrees.ring : degrees.ulysses;
  return of_ring == degrees.ring_inner ? context % inner : context / inner;
}

}  // namespace

// A group is the ranks that agree in the other two places.
Grid::Grid(const Degrees& wanted)
    : degrees(wanted),
      tensor_rank(world_rank() % wanted.tensor),
      ulysses_rank(place(wanted, false)),
      ring_rank(place(wanted, true)),
      tensor("tensor", ulysses_rank + wanted.ulysses * ring_rank),
      ulysses("ulysses", tensor_rank + wanted.tensor * ring_rank),
      ring("ring", tensor_rank + wanted.tensor * ulysses_rank) {}

}  // namespace seqspan::oracle
