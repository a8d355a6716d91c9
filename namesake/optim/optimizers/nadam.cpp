#include "namesake/optim/optimizers/nadam.h"

#include <cmath>

#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/unary.h"
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
  const DType dtype = trainable_variables().empty() ? DType::kFloat32 : trainable_variables()[0].dtype();
  u_product_ = add_state("variable", ones(Shape::scalar(), dtype));  // Keras gives it no name
}

void NadamBody::start_step(std::int64_t iteration, float) {
  if (u_product_.dtype() == DType::kFloat32) {
    u_product_.update<float>()[0] *= momentum_of(static_cast<float>(options_.beta_1), iteration);
  } else {
    const Tensor count = cast(Tensor(iteration), u_product_.dtype());
    u_product_.assign(u_product_ * options_.beta_1 * (1 - 0.5 * power(0.96, count)));
  }
}

void NadamBody::update_step(const Step& step) {
  const auto beta_1 = static_cast<float>(options_.beta_1), beta_2 = static_cast<float>(options_.beta_2);
  const float u = momentum_of(beta_1, step.iteration), next_u = momentum_of(beta_1, step.iteration + 1);
  const auto product = cast(u_product_, DType::kFloat32).item<float>();
  ops::nadam_update(step.variable, slot(0, step.index), slot(1, step.index), step.gradient,
                    {.learning_rate = step.learning_rate,
                     .one_minus_beta_1 = 1.0F - beta_1,
                     .one_minus_beta_2 = 1.0F - beta_2,
                     .of_momentum = next_u / (1.0F - product * next_u),
                     .of_gradient = (1.0F - u) / (1.0F - product),
                     .of_velocity = 1.0F / (1.0F - std::pow(beta_2, static_cast<float>(step.iteration))),
                     .epsilon = static_cast<float>(options_.epsilon)});
}

void NadamBody::update_tensors(const TensorStep& step) {
  const double beta_1 = TensorStep::cast_option(options_.beta_1), beta_2 = TensorStep::cast_option(options_.beta_2);
  const double decay = TensorStep::cast_option(0.96);
  const auto momentum_at = [&](const Tensor& count) { return beta_1 * (1 - 0.5 * power(decay, count)); };
  const Tensor u = momentum_at(step.count), next_u = momentum_at(step.count + 1);
  const Tensor product = cast(u_product_, step.variable.dtype());
  const Variable &m = slot_variable(0, step.index), &v = slot_variable(1, step.index);
  m.assign_add((step.gradient - m) * (1 - beta_1));
  v.assign_add((square(step.gradient) - v) * (1 - beta_2));
  const Tensor m_hat = next_u * m / (1 - product * next_u) + (1 - u) * step.gradient / (1 - product);
  const Tensor v_hat = v / (1 - power(beta_2, step.count));
  step.variable.assign_sub(m_hat * step.learning_rate / (sqrt(v_hat) + options_.epsilon));
}

}  // namespace namesake
