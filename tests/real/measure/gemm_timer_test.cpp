// The GEMM timer over the double of CUDA and calls of cuBLASLt that only keep the books: what no
// GPU is needed for. That the library does what it is told: gemm_on_gpu_test.cpp.
#include "real/measure/gemm_timer.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "real/measure/cublas_gemm_timer.hpp"
#include "tests/real/double/double.hpp"

namespace seqspan::real {
namespace {

struct Layout {
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
  std::int64_t leading = 0;
  std::int32_t batch = 0;
  std::int64_t stride = 0;
};

struct Book {
  std::set<const void*> alive;  // handles, descriptors, layouts, preferences
  std::map<const void*, Layout> layouts;
  cublasOperation_t transposed = CUBLAS_OP_N;
  std::vector<std::vector<Layout>> products;
  int algorithms = 1;
  cublasStatus_t answer = CUBLAS_STATUS_SUCCESS;  // of a product
};
Book book;  // the calls have no other place for it

template <class T>
cublasStatus_t make(T* made) {
  *made = reinterpret_cast<T>(new char);
  book.alive.insert(*made);
  return CUBLAS_STATUS_SUCCESS;
}
template <class T>
cublasStatus_t destroy(T made) {
  if (book.alive.erase(made) == 0) return CUBLAS_STATUS_INVALID_VALUE;
  delete reinterpret_cast<const char*>(made);
  return CUBLAS_STATUS_SUCCESS;
}

CublasLt calls() {
  CublasLt lt;
  lt.create = [](cublasLtHandle_t* made) { return make(made); };
  lt.destroy = [](cublasLtHandle_t made) { return destroy(made); };
  lt.status_string = [](cublasStatus_t) { return "the words of cuBLAS"; };
  lt.desc_create = [](cublasLtMatmulDesc_t* made, cublasComputeType_t compute, cudaDataType_t) {
    EXPECT_EQ(compute, CUBLAS_COMPUTE_32F);
    return make(made);
  };
  lt.desc_destroy = [](cublasLtMatmulDesc_t made) { return destroy(made); };
  lt.desc_set = [](cublasLtMatmulDesc_t, cublasLtMatmulDescAttributes_t attribute,
                   const void* value, size_t) {
    EXPECT_EQ(attribute, CUBLASLT_MATMUL_DESC_TRANSA);
    book.transposed = *static_cast<const cublasOperation_t*>(value);
    return CUBLAS_STATUS_SUCCESS;
  };
  lt.layout_create = [](cublasLtMatrixLayout_t* made, cudaDataType type, std::uint64_t rows,
                        std::uint64_t columns, std::int64_t leading) {
    EXPECT_EQ(type, CUDA_R_16BF);
    make(made);
    book.layouts[*made] = {rows, columns, leading};
    return CUBLAS_STATUS_SUCCESS;
  };
  lt.layout_destroy = [](cublasLtMatrixLayout_t made) { return destroy(made); };
  lt.layout_set = [](cublasLtMatrixLayout_t layout, cublasLtMatrixLayoutAttribute_t attribute,
                     const void* value, size_t) {
    if (attribute == CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT) {
      book.layouts[layout].batch = *static_cast<const std::int32_t*>(value);
    } else {
      book.layouts[layout].stride = *static_cast<const std::int64_t*>(value);
    }
    return CUBLAS_STATUS_SUCCESS;
  };
  lt.preference_create = [](cublasLtMatmulPreference_t* made) { return make(made); };
  lt.preference_destroy = [](cublasLtMatmulPreference_t made) { return destroy(made); };
  lt.preference_set = [](cublasLtMatmulPreference_t, cublasLtMatmulPreferenceAttributes_t,
                         const void*, size_t) { return CUBLAS_STATUS_SUCCESS; };
  lt.heuristic = [](cublasLtHandle_t, cublasLtMatmulDesc_t, cublasLtMatrixLayout_t,
                    cublasLtMatrixLayout_t, cublasLtMatrixLayout_t, cublasLtMatrixLayout_t,
                    cublasLtMatmulPreference_t, int, cublasLtMatmulHeuristicResult_t*, int* found) {
    *found = book.algorithms;
    return CUBLAS_STATUS_SUCCESS;
  };
  lt.matmul = [](cublasLtHandle_t, cublasLtMatmulDesc_t, const void*, const void*,
                 cublasLtMatrixLayout_t a, const void*, cublasLtMatrixLayout_t b, const void*,
                 const void*, cublasLtMatrixLayout_t, void*, cublasLtMatrixLayout_t d,
                 const cublasLtMatmulAlgo_t*, void*, size_t, cudaStream_t) {
    book.products.push_back({book.layouts[a], book.layouts[b], book.layouts[d]});
    return book.answer;
  };
  return lt;
}

class GemmTimerTest : public testing::Test {
 protected:
  void SetUp() override {
    double_reset();
    book = {};
  }
  void TearDown() override {
    EXPECT_TRUE(book.alive.empty()) << book.alive.size() << " left";
    EXPECT_EQ(double_complaints(), "");
  }
};

// y[3, 5] = x[3, 7] w[5, 7]^T in rows: columns of w are its rows, so w lies as 7 x 5 and is
// transposed, x as 7 x 3, and y as 5 x 3; 2 products one behind the other.
TEST_F(GemmTimerTest, LaysOperandsOutAsALinearLayerHasThem) {
  {
    const auto timer = make_gemm_timer(calls());
    ASSERT_TRUE(timer) << timer.error().what;
    const auto times = (*timer)->time({3, 5, 7, 2}, {.warm_up = sim::Seconds(0), .repetitions = 2});
    ASSERT_TRUE(times) << times.error().what;
    EXPECT_EQ(times->size(), 2U);
  }
  ASSERT_EQ(book.products.size(), 4U);  // two to warm up, and two
  EXPECT_EQ(book.transposed, CUBLAS_OP_T);
  const std::vector<std::vector<std::int64_t>> expected = {{7, 5}, {7, 3}, {5, 3}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Layout& layout = book.products.back()[i];
    EXPECT_EQ(layout.rows, static_cast<std::uint64_t>(expected[i][0])) << i;
    EXPECT_EQ(layout.columns, static_cast<std::uint64_t>(expected[i][1])) << i;
    EXPECT_EQ(layout.leading, expected[i][0]) << i;
    EXPECT_EQ(layout.batch, 2) << i;
    EXPECT_EQ(layout.stride, expected[i][0] * expected[i][1]) << i;
  }
}

TEST_F(GemmTimerTest, SaysThatThereIsNoAlgorithm) {
  book.algorithms = 0;
  const auto timer = make_gemm_timer(calls());
  ASSERT_TRUE(timer) << timer.error().what;
  const auto times = (*timer)->time({3, 5, 7, 1}, {});
  ASSERT_FALSE(times);
  EXPECT_EQ(times.error().category, sim::ErrorCategory::kEnvironment);
  EXPECT_EQ(times.error().where, "GEMM of 3 x 5 x 7");
}

TEST_F(GemmTimerTest, PassesOnWhatTheLibrarySays) {
  book.answer = CUBLAS_STATUS_EXECUTION_FAILED;
  const auto timer = make_gemm_timer(calls());
  ASSERT_TRUE(timer) << timer.error().what;
  const auto times = (*timer)->time({3, 5, 7, 1}, {});
  ASSERT_FALSE(times);
  EXPECT_EQ(times.error().what, "cublasLtMatmul of GEMM of 3 x 5 x 7 failed: the words of cuBLAS");
}

// The library itself, of which no more is asked than whether it has the calls.
TEST(CublasLtTest, HasTheCalls) {
  const auto lt = load_cublas_lt();
  ASSERT_TRUE(lt) << lt.error().what << ": " << lt.error().why;
  EXPECT_NE(lt->matmul, nullptr);
}

}  // namespace
}  // namespace seqspan::real
