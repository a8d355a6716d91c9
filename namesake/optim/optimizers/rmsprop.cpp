#include "namesake/optim/optimizers/rmsprop.h"

#include "namesake/ops/math.h"
#include "namesake/ops/unary.h"
#include "namesake/ops/update.h"

namespace namesake {

RMSpropBody::RMSpropBody(const Options& options) : OptimizerBase(kClassName, optim::settings_of(options)), options_(options) {}

void RMSpropBody::config(Options& options, ConfigFields& fields) {
  fields("rho", options.rho);
  fields("momentum", options.momentum);
  fields("epsilon", options.epsilon);
  fields("centered", options.centered);
}

void RMSpropBody::create_slots() {
  add_slots({{"velocity"}});
  if (options_.momentum > 0) add_slots({{"momentum"}});
  if (options_.centered) add_slots({{"average_gradient"}});
}

void RMSpropBody::update_step(const Step& step) {
  std::span<float> momentum, average;
  if (options_.momentum > 0) momentum = slot(1, step.index);
  if (options_.centered) average = slot(options_.momentum > 0 ? 2 : 1, step.index);
  ops::rmsprop_update(step.variable, slot(0, step.index), momentum, average, step.gradient,
                      {.learning_rate = step.learning_rate,
                       .rho = static_cast<float>(options_.rho),
                       .one_minus_rho = static_cast<float>(1 - options_.rho),
                       .momentum = static_cast<float>(options_.momentum),
                       .epsilon = static_cast<float>(options_.epsilon)});
}

void RMSpropBody::update_tensors(const TensorStep& step) {
  const Variable& v = slot_variable(0, step.index);
  v.assign(options_.rho * v + (1 - options_.rho) * square(step.gradient));
  Tensor velocity = v;
  if (options_.centered) {
    const Variable& average = slot_variable(options_.momentum > 0 ? 2 : 1, step.index);
    average.assign(options_.rho * average + (1 - options_.rho) * step.gradient);
    velocity = velocity - square(average);
  }
  Tensor move = step.learning_rate * step.gradient / sqrt(velocity + options_.epsilon);
  if (options_.momentum > 0) {
    const Variable& momentum = slot_variable(1, step.index);
    move = options_.momentum * momentum + move;
    momentum.assign(move);
  }
  step.variable.assign_sub(move);
}

}  // namespace namesake
