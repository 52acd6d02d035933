// The tensors of a method, noted by hand: every tensor is entered in a ledger where the method
// makes it and struck out where the method lets go of it, and nothing is derived from a program.
//
// A Tensor is a handle as in PyTorch: copies share one storage, which the ledger counts once, until
// the last handle is gone. It computes in float32; the ledger counts what the framework that is
// copied would store: bf16, fp32 or int64 elements.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace seqspan::oracle {

enum class Stored : std::uint8_t { kBFloat16 = 2, kFloat32 = 4, kInt64 = 8 };

class Ledger {
 public:
  struct Entry {
    std::string name;
    std::int64_t bytes = 0;
  };

  // Bytes live now, the most since the last `start_peak`, and what was live when it was reached.
  [[nodiscard]] std::int64_t live() const { return live_; }
  [[nodiscard]] std::int64_t peak() const { return peak_; }
  [[nodiscard]] const std::vector<Entry>& at_peak() const { return at_peak_; }
  [[nodiscard]] std::vector<Entry> entries() const;
  void start_peak();

 private:
  friend class Tensor;
  std::size_t enter(std::string name, std::int64_t bytes);
  void strike(std::size_t place);

  std::vector<Entry> entries_;  // struck out ones have no bytes and no name
  std::int64_t live_ = 0;
  std::int64_t peak_ = 0;
  std::vector<Entry> at_peak_;
};

class Tensor {
 public:
  Tensor() = default;
  // Zeros.
  Tensor(Ledger& ledger, std::string name, Stored stored, std::int64_t elements);
  Tensor(Ledger& ledger, std::string name, Stored stored, std::vector<float> values);

  [[nodiscard]] float* data() const { return storage_->values.data(); }
  [[nodiscard]] std::int64_t elements() const {
    return static_cast<std::int64_t>(storage_->values.size());
  }
  [[nodiscard]] const std::vector<float>& values() const { return storage_->values; }
  [[nodiscard]] explicit operator bool() const { return storage_ != nullptr; }
  void release() { storage_.reset(); }

 private:
  struct Storage {
    Storage(Ledger& ledger, std::string name, Stored stored, std::vector<float> numbers);
    ~Storage();
    Storage(const Storage&) = delete;
    Storage& operator=(const Storage&) = delete;

    Ledger& book;
    std::size_t place;
    std::vector<float> values;
  };
  std::shared_ptr<Storage> storage_;
};

}  // namespace seqspan::oracle
