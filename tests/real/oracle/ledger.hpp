// The tensors of a method, noted by hand: every tensor is entered in a ledger where the method
// makes it and struck out where the method lets go of it, and nothing is derived from a program.
//
// The ledger keeps two accounts:
//   needed  from where a tensor is made to where the method has used it for the last time
//   held    what stays allocated in the framework: until the last Python variable, list or autograd
//           node that refers to it is gone, which may be when a function returns
// and some tensors that a framework makes without need, copies and temporaries, are only held.
//
// A Tensor is a handle as in PyTorch: copies share one storage, which the ledger counts once, until
// the last handle is gone. It computes in float32; the ledger counts what the framework would
// store: bf16, fp32 or int64 elements.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace seqspan::oracle {

enum class Stored : std::uint8_t { kBFloat16 = 2, kFloat32 = 4, kInt64 = 8 };

enum class Use : std::uint8_t { kNeeded, kOnlyHeld };

class Ledger {
 public:
  struct Entry {
    std::string name;
    std::int64_t bytes = 0;
    Use use = Use::kNeeded;
  };
  // Bytes live now, the most since `start_peak`, and all entries that were there when it was
  // reached.
  struct Account {
    std::int64_t live = 0;
    std::int64_t peak = 0;
    std::vector<Entry> at_peak;
  };

  [[nodiscard]] const Account& needed() const { return needed_; }
  [[nodiscard]] const Account& held() const { return held_; }
  [[nodiscard]] std::vector<Entry> entries() const;
  void start_peak();

 private:
  friend class Note;
  std::size_t enter(Entry entry);
  void mark(std::size_t place, Use use);
  void strike(std::size_t place);
  void add(const Entry& entry, std::int64_t sign);
  void watch_peaks();

  std::vector<Entry> entries_;  // struck out ones have no bytes
  Account needed_;
  Account held_;
};

// An entry for as long as it lives.
class Note {
 public:
  Note(Ledger& ledger, std::string name, std::int64_t bytes, Use use)
      : ledger_(ledger), place_(ledger.enter({std::move(name), bytes, use})) {}
  ~Note() { ledger_.strike(place_); }
  Note(const Note&) = delete;
  Note& operator=(const Note&) = delete;

  void mark(Use use) { ledger_.mark(place_, use); }

 private:
  Ledger& ledger_;
  std::size_t place_;
};

class Tensor {
 public:
  Tensor() = default;
  // Zeros.
  Tensor(Ledger& ledger, std::string name, Stored stored, std::int64_t elements,
         Use use = Use::kNeeded);
  Tensor(Ledger& ledger, std::string name, Stored stored, std::vector<float> values);

  [[nodiscard]] float* data() const { return storage_->values.data(); }
  [[nodiscard]] std::int64_t elements() const {
    return static_cast<std::int64_t>(storage_->values.size());
  }
  [[nodiscard]] const std::vector<float>& values() const { return storage_->values; }
  [[nodiscard]] explicit operator bool() const { return storage_ != nullptr; }
  void release() { storage_.reset(); }
  // The same, and from here on the tensor is not needed, whoever else holds it.
  void let_go();
  // Kept, but not needed until `need`.
  void rest() const { storage_->note.mark(Use::kOnlyHeld); }
  void need() const { storage_->note.mark(Use::kNeeded); }

 private:
  struct Storage {
    Note note;
    std::vector<float> values;
  };
  std::shared_ptr<Storage> storage_;
};

}  // namespace seqspan::oracle
