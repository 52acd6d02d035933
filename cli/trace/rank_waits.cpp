#include "cli/trace/rank_waits.hpp"

#include <algorithm>

#include "cli/trace/event_list.hpp"

namespace seqspan::cli {
namespace {

// Adds [start, end), which begins no sooner than those before it.
void add(std::vector<RankWait>& spans, std::int64_t start, std::int64_t end) {
  if (end <= start) return;
  if (!spans.empty() && start <= spans.back().end) {
    spans.back().end = std::max(spans.back().end, end);
  } else {
    spans.push_back({start, end});
  }
}

// While a transfer is held up. Gradients are reduced beside compute, which does not wait for them.
std::vector<RankWait> held(const sim::Program& program, const sim::TimedMicroBatch& timed,
                           std::size_t first, std::size_t last, double shift) {
  std::vector<RankWait> spans;
  for (std::size_t i = first; i < last; ++i) {
    const sim::TimedOp& op = timed.ops[i];
    if (op.start <= op.ready || program.ops[op.op].stream == sim::Stream::kReduce ||
        !sim::joins_ring(program.ops[op.op])) {
      continue;
    }
    spans.push_back({nanoseconds(op.ready + shift), nanoseconds(op.start + shift)});
  }
  std::sort(spans.begin(), spans.end(),
            [](const RankWait& a, const RankWait& b) { return a.start < b.start; });
  std::vector<RankWait> merged;
  for (const RankWait& span : spans) add(merged, span.start, span.end);
  return merged;
}

}  // namespace

std::vector<RankWait> rank_waits(const sim::Program& program, const sim::TimedMicroBatch& timed,
                                 const sim::SlotBlocks& blocks, double shift,
                                 const sim::PipelineSlot& slot) {
  std::vector<RankWait> waits;
  std::int64_t free = nanoseconds(slot.start);
  if (blocks.first < blocks.last) {
    const std::size_t first = timed.blocks[blocks.first].first;
    const sim::TimedBlock& end = timed.blocks[blocks.last - 1];
    const std::size_t last = end.first + end.count;
    const std::vector<RankWait> spans = held(program, timed, first, last, shift);
    auto span = spans.begin();
    for (std::size_t i = first; i < last; ++i) {
      const sim::TimedOp& op = timed.ops[i];
      if (program.ops[op.op].stream != sim::Stream::kCompute) continue;
      const std::int64_t start = nanoseconds(op.start + shift);
      while (span != spans.end() && span->end <= free) ++span;
      for (auto inside = span; inside != spans.end() && inside->start < start; ++inside) {
        const std::int64_t from = std::max(free, inside->start);
        const std::int64_t until = std::min(start, inside->end);
        if (from < until) waits.push_back({from, until});
      }
      free = std::max(free, nanoseconds(op.end + shift));
    }
  }
  const std::int64_t end = nanoseconds(slot.end);
  if (free < end) waits.push_back({free, end});
  return waits;
}

std::int64_t length_of(const std::vector<RankWait>& waits) {
  std::int64_t length = 0;
  for (const RankWait& wait : waits) length += wait.end - wait.start;
  return length;
}

}  // namespace seqspan::cli
