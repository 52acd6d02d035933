#include "real/transport/bfloat16.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace seqspan::real {
namespace {

TEST(BFloat16, KeepsWhatFitsSevenBitsOfMantissa) {
  for (const float value : {0.0F, 1.0F, -2.5F, 255.0F, 0x1.fep127F}) {
    EXPECT_EQ(to_float(to_bfloat16(value)), value);
  }
}

// Between 256 and 512 bf16 has steps of 2: 257 and 259 are ties.
TEST(BFloat16, RoundsToNearestEven) {
  EXPECT_EQ(to_float(to_bfloat16(257.0F)), 256.0F);
  EXPECT_EQ(to_float(to_bfloat16(259.0F)), 260.0F);
  EXPECT_EQ(to_float(to_bfloat16(257.5F)), 258.0F);
  EXPECT_EQ(to_float(to_bfloat16(-257.0F)), -256.0F);
}

TEST(BFloat16, KeepsInfinityAndNaN) {
  EXPECT_EQ(to_float(to_bfloat16(std::numeric_limits<float>::infinity())),
            std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isinf(to_float(to_bfloat16(std::numeric_limits<float>::max()))));
  // The payload of this NaN lies in the half that is cut off.
  EXPECT_TRUE(std::isnan(to_float(to_bfloat16(std::bit_cast<float>(0x7f800001U)))));
}

}  // namespace
}  // namespace seqspan::real
