// One config.json on its way to a Model: its keys, where they stand, and what its family says.
#pragma once

#include <initializer_list>
#include <string>

#include "sim/errors/error.hpp"
#include "sim/spec/decode/model_config.hpp"
#include "sim/spec/json/value.hpp"

namespace seqspan::sim {

// Config, value and path must outlive it.
class ModelReading {
 public:
  ModelReading(const ModelConfig& config, const json::Value& value, const std::string& path)
      : config_(config), value_(value), path_(path) {}

  [[nodiscard]] const ModelConfig& config() const { return config_; }
  // Whether the file has the key, even as null.
  [[nodiscard]] bool has(const char* key) const { return value_.find(key) != nullptr; }

  [[nodiscard]] bool is(ModelFamily family) const { return config_.family == family; }
  [[nodiscard]] bool is_latent() const {
    return is(ModelFamily::kDeepSeekV2) || is(ModelFamily::kDeepSeekV3);
  }
  // Plain feed-forwards, LayerNorm, no RoPE.
  [[nodiscard]] bool is_plain() const { return is(ModelFamily::kGpt2) || is(ModelFamily::kMpt); }
  // Linears and norms of a plain family.
  [[nodiscard]] bool is_biased() const { return is(ModelFamily::kGpt2) || !config_.no_bias; }

  // kInput, at the key where the file has it, else at the file.
  [[nodiscard]] tl::unexpected<Error> refuse(const std::string& key, std::string what,
                                             std::string why, std::string fix) const;

  struct NeededKey {
    const char* key;
    bool given;
  };
  // Refuses the first that is not given: "FAMILY `because`".
  [[nodiscard]] Result<void> check_given(std::initializer_list<NeededKey> needed,
                                         const char* because) const;

 private:
  const ModelConfig& config_;
  const json::Value& value_;
  const std::string& path_;
};

}  // namespace seqspan::sim
