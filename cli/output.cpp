#include "cli/output.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "sim/errors/format_error.hpp"

namespace seqspan::cli {

Output::Output(std::FILE* answers, Terminal answers_terminal, std::FILE* messages,
               Terminal messages_terminal)
    : answers_(answers),
      messages_(messages),
      answers_terminal_(std::move(answers_terminal)),
      messages_terminal_(std::move(messages_terminal)) {
  set_display({});
}

void Output::set_display(const DisplayOptions& options) {
  answer_style_ = make_style(options.colour, options.ascii, answers_terminal_);
  message_style_ = make_style(options.colour, options.ascii, messages_terminal_);
}

bool Output::messages_move() const {
  return messages_terminal_.is_terminal && messages_terminal_.term != "dumb";
}

void Output::note_failure() {
  if (failure_ == 0) failure_ = errno != 0 ? errno : EIO;
}

void Output::answer(std::string_view text) {
  if (failure_ != 0) return;
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), answers_) != text.size()) note_failure();
}

void Output::message(std::string_view text) {
  errno = 0;
  if (failure_ == 0 && std::fflush(answers_) != 0) note_failure();
  std::fwrite(text.data(), 1, text.size(), messages_);
}

void Output::error(const sim::Error& error) {
  const std::string text = sim::format_error(error);
  const std::size_t colon = text.find(':');
  message(red(message_style_, text.substr(0, colon)) + text.substr(colon) + "\n");
}

void Output::warning(std::string_view text) {
  message(fmt::format("{}: {}\n", yellow(message_style_, "warning"), text));
}

sim::Result<void> Output::finish() {
  errno = 0;
  if (failure_ == 0 && std::fflush(answers_) != 0) note_failure();
  std::fflush(messages_);
  if (failure_ == 0 || failure_ == EPIPE) return {};
  return sim::environment_error("the answer cannot be written", "standard output",
                                std::strerror(failure_));
}

}  // namespace seqspan::cli
