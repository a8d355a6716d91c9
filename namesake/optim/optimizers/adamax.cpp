#include "namesake/optim/optimizers/adamax.h"

#include <cmath>

#include "namesake/ops/math.h"
#include "namesake/ops/unary.h"
#include "namesake/ops/update.h"

namespace namesake {

AdamaxBody::AdamaxBody(const Options& options) : OptimizerBase(kClassName, optim::settings_of(options)), options_(options) {}

void AdamaxBody::config(Options& options, ConfigFields& fields) {
  fields("beta_1", options.beta_1);
  fields("beta_2", options.beta_2);
  fields("epsilon", options.epsilon);
}

void AdamaxBody::create_slots() { add_slots({{"momentum"}, {"norm"}}); }

void AdamaxBody::update_step(const Step& step) {
  ops::adamax_update(step.variable, slot(0, step.index), slot(1, step.index), step.gradient,
                     {.learning_rate = step.learning_rate,
                      .one_minus_beta_1 = static_cast<float>(1 - options_.beta_1),
                      .beta_2 = static_cast<float>(options_.beta_2),
                      .correction = 1.0F - std::pow(static_cast<float>(options_.beta_1), static_cast<float>(step.iteration)),
                      .epsilon = static_cast<float>(options_.epsilon)});
}

void AdamaxBody::update_tensors(const TensorStep& step) {
  const Variable &m = slot_variable(0, step.index), &u = slot_variable(1, step.index);
  m.assign_add((step.gradient - m) * (1 - options_.beta_1));
  u.assign(maximum(options_.beta_2 * u, abs(step.gradient)));
  step.variable.assign_sub(step.learning_rate * m / ((1 - power(TensorStep::cast_option(options_.beta_1), step.count)) * (u + options_.epsilon)));
}

}  // namespace namesake
