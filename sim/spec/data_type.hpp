// Number formats of tensors.
#pragma once

#include <cstdint>

namespace seqspan::sim {

enum class DataType : std::uint8_t { kBFloat16, kFloat32, kFloat8, kInt64, kBool };

constexpr std::int64_t bytes_per_element(DataType type) {
  switch (type) {
    case DataType::kBFloat16:
      return 2;
    case DataType::kFloat32:
      return 4;
    case DataType::kFloat8:
      return 1;
    case DataType::kInt64:
      return 8;
    case DataType::kBool:
      return 1;
  }
  return 0;
}

constexpr const char* name_of(DataType type) {
  switch (type) {
    case DataType::kBFloat16:
      return "bf16";
    case DataType::kFloat32:
      return "fp32";
    case DataType::kFloat8:
      return "fp8";
    case DataType::kInt64:
      return "int64";
    case DataType::kBool:
      return "bool";
  }
  return "";
}

}  // namespace seqspan::sim
