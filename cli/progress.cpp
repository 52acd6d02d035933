#include "cli/progress.hpp"

#include <fmt/format.h>

#include "cli/render/bar.hpp"

namespace seqspan::cli {
namespace {

constexpr std::chrono::milliseconds kQuiet{1000};
constexpr std::chrono::milliseconds kBetween{100};
constexpr std::size_t kColumns = 30;
constexpr const char* kEraseLine = "\r\033[K";

}  // namespace

Progress::Progress(Output& output, std::string what) : output_(output), what_(std::move(what)) {}

Progress::~Progress() {
  if (visible_) output_.message(kEraseLine);
}

void Progress::show(double done) {
  if (!output_.messages_move()) return;
  const Clock::time_point now = Clock::now();
  if (now - began_ < kQuiet || (visible_ && now - drawn_ < kBetween)) return;
  drawn_ = now;
  visible_ = true;
  output_.message(fmt::format("{}{} {:3.0f} %  {}", kEraseLine, what_, 100 * done,
                              bar(output_.message_style(), done, kColumns)));
}

}  // namespace seqspan::cli
