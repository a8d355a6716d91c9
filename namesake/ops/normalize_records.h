// The records behind normalize.h. No ops of TensorFlow's, so they stand in no list. Internal to ops, and for its tests.
#pragma once

#include "namesake/ops/op.h"

namespace namesake::ops {

extern NAMESAKE_API const OpRecord kNormalize;
extern NAMESAKE_API const OpRecord kNormalizeGrad;
extern NAMESAKE_API const OpRecord kScaleColumns;

}  // namespace namesake::ops
