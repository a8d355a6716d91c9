// The optimizers' part of the kernel table: one step over n numbers of a variable. No span overlaps another one.
#pragma once

#include <cstdint>

#include "namesake/ops/update_steps.h"

namespace namesake::ops::kernels {

struct Updates {
  using Int = std::int64_t;
  void (*sgd)(float* param, const float* grad, const SgdStep& step, Int n);
  void (*sgd_momentum)(float* param, float* m, const float* grad, const SgdStep& step, Int n);
  void (*adam)(float* param, float* m, float* v, const float* grad, const AdamStep& step, Int n);
  void (*adam_amsgrad)(float* param, float* m, float* v, float* v_hat, const float* grad, const AdamStep& step, Int n);
  void (*adamax)(float* param, float* m, float* u, const float* grad, const AdamaxStep& step, Int n);
  void (*nadam)(float* param, float* m, float* v, const float* grad, const NadamStep& step, Int n);
  /// `average` and `m` are null where the optimizer is not centered, has no momentum.
  void (*rmsprop)(float* param, float* v, float* m, float* average, const float* grad, const RmspropStep& step, Int n);
  void (*adagrad)(float* param, float* accumulator, const float* grad, const AdagradStep& step, Int n);
  void (*adadelta)(float* param, float* grads, float* deltas, const float* grad, const AdadeltaStep& step, Int n);
  void (*ftrl)(float* param, float* accumulator, float* linear, const float* grad, const FtrlStep& step, Int n);
  void (*lion)(float* param, float* m, const float* grad, const LionStep& step, Int n);
  /// Writes the update, and leaves the variable alone.
  void (*lamb)(float* update, float* m, float* v, const float* grad, const LambStep& step, Int n);
  /// values += factor * other.
  void (*add_scaled)(float* values, const float* other, float factor, Int n);
  /// average = momentum average + (1 - momentum) values.
  void (*blend)(float* average, const float* values, float momentum, Int n);
};

}  // namespace namesake::ops::kernels
