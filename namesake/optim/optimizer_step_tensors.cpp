// The step of variables that are not float32: the same arithmetic by ops, which know every dtype and round as Keras does.
#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/unary.h"
#include "namesake/optim/optimizer.h"

namespace namesake {
namespace {

bool is_set(const std::optional<double>& limit) { return limit && *limit > 0; }

}  // namespace

Tensor OptimizerBase::global_scale_tensor(std::span<const Tensor> gradients) const {
  if (!is_set(settings_.global_clipnorm)) return {};
  Tensor squares;
  for (const Tensor& gradient : gradients) {
    if (!gradient.defined()) continue;
    const Tensor own = sum(square(gradient));
    squares = squares.defined() ? squares + own : own;
  }
  const Tensor norm = sqrt(squares);
  const double limit = *settings_.global_clipnorm;
  return limit * minimum(1 / norm, 1 / limit) + (norm - norm);  // NaN if the norm is not finite
}

Tensor OptimizerBase::clipped_tensor(const Tensor& gradient, const Tensor& global_scale) const {
  if (is_set(settings_.clipnorm)) {
    const Tensor norm = sqrt(sum(square(gradient)));
    return gradient * *settings_.clipnorm / maximum(norm, *settings_.clipnorm);
  }
  if (is_set(settings_.global_clipnorm)) return cast(gradient * global_scale, gradient.dtype());
  if (is_set(settings_.clipvalue)) return clip(gradient, -*settings_.clipvalue, *settings_.clipvalue);
  return gradient;
}

void OptimizerBase::step_tensors(std::size_t index, const Tensor& gradient, const Tensor& global_scale, float rate, std::int64_t iteration) {
  const Variable& variable = targets_[index];
  const auto scalar = [&variable](auto value) { return cast(Tensor(value), variable.dtype()); };
  const Tensor learning_rate = scalar(rate);
  if (const std::optional<double> decay = weight_decay_of(index); decay && decays_[index]) {
    variable.assign(variable - variable * TensorStep::cast_option(*decay) * learning_rate);
  }
  update_tensors({index, variable, cast(clipped_tensor(gradient, global_scale), variable.dtype()), learning_rate, scalar(iteration)});
}

void OptimizerBase::prepare_tensors(std::size_t gradient, std::size_t index, bool steps_now) {
  Tensor& value = prepared_[gradient];
  if (settings_.loss_scale_factor) value = value / *settings_.loss_scale_factor;
  if (!accumulates()) return;
  const Variable& sum = slots_[settings_.use_ema ? 1 : 0].variables[index];
  value = value + sum;
  if (steps_now) {
    value = value / *settings_.gradient_accumulation_steps;
  } else {
    sum.assign(cast(value, sum.dtype()));
  }
}

void OptimizerBase::update_tensors(const TensorStep& step) {
  throw Unsupported({.subject = step.variable.name(),
                     .what = fmt::format("The optimizer \"{}\" cannot change the variable \"{}\".", name(), step.variable.name()),
                     .expected = "float32",
                     .received = std::string(to_string(step.variable.dtype())),
                     .fix = fmt::format("override update_tensors in {}, beside update_step", class_name_)});
}

}  // namespace namesake
