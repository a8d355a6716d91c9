// Matrix products by oneDNN, which only the onednn*.cpp of this module call, and small ones by our own kernel. Internal to
// ops.
#pragma once

#include <cstdint>

namespace namesake::ops {

/// Makes oneDNN run what the calling thread asks for on that thread alone.
void use_one_openmp_thread();

/// c (m, n) = op(a) op(b), row-major float32; op(a) is (m, k), op(b) is (k, n), each stored the other way round if so
/// said. Which code multiplies depends on m n k alone. Small products run on the calling thread, large ones on all. Throws Unsupported if oneDNN refuses.
void sgemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const float* a,
           const float* b, float* c);

}  // namespace namesake::ops
