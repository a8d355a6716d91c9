#include "namesake/optim/optimizers/ftrl.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/ops/math.h"
#include "namesake/ops/unary.h"
#include "namesake/ops/update.h"

namespace namesake {

namespace {

void check_sign(std::string_view argument, double value, bool within, std::string_view expected) {
  if (within) return;
  throw InvalidArgument({.subject = std::string(argument),
                         .what = fmt::format("The {} of Ftrl lies outside its range.", argument),
                         .expected = std::string(expected),
                         .received = fmt::format("{}", value)});
}
void check_not_negative(std::string_view argument, double value) { check_sign(argument, value, value >= 0, "zero or above"); }

}  // namespace

FtrlBody::FtrlBody(const Options& options) : OptimizerBase(kClassName, optim::settings_of(options)), options_(options) {
  check_sign("learning_rate_power", options.learning_rate_power, options.learning_rate_power <= 0, "zero or below");
  check_not_negative("initial_accumulator_value", options.initial_accumulator_value);
  check_not_negative("l1_regularization_strength", options.l1_regularization_strength);
  check_not_negative("l2_regularization_strength", options.l2_regularization_strength);
  check_not_negative("l2_shrinkage_regularization_strength", options.l2_shrinkage_regularization_strength);
}

void FtrlBody::config(Options& options, ConfigFields& fields) {
  fields("learning_rate_power", options.learning_rate_power);
  fields("initial_accumulator_value", options.initial_accumulator_value);
  fields("l1_regularization_strength", options.l1_regularization_strength);
  fields("l2_regularization_strength", options.l2_regularization_strength);
  fields("l2_shrinkage_regularization_strength", options.l2_shrinkage_regularization_strength);
  fields("beta", options.beta);
}

void FtrlBody::create_slots() { add_slots({{"accumulator", options_.initial_accumulator_value}, {"linear"}}); }

void FtrlBody::update_step(const Step& step) {
  const float l2 = static_cast<float>(options_.l2_regularization_strength) + static_cast<float>(options_.beta) / (2.0F * step.learning_rate);
  ops::ftrl_update(step.variable, slot(0, step.index), slot(1, step.index), step.gradient,
                   {.learning_rate = step.learning_rate,
                    .power = static_cast<float>(-options_.learning_rate_power),
                    .l1 = static_cast<float>(options_.l1_regularization_strength),
                    .two_l2 = 2.0F * l2,
                    .two_shrinkage = static_cast<float>(2 * options_.l2_shrinkage_regularization_strength)});
}

void FtrlBody::update_tensors(const TensorStep& step) {
  const Variable &accumulator = slot_variable(0, step.index), &linear = slot_variable(1, step.index);
  const Tensor l2 = options_.l2_regularization_strength + options_.beta / (2.0 * step.learning_rate);
  const Tensor shrunk = step.gradient + 2 * options_.l2_shrinkage_regularization_strength * step.variable;
  const Tensor sum = accumulator + square(step.gradient);
  const Tensor before = power(accumulator, -options_.learning_rate_power), after = power(sum, -options_.learning_rate_power);
  linear.assign_add(shrunk - (after - before) / step.learning_rate * step.variable);
  const Tensor clipped = clip(linear, -options_.l1_regularization_strength, options_.l1_regularization_strength);
  step.variable.assign((clipped - linear) / (after / step.learning_rate + 2.0 * l2));
  accumulator.assign(sum);
}

}  // namespace namesake
