#include "real/measure/host_memory.hpp"

#include <fstream>
#include <string>

namespace seqspan::real {

sim::Bytes available_memory() {
  std::ifstream info("/proc/meminfo");
  std::string key;
  std::string rest;
  for (std::int64_t value = 0; info >> key >> value && std::getline(info, rest);) {
    if (key == "MemAvailable:") return sim::Bytes(value * sim::kKibi);
  }
  return sim::Bytes(0);
}

}  // namespace seqspan::real
