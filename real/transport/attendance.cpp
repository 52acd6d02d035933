#include "real/transport/attendance.hpp"

namespace seqspan::real {

std::string in_words(const Attendance& attendance) {
  std::string text = "arrived: " + list_ranks(attendance.arrived);
  if (!attendance.missing.empty()) text += "; not arrived: " + list_ranks(attendance.missing);
  if (!attendance.silent.empty()) text += "; no answer: " + list_ranks(attendance.silent);
  if (!attendance.silent_elsewhere.empty()) {
    text += "; no answer from other groups: " + list_ranks(attendance.silent_elsewhere);
  }
  return text;
}

}  // namespace seqspan::real
