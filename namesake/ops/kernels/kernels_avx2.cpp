// The kernels for AVX2 with FMA; compiled with -mavx2 -mfma (on x86-64 only).
#include "namesake/ops/kernels/table.h"

#define LEVEL_TABLE kAvx2
#define LEVEL_NAME "avx2"
#define LEVEL_BYTES 32
#include "namesake/ops/kernels/bodies.inc"
