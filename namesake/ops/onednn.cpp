#include "namesake/ops/onednn.h"

#include <oneapi/dnnl/dnnl.h>

#include <algorithm>
#include <string>

#include "namesake/base/error.h"
#include "namesake/base/parallel_for.h"
#include "namesake/ops/kernels/table.h"

#if defined(DNNL_CPU_THREADING_RUNTIME) && DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP
// Declared here: <omp.h> is the compiler's own, while the runtime is the one that oneDNN was linked with.
extern "C" {
void omp_set_num_threads(int);
}
#define NAMESAKE_ONEDNN_HAS_OPENMP
#endif

namespace namesake::ops {

// oneDNN runs each call on the calling thread: large work is cut into pieces for our own threads instead, which lose
// little where other programs keep the cores busy. (OpenMP's threads wait for each other at a barrier; libgomp under
// ThreadSanitizer gives races that are none.)
void use_one_openmp_thread() {
#ifdef NAMESAKE_ONEDNN_HAS_OPENMP
  thread_local constinit bool set = false;
  if (!set) omp_set_num_threads(1);  // of this thread's regions
  set = true;
#endif
}

namespace {

struct Product {
  bool transpose_a, transpose_b;
  std::int64_t m, n, k;
  const float *a, *b;
  float* c;
  std::int64_t lda, ldb, ldc;
};

void run(const Product& p) {
  use_one_openmp_thread();
  const dnnl_status_t status = dnnl_sgemm(p.transpose_a ? 'T' : 'N', p.transpose_b ? 'T' : 'N', p.m, p.n, p.k, 1.0f, p.a, p.lda,
                                          p.b, p.ldb, 0.0f, p.c, p.ldc);
  if (status != dnnl_success) {
    throw Unsupported({.subject = "MatMul",
                       .what = "oneDNN refused a matrix product.",
                       .received = "status " + std::to_string(static_cast<int>(status))});
  }
}

// Rows [begin, end) of c, or columns.
Product rows_of(Product p, std::int64_t begin, std::int64_t end) {
  p.a += p.transpose_a ? begin : begin * p.lda;
  p.c += begin * p.ldc;
  p.m = end - begin;
  return p;
}
Product columns_of(Product p, std::int64_t begin, std::int64_t end) {
  p.b += p.transpose_b ? begin * p.ldb : begin;
  p.c += begin;
  p.n = end - begin;
  return p;
}

// Up to this our own kernel multiplies: a process without larger products never pays the 30 ms in which oneDNN makes
// its code. Measured with AVX2 kernels on a Zen 4 whose oneDNN takes AVX-512, both in one process, the least of 25 runs, for m
// in 1..128 and n and k in 3..256, straight and transposed: 0.2 to 0.9 of oneDNN's time up to 2^15, as long at 2^17 (with n
// = 10 0.7, with k = 4 1.4), 1.1 to 1.3 times as long at 2^20.
constexpr double kOwnMultiplyAdds = 1 << 17;
// Below this a second thread gains nothing, even if it is awake.
constexpr double kSmallMultiplyAdds = 2e6;
// Pieces are multiples of oneDNN's own blocks.
constexpr std::int64_t kBlock = 48;

}  // namespace

void sgemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const float* a,
           const float* b, float* c) {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    std::fill_n(c, m * n, 0.0f);
    return;
  }
  const double multiply_adds = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  if (multiply_adds <= kOwnMultiplyAdds) return kernels::table().small_product(c, a, b, transpose_a, transpose_b, m, n, k);
  const Product whole{transpose_a, transpose_b, m, n, k, a, b, c, transpose_a ? m : k, transpose_b ? k : n, n};
  const bool by_rows = m >= n;
  const std::int64_t length = by_rows ? m : n;
  const std::int64_t threads = base::thread_count();
  if (multiply_adds < kSmallMultiplyAdds || threads == 1 || length < 2 * kBlock) return run(whole);
  const std::int64_t piece = ((length + threads - 1) / threads + kBlock - 1) / kBlock * kBlock;
  base::parallel_for((length + piece - 1) / piece, [&](std::int64_t i) {
    const std::int64_t begin = i * piece, end = std::min(length, begin + piece);
    run(by_rows ? rows_of(whole, begin, end) : columns_of(whole, begin, end));
  });
}

}  // namespace namesake::ops
