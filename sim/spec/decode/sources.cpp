#include "sim/spec/decode/sources.hpp"

namespace seqspan::sim {

void collect_sources(const json::Value& value, const std::string& path,
                     std::map<std::string, std::string>& sources) {
  for (const json::Member& member : value.members) {
    const std::string inner = json::join(path, member.key);
    const json::Value* source = member.value.find("source");
    if (source != nullptr && source->kind == json::Kind::kText) {
      sources[inner] = source->text;
    } else {
      collect_sources(member.value, inner, sources);
    }
  }
}

}  // namespace seqspan::sim
