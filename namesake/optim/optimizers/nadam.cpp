#include "namesake/optim/optimizers/nadam.h"

#include <cmath>

#include "namesake/ops/update.h"

namespace namesake {

namespace {

/// The momentum of a step.
float momentum_of(float beta_1, std::int64_t iteration) { return beta_1 * (1.0F - 0.5F * std::pow(0.96F, static_cast<float>(iteration))); }

}  // namespace

NadamBody::NadamBody(const Options& options) : OptimizerBase(kClassName, optim::settings_of(options)), options_(options) {}

void NadamBody::config(Options& options, ConfigFields& fields) {
  fields("beta_1", options.beta_1);
  fields("beta_2", options.beta_2);
  fields("epsilon", options.epsilon);
}

void NadamBody::create_slots() {
  add_slots({{"momentum"}, {"velocity"}});
  u_product_ = add_state("variable", Tensor(1.0F));  // Keras gives it no name
}

void NadamBody::start_step(std::int64_t iteration, float) {
  u_product_.update<float>()[0] *= momentum_of(static_cast<float>(options_.beta_1), iteration);
}

void NadamBody::update_step(const Step& step) {
  const auto beta_1 = static_cast<float>(options_.beta_1), beta_2 = static_cast<float>(options_.beta_2);
  const float u = momentum_of(beta_1, step.iteration), next_u = momentum_of(beta_1, step.iteration + 1);
  const float product = u_product_.update<float>()[0];
  ops::nadam_update(step.variable, slot(0, step.index), slot(1, step.index), step.gradient,
                    {.learning_rate = step.learning_rate,
                     .one_minus_beta_1 = 1.0F - beta_1,
                     .one_minus_beta_2 = 1.0F - beta_2,
                     .of_momentum = next_u / (1.0F - product * next_u),
                     .of_gradient = (1.0F - u) / (1.0F - product),
                     .of_velocity = 1.0F / (1.0F - std::pow(beta_2, static_cast<float>(step.iteration))),
                     .epsilon = static_cast<float>(options_.epsilon)});
}

}  // namespace namesake
