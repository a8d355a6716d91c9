#include "namesake/optim/optimizers/adadelta.h"

#include "namesake/ops/math.h"
#include "namesake/ops/unary.h"
#include "namesake/ops/update.h"

namespace namesake {

AdadeltaBody::AdadeltaBody(const Options& options) : OptimizerBase(kClassName, optim::settings_of(options)), options_(options) {}

void AdadeltaBody::config(Options& options, ConfigFields& fields) {
  fields("rho", options.rho);
  fields("epsilon", options.epsilon);
}

void AdadeltaBody::create_slots() { add_slots({{"accumulated_grad"}, {"accumulated_delta_var"}}); }

void AdadeltaBody::update_step(const Step& step) {
  ops::adadelta_update(step.variable, slot(0, step.index), slot(1, step.index), step.gradient,
                       {.learning_rate = step.learning_rate,
                        .rho = static_cast<float>(options_.rho),
                        .one_minus_rho = static_cast<float>(1 - options_.rho),
                        .epsilon = static_cast<float>(options_.epsilon)});
}

void AdadeltaBody::update_tensors(const TensorStep& step) {
  const Variable &gradients = slot_variable(0, step.index), &deltas = slot_variable(1, step.index);
  gradients.assign(options_.rho * gradients + (1 - options_.rho) * square(step.gradient));
  const Tensor delta = -(sqrt(deltas + options_.epsilon) * step.gradient / sqrt(gradients + options_.epsilon));
  deltas.assign(options_.rho * deltas + (1 - options_.rho) * square(delta));
  step.variable.assign_add(step.learning_rate * delta);
}

}  // namespace namesake
