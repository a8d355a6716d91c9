#include "namesake/ops/onednn.h"

#include <oneapi/dnnl/dnnl.h>

#include <algorithm>

#include "namesake/base/error.h"

#if defined(DNNL_CPU_THREADING_RUNTIME) && DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP
// Declared here: <omp.h> is the compiler's own, while the runtime is the one that oneDNN was linked with.
extern "C" {
void omp_set_num_threads(int);
int omp_get_max_threads();
}
#define NAMESAKE_ONEDNN_HAS_OPENMP
#endif

#if defined(__SANITIZE_THREAD__)
#define NAMESAKE_ONE_THREAD
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define NAMESAKE_ONE_THREAD
#endif
#endif

namespace namesake::ops {
namespace {

/// The calling thread's OpenMP regions have one thread while this lives. (A small product waits longer for a second
/// thread to wake than it computes; libgomp under ThreadSanitizer gives races that are none.)
class OneThread {
 public:
  explicit OneThread(bool wanted) {
#ifdef NAMESAKE_ONEDNN_HAS_OPENMP
    if (!wanted) return;
    before_ = omp_get_max_threads();
    if (before_ != 1) omp_set_num_threads(1);
#else
    static_cast<void>(wanted);
#endif
  }
  ~OneThread() {
#ifdef NAMESAKE_ONEDNN_HAS_OPENMP
    if (before_ > 1) omp_set_num_threads(before_);
#endif
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
#ifdef NAMESAKE_ONEDNN_HAS_OPENMP
  int before_ = 0;
#endif
};

bool is_small([[maybe_unused]] std::int64_t m, [[maybe_unused]] std::int64_t n, [[maybe_unused]] std::int64_t k) {
#ifdef NAMESAKE_ONE_THREAD
  return true;
#else
  constexpr double kMultiplyAdds = 1e6;
  return static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) < kMultiplyAdds;
#endif
}

}  // namespace

void sgemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const float* a,
           const float* b, float* c) {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    std::fill_n(c, m * n, 0.0f);
    return;
  }
  const OneThread one(is_small(m, n, k));
  const dnnl_status_t status = dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, 1.0f, a,
                                          transpose_a ? m : k, b, transpose_b ? k : n, 0.0f, c, n);
  if (status != dnnl_success) {
    throw Unsupported({.subject = "MatMul",
                       .what = "oneDNN refused a matrix product.",
                       .received = "status " + std::to_string(static_cast<int>(status))});
  }
}

}  // namespace namesake::ops
