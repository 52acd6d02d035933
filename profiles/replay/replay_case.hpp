// Measurements that somebody published, with the jobs and layouts that they are of: what
// `seqspan replay` holds predictions against. docs/formats/replay-case.md describes the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sim/errors/error.hpp"
#include "sim/spec/input_file.hpp"

namespace seqspan::profiles {

// What was measured of a step, in the publication's own quantity.
struct ReplayMeasured {
  std::optional<double> step_milliseconds;
  // Model FLOPs of causal attention (half of the square) per second and GPU.
  std::optional<double> tflops_per_gpu;
  // The same with every query counted as seeing all keys.
  std::optional<double> full_square_tflops_per_gpu;
  std::optional<double> tokens_per_gpu_per_second;
  // torch.cuda.max_memory_allocated: without NCCL's buffers and the CUDA context.
  std::optional<double> peak_allocated_gib;
  // torch.cuda.max_memory_reserved: what the allocator took, with what is free inside of it.
  std::optional<double> peak_reserved_gib;
  bool out_of_memory = false;
  // Of a job of attention alone: FLOPs of unmasked pairs, 4 d each forward and 2.5 times that
  // backward, and runs of forward, or of forward and backward.
  std::optional<double> attention_forward_tflops;
  std::optional<double> attention_backward_tflops;
  std::optional<double> forward_iterations_per_second;
  std::optional<double> iterations_per_second;
};

struct ReplayRow {
  std::string group;  // rows that only differ in their layout
  std::int64_t sequence_length = 0;
  std::int64_t global_batch_size = 0;
  std::string layout;  // as --layout takes it
  // Taken in place of it where the row ran, and is predicted to need over 1.25 times the memory of
  // the GPU: more than predictions of memory are off by (docs/accuracy.md). Empty: never.
  std::string smaller_layout;
  std::vector<std::string> settings;  // as --set takes them
  ReplayMeasured measured;
  std::string left_out;  // why this row cannot be compared; empty: it is
  std::string where;     // "case.json:12:5 (rows[3])"
};

struct ReplayCase {
  std::string name;
  std::string source;
  std::vector<std::string> assumptions;  // where the publication is silent
  std::vector<std::string> missed;  // what is off by more than it should be, and what was tried
  std::string model;                // a shipped name
  std::string cluster;
  std::string framework;
  std::vector<std::string> settings;  // of all rows, as --set takes them; a row's own come after
  std::string left_out;               // why none of it can be compared; empty: it is
  std::vector<ReplayRow> rows;
  // From a file of the published format (published/translate.hpp): a row that is no job is left out
  // with its reason, and assumptions are shown.
  bool translated = false;
  sim::InputFile file;
};

// A case, or a file of the published format, which is told by its keys. Models are looked up below
// `data_root`.
// Errors: kInput, located; a row without anything measured, and without a reason to be left out.
[[nodiscard]] sim::Result<ReplayCase> read_replay_case(const std::string& file,
                                                       const std::filesystem::path& data_root);

}  // namespace seqspan::profiles
