// The only way out of a command: answers on standard output, messages on standard error.
//
// A reader that closes its end early (`seqspan plan job.json | head -1`) is no error: the rest of
// the answer is dropped, and the command ends as it would have. Any other failure to write the
// answer is kept for finish().
#pragma once

#include <cstdio>
#include <string_view>

#include "cli/render/style.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::cli {

// What was asked for on the command line.
struct DisplayOptions {
  bool json = false;
  bool ascii = false;
  ColourChoice colour = ColourChoice::kAuto;
};

class Output {
 public:
  // The terminals say what the two streams lead to. The streams must outlive this object.
  Output(std::FILE* answers, Terminal answers_terminal, std::FILE* messages,
         Terminal messages_terminal);

  void set_display(const DisplayOptions& options);

  [[nodiscard]] const Style& style() const { return answer_style_; }
  [[nodiscard]] const Style& message_style() const { return message_style_; }

  // Whether messages lead to a terminal where a line can be drawn again.
  [[nodiscard]] bool messages_move() const;

  void answer(std::string_view text);
  // Answers given so far come first where both streams end in one place.
  void message(std::string_view text);
  // An error or a warning, its first word in colour.
  void error(const sim::Error& error);
  void warning(std::string_view text);

  // Flushes. Errors: kEnvironment when an answer could not be written.
  [[nodiscard]] sim::Result<void> finish();

 private:
  void note_failure();

  std::FILE* answers_;
  std::FILE* messages_;
  Terminal answers_terminal_;
  Terminal messages_terminal_;
  Style answer_style_;
  Style message_style_;
  int failure_ = 0;  // errno of the first answer that could not be written
};

}  // namespace seqspan::cli
