#include "sim/documents/row_pool.hpp"

#include <algorithm>
#include <cmath>

#include "sim/documents/document_stream.hpp"
#include "sim/documents/row_pairs.hpp"

namespace seqspan::sim {
namespace {

// Fills row after row, and adds up what is in each.
class RowPacker {
 public:
  RowPacker(const Documents& documents, std::int64_t sequence, bool causal, const RowSplit& split)
      : stream_(documents, sequence),
        packing_(documents.packing),
        sequence_(sequence),
        causal_(causal),
        split_(split),
        ring_(split.order, split.ring, sequence, causal) {}

  struct Row {
    double busiest = 0;  // pairs of the busiest ring rank, of all ranks where it is shared evenly
    double padded = 0;   // pairs of all ranks, as kernels count them
    double pairs = 0;    // of real tokens
    std::int64_t tokens = 0;
    std::int64_t longest = 0;
    std::int64_t pieces = 0;
  };

  Row next() {
    row_ = {};
    ring_.begin_row();
    std::int64_t filled = 0;
    while (filled < sequence_) {
      if (pending_ == 0) pending_ = stream_.next();
      const std::int64_t left = sequence_ - filled;
      if (packing_ == Packing::kWhole && filled > 0 && padded(pending_) > left) break;
      const std::int64_t piece = std::min(pending_, left);
      add(filled, piece);
      filled += padded(piece);
      pending_ -= piece;
    }
    row_.busiest = split_.ring > 1 ? ring_.busiest() : row_.padded;
    return row_;
  }

 private:
  [[nodiscard]] std::int64_t padded(std::int64_t length) const {
    return (length + split_.multiple - 1) / split_.multiple * split_.multiple;
  }

  void add(std::int64_t start, std::int64_t piece) {
    row_.padded += document_pairs(padded(piece), causal_);
    row_.pairs += document_pairs(piece, causal_);
    row_.tokens += piece;
    row_.longest = std::max(row_.longest, piece);
    ++row_.pieces;
    if (split_.ring > 1) ring_.add(start, start + piece);
  }

  DocumentStream stream_;
  Packing packing_;
  std::int64_t sequence_;
  bool causal_;
  RowSplit split_;
  RingPairs ring_;
  std::int64_t pending_ = 0;  // of a document that the row before has not taken
  Row row_;
};

}  // namespace

RowPool::RowPool(const Documents& documents, std::int64_t sequence, bool causal,
                 const RowSplit& split, std::int64_t rows) {
  const double whole = document_pairs(sequence, causal);
  const double reference =
      split.ring > 1 ? whole_row_pairs(split.order, split.ring, sequence, causal) : whole;
  const auto count = static_cast<double>(rows);
  const auto length = static_cast<double>(sequence);
  RowPacker packer(documents, sequence, causal, split);
  loads_.reserve(static_cast<std::size_t>(rows));
  double squares = 0;
  double products = 0;
  double ratios = 0;
  for (std::int64_t i = 0; i < rows; ++i) {
    const RowPacker::Row row = packer.next();
    loads_.push_back(row.busiest / reference);
    facts_.documents += static_cast<double>(row.pieces);
    facts_.longest += static_cast<double>(row.longest);
    facts_.tokens += static_cast<double>(row.tokens);
    facts_.pairs += row.pairs;
    ratios += split.ring > 1 ? row.busiest * static_cast<double>(split.ring) / row.padded : 1;
    const double share = std::log(row.padded / whole);
    squares += share * share;
    products += share * std::log(static_cast<double>(row.longest) / length);
  }
  facts_.documents /= count;
  facts_.longest /= count * length;
  facts_.tokens /= count * length;
  facts_.pairs /= count * whole;
  facts_.ring_imbalance = ratios / count;
  facts_.exponent = squares > 0 ? std::clamp(products / squares, 0.5, 1.0) : 1;
  gather_facts();
}

void RowPool::gather_facts() {
  std::vector<double> sorted = loads_;
  std::sort(sorted.begin(), sorted.end());
  double sum = 0;
  for (const double load : sorted) sum += load;
  facts_.mean = sum / static_cast<double>(sorted.size());
  facts_.lowest = sorted.front();
  facts_.highest = sorted.back();
  facts_.low = sorted[sorted.size() / 20];
  facts_.high = sorted[sorted.size() - 1 - sorted.size() / 20];
}

}  // namespace seqspan::sim
