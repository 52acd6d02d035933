#include "real/measure/cublas_gemm_timer.hpp"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "real/transport/bfloat16.hpp"
#include "real/transport/nccl_errors.hpp"

namespace seqspan::real {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kWorkspace = 32 << 20;  // what NVIDIA advises for Hopper
constexpr std::size_t kRandomElements = 1 << 20;

// What is to be undone, in the order against that in which it was done.
class Undo {
 public:
  Undo() = default;
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  ~Undo() {
    while (!steps_.empty()) {
      steps_.back()();
      steps_.pop_back();
    }
  }
  void add(std::function<void()> step) { steps_.push_back(std::move(step)); }

 private:
  std::vector<std::function<void()>> steps_;
};

// Uniform in [-1, 1), the same on every rank.
std::vector<BFloat16> random_elements() {
  std::vector<BFloat16> elements(kRandomElements);
  std::uint64_t state = 88172645463325252ULL;  // xorshift64 (Marsaglia 2003)
  for (BFloat16& element : elements) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    element = to_bfloat16(static_cast<float>(state >> 40U) * 0x1p-23F - 1.0F);
  }
  return elements;
}

class CublasGemmTimer final : public GemmTimer {
 public:
  explicit CublasGemmTimer(const CublasLt& lt) : lt_(lt) {}

