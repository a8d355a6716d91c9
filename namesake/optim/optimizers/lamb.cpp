#include "namesake/optim/optimizers/lamb.h"

#include <cmath>

#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/unary.h"
#include "namesake/ops/update.h"

namespace namesake {

LambBody::LambBody(const Options& options) : OptimizerBase(kClassName, optim::settings_of(options)), options_(options) {}

void LambBody::config(Options& options, ConfigFields& fields) {
  fields("beta_1", options.beta_1);
  fields("beta_2", options.beta_2);
  fields("epsilon", options.epsilon);
}

void LambBody::create_slots() { add_slots({{"momentum"}, {"velocity"}}); }

void LambBody::update_step(const Step& step) {
  const auto count = static_cast<float>(step.iteration);
  const Tensor update = Tensor::empty(DType::kFloat32, trainable_variables()[step.index].shape());
  const std::span<float> numbers(update.raw_as<float>(), step.variable.size());
  ops::lamb_update(numbers, slot(0, step.index), slot(1, step.index), step.gradient,
                   {.one_minus_beta_1 = static_cast<float>(1 - options_.beta_1),
                    .one_minus_beta_2 = static_cast<float>(1 - options_.beta_2),
                    .momentum_correction = 1.0F - std::pow(static_cast<float>(options_.beta_1), count),
                    .velocity_correction = 1.0F - std::pow(static_cast<float>(options_.beta_2), count),
                    .epsilon = static_cast<float>(options_.epsilon)});
  const float of_variable = std::sqrt(ops::sum_of_squares(step.variable)), of_update = std::sqrt(ops::sum_of_squares(numbers));
  const float ratio = of_variable > 0 && of_update > 0 ? of_variable / of_update : 1.0F;
  ops::add_scaled(step.variable, numbers, -ratio * step.learning_rate);
}

void LambBody::update_tensors(const TensorStep& step) {
  const Variable &m = slot_variable(0, step.index), &v = slot_variable(1, step.index);
  m.assign_add((step.gradient - m) * (1 - options_.beta_1));
  v.assign_add((square(step.gradient) - v) * (1 - options_.beta_2));
  const Tensor m_hat = m / (1 - power(TensorStep::cast_option(options_.beta_1), step.count));
  const Tensor v_hat = v / (1 - power(TensorStep::cast_option(options_.beta_2), step.count));
  const Tensor update = m_hat / (sqrt(v_hat) + options_.epsilon);
  const Tensor of_variable = sqrt(sum(square(step.variable))), of_update = sqrt(sum(square(update)));
  const Tensor ratio = where(logical_and(of_variable > 0, of_update > 0), of_variable / of_update, ones_like(of_variable));
  step.variable.assign_sub(ratio * step.learning_rate * update);
}

}  // namespace namesake
