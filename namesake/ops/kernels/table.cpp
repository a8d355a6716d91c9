#include "namesake/ops/kernels/table.h"

namespace namesake::ops::kernels {
namespace {

const Table& choose() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return kAvx2;
#endif
  return kBaseline;
}

}  // namespace

const Table& table() {
  static const Table& chosen = choose();
  return chosen;
}

}  // namespace namesake::ops::kernels
