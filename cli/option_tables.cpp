#include "cli/option_tables.hpp"

#include <array>

namespace seqspan::cli {
namespace {

constexpr std::array kProgramOptions = {
    OptionSpec{"--json", "", Takes::kNothing, "Print one JSON object instead of text"},
    OptionSpec{"--color", "WHEN", Takes::kOneValue,
               "auto (on a terminal, unless NO_COLOR is set or TERM=dumb), always or never"},
    OptionSpec{"--ascii", "", Takes::kNothing, "Draw bars with ASCII characters"},
    OptionSpec{"--version", "", Takes::kNothing, "The same as seqspan version"},
    OptionSpec{"-h", "", Takes::kNothing, "Short help"},
    OptionSpec{"--help", "", Takes::kNothing, "All of the help"},
};

constexpr std::array kJobOptions = {
    OptionSpec{"JOB", "", Takes::kOneValue, "Job file"},
    OptionSpec{"--model", "M", Takes::kOneValue, "Model: a shipped name, or a config.json"},
    OptionSpec{"--cluster", "C", Takes::kOneValue, "Cluster: a shipped name, or a file"},
    OptionSpec{"--framework", "F", Takes::kOneValue,
               "megatron (unless given), deepspeed, torchtitan or yunchang"},
    OptionSpec{"--sequence-length", "S", Takes::kOneValue, "Tokens of one sequence, such as 128K"},
    OptionSpec{"--global-batch-size", "N", Takes::kOneValue, "Sequences per optimizer step"},
    OptionSpec{"--set", "PATH=VALUE", Takes::kManyValues,
               "Change a field of the job, such as training.sequence_length=256K or "
               "cluster.device.memory=40GiB; may be repeated"},
};

// Of the commands that plan.
constexpr std::array kSearchOptions = {
    OptionSpec{"--objective", "WHAT", Takes::kOneValue,
               "What ranks layouts: step_time (unless given), memory_headroom, or "
               "tokens_per_gpu_second or cost_per_token, which on one cluster rank as step_time"},
    OptionSpec{"--also", "KEY", Takes::kManyValues,
               "Search this key too: offload, etp, mlp_chunks, loss_chunks, or head_groups and "
               "ulysses_in_node, which no framework has built in; may be repeated"},
    OptionSpec{"--tokens", "D", Takes::kOneValue,
               "Train on so many tokens, such as 100B: how long, and what batch is usual for it"},
    OptionSpec{"--deadline", "T", Takes::kOneValue,
               "With --tokens: to be done within this time, such as 10d or 36h"},
    OptionSpec{"--price", "P", Takes::kOneValue, "With --tokens: what a GPU costs for an hour"},
    OptionSpec{"--minimize", "WHAT", Takes::kOneValue,
               "With --tokens: gpus finds the smallest part of the job's cluster that meets the "
               "deadline, cost the one with the fewest GPU-hours"},
    OptionSpec{"--best", "N", Takes::kOneValue, "How many layouts to show, 5 unless given"},
};

constexpr std::array kPlanOptions = {
    OptionSpec{"--summary", "", Takes::kNothing, "The answer alone, on one screen"},
    OptionSpec{"-o,--output", "FILE", Takes::kOneValue,
               "Write the plan to a file too, as JSON; '-' prints it instead of the text"},
};

// Of the commands about one layout of a job.
constexpr OptionSpec kLayoutOption = {
    "--layout", "L", Takes::kOneValue,
    "tp=2,ulysses=4,ring=2,recompute=full, or a file; what is left out is the job's, then the "
    "framework's default"};

constexpr std::array kMemoryOptions = {
    kLayoutOption,
    OptionSpec{"--sweep", "PATH=V,V,...", Takes::kManyValues,
               "Vary a field of the job or a key of the layout, such as "
               "training.sequence_length=32K,64K,128K or layout.ulysses=1,2,4,8; may be repeated"},
    OptionSpec{"--max", "FIELD", Takes::kOneValue,
               "sequence_length: find the longest that fits, for every combination of the sweeps"},
    OptionSpec{"--csv", "FILE", Takes::kOneValue,
               "Write the table; '-' prints it instead of the text"},
    OptionSpec{"--svg", "FILE", Takes::kOneValue,
               "Draw memory by role against capacity; '-' prints it instead of the text"},
    OptionSpec{
        "--html", "FILE", Takes::kOneValue,
        "Table and drawing as one page, which loads nothing; '-' prints it instead of the text"},
};

constexpr std::array kSimulateOptions = {
    kLayoutOption,
    OptionSpec{"--program", "", Takes::kNothing,
               "Print the program that the numbers are read from, instead of them"},
    OptionSpec{
        "--trace", "FILE", Takes::kOneValue,
        "Write the step op by op, for Perfetto (ui.perfetto.dev); packed where the name ends "
        "in .gz; '-' prints it instead of the text"},
    OptionSpec{"--trace-detail", "", Takes::kNothing,
               "With --trace: the ops of every micro-batch, not of the first, middle and last"},
};

constexpr std::array kReportOptions = {
    OptionSpec{"-o,--output", "FILE", Takes::kOneValue,
               "Write the page to this file; '-' prints it"},
    OptionSpec{"--validation", "FILE", Takes::kOneValue,
               "What validate --json has printed: predicted against measured goes into the page"},
};

constexpr std::array kServeOptions = {
    OptionSpec{
        "--layout", "L", Takes::kOneValue,
        "Where the sliders start, such as tp=2,ulysses=4; the framework's defaults unless given"},
    OptionSpec{"--port", "N", Takes::kOneValue,
               "Port of 127.0.0.1, 8765 unless given; 0 takes a free one"},
};

constexpr std::array kTraceOptions = {
    OptionSpec{"ACTION", "", Takes::kOneValue, "summary"},
    OptionSpec{"FILE", "", Takes::kOneValue, "What simulate --trace has written"},
};

constexpr std::array kClusterOptions = {
    OptionSpec{"ACTION", "", Takes::kOneValue, "show"},
    OptionSpec{"CLUSTER", "", Takes::kOneValue, "A shipped name, or a file"},
    OptionSpec{"--layout", "L", Takes::kOneValue,
               "tp=2,ulysses=4,ring=2, or a file: show where each axis lands"},
    OptionSpec{"--svg", "FILE", Takes::kOneValue, "Draw it; '-' prints the picture"},
};

constexpr std::array kProfileOptions = {
    OptionSpec{"ACTION", "", Takes::kOneValue, "run, import, fit, show or compare"},
    OptionSpec{"FILE", "", Takes::kRest,
               "Logs to import or fit, or the profile to show; compare: a profile, then logs"},
    OptionSpec{"-o,--output", "FILE", Takes::kOneValue,
               "run: the log, in the plain format; import: write the measurements in the plain "
               "format; fit: write the profile; '-' prints it"},
    OptionSpec{"--collective", "C", Takes::kOneValue,
               "What the logs measured, where they do not say: all_gather, sendrecv, ..."},
    OptionSpec{"--ranks", "N", Takes::kOneValue,
               "Ranks, where the logs do not say; run: to start on this machine, 2 unless given"},
    OptionSpec{"--nodes", "N", Takes::kOneValue, "Nodes, where the logs do not say"},
    OptionSpec{"--svg", "FILE", Takes::kOneValue, "show: draw measured and fitted busbw"},
    OptionSpec{"--markdown", "", Takes::kNothing, "compare: print tables of Markdown"},
    OptionSpec{"--sizes", "A,B,...", Takes::kOneValue,
               "run: what to measure, 1KiB to 16MiB by fours unless given"},
    OptionSpec{"--time-limit", "T", Takes::kOneValue,
               "run: stop after this time, such as 60s; the same command goes on"},
    OptionSpec{"--exchange-limit", "T", Takes::kOneValue,
               "run: give up when one exchange takes longer, 30s unless given"},
    OptionSpec{"--job", "JOB", Takes::kOneValue,
               "run: measure what a layout of this job exchanges, in its groups"},
    OptionSpec{"--layout", "L", Takes::kOneValue,
               "run: the layout of --job, as for simulate; what is left out is the job's, then the "
               "framework's default"},
    OptionSpec{"--set", "PATH=VALUE", Takes::kManyValues,
               "run: change a field of --job; may be repeated"},
    OptionSpec{"--profile", "FILE", Takes::kOneValue,
               "run: write the profile too that fit makes of the log"},
    OptionSpec{
        "--backend", "B", Takes::kOneValue,
        "run: mpi (host memory, unless given), nccl (GPUs) or nccl-shared (ranks share GPUs)"},
    OptionSpec{"--gemms", "FILE", Takes::kOneValue,
               "run: time the GEMMs of --job too (nccl), and write them to a table"},
};

// Of the commands that take a plan, or a job and a layout.
constexpr std::array kPlanOrJobOptions = {
    OptionSpec{"PLAN", "", Takes::kOneValue, "What plan -o has written; with --layout a job file"},
    OptionSpec{"--choice", "N", Takes::kOneValue,
               "Which of the plan's best layouts, 1 unless given"},
    OptionSpec{"--layout", "L", Takes::kOneValue, "This layout of a job instead of a plan"},
    OptionSpec{"--set", "PATH=VALUE", Takes::kManyValues,
               "Change a field of the job, with --layout; may be repeated"},
};

constexpr std::array kValidateOptions = {
    OptionSpec{"--backend", "B", Takes::kOneValue,
               "mpi (host memory, unless given), nccl (GPUs) or nccl-shared (ranks share GPUs)"},
    OptionSpec{"--check", "", Takes::kNothing,
               "Numbers only: a layer of small shapes against one rank"},
    OptionSpec{"--time", "", Takes::kNothing,
               "Traffic, times and peaks only; without --check and --time: both"},
    OptionSpec{"--ranks", "N", Takes::kOneValue,
               "Ranks to start on this machine, those of the plan but at most 8 unless given"},
    OptionSpec{"--tolerance", "P", Takes::kOneValue,
               "Largest median error of times that holds, 10% unless given"},
    OptionSpec{"--repetitions", "N", Takes::kOneValue, "Runs that count, 11 unless given"},
    OptionSpec{"--warm-up", "N", Takes::kOneValue, "Runs before these, 3 unless given"},
    OptionSpec{"--exchange-limit", "T", Takes::kOneValue,
               "Longest that one exchange may take, 30s unless given"},
    OptionSpec{"--documents", "A,B,...", Takes::kOneValue,
               "Lengths of packed documents, for the mask of the numbers; the last takes the rest"},
    OptionSpec{"--csv", "FILE", Takes::kOneValue,
               "Write every op to a file, after each part: what there is stays if the rest fails"},
};

constexpr std::array kDiffOptions = {
    OptionSpec{"FILE", "", Takes::kRest, "Two plans (plan -o) or results (--json)"}};

constexpr std::array kExportOptions = {
    OptionSpec{"--to", "TARGET", Takes::kOneValue,
               "megatron, deepspeed, accelerate, torchtitan or verl"},
    OptionSpec{"-o,--output", "FILE", Takes::kOneValue, "Write to a file"},
};

constexpr std::array kImportOptions = {
    OptionSpec{"FILE", "", Takes::kOneValue,
               "A script or line with Megatron-LM's flags, or a torchtitan TOML"},
};

constexpr std::array kReplayOptions = {
    OptionSpec{"FILE", "", Takes::kRest, "Replay cases: published measurements"},
    OptionSpec{"--markdown", "", Takes::kNothing, "Print the page docs/accuracy.md"},
    OptionSpec{"--svg", "FILE", Takes::kOneValue,
               "Draw predicted against measured; '-' prints the picture"},
};

constexpr std::array kExplainOptions = {
    OptionSpec{"TOPIC", "", Takes::kOneValue,
               "Reason code or config.PATH (none lists them), or the job file whose prediction is "
               "explained"},
    OptionSpec{"--layout", "L", Takes::kOneValue,
               "Of the job, as for simulate; what is left out is the job's, then the framework's "
               "default"},
    OptionSpec{"--against", "L", Takes::kOneValue,
               "Compare --layout with this one: time, memory and traffic side by side"},
    OptionSpec{"--part", "PART", Takes::kOneValue, "step, time, network or memory alone"},
    OptionSpec{"--op", "NAME", Takes::kOneValue, "This op alone, with all numbers put in"}};
constexpr std::array kSchemaOptions = {
    OptionSpec{"NAME", "", Takes::kOneValue, "Format; none lists them"}};
constexpr std::array kCompletionOptions = {
    OptionSpec{"SHELL", "", Takes::kOneValue, "bash, zsh or fish"}};
constexpr std::array kHelpOptions = {OptionSpec{"COMMAND", "", Takes::kOneValue, "Command"}};

struct CommandOptions {
  std::string_view command;
  std::array<OptionTable, 3> tables;  // some of them empty
};

constexpr std::array kTablesOfCommands = {
    CommandOptions{"plan", {kJobOptions, kSearchOptions, kPlanOptions}},
    CommandOptions{"report", {kJobOptions, kSearchOptions, kReportOptions}},
    CommandOptions{"simulate", {kJobOptions, kSimulateOptions}},
    CommandOptions{"memory", {kJobOptions, kMemoryOptions}},
    CommandOptions{"serve", {kJobOptions, kServeOptions}},
    // TOPIC may be the JOB.
    CommandOptions{"explain", {kExplainOptions, OptionTable(kJobOptions).subspan(1)}},
    CommandOptions{"validate", {kPlanOrJobOptions, kValidateOptions}},
    CommandOptions{"export", {kPlanOrJobOptions, kExportOptions}},
    CommandOptions{"import", {kImportOptions}},
    CommandOptions{"cluster", {kClusterOptions}},
    CommandOptions{"profile", {kProfileOptions}},
    CommandOptions{"replay", {kReplayOptions}},
    CommandOptions{"diff", {kDiffOptions}},
    CommandOptions{"trace", {kTraceOptions}},
    CommandOptions{"schema", {kSchemaOptions}},
    CommandOptions{"completion", {kCompletionOptions}},
    CommandOptions{"help", {kHelpOptions}},
};

}  // namespace

OptionTable program_options() { return kProgramOptions; }

std::span<const OptionTable> option_tables(std::string_view command) {
  for (const CommandOptions& options : kTablesOfCommands) {
    if (options.command == command) return options.tables;
  }
  return {};
}

}  // namespace seqspan::cli
