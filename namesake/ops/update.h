// Optimizers' updates of one variable, in place and in one pass over the numbers: Keras 3's formulas, in its order (see the
// step structs). All spans of a call have one length, and none overlaps another.
#pragma once

#include <span>

#include "namesake/base/export.h"
#include "namesake/ops/update_steps.h"

namespace namesake::ops {

using MutableFloats = std::span<float>;
using Floats = std::span<const float>;

NAMESAKE_API void sgd_update(MutableFloats param, Floats grad, const SgdStep& step);
NAMESAKE_API void sgd_update(MutableFloats param, MutableFloats m, Floats grad, const SgdStep& step);
NAMESAKE_API void adam_update(MutableFloats param, MutableFloats m, MutableFloats v, Floats grad, const AdamStep& step);
NAMESAKE_API void adam_update(MutableFloats param, MutableFloats m, MutableFloats v, MutableFloats v_hat, Floats grad, const AdamStep& step);
NAMESAKE_API void adamax_update(MutableFloats param, MutableFloats m, MutableFloats u, Floats grad, const AdamaxStep& step);
NAMESAKE_API void nadam_update(MutableFloats param, MutableFloats m, MutableFloats v, Floats grad, const NadamStep& step);
/// `m` and `average` are empty without momentum, if not centered.
NAMESAKE_API void rmsprop_update(MutableFloats param, MutableFloats v, MutableFloats m, MutableFloats average, Floats grad, const RmspropStep& step);
NAMESAKE_API void adagrad_update(MutableFloats param, MutableFloats accumulator, Floats grad, const AdagradStep& step);
NAMESAKE_API void adadelta_update(MutableFloats param, MutableFloats grads, MutableFloats deltas, Floats grad, const AdadeltaStep& step);
NAMESAKE_API void ftrl_update(MutableFloats param, MutableFloats accumulator, MutableFloats linear, Floats grad, const FtrlStep& step);
NAMESAKE_API void lion_update(MutableFloats param, MutableFloats m, Floats grad, const LionStep& step);
/// Writes what is to be subtracted, before it is scaled by the norms, into `update`.
NAMESAKE_API void lamb_update(MutableFloats update, MutableFloats m, MutableFloats v, Floats grad, const LambStep& step);

/// values *= factor (weight decay, gradients to be clipped).
NAMESAKE_API void scale_in_place(MutableFloats values, double factor);
/// values += factor * other.
NAMESAKE_API void add_scaled(MutableFloats values, Floats other, float factor);
/// average = momentum * average + (1 - momentum) * values.
NAMESAKE_API void blend(MutableFloats average, Floats values, float momentum);
/// The sum of the squares (norms of gradients).
[[nodiscard]] NAMESAKE_API float sum_of_squares(Floats values);

}  // namespace namesake::ops
