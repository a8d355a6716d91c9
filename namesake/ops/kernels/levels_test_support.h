// The kernel tables that this machine can run, for tests of each.
#pragma once

#include <vector>

#include "namesake/ops/kernels/table.h"

namespace namesake::ops::kernels {

inline std::vector<const Table*> levels() {
  std::vector<const Table*> tables = {&kBaseline};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) tables.push_back(&kAvx2);
#endif
  return tables;
}

}  // namespace namesake::ops::kernels
