#include "tests/real/oracle/ledger.hpp"

#include <utility>

namespace seqspan::oracle {

std::vector<Ledger::Entry> Ledger::entries() const {
  std::vector<Entry> live;
  for (const Entry& entry : entries_) {
    if (entry.bytes > 0) live.push_back(entry);
  }
  return live;
}

void Ledger::start_peak() {
  peak_ = live_;
  at_peak_ = entries();
}

std::size_t Ledger::enter(std::string name, std::int64_t bytes) {
  entries_.push_back({std::move(name), bytes});
  live_ += bytes;
  if (live_ > peak_) start_peak();
  return entries_.size() - 1;
}

void Ledger::strike(std::size_t place) {
  live_ -= entries_[place].bytes;
  entries_[place] = {};
}

Tensor::Storage::Storage(Ledger& ledger, std::string name, Stored stored,
                         std::vector<float> numbers)
    : book(ledger),
      place(ledger.enter(std::move(name),
                         static_cast<std::int64_t>(numbers.size()) * static_cast<int>(stored))),
      values(std::move(numbers)) {}

Tensor::Storage::~Storage() { book.strike(place); }

Tensor::Tensor(Ledger& ledger, std::string name, Stored stored, std::int64_t elements)
    : Tensor(ledger, std::move(name), stored,
             std::vector<float>(static_cast<std::size_t>(elements))) {}

Tensor::Tensor(Ledger& ledger, std::string name, Stored stored, std::vector<float> values)
    : storage_(std::make_shared<Storage>(ledger, std::move(name), stored, std::move(values))) {}

}  // namespace seqspan::oracle
