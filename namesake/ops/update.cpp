#include "namesake/ops/update.h"

#include "namesake/ops/kernels/table.h"

namespace namesake::ops {
namespace {

const kernels::Updates& kernel() { return kernels::table().update; }
std::int64_t length(Floats values) { return static_cast<std::int64_t>(values.size()); }
float* or_null(MutableFloats values) { return values.empty() ? nullptr : values.data(); }

}  // namespace

void sgd_update(MutableFloats param, Floats grad, const SgdStep& step) {
  kernel().sgd(param.data(), grad.data(), step, length(param));
}
void sgd_update(MutableFloats param, MutableFloats m, Floats grad, const SgdStep& step) {
  kernel().sgd_momentum(param.data(), m.data(), grad.data(), step, length(param));
}
void adam_update(MutableFloats param, MutableFloats m, MutableFloats v, Floats grad, const AdamStep& step) {
  kernel().adam(param.data(), m.data(), v.data(), grad.data(), step, length(param));
}
void adam_update(MutableFloats param, MutableFloats m, MutableFloats v, MutableFloats v_hat, Floats grad, const AdamStep& step) {
  kernel().adam_amsgrad(param.data(), m.data(), v.data(), v_hat.data(), grad.data(), step, length(param));
}
void adamax_update(MutableFloats param, MutableFloats m, MutableFloats u, Floats grad, const AdamaxStep& step) {
  kernel().adamax(param.data(), m.data(), u.data(), grad.data(), step, length(param));
}
void nadam_update(MutableFloats param, MutableFloats m, MutableFloats v, Floats grad, const NadamStep& step) {
  kernel().nadam(param.data(), m.data(), v.data(), grad.data(), step, length(param));
}
void rmsprop_update(MutableFloats param, MutableFloats v, MutableFloats m, MutableFloats average, Floats grad, const RmspropStep& step) {
  kernel().rmsprop(param.data(), v.data(), or_null(m), or_null(average), grad.data(), step, length(param));
}
void adagrad_update(MutableFloats param, MutableFloats accumulator, Floats grad, const AdagradStep& step) {
  kernel().adagrad(param.data(), accumulator.data(), grad.data(), step, length(param));
}
void adadelta_update(MutableFloats param, MutableFloats grads, MutableFloats deltas, Floats grad, const AdadeltaStep& step) {
  kernel().adadelta(param.data(), grads.data(), deltas.data(), grad.data(), step, length(param));
}
void ftrl_update(MutableFloats param, MutableFloats accumulator, MutableFloats linear, Floats grad, const FtrlStep& step) {
  kernel().ftrl(param.data(), accumulator.data(), linear.data(), grad.data(), step, length(param));
}
void lion_update(MutableFloats param, MutableFloats m, Floats grad, const LionStep& step) {
  kernel().lion(param.data(), m.data(), grad.data(), step, length(param));
}
void lamb_update(MutableFloats update, MutableFloats m, MutableFloats v, Floats grad, const LambStep& step) {
  kernel().lamb(update.data(), m.data(), v.data(), grad.data(), step, length(update));
}
void scale_in_place(MutableFloats values, double factor) {
  kernels::table().scale(values.data(), static_cast<float>(factor), length(values));
}
void add_scaled(MutableFloats values, Floats other, float factor) {
  kernel().add_scaled(values.data(), other.data(), factor, length(values));
}
void blend(MutableFloats average, Floats values, float momentum) {
  kernel().blend(average.data(), values.data(), momentum, length(average));
}
float sum_of_squares(Floats values) {
  return values.empty() ? 0.0f : kernels::table().sum_of_squares(values.data(), length(values));
}

}  // namespace namesake::ops
