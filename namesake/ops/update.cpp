#include "namesake/ops/update.h"

#include "namesake/ops/in_pieces.h"
#include "namesake/ops/kernels/table.h"

namespace namesake::ops {
namespace {

const kernels::Updates& kernel() { return kernels::table().update; }
std::int64_t length(Floats values) { return static_cast<std::int64_t>(values.size()); }
float* at(MutableFloats values, std::int64_t begin) { return values.empty() ? nullptr : values.data() + begin; }
const float* at(Floats values, std::int64_t begin) { return values.data() + begin; }

}  // namespace

void sgd_update(MutableFloats param, Floats grad, const SgdStep& step) {
  in_pieces(length(param), [&](std::int64_t i, std::int64_t n) { kernel().sgd(at(param, i), at(grad, i), step, n); });
}
void sgd_update(MutableFloats param, MutableFloats m, Floats grad, const SgdStep& step) {
  in_pieces(length(param), [&](std::int64_t i, std::int64_t n) { kernel().sgd_momentum(at(param, i), at(m, i), at(grad, i), step, n); });
}
void adam_update(MutableFloats param, MutableFloats m, MutableFloats v, Floats grad, const AdamStep& step) {
  in_pieces(length(param), [&](std::int64_t i, std::int64_t n) { kernel().adam(at(param, i), at(m, i), at(v, i), at(grad, i), step, n); });
}
void adam_update(MutableFloats param, MutableFloats m, MutableFloats v, MutableFloats v_hat, Floats grad, const AdamStep& step) {
  in_pieces(length(param), [&](std::int64_t i, std::int64_t n) { kernel().adam_amsgrad(at(param, i), at(m, i), at(v, i), at(v_hat, i), at(grad, i), step, n); });
}
void adamax_update(MutableFloats param, MutableFloats m, MutableFloats u, Floats grad, const AdamaxStep& step) {
  in_pieces(length(param), [&](std::int64_t i, std::int64_t n) { kernel().adamax(at(param, i), at(m, i), at(u, i), at(grad, i), step, n); });
}
void nadam_update(MutableFloats param, MutableFloats m, MutableFloats v, Floats grad, const NadamStep& step) {
  in_pieces(length(param), [&](std::int64_t i, std::int64_t n) { kernel().nadam(at(param, i), at(m, i), at(v, i), at(grad, i), step, n); });
}
void rmsprop_update(MutableFloats param, MutableFloats v, MutableFloats m, MutableFloats average, Floats grad, const RmspropStep& step) {
  in_pieces(length(param), [&](std::int64_t i, std::int64_t n) { kernel().rmsprop(at(param, i), at(v, i), at(m, i), at(average, i), at(grad, i), step, n); });
}
void adagrad_update(MutableFloats param, MutableFloats accumulator, Floats grad, const AdagradStep& step) {
  in_pieces(length(param), [&](std::int64_t i, std::int64_t n) { kernel().adagrad(at(param, i), at(accumulator, i), at(grad, i), step, n); });
}
void adadelta_update(MutableFloats param, MutableFloats grads, MutableFloats deltas, Floats grad, const AdadeltaStep& step) {
  in_pieces(length(param), [&](std::int64_t i, std::int64_t n) { kernel().adadelta(at(param, i), at(grads, i), at(deltas, i), at(grad, i), step, n); });
}
void ftrl_update(MutableFloats param, MutableFloats accumulator, MutableFloats linear, Floats grad, const FtrlStep& step) {
  in_pieces(length(param), [&](std::int64_t i, std::int64_t n) { kernel().ftrl(at(param, i), at(accumulator, i), at(linear, i), at(grad, i), step, n); });
}
void lion_update(MutableFloats param, MutableFloats m, Floats grad, const LionStep& step) {
  in_pieces(length(param), [&](std::int64_t i, std::int64_t n) { kernel().lion(at(param, i), at(m, i), at(grad, i), step, n); });
}
void lamb_update(MutableFloats update, MutableFloats m, MutableFloats v, Floats grad, const LambStep& step) {
  in_pieces(length(update), [&](std::int64_t i, std::int64_t n) { kernel().lamb(at(update, i), at(m, i), at(v, i), at(grad, i), step, n); });
}
void scale_in_place(MutableFloats values, double factor) {
  in_pieces(length(values), [&](std::int64_t i, std::int64_t n) { kernels::table().scale(at(values, i), static_cast<float>(factor), n); });
}
void add_scaled(MutableFloats values, Floats other, float factor) {
  in_pieces(length(values), [&](std::int64_t i, std::int64_t n) { kernel().add_scaled(at(values, i), at(other, i), factor, n); });
}
void blend(MutableFloats average, Floats values, float momentum) {
  in_pieces(length(average), [&](std::int64_t i, std::int64_t n) { kernel().blend(at(average, i), at(values, i), momentum, n); });
}
float sum_of_squares(Floats values) {
  return values.empty() ? 0.0f : kernels::table().sum_of_squares(values.data(), length(values));
}

}  // namespace namesake::ops
