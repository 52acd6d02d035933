#include "real/measure/cublas_lt.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <string>

namespace seqspan::real {
namespace {

const char* last_words() {
  const char* words = dlerror();
  return words == nullptr ? "" : words;
}

// Keeps the first name that was not found.
class Finder {
 public:
  explicit Finder(void* library) : library_(library) {}

  template <class Call>
  void find(Call& call, const char* name) {
    call = reinterpret_cast<Call>(dlsym(library_, name));
    if (call == nullptr && missing_.empty()) missing_ = name;
  }
  [[nodiscard]] const std::string& missing() const { return missing_; }

 private:
  void* library_;
  std::string missing_;
};

}  // namespace

sim::Result<CublasLt> load_cublas_lt() {
  const std::string name = fmt::format("libcublasLt.so.{}", CUBLAS_VER_MAJOR);
  void* library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return sim::environment_error("cuBLASLt cannot be loaded", name, last_words(),
                                  "install it, or say where it is in LD_LIBRARY_PATH");
  }
  CublasLt lt;
  Finder calls(library);
  calls.find(lt.create, "cublasLtCreate");
  calls.find(lt.destroy, "cublasLtDestroy");
  calls.find(lt.status_string, "cublasLtGetStatusString");
  calls.find(lt.desc_create, "cublasLtMatmulDescCreate");
  calls.find(lt.desc_destroy, "cublasLtMatmulDescDestroy");
  calls.find(lt.desc_set, "cublasLtMatmulDescSetAttribute");
  calls.find(lt.layout_create, "cublasLtMatrixLayoutCreate");
  calls.find(lt.layout_destroy, "cublasLtMatrixLayoutDestroy");
  calls.find(lt.layout_set, "cublasLtMatrixLayoutSetAttribute");
  calls.find(lt.preference_create, "cublasLtMatmulPreferenceCreate");
  calls.find(lt.preference_destroy, "cublasLtMatmulPreferenceDestroy");
  calls.find(lt.preference_set, "cublasLtMatmulPreferenceSetAttribute");
  calls.find(lt.heuristic, "cublasLtMatmulAlgoGetHeuristic");
  calls.find(lt.matmul, "cublasLtMatmul");
  if (calls.missing().empty()) return lt;
  return sim::environment_error("cuBLASLt has no " + calls.missing(), name);
}

}  // namespace seqspan::real
