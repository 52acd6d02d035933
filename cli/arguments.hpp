// The command line as data: what was asked for, before anything is read or computed.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/backend.hpp"
#include "cli/output.hpp"
#include "planner/cluster_size.hpp"
#include "planner/export/exported.hpp"
#include "planner/objective.hpp"
#include "planner/space.hpp"
#include "profiles/import/read_log.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::cli {

// A job: a file, or a model and a cluster by name.
struct JobArguments {
  std::string file;
  std::optional<std::string> model;
  std::optional<std::string> cluster;
  std::optional<std::string> framework;
  std::optional<std::string> sequence_length;
  std::optional<std::string> global_batch_size;
  std::vector<std::string> settings;  // path=value
};

// Of a whole run of training.
struct TrainingQuestion {
  sim::Tokens budget;
  std::optional<sim::Seconds> deadline;
  std::optional<planner::Money> price;  // of one GPU for one hour
  std::optional<planner::ClusterGoal> minimize;
};

// How a plan was asked for, as it was typed: "--also" -> {"head_groups", "etp"}.
using AskedOptions = std::map<std::string, std::vector<std::string>, std::less<>>;

// What is searched for: of the commands that plan.
struct PlanQuestion {
  JobArguments job;
  AskedOptions asked;  // what the rest was read from
  std::size_t best = 5;
  planner::Objective objective = planner::Objective::kStepTime;
  planner::AlsoSearch also;
  std::optional<TrainingQuestion> training;
};

struct PlanArguments {
  PlanQuestion question;
  std::string output_file;  // empty: none; "-": standard output
  bool summary = false;     // on one screen
};

struct SimulateArguments {
  JobArguments job;
  std::optional<std::string> layout;  // text or file
  bool program = false;
  std::string trace_file;     // empty: none; "-": standard output
  bool trace_detail = false;  // every op of every micro-batch
};

struct ReportArguments {
  PlanQuestion question;        // the file of its job may be a plan
  std::string output_file;      // "-": standard output
  std::string validation_file;  // empty: none
};

struct ServeArguments {
  JobArguments job;
  std::optional<std::string> layout;  // where the sliders start
  std::uint16_t port = 8765;          // of 127.0.0.1; 0: a free one
};

enum class TraceAction : std::uint8_t { kSummary };

struct TraceArguments {
  TraceAction action = TraceAction::kSummary;
  std::string file;
};

// Values of one field of a job ("training.sequence_length") or key of a layout ("layout.ulysses").
struct Sweep {
  std::string path;
  std::vector<std::string> values;  // as --set takes them
};

struct MemoryArguments {
  JobArguments job;
  std::string layout;  // text or file
  std::vector<Sweep> sweeps;
  bool longest = false;   // --max sequence_length
  std::string csv_file;   // empty: none; "-": standard output
  std::string svg_file;   // likewise
  std::string html_file;  // likewise
};

// seqspan cluster show
struct ClusterArguments {
  std::string cluster;                // a shipped name, or a file
  std::optional<std::string> layout;  // text or file
  std::string svg_file;               // empty: none; "-": standard output
};

enum class ProfileAction : std::uint8_t { kImport, kFit, kShow, kRun, kCompare };

// Of seqspan profile run.
struct RunOptions {
  std::vector<sim::Bytes> sizes;
  std::optional<sim::Seconds> time_limit;
  std::optional<sim::Seconds> exchange_limit;
  std::optional<JobArguments> job;  // what to measure, in place of the sizes
  std::string layout;               // of the job; text or file
  std::string profile_file;         // empty: none
  std::string gemms_file;           // empty: none
  Backend backend = Backend::kMpi;
  std::vector<std::string> words;  // the command line without what says how to display
};

struct ProfileArguments {
  ProfileAction action = ProfileAction::kShow;
  std::vector<std::string> files;  // of kCompare the profile, then logs
  std::string output_file;         // empty: none; "-": standard output
  std::string svg_file;            // likewise, of kShow
  bool markdown = false;           // of kCompare
  profiles::LogOptions
      log;  // of kImport, kFit and kCompare; of kRun what to measure, on how many ranks
  RunOptions run;
};

// One layout of a plan, or with a layout of a job.
struct PlanOrJobArguments {
  std::string file;                   // a plan; with `layout` a job
  std::optional<std::string> layout;  // text or file
  std::vector<std::string> settings;  // path=value, of a job
  std::int64_t choice = 1;            // which of the plan's best layouts
};

struct ValidateArguments {
  PlanOrJobArguments plan;
  Backend backend = Backend::kMpi;
  bool numbers = true;                // --check
  bool time = true;                   // --time
  std::optional<std::int64_t> ranks;  // to start here
  double tolerance = 0.1;
  std::int64_t warm_up = 3;
  std::int64_t repetitions = 11;
  std::optional<sim::Seconds> exchange_limit;
  std::vector<std::int64_t> documents;  // lengths in every sequence, for the numbers
  std::string csv_file;                 // empty: none
  std::vector<std::string> words;       // the command line without what says how to display
};

struct ExportArguments {
  PlanOrJobArguments plan;
  planner::ExportTarget target = planner::ExportTarget::kMegatron;
  std::string output_file;  // empty or "-": standard output
};

// Plans or results.
struct DiffArguments {
  std::string first;
  std::string second;
};

struct ImportArguments {
  std::string file;
};

struct ReplayArguments {
  std::vector<std::string> files;
  bool markdown = false;  // the page docs/accuracy.md
  std::string svg_file;   // empty: none; "-": standard output
};

// What of a prediction is explained; kAll: every part.
enum class ExplainedPart : std::uint8_t { kAll, kStep, kTime, kNetwork, kMemory };

// The prediction of one layout.
struct PredictionArguments {
  JobArguments job;
  std::optional<std::string> layout;   // text or file
  std::optional<std::string> against;  // another, to compare with
  ExplainedPart part = ExplainedPart::kAll;
  std::string op;  // empty: all
};

// Without a prediction a topic; an empty one asks for the list of them.
struct ExplainArguments {
  std::string topic;
  std::optional<PredictionArguments> prediction;
};
// An empty format asks for the list of them.
struct SchemaArguments {
  std::string format;
};
struct ManArguments {};
struct CompletionArguments {
  std::string shell;
};
struct VersionArguments {};

// The help text itself.
struct HelpArguments {
  std::string text;
};

using Request = std::variant<PlanArguments, SimulateArguments, MemoryArguments, ClusterArguments,
                             ProfileArguments, ValidateArguments, ExportArguments, ImportArguments,
                             DiffArguments, ReplayArguments, ExplainArguments, TraceArguments,
                             ReportArguments, ServeArguments, SchemaArguments, CompletionArguments,
                             ManArguments, VersionArguments, HelpArguments>;

struct Invocation {
  DisplayOptions display;
  Request request;
};

// `arguments` without the name of the program. Errors: kInput.
[[nodiscard]] sim::Result<Invocation> parse_arguments(const std::vector<std::string>& arguments);

}  // namespace seqspan::cli
