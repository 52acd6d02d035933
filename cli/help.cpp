#include "cli/help.hpp"

#include <algorithm>
#include <array>

#include "cli/render/text.hpp"

namespace seqspan::cli {
namespace {

constexpr std::size_t kWidth = 100;

using Topic = HelpTopic;

constexpr std::string_view kJobNotes =
    "--model and --cluster stand in for a job file. The names of what is shipped are those of\n"
    "configs/models and configs/clusters; anything with a '/' or ending in .json is a file.\n";

constexpr std::array kTopics = {
    Topic{"",
          "Plan and predict the training of language models on long sequences: does it fit, which\n"
          "layout is fastest, and why.",
          "seqspan COMMAND ...",
          "  seqspan plan configs/jobs/llama3-8b-128k.json\n"
          "  seqspan simulate configs/jobs/llama3-8b-128k.json --layout ulysses=8,recompute=full\n"
          "  seqspan plan --model Qwen3-8B --cluster h200-1x8 --sequence-length 256K "
          "--global-batch-size 8\n"
          "  seqspan explain kv_heads_not_divisible_by_ulysses\n",
          ""},
    Topic{"plan",
          "Find the fastest layouts of a job that fit, and say why the others lose or are refused.",
          "seqspan plan JOB [--best N] [--summary] [-o FILE]\n"
          "       seqspan plan --model M --cluster C --sequence-length S --global-batch-size N",
          "  seqspan plan configs/jobs/llama3-8b-128k.json\n"
          "  seqspan plan configs/jobs/llama3-8b-128k.json --set layout.tp=1 --best 10\n"
          "  seqspan plan --model Qwen3-8B --cluster h200-1x8 --sequence-length 256K "
          "--global-batch-size 8\n"
          "  seqspan plan configs/jobs/llama3-8b-128k.json -o plan.json\n",
          kJobNotes},
    Topic{"simulate", "Predict memory, time and traffic of one training step in one layout.",
          "seqspan simulate JOB --layout L [--program] [--trace FILE]",
          "  seqspan simulate configs/jobs/llama3-8b-128k.json --layout ulysses=8,recompute=full\n"
          "  seqspan simulate configs/jobs/llama3-8b-128k.json --layout tp=2,ring=4 \\\n"
          "    --set training.sequence_length=256K\n"
          "  seqspan simulate configs/jobs/llama3-8b-128k.json --layout ring=8 --json\n"
          "  seqspan simulate configs/jobs/llama3-8b-128k.json --layout ring=8 --program\n"
          "  seqspan simulate configs/jobs/llama3-8b-128k.json --layout ring=8 --trace "
          "step.json.gz\n",
          kJobNotes},
    Topic{"report", "Write a plan as one page for the browser, which loads nothing from elsewhere.",
          "seqspan report JOB|PLAN -o FILE [--best N] [--tokens D] [--validation FILE]",
          "  seqspan report configs/jobs/llama3-8b-128k.json -o report.html\n"
          "  seqspan report configs/jobs/llama3-8b-128k.json --tokens 2B --deadline 5d -o "
          "report.html\n"
          "  seqspan report plan.json -o report.html --validation validation.json\n",
          kJobNotes},
    Topic{
        "serve",
        "Answer what-if questions in the browser: sliders for a layout, on this machine only.",
        "seqspan serve JOB [--layout L] [--port N]",
        "  seqspan serve configs/jobs/llama3-8b-128k.json --layout ulysses=8,recompute=full\n",
        "Prints the address of the page, and answers until it is interrupted (Ctrl-C, SIGTERM).\n"},
    Topic{"trace", "Say in text what a trace of a step shows.", "seqspan trace summary FILE",
          "  seqspan trace summary step.json.gz\n",
          "Reads what simulate --trace has written. To look at one: open it in ui.perfetto.dev, "
          "which reads it in the\nbrowser and sends it nowhere.\n"},
    Topic{"memory",
          "Ask what memory a layout would need if its sequences, degrees or cards were others.",
          "seqspan memory JOB --layout L [--sweep PATH=V,V,...]... [--max sequence_length]\n"
          "               [--csv FILE] [--svg FILE] [--html FILE]",
          "  seqspan memory configs/jobs/llama3-8b-128k.json --layout recompute=full \\\n"
          "    --sweep training.sequence_length=32K,128K,512K --sweep layout.ulysses=1,2,4,8\n"
          "  seqspan memory configs/jobs/llama3-8b-128k.json --layout recompute=full \\\n"
          "    --sweep layout.ulysses=1,2,4,8 --max sequence_length\n",
          kJobNotes},
    Topic{"cluster", "Draw a cluster: its switches, bandwidths, faults, and where a layout lands.",
          "seqspan cluster show CLUSTER [--layout L] [--svg FILE]",
          "  seqspan cluster show h100-16x8\n"
          "  seqspan cluster show h100-16x8 --layout tp=8,ulysses=8\n"
          "  seqspan cluster show h100-16x8 --svg -\n",
          ""},
    Topic{"profile", "Measure a network or read measurements, fit a profile to them, and show it.",
          "seqspan profile run -o LOG [--ranks N] [--job JOB [--layout L]] [--profile FILE]\n"
          "       seqspan profile import FILE... [-o FILE]\n"
          "       seqspan profile fit FILE... -o PROFILE.json\n"
          "       seqspan profile show PROFILE.json [--svg FILE]\n"
          "       seqspan profile compare PROFILE.json FILE...",
          "  seqspan profile import tests/published/nccl/gcp-a3mega-2x8-h100-all_reduce.txt\n"
          "  seqspan profile fit tests/published/nccl/vultr-b200-sendrecv-8-16ranks.txt -o "
          "vultr.json\n",
          "run measures with MPI over host memory, on the ranks that mpirun or srun started, else "
          "on ranks that it\nstarts on this machine. import and fit read the text and the JSON of "
          "nccl-tests, the OSU micro-benchmarks, and "
          "the plain\nformat of docs/formats/log.md. Logs that are fitted together are of one "
          "cluster.\n"},
    Topic{
        "validate", "Run what a plan would run, and hold it against what was predicted.",
        "seqspan validate PLAN [--backend mpi|nccl] [--check] [--time] [--csv FILE]\n"
        "       seqspan validate JOB --layout L ...\n"
        "       mpirun -n N seqspan validate PLAN ...",
        "  seqspan plan configs/jobs/llama3-8b-128k.json -o plan.json\n"
        "  seqspan validate plan.json --check\n"
        "  seqspan validate configs/jobs/llama3-8b-128k.json --layout ulysses=2,ring=2 --check\n"
        "  mpirun -n 8 seqspan validate plan.json --backend nccl --csv ops.csv\n",
        "Runs on the ranks that mpirun or srun started, else on ranks that it starts on this "
        "machine. On fewer ranks\nthan the plan has, communications run one by one in groups that "
        "fit. Exit code 1: numbers, bytes or peaks\ndiffer from the prediction, or times by more "
        "than the tolerance.\n"},
    Topic{"diff", "Compare two plans or results value by value.", "seqspan diff A.json B.json",
          "  seqspan diff before.json after.json\n", "Exit code 1: they differ.\n"},
    Topic{"export", "Say a plan's layout in the words of the framework that is to run it.",
          "seqspan export PLAN --to megatron|deepspeed|accelerate|torchtitan|verl [-o FILE]\n"
          "       seqspan export JOB --layout L --to TARGET",
          "  seqspan export configs/jobs/llama3-8b-128k.json --layout tp=2,ring=4 --to megatron\n"
          "  seqspan export configs/jobs/qwen3-32b-128k-deepspeed.json --layout ulysses=8 --to "
          "deepspeed\n",
          ""},
    Topic{"import",
          "Read the layout of what runs already: Megatron-LM's flags or a torchtitan TOML.",
          "seqspan import FILE", "  seqspan import docs/tasks/example/run_megatron.sh\n",
          "Prints the words that simulate, memory and explain take.\n"},
    Topic{"replay", "Hold predictions against measurements that others have published.",
          "seqspan replay FILE... [--svg FILE]",
          "  seqspan replay tests/published/cases/usp-llama2-7b-8xA800.json\n", ""},
    Topic{"explain",
          "Explain a prediction number by number, why layouts are refused (a reason code), or a "
          "field of a job.",
          "seqspan explain JOB --layout L [--part step|time|network|memory] [--op NAME]\n"
          "       seqspan explain JOB --layout L --against L2\n"
          "       seqspan explain [CODE | config.PATH]",
          "  seqspan explain configs/jobs/llama3-8b-128k.json --layout ulysses=8,recompute=full\n"
          "  seqspan explain configs/jobs/llama3-8b-128k.json --layout ring=8 --part network\n"
          "  seqspan explain configs/jobs/llama3-8b-128k.json --layout ring=8 --op norm\n"
          "  seqspan explain configs/jobs/llama3-8b-128k.json --layout ulysses=8 --against ring=8\n"
          "  seqspan explain\n"
          "  seqspan explain kv_heads_not_divisible_by_ulysses\n"
          "  seqspan explain config.training.sequence_length\n",
          kJobNotes},
    Topic{"schema", "Print the JSON Schema of an input file, for editors and checkers.",
          "seqspan schema [NAME]",
          "  seqspan schema\n"
          "  seqspan schema job > job.schema.json\n",
          ""},
    Topic{"completion", "Print what a shell sources to complete commands and options.",
          "seqspan completion bash|zsh|fish", "  seqspan completion bash > seqspan.bash\n", ""},
    Topic{"man", "Print the manual page, of what --help says.", "seqspan man",
          "  seqspan man > seqspan.1\n", "To read it: seqspan man | man -l -\n"},
    Topic{"version", "Print the version, and what this seqspan was built with.", "seqspan version",
          "  seqspan version\n", ""},
};

constexpr std::string_view kExitCodes =
    "Exit codes:\n"
    "  0   done\n"
    "  1   the answer is no: the layout does not fit, no layout fits\n"
    "  2   usage or input error\n"
    "  3   the environment: a file cannot be read or written\n"
    "  70  a fault of seqspan\n";

constexpr auto kCommands = [] {
  std::array<std::string_view, kTopics.size() - 1> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kTopics[i + 1].command;
  return names;
}();

std::string options_text(const std::vector<OptionHelp>& options) {
  std::size_t width = 0;
  for (const OptionHelp& option : options) width = std::max(width, option.names.size());
  std::string text;
  for (const OptionHelp& option : options) {
    text += paragraph("  " + pad_right(option.names, width) + "  ", option.text, kWidth);
  }
  return text;
}

}  // namespace

const Topic& topic_of(std::string_view command) {
  const auto* found = std::find_if(kTopics.begin(), kTopics.end(),
                                   [&](const Topic& topic) { return topic.command == command; });
  return found != kTopics.end() ? *found : kTopics.front();
}

std::string_view exit_codes_text() { return kExitCodes; }

std::span<const std::string_view> command_names() { return kCommands; }

std::string_view summary_of(std::string_view command) { return topic_of(command).summary; }

std::string help_text(std::string_view command, const std::vector<OptionHelp>& options,
                      bool in_full) {
  const Topic& topic = topic_of(command);
  std::string text;
  const std::string examples = "Examples:\n" + std::string(topic.examples) + "\n";
  if (in_full) text += examples;
  text += std::string(topic.summary) + "\n\n";
  if (!in_full) text += examples;
  text += "Usage: " + std::string(topic.usage) + "\n";
  if (command.empty()) {
    text += "\nCommands:\n";
    for (const std::string_view name : kCommands) {
      text += paragraph("  " + pad_right(name, 8) + "  ", summary_of(name), kWidth);
    }
  }
  if (!in_full) {
    const std::string name = command.empty() ? "" : std::string(command) + " ";
    return text + "\nAll options: seqspan " + name + "--help\n";
  }
  text += "\nOptions:\n" + options_text(options);
  if (!topic.notes.empty()) text += "\n" + std::string(topic.notes);
  return text + "\n" + std::string(kExitCodes);
}

}  // namespace seqspan::cli
