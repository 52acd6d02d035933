#include "cli/interrupt.hpp"

namespace seqspan::cli {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set from a signal handler");

void note(int /*signal*/) { interrupted.store(true, std::memory_order_relaxed); }

}  // namespace

Interrupt::Interrupt(std::initializer_list<int> signals) {
  interrupted.store(false);
  struct sigaction action {};
  action.sa_handler = note;
  // A second one finds the default action again.
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  for (const int signal : signals) {
    struct sigaction before {};
    sigaction(signal, &action, &before);
    before_.emplace_back(signal, before);
  }
}

Interrupt::~Interrupt() {
  for (const auto& [signal, before] : before_) sigaction(signal, &before, nullptr);
}

const std::atomic<bool>& Interrupt::flag() const { return interrupted; }

}  // namespace seqspan::cli
