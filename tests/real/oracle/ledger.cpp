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
  needed_.peak = held_.peak = 0;
  watch_peaks();
}

void Ledger::watch_peaks() {
  for (Account* account : {&needed_, &held_}) {
    if (account->live <= account->peak) continue;
    account->peak = account->live;
    account->at_peak = entries();
  }
}

void Ledger::add(const Entry& entry, std::int64_t sign) {
  held_.live += sign * entry.bytes;
  if (entry.use == Use::kNeeded) needed_.live += sign * entry.bytes;
}

std::size_t Ledger::enter(Entry entry) {
  entries_.push_back(std::move(entry));
  add(entries_.back(), 1);
  watch_peaks();
  return entries_.size() - 1;
}

void Ledger::mark(std::size_t place, Use use) {
  add(entries_[place], -1);
  entries_[place].use = use;
  add(entries_[place], 1);
  watch_peaks();
}

void Ledger::strike(std::size_t place) {
  add(entries_[place], -1);
  entries_[place] = {};
}

Tensor::Tensor(Ledger& ledger, std::string name, Stored stored, std::int64_t elements, Use use)
    : storage_(new Storage{{ledger, std::move(name), elements * static_cast<int>(stored), use},
                           std::vector<float>(static_cast<std::size_t>(elements))}) {}

Tensor::Tensor(Ledger& ledger, std::string name, Stored stored, std::vector<float> values)
    : storage_(new Storage{
          {ledger, std::move(name),
           static_cast<std::int64_t>(values.size()) * static_cast<int>(stored), Use::kNeeded},
          {}}) {
  storage_->values = std::move(values);
}

void Tensor::let_go() {
  storage_->note.mark(Use::kOnlyHeld);
  storage_.reset();
}

}  // namespace seqspan::oracle
