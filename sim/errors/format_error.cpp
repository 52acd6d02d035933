#include "sim/errors/format_error.hpp"

namespace seqspan::sim {

std::string format_error(const Error& error) {
  std::string text = "error: " + error.what;
  if (!error.where.empty()) text += "\n  at " + error.where;
  if (!error.why.empty()) text += "\n  why: " + error.why;
  if (!error.fix.empty()) text += "\n  fix: " + error.fix;
  return text;
}

}  // namespace seqspan::sim
