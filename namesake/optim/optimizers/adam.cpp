#include "namesake/optim/optimizers/adam.h"

#include <cmath>

#include "namesake/base/error.h"
#include "namesake/ops/math.h"
#include "namesake/ops/unary.h"
#include "namesake/ops/update.h"

namespace namesake {

namespace {

template <class Options>
void adam_config(Options& options, ConfigFields& fields) {
  fields("beta_1", options.beta_1);
  fields("beta_2", options.beta_2);
  fields("epsilon", options.epsilon);
  fields("amsgrad", options.amsgrad);
}

AdamOptions adam_options(const AdamWOptions& o) {
  return {o.learning_rate, o.beta_1, o.beta_2, o.epsilon, o.amsgrad, o.weight_decay, o.clipnorm, o.clipvalue, o.global_clipnorm, o.use_ema,
          o.ema_momentum, o.ema_overwrite_frequency, o.loss_scale_factor, o.gradient_accumulation_steps, o.name};
}

}  // namespace

AdamBody::AdamBody(std::string_view class_name, const Options& options)
    : OptimizerBase(class_name, optim::settings_of(options)), options_(options) {}

void AdamBody::config(Options& options, ConfigFields& fields) { adam_config(options, fields); }

void AdamBody::create_slots() {
  add_slots({{"momentum"}, {"velocity"}});
  if (options_.amsgrad) add_slots({{"velocity_hat"}});
}

void AdamBody::update_step(const Step& step) {
  // In float32, as Keras computes them: 1 - 0.999f differs from 0.001 in the fifth digit.
  const auto count = static_cast<float>(step.iteration);
  const float power_1 = std::pow(static_cast<float>(options_.beta_1), count);
  const float power_2 = std::pow(static_cast<float>(options_.beta_2), count);
  const ops::AdamStep numbers{.alpha = step.learning_rate * std::sqrt(1.0F - power_2) / (1.0F - power_1),
                              .one_minus_beta_1 = static_cast<float>(1 - options_.beta_1),
                              .one_minus_beta_2 = static_cast<float>(1 - options_.beta_2),
                              .epsilon = static_cast<float>(options_.epsilon)};
  if (options_.amsgrad) {
    ops::adam_update(step.variable, slot(0, step.index), slot(1, step.index), slot(2, step.index), step.gradient, numbers);
  } else {
    ops::adam_update(step.variable, slot(0, step.index), slot(1, step.index), step.gradient, numbers);
  }
}

void AdamBody::update_tensors(const TensorStep& step) {
  const Tensor power_1 = power(TensorStep::cast_option(options_.beta_1), step.count);
  const Tensor power_2 = power(TensorStep::cast_option(options_.beta_2), step.count);
  const Tensor alpha = step.learning_rate * sqrt(1 - power_2) / (1 - power_1);
  const Variable &m = slot_variable(0, step.index), &v = slot_variable(1, step.index);
  m.assign_add((step.gradient - m) * (1 - options_.beta_1));
  v.assign_add((square(step.gradient) - v) * (1 - options_.beta_2));
  Tensor velocity = v;
  if (options_.amsgrad) {
    velocity = maximum(slot_variable(2, step.index), velocity);
    slot_variable(2, step.index).assign(velocity);
  }
  step.variable.assign_sub(m * alpha / (sqrt(velocity) + options_.epsilon));
}

void AdamWBody::config(Options& options, ConfigFields& fields) { adam_config(options, fields); }

AdamWBody::AdamWBody(const Options& options) : AdamBody(kClassName, adam_options(options)) {
  if (options.weight_decay) return;
  throw InvalidArgument({.subject = "weight_decay",
                         .what = "AdamW has no weight decay.",
                         .expected = "a number",
                         .received = "none",
                         .fix = "use Adam, which is AdamW without it"});
}

}  // namespace namesake
