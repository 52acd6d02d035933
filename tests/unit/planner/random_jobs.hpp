// Small jobs of all kinds, for searches against brute force and readings against fresh ones.
#pragma once

#include <initializer_list>
#include <random>
#include <vector>

#include "tests/support/job.hpp"

namespace seqspan::tests {

// A small job: 2 to 8 GPUs, sometimes some keys fixed, and memory between what leaves nothing and
// what leaves everything.
class RandomJobs {
 public:
  sim::Job next() {
    const char* const model = pick<const char*>(
        {"Llama-3-8B", "Qwen3-30B-A3B", "Qwen3-8B", "Mixtral-8x7B", "Llama-2-7B"});
    const sim::Framework framework =
        pick<sim::Framework>({sim::Framework::kMegatron, sim::Framework::kDeepSpeed,
                              sim::Framework::kYunchang, sim::Framework::kTorchTitan});
    sim::Job job = make_job(model, framework, 1, pick<std::int64_t>({4096, 16384, 65536, 98304}),
                            pick<std::int64_t>({4, 8, 12, 16}));
    job.cluster.gpus_per_node = pick<std::int64_t>({2, 3, 4, 4, 6, 8});
    job.cluster.nvlink_domain = job.cluster.gpus_per_node;
    job.cluster.nics_per_node = job.cluster.gpus_per_node;
    // Some in nodes of two or three, some of these two under a leaf: it matters who is near.
    if (job.cluster.gpus_per_node >= 4 && chance(3)) {
      const std::int64_t node = job.cluster.gpus_per_node == 6 ? 3 : 2;
      job.cluster.nodes = job.cluster.gpus_per_node / node;
      job.cluster.gpus_per_node = job.cluster.nvlink_domain = job.cluster.nics_per_node = node;
      if (job.cluster.nodes == 4 && chance(2)) job.cluster.nodes_per_leaf = 2;
    }
    // Layers are cut so that small GPUs hold them.
    std::vector<sim::LayerRun>& runs = job.model.towers.front().runs;
    runs.resize(1);
    runs.front().count = pick<std::int64_t>({2, 4, 6});
    job.cluster.device.memory =
        sim::Bytes(pick<std::int64_t>({6, 16, 24, 48, 80, 320}) * sim::kGibi);
    job.cluster.device.host_link = {sim::BytesPerSecond(5e10), sim::BytesPerSecond(4e10),
                                    sim::BytesPerSecond(5e9), sim::BytesPerSecond(1e10),
                                    sim::BytesPerSecond(2e10)};
    if (chance(3))
      job.layout.recompute = pick<sim::Recompute>({sim::Recompute::kNone, sim::Recompute::kFull});
    if (chance(3)) job.layout.tp = pick<std::int64_t>({1, 2});
    if (chance(3)) job.layout.micro_batch = pick<std::int64_t>({1, 2});
    if (chance(4)) job.layout.ulysses = pick<std::int64_t>({1, 2});
    if (chance(4)) job.training.overlap_tensor_parallel = framework == sim::Framework::kMegatron;
    if (chance(4)) {
      sim::Documents& documents = job.training.documents.emplace();
      documents.lengths = sim::LognormalLengths{job.training.sequence_length / 8, 1.5};
      documents.samples = 16;
      documents.assignment = pick<sim::Assignment>(
          {sim::Assignment::kAsTheyCome, sim::Assignment::kSorted, sim::Assignment::kBalanced});
      if (chance(3)) documents.context_parallel = sim::DocumentGroups::kPerDocument;
    }
    // A host that is always, sometimes and never ahead.
    if (chance(2)) {
      const sim::Seconds one(pick<double>({1e-5, 1e-4, 1e-3}));
      job.cluster.device.host = {one, 2 * one, 0.5 * one, one, 10 * one};
    }
    return job;
  }

 private:
  template <class Value>
  Value pick(std::initializer_list<Value> values) {
    return values.begin()[random_() % values.size()];
  }
  bool chance(unsigned of) { return random_() % of == 0; }

  std::mt19937 random_{20261126};
};

}  // namespace seqspan::tests