  sim::Result<void> start() {
    if (auto made = check(lt_.create(&handle_), "cublasLtCreate"); !made) return made;
    undo_.add([this] { lt_.destroy(handle_); });
    if (auto made = check_cuda(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking),
                               "cudaStreamCreateWithFlags");
        !made) {
      return made;
    }
    undo_.add([this] { cudaStreamDestroy(stream_); });
    const auto workspace = allocate(kWorkspace, undo_);
    if (!workspace) return tl::unexpected(workspace.error());
    workspace_ = *workspace;
    return {};
  }

  sim::Result<std::vector<sim::Seconds>> time(const sim::Gemm& gemm,
                                              const GemmOptions& options) override {
    Undo undo;
    Product product;
    if (auto made = describe(gemm, product, undo); !made) return tl::unexpected(made.error());
    if (auto made = fill(gemm, product, undo); !made) return tl::unexpected(made.error());
    // What is copied must have been, should the rest fail.
    if (auto marked = mark(0); !marked) return tl::unexpected(marked.error());
    if (auto done = settle(product, options); !done) return tl::unexpected(done.error());
    if (auto warm = warm_up(product, options); !warm) return tl::unexpected(warm.error());
    return times_of(product, options);
  }

 private:
  struct Product {
    cublasLtMatmulDesc_t desc = nullptr;
    std::array<cublasLtMatrixLayout_t, 3> layouts{};  // w, x, y, as columns one after another
    std::array<void*, 3> memory{};
    cublasLtMatmulAlgo_t algorithm{};
    std::string name;
  };

  [[nodiscard]] sim::Result<void> check(cublasStatus_t status, const std::string& call) const {
    if (status == CUBLAS_STATUS_SUCCESS) return {};
    return sim::environment_error(fmt::format("{} failed: {}", call, lt_.status_string(status)));
  }

  static sim::Result<void*> allocate(std::size_t bytes, Undo& undo) {
    void* address = nullptr;
    if (auto made = check_cuda(cudaMalloc(&address, bytes), "cudaMalloc"); !made) {
      return tl::unexpected(made.error());
    }
    undo.add([address] { cudaFree(address); });
    return address;
  }

  // Rows one after another are, to cuBLAS, columns of the transposed: y^T[n, m] = w x^T, where w
  // lies as [k, n] and is transposed.
  sim::Result<void> describe(const sim::Gemm& gemm, Product& product, Undo& undo) {
    product.name = fmt::format("GEMM of {} x {} x {}", gemm.m, gemm.n, gemm.k);
    if (auto made = check(lt_.desc_create(&product.desc, CUBLAS_COMPUTE_32F, CUDA_R_32F),
                          "cublasLtMatmulDescCreate");
        !made) {
      return made;
    }
    undo.add([this, desc = product.desc] { lt_.desc_destroy(desc); });
    const cublasOperation_t transposed = CUBLAS_OP_T;
    if (auto set = check(
            lt_.desc_set(product.desc, CUBLASLT_MATMUL_DESC_TRANSA, &transposed, sizeof transposed),
            "cublasLtMatmulDescSetAttribute");
        !set) {
      return set;
    }
    const std::array rows = {gemm.k, gemm.k, gemm.n};
    const std::array columns = {gemm.n, gemm.m, gemm.m};
    for (std::size_t i = 0; i < rows.size(); ++i) {
      auto made = lay_out(rows[i], columns[i], gemm.groups, product.layouts[i], undo);
      if (!made) return made;
    }
    return choose(product);
  }

  sim::Result<void> lay_out(std::int64_t rows, std::int64_t columns, std::int64_t groups,
                            cublasLtMatrixLayout_t& layout, Undo& undo) {
    if (auto made = check(lt_.layout_create(&layout, CUDA_R_16BF, static_cast<std::uint64_t>(rows),
                                            static_cast<std::uint64_t>(columns), rows),
                          "cublasLtMatrixLayoutCreate");
        !made) {
      return made;
    }
    undo.add([this, made = layout] { lt_.layout_destroy(made); });
    const auto batch = static_cast<std::int32_t>(groups);
    const std::int64_t stride = rows * columns;
    if (auto set =
            check(lt_.layout_set(layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &batch, sizeof batch),
                  "cublasLtMatrixLayoutSetAttribute");
        !set) {
      return set;
    }
    return check(
        lt_.layout_set(layout, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof stride),
        "cublasLtMatrixLayoutSetAttribute");
  }

  sim::Result<void> choose(Product& product) {
    Undo undo;
    cublasLtMatmulPreference_t preference = nullptr;
    if (auto made = check(lt_.preference_create(&preference), "cublasLtMatmulPreferenceCreate");
        !made) {
      return made;
    }
    undo.add([&] { lt_.preference_destroy(preference); });
    const std::size_t workspace = kWorkspace;
    if (auto set = check(lt_.preference_set(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                            &workspace, sizeof workspace),
                         "cublasLtMatmulPreferenceSetAttribute");
        !set) {
      return set;
    }
    cublasLtMatmulHeuristicResult_t found{};
    int count = 0;
    const auto& [w, x, y] = product.layouts;
    if (auto asked =
            check(lt_.heuristic(handle_, product.desc, w, x, y, y, preference, 1, &found, &count),
                  "cublasLtMatmulAlgoGetHeuristic");
        !asked) {
      return asked;
    }
    if (count == 0) return sim::environment_error("cuBLASLt knows no algorithm", product.name);
    product.algorithm = found.algo;
    return {};
  }

  sim::Result<void> fill(const sim::Gemm& gemm, Product& product, Undo& undo) {
    const std::array elements = {gemm.n * gemm.k, gemm.m * gemm.k, gemm.m * gemm.n};
    for (std::size_t i = 0; i < elements.size(); ++i) {
      const auto bytes = static_cast<std::size_t>(elements[i] * gemm.groups) * sizeof(BFloat16);
      const auto address = allocate(bytes, undo);
      if (!address) return tl::unexpected(address.error());
      product.memory[i] = *address;
      const std::size_t piece = random_.size() * sizeof(BFloat16);
      for (std::size_t at = 0; i < 2 && at < bytes; at += piece) {
        if (auto copied = check_cuda(
                cudaMemcpyAsync(static_cast<std::byte*>(*address) + at, random_.data(),
                                std::min(piece, bytes - at), cudaMemcpyHostToDevice, stream_),
                "cudaMemcpyAsync");
            !copied) {
          return copied;
        }
      }
    }
    return {};
  }

  // Until the GPU has been busy for long enough.
  sim::Result<void> warm_up(const Product& product, const GemmOptions& options) {
    const auto end = Clock::now() + std::chrono::duration<double>(options.warm_up.value());
    do {
      for (std::int64_t i = 0; i < options.repetitions; ++i) {
        if (auto given = give(product); !given) return given;
      }
      if (auto marked = mark(0); !marked) return marked;
      if (auto done = settle(product, options); !done) return done;
    } while (Clock::now() < end);
    return {};
  }

  sim::Result<std::vector<sim::Seconds>> times_of(const Product& product,
                                                  const GemmOptions& options) {
    const auto count = static_cast<std::size_t>(options.repetitions);
    for (std::size_t i = 0; i <= count; ++i) {
      if (i > 0) {
        if (auto given = give(product); !given) return tl::unexpected(given.error());
      }
      if (auto marked = mark(i); !marked) return tl::unexpected(marked.error());
    }
    if (auto done = settle(product, options); !done) return tl::unexpected(done.error());
    std::vector<sim::Seconds> times;
    for (std::size_t i = 0; i < count; ++i) {
      float milliseconds = 0;
      if (auto read = check_cuda(cudaEventElapsedTime(&milliseconds, marks_[i], marks_[i + 1]),
                                 "cudaEventElapsedTime");
          !read) {
        return tl::unexpected(read.error());
      }
      times.emplace_back(static_cast<double>(milliseconds) * 1e-3);
    }
    return times;
  }

  // One more product on the stream.
  sim::Result<void> give(const Product& product) {
    const float one = 1;
    const float zero = 0;
    const auto& [w, x, y] = product.layouts;
    const auto& [w_memory, x_memory, y_memory] = product.memory;
    return check(lt_.matmul(handle_, product.desc, &one, w_memory, w, x_memory, x, &zero, y_memory,
                            y, y_memory, y, &product.algorithm, workspace_, kWorkspace, stream_),
                 "cublasLtMatmul of " + product.name);
  }

  // Event `index` behind what was given so far.
  sim::Result<void> mark(std::size_t index) {
    while (marks_.size() <= index) {
      cudaEvent_t event = nullptr;
      if (auto made = check_cuda(cudaEventCreateWithFlags(&event, cudaEventDefault),
                                 "cudaEventCreateWithFlags");
          !made) {
        return made;
      }
      marks_.push_back(event);
      undo_.add([event] { cudaEventDestroy(event); });
    }
    last_ = marks_[index];
    return check_cuda(cudaEventRecord(last_, stream_), "cudaEventRecord");
  }

  // Until the last mark is reached: as many products as are measured, each within its limit.
  sim::Result<void> settle(const Product& product, const GemmOptions& options) {
    const double seconds = options.limit.value() * static_cast<double>(options.repetitions);
    const auto end = Clock::now() + std::chrono::duration<double>(seconds);
    for (;;) {
      const cudaError_t code = cudaEventQuery(last_);
      if (code != cudaErrorNotReady) return check_cuda(code, "cudaEventQuery");
      if (Clock::now() > end) {
        return sim::environment_error(fmt::format("{} of {} has not ended within {:g} s",
                                                  options.repetitions, product.name, seconds));
      }
      std::this_thread::yield();
    }
  }

  const CublasLt lt_;
  cublasLtHandle_t handle_ = nullptr;
  cudaStream_t stream_ = nullptr;
  std::vector<cudaEvent_t> marks_;
  cudaEvent_t last_ = nullptr;
  void* workspace_ = nullptr;
  std::vector<BFloat16> random_ = random_elements();
  Undo undo_;  // last, so that it is undone before the rest goes
};

}  // namespace

sim::Result<std::unique_ptr<GemmTimer>> make_gemm_timer(const CublasLt& lt) {
  auto timer = std::make_unique<CublasGemmTimer>(lt);
  if (auto started = timer->start(); !started) return tl::unexpected(started.error());
  return timer;
}

sim::Result<std::unique_ptr<GemmTimer>> make_gemm_timer() {
  const auto lt = load_cublas_lt();
  if (!lt) return tl::unexpected(lt.error());
  return make_gemm_timer(*lt);
}

}  // namespace seqspan::real
