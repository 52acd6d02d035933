// A table that remembers rows of equal length by layout, and forgets when it is full.
//
// A key has four places, chosen by its hash; a new key takes a free one of them, else that which
// was asked for longest ago. What a table holds, and forgets, depends on what it was asked alone.
// Memory is reserved once, by the constructor: rows x (row x sizeof(T) + 32 + 4 bytes) at most; the
// system gives pages as rows are written, and nothing is allocated after that. Sets double with the
// rows, until there are as many as may be: a table of few rows lies in few pages. At one row
// for four sets hardly any set is full, and a row mostly lies in the first place.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/engine/layout_key.hpp"

namespace seqspan::sim {

template <class T>
class BoundedTable {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  // `rows`: at most so many, rounded down to a power of two of sets of four, one set at least.
  // `row`: Ts in each.
  BoundedTable(std::size_t rows, std::size_t row)
      : row_(row), most_sets_(std::bit_floor(std::max<std::size_t>(rows / kPlaces, 1))) {
    sets_.reserve(most_sets_);
    sets_.resize(std::min(most_sets_, kFirstSets));
    keys_.reserve(most_sets_ * kPlaces);
    values_.reserve(most_sets_ * kPlaces * row);
  }

  // Null: not known. Else the row, until another key takes its place.
  [[nodiscard]] T* find(const LayoutKey& key) {
    Set& set = set_of(key);
    for (auto place = set.begin(); place != set.end() && *place != kFree; ++place) {
      if (!(keys_[*place - 1] == key)) continue;
      std::rotate(set.begin(), place, place + 1);
      return row_at(*set.begin());
    }
    return nullptr;
  }

  // The row of a key that is not known; what it holds is to be written.
  [[nodiscard]] T* put(const LayoutKey& key) {
    if (sets_.size() < most_sets_ && keys_.size() >= sets_.size() / 4) split_sets();
    Set& set = set_of(key);
    std::rotate(set.begin(), set.end() - 1, set.end());
    std::uint32_t& place = set.front();
    if (place == kFree) {
      keys_.push_back(key);
      values_.resize(values_.size() + row_);
      place = static_cast<std::uint32_t>(keys_.size());
    } else {
      keys_[place - 1] = key;
    }
    return row_at(place);
  }

  [[nodiscard]] std::size_t size() const { return keys_.size(); }

 private:
  static constexpr std::size_t kPlaces = 4;
  static constexpr std::size_t kFirstSets = 64;
  static constexpr std::uint32_t kFree = 0;
  // Rows, counted from 1, the one that was asked for last in front.
  using Set = std::array<std::uint32_t, kPlaces>;

  [[nodiscard]] static std::uint64_t hash_of(const LayoutKey& key) {
    std::uint64_t hash = 0;
    for (const std::uint64_t word : key.words) {
      hash = (hash ^ word) * 0x9E3779B97F4A7C15U;  // 2^64 over the golden ratio
      hash ^= hash >> 32U;
    }
    return hash;
  }
  [[nodiscard]] Set& set_of(const LayoutKey& key) { return sets_[hash_of(key) % sets_.size()]; }

  // Twice as many: of each set, some go to the one that is as far into the new half.
  void split_sets() {
    const std::size_t half = sets_.size();
    sets_.resize(2 * half);
    for (std::size_t s = 0; s < half; ++s) {
      const Set whole = std::exchange(sets_[s], Set{});
      auto low = sets_[s].begin();
      auto high = sets_[s + half].begin();
      for (auto place = whole.begin(); place != whole.end() && *place != kFree; ++place) {
        *(hash_of(keys_[*place - 1]) % sets_.size() == s ? low : high)++ = *place;
      }
    }
  }
  [[nodiscard]] T* row_at(std::uint32_t place) { return values_.data() + (place - 1) * row_; }

  std::size_t row_;
  std::size_t most_sets_;
  std::vector<Set> sets_;
  std::vector<LayoutKey> keys_;
  std::vector<T> values_;
};

}  // namespace seqspan::sim
