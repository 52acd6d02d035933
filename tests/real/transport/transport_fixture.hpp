// A new transport for each test, buffers of numbers, and a limit on every wait, so that a test that
// would hang fails.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "real/transport/bfloat16.hpp"
#include "real/transport/watchdog.hpp"
#include "sim/errors/format_error.hpp"
#include "tests/real/transport/under_test.hpp"

namespace seqspan::real {

// The value of a Result, or a failed test.
template <class T>
T value_or_fail(sim::Result<T> result) {
  if (result) return *std::move(result);
  ADD_FAILURE() << sim::format_error(result.error());
  throw std::runtime_error("see the failure");  // gtest ends the test with it
}
inline void succeed(const sim::Result<void>& result) {
  if (result) return;
  ADD_FAILURE() << sim::format_error(result.error());
  throw std::runtime_error("see the failure");
}

class TransportTest : public testing::Test {
 protected:
  static constexpr sim::Seconds kLimit{30.0};

  void SetUp() override {
    transport_ = value_or_fail(make_transport_under_test());
    stream_ = value_or_fail(transport_->make_stream());
  }
  void TearDown() override {
    for (const Memory& memory : buffers_) succeed(transport_->free(memory));
    succeed(transport_->close());
    transport_.reset();
    EXPECT_EQ(complaints_of_library(), "");
  }

  Transport& transport() { return *transport_; }
  std::int64_t rank() { return transport_->rank(); }
  std::int64_t world() { return transport_->world_size(); }

  Memory buffer(std::int64_t bytes) {
    const Memory memory = value_or_fail(transport_->allocate(sim::Bytes(bytes)));
    if (!memory.empty()) buffers_.push_back(memory);
    return memory;
  }
  void forget(const Memory& memory) { std::erase(buffers_, memory); }

  template <class T>
  Memory buffer_of(const std::vector<T>& values, StreamId stream) {
    const Memory memory = buffer(static_cast<std::int64_t>(values.size() * sizeof(T)));
    succeed(transport_->copy_in(stream, memory, std::as_bytes(std::span(values))));
    finish_stream(stream);
    return memory;
  }
  template <class T>
  Memory buffer_of(const std::vector<T>& values) {
    return buffer_of(values, stream_);
  }
  template <class T>
  std::vector<T> values_in(const Memory& memory, StreamId stream) {
    std::vector<T> values(static_cast<std::size_t>(memory.size.value()) / sizeof(T));
    succeed(transport_->copy_out(stream, std::as_writable_bytes(std::span(values)), memory));
    finish_stream(stream);
    return values;
  }
  template <class T>
  std::vector<T> values_in(const Memory& memory) {
    return values_in<T>(memory, stream_);
  }
  void finish_stream(StreamId stream) { succeed(finish(*transport_, stream, kLimit)); }

  CommunicatorId communicator(std::int64_t size, std::int64_t stride) {
    return value_or_fail(transport_->make_communicator({size, stride}));
  }
  CommunicatorId world_communicator() { return communicator(world(), 1); }
  Group group(CommunicatorId id) { return value_or_fail(transport_->group(id)); }

  Exchange exchange(sim::Collective collective, CommunicatorId id, sim::DataType type,
                    std::vector<Message> messages) {
    return {.name = "test",
            .collective = collective,
            .communicator = id,
            .stream = stream_,
            .data_type = type,
            .messages = std::move(messages)};
  }
  OpId start(Exchange exchange) { return value_or_fail(transport_->start(std::move(exchange))); }

  std::unique_ptr<Transport> transport_;
  StreamId stream_{};
  std::vector<Memory> buffers_;
};

// What rank r puts at place i of its tensor in a test: different for all, and exact in bf16 sums of
// up to 8 ranks, since it is an integer below 32 and 8 x 31 < 256.
inline float small_value(std::int64_t rank, std::int64_t i) {
  return static_cast<float>((rank * 7 + i * 3) % 32);
}

template <class T>
T as(float value) {
  if constexpr (std::is_same_v<T, BFloat16>) {
    return to_bfloat16(value);
  } else {
    return static_cast<T>(value);
  }
}

template <class T>
constexpr sim::DataType data_type_of() {
  if constexpr (std::is_same_v<T, BFloat16>) return sim::DataType::kBFloat16;
  if constexpr (std::is_same_v<T, float>) return sim::DataType::kFloat32;
  if constexpr (std::is_same_v<T, std::int64_t>) return sim::DataType::kInt64;
  return sim::DataType::kBool;
}

template <class T>
std::vector<T> small_values(std::int64_t rank, std::int64_t count) {
  std::vector<T> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(as<T>(small_value(rank, i)));
  return values;
}

}  // namespace seqspan::real
