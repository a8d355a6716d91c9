// The kernels for any machine of the architecture.
#include "namesake/ops/kernels/table.h"

#define LEVEL_TABLE kBaseline
#define LEVEL_NAME "baseline"
#define LEVEL_BYTES 16
#include "namesake/ops/kernels/bodies.inc"
