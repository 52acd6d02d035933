#include "cli/render/bar.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace seqspan::cli {

std::string bar(const Style& style, double share, std::size_t columns) {
  constexpr std::array kEighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  if (!(share > 0)) return {};
  const std::size_t steps = style.ascii ? 1 : kEighths.size();
  const double exact = std::min(share, 1.0) * static_cast<double>(columns * steps);
  const std::size_t filled = std::max<std::size_t>(1, static_cast<std::size_t>(std::round(exact)));
  std::string text;
  for (std::size_t i = 0; i < filled / steps; ++i) text += style.ascii ? "#" : "█";
  if (!style.ascii) text += kEighths[filled % steps];
  return share > 1 ? text + ">" : text;
}

}  // namespace seqspan::cli
