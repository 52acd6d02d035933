#include "sim/lower/stages.hpp"

#include <algorithm>

namespace seqspan::sim {
namespace {

constexpr std::size_t kEmbeddingPart = 0;
constexpr std::size_t kFirstLayerPart = 1;

// Appends the runs of layers [first, first + count); layers that go on where the stage's last run
// ends belong to it.
void append_layers(Program& program, const Tower& tower, std::size_t stage_begin,
                   std::int64_t first, std::int64_t count) {
  std::int64_t run_begin = 0;
  for (const LayerRun& run : tower.runs) {
    const std::int64_t begin = std::max(run_begin, first);
    const std::int64_t end = std::min(run_begin + run.count, first + count);
    run_begin += run.count;
    if (begin >= end) continue;
    const std::size_t part = kFirstLayerPart + run.kind;
    if (program.runs.size() > stage_begin && program.runs.back().part == part) {
      program.runs.back().count += end - begin;
    } else {
      program.runs.push_back({part, end - begin});
    }
  }
}

bool same_runs(const Program& program, const StageClass& a, const StageClass& b) {
  if (a.run_count != b.run_count) return false;
  for (std::size_t i = 0; i < a.run_count; ++i) {
    if (program.runs[a.first_run + i] != program.runs[b.first_run + i]) return false;
  }
  return true;
}

}  // namespace

bool counts_embedding_and_loss(std::int64_t layers, const Layout& layout) {
  const std::int64_t chunks = layout.pp * layout.vpp;
  return layout.pp > 1 && layers % chunks != 0 && (layers + 2) % chunks == 0;
}

bool layers_divide(std::int64_t layers, const Layout& layout) {
  if (layers % (layout.pp * layout.vpp) == 0) return true;
  if (counts_embedding_and_loss(layers, layout)) return true;
  if (layout.vpp > 1 || layout.pp < 3) return false;
  const std::int64_t middle = (layers + layout.pp - 1) / layout.pp;
  return layers - (layout.pp - 2) * middle >= 2;
}

std::int64_t layers_of_stage(std::int64_t layers, const Layout& layout, std::int64_t stage) {
  if (counts_embedding_and_loss(layers, layout)) {
    const std::int64_t ends = (stage == 0 ? 1 : 0) + (stage == layout.pp - 1 ? 1 : 0);
    return (layers + 2) / layout.pp - ends;
  }
  if (layers % layout.pp == 0) return layers / layout.pp;
  const std::int64_t middle = (layers + layout.pp - 1) / layout.pp;
  const std::int64_t ends = layers - (layout.pp - 2) * middle;
  if (stage == 0) return ends - ends / 2;
  if (stage == layout.pp - 1) return ends / 2;
  return middle;
}

void write_stages(Program& program, const Tower& tower, const Layout& layout) {
  const std::int64_t layers = tower.layer_count();
  const std::size_t loss_part = kFirstLayerPart + tower.kinds.size();
  std::int64_t first_layer = 0;
  for (std::int64_t stage = 0; stage < layout.pp; ++stage) {
    StageClass next{stage, 1, program.runs.size(), 0};
    const std::int64_t count = layers_of_stage(layers, layout, stage);
    if (stage == 0) program.runs.push_back({kEmbeddingPart, 1});
    if (layout.vpp == 1) {
      append_layers(program, tower, next.first_run, first_layer, count);
    } else {
      // Where the embedding counts as a layer, it comes before the first.
      const std::int64_t before = counts_embedding_and_loss(layers, layout) ? 1 : 0;
      const std::int64_t chunk = (layers + 2 * before) / (layout.pp * layout.vpp);
      for (std::int64_t c = 0; c < layout.vpp; ++c) {
        const std::int64_t begin = (c * layout.pp + stage) * chunk - before;
        append_layers(program, tower, next.first_run, begin, chunk);
      }
    }
    if (stage == layout.pp - 1) program.runs.push_back({loss_part, 1});
    next.run_count = program.runs.size() - next.first_run;
    first_layer += count;
    if (!program.stages.empty() && same_runs(program, program.stages.back(), next)) {
      ++program.stages.back().count;
      program.runs.resize(next.first_run);
    } else {
      program.stages.push_back(next);
    }
  }
}

}  // namespace seqspan::sim
