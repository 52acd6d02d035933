// An Output whose two streams end in strings.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include "cli/output.hpp"

namespace seqspan::cli {

class CapturedOutput {
 public:
  CapturedOutput()
      : answers_(std::tmpfile()), messages_(std::tmpfile()), output(answers_, {}, messages_, {}) {}
  CapturedOutput(const CapturedOutput&) = delete;
  CapturedOutput& operator=(const CapturedOutput&) = delete;
  ~CapturedOutput() {
    std::fclose(answers_);
    std::fclose(messages_);
  }

  [[nodiscard]] std::string answers() const { return content(answers_); }
  [[nodiscard]] std::string messages() const { return content(messages_); }

 private:
  static std::string content(std::FILE* file) {
    std::fflush(file);
    std::rewind(file);
    std::string text;
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
    return text;
  }

  std::FILE* answers_;
  std::FILE* messages_;

 public:
  Output output;
};

}  // namespace seqspan::cli
