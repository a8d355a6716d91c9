#include "namesake/optim/optimizers/adagrad.h"

#include "namesake/ops/math.h"
#include "namesake/ops/unary.h"
#include "namesake/ops/update.h"

namespace namesake {

AdagradBody::AdagradBody(const Options& options) : OptimizerBase(kClassName, optim::settings_of(options)), options_(options) {}

void AdagradBody::config(Options& options, ConfigFields& fields) {
  fields("initial_accumulator_value", options.initial_accumulator_value);
  fields("epsilon", options.epsilon);
}

void AdagradBody::create_slots() { add_slots({{"accumulator", options_.initial_accumulator_value}}); }

void AdagradBody::update_step(const Step& step) {
  ops::adagrad_update(step.variable, slot(0, step.index), step.gradient, {step.learning_rate, static_cast<float>(options_.epsilon)});
}

void AdagradBody::update_tensors(const TensorStep& step) {
  const Variable& accumulator = slot_variable(0, step.index);
  accumulator.assign_add(square(step.gradient));
  step.variable.assign_sub(step.learning_rate * step.gradient / sqrt(accumulator + options_.epsilon));
}

}  // namespace namesake
