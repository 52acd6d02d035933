// A tensor of a Program: what it is, how large, and how long it lives.
//
// Bytes follow from the shape: product of the extents x element size. Each extent carries the
// symbol that people know it by (b, s/c, h, a/t, d ...), so the printed program and the counted
// bytes cannot disagree.
//
// Whether an activation is saved for backward is nowhere written down: it is saved exactly when the
// backward block reads it before anything there has written it (sim/program/saved.hpp).
#pragma once

#include <array>
#include <cstdint>

#include "sim/formula/numbers.hpp"
#include "sim/spec/data_type.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim {

// The symbol has static storage.
struct Extent {
  const char* symbol = "1";
  std::int64_t value = 1;
};

struct Shape {
  static constexpr std::size_t kMaxRank = 4;

  constexpr Shape() = default;
  template <class... Extents>
  constexpr explicit(false) Shape(Extent first, Extents... rest)
      : extents{first, rest...}, rank(1 + sizeof...(rest)) {}

  [[nodiscard]] constexpr std::int64_t elements() const {
    std::int64_t product = 1;
    for (std::size_t i = 0; i < rank; ++i) product *= extents[i].value;
    return product;
  }

  std::array<Extent, kMaxRank> extents{};
  std::size_t rank = 0;
};

template <class Numbers>
[[nodiscard]] NumberOf<Numbers, Bytes> bytes_of(const Numbers& in, const Shape& shape,
                                                DataType type) {
  auto elements = in.constant(std::int64_t{1});
  for (std::size_t i = 0; i < shape.rank; ++i) {
    elements = elements * in.given(shape.extents[i].symbol, shape.extents[i].value,
                                   "the shape (seqspan simulate --program)");
  }
  return as<Bytes>(elements *
                   in.given(name_of(type), bytes_per_element(type), "bytes of an element"));
}

// What a tensor is for, as the memory report groups it. Activations are reported as saved or
// transient by where they live.
enum class Role : std::uint8_t { kParameter, kGradient, kOptimizerState, kActivation };

// How long a tensor lives.
enum class Span : std::uint8_t {
  kUse,    // from the op that writes it to the last op that reads it
  kBlock,  // to the end of the block that writes it: buffers that a framework holds until it
           // returns
  kStep,   // the whole step: parameters, gradients, optimizer state
};

// Of which CUDA stream's blocks PyTorch's allocator takes a tensor: of the one that is current
// where the framework makes it. What one stream has freed, no other gets
// (sim/engine/caching_allocator.hpp).
enum class MemoryPool : std::uint8_t {
  kCompute,
  kGather,  // FSDP's copy-in of shards, into what they are gathered in
  kReduce,  // FSDP's reduction: what it leaves is the gradient
};
inline constexpr std::size_t kMemoryPoolCount = 3;

enum class TensorId : std::uint16_t {};

constexpr std::size_t index_of(TensorId id) { return static_cast<std::size_t>(id); }

struct Tensor {
  const char* name = "";  // static storage
  Role role = Role::kActivation;
  Span span = Span::kUse;
  // Written once per iteration of a loop, and every copy is kept until the last use after the loop.
  bool kept_per_iteration = false;
  DataType data_type = DataType::kBFloat16;
  Shape shape;
  Bytes bytes;
  // Of a standing tensor: one serves all layers of a stage that have a tensor of this shape.
  bool shared_by_layers = false;
  // In the memory of the host; all others are in the GPU's.
  bool on_host = false;
  MemoryPool pool = MemoryPool::kCompute;
  // A standing tensor that is made in every step by what writes it first, and given back after the
  // part's last backward or, where the update reads it, before the next step.
  bool within_step = false;
};

// Whether two tensors that layers share, of the same part or of two, are one.
[[nodiscard]] constexpr bool is_same_shared(const Tensor& a, const Tensor& b) {
  if (!a.shared_by_layers || !b.shared_by_layers || a.role != b.role ||
      a.data_type != b.data_type || a.shape.rank != b.shape.rank) {
    return false;
  }
  for (std::size_t i = 0; i < a.shape.rank; ++i) {
    if (a.shape.extents[i].value != b.shape.extents[i].value) return false;
  }
  return true;
}

}  // namespace seqspan::sim
