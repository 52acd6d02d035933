// What `seqspan serve` answers: its page, and the simulation of a layout (docs/formats/api.md).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/serve/http.hpp"
#include "sim/errors/error.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

class Api {
 public:
  // `job`: what `given` was read as; `layout`: where the page starts, `fixed`: serve_page().
  Api(JobArguments given, const sim::Job& job, const sim::Layout& layout,
      const std::vector<std::string>& fixed = {});

  [[nodiscard]] HttpResponse answer(const HttpRequest& request);

 private:
  [[nodiscard]] HttpResponse simulate(const HttpRequest& request);
  [[nodiscard]] sim::Result<const sim::Job*> job_of(const HttpRequest& request);

  JobArguments given_;
  std::string page_;
  // By the settings that a request may change; emptied when it is full.
  std::map<std::string, sim::Job> jobs_;
};

}  // namespace seqspan::cli
