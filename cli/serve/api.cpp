#include "cli/serve/api.hpp"

#include <algorithm>
#include <array>

#include "cli/commands/job.hpp"
#include "cli/page/serve_page.hpp"
#include "cli/render/result_json.hpp"
#include "sim/engine/simulator.hpp"
#include "sim/layout/legality.hpp"
#include "sim/layout/resolve.hpp"
#include "sim/spec/layout_text.hpp"

namespace seqspan::cli {
namespace {

constexpr std::size_t kMostJobs = 64;
constexpr std::size_t kLongestValue = 400;

bool is_number(const std::string& text) {
  constexpr std::size_t kMostDigits = 15;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || text.size() > kMostDigits) return false;
  const bool has_unit = text.back() == 'K' || text.back() == 'M';
  const auto end = text.end() - (has_unit ? 1 : 0);
  return end != text.begin() && std::all_of(text.begin(), end, is_digit);
}

bool is_choice(const std::string& text) { return text == "true" || text == "false"; }

// What a request may change of the job: numbers and choices, so that no request names a file.
struct Parameter {
  const char* name;
  const char* path;
  bool (*takes)(const std::string&);
  const char* what;
  const char* fix;
};
constexpr std::array kParameters = {
    Parameter{"sequence_length", "training.sequence_length", is_number, "number",
              "such as 131072 or 128K"},
    Parameter{"global_batch_size", "training.global_batch_size", is_number, "number", "such as 64"},
    Parameter{"overlap_tensor_parallel", "training.overlap_tensor_parallel", is_choice, "choice",
              "true or false"},
};
constexpr const char* kLayoutParameter = "layout";

HttpResponse refusal_of(const sim::Error& error, int status) {
  return refusal(status, error.what, error.why, error.fix);
}

}  // namespace

Api::Api(JobArguments given, const sim::Job& job, const sim::Layout& layout,
         const std::vector<std::string>& fixed)
    : given_(std::move(given)), page_(serve_page(job, given_, layout, fixed)) {}

sim::Result<const sim::Job*> Api::job_of(const HttpRequest& request) {
  JobArguments arguments = given_;
  std::string key;
  for (const Parameter& parameter : kParameters) {
    const auto found = request.query.find(parameter.name);
    if (found == request.query.end()) continue;
    arguments.settings.push_back(std::string(parameter.path) + "=" + found->second);
    key += arguments.settings.back() + "\n";
  }
  if (const auto known = jobs_.find(key); known != jobs_.end()) return &known->second;
  auto job = read_job(arguments);
  if (!job) return tl::unexpected(job.error());
  if (jobs_.size() >= kMostJobs) jobs_.clear();
  return &jobs_.emplace(key, *std::move(job)).first->second;
}

HttpResponse Api::simulate(const HttpRequest& request) {
  for (const auto& [name, value] : request.query) {
    const auto* const of = std::find_if(kParameters.begin(), kParameters.end(),
                                        [&](const Parameter& each) { return name == each.name; });
    if (name != kLayoutParameter && of == kParameters.end()) {
      return refusal(400, "there is no such parameter", {},
                     "layout, sequence_length, global_batch_size, overlap_tensor_parallel");
    }
    if (value.size() > kLongestValue) return refusal(400, "a parameter is too long");
    if (name != kLayoutParameter && !of->takes(value)) {
      return refusal(400, name + " is no " + of->what, {}, of->fix);
    }
  }
  const auto job = job_of(request);
  if (!job) return refusal_of(job.error(), 422);
  const auto given = request.query.find(kLayoutParameter);
  // Never read_layout(), which takes a name of a file too.
  const auto parsed = sim::parse_layout(given == request.query.end() ? "" : given->second);
  if (!parsed) return refusal_of(parsed.error(), 400);
  const sim::LayoutChoice choice = sim::override_with(*parsed, (*job)->layout);
  const sim::Layout layout = sim::resolve(**job, choice);
  if (const auto code = sim::broken_rule(**job, layout)) {
    return refusal(422, "the layout is refused", sim::describe(*code, **job, layout), {},
                   sim::facts_of(*code).name);
  }
  sim::Simulator simulator(**job);
  if (const auto ok = simulator.check(); !ok) return refusal_of(ok.error(), 422);
  return {200, "application/json", simulation_json(**job, simulator.simulate(layout, true))};
}

HttpResponse Api::answer(const HttpRequest& request) {
  if (request.path == "/api/simulate") return simulate(request);
  if (request.path == "/") return {200, "text/html", page_};
  return refusal(404, "there is nothing here", {}, "/ and /api/simulate");
}

}  // namespace seqspan::cli
