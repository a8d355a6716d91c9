#include "namesake/optim/optimizers/lion.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/ops/math.h"
#include "namesake/ops/unary.h"
#include "namesake/ops/update.h"

namespace namesake {

LionBody::LionBody(const Options& options) : OptimizerBase(kClassName, optim::settings_of(options)), options_(options) {
  if (options.beta_1 > 0 && options.beta_1 <= 1) return;
  throw InvalidArgument({.subject = "beta_1",
                         .what = "The beta_1 of Lion lies outside its range.",
                         .expected = "a number above 0, at most 1",
                         .received = fmt::format("{}", options.beta_1)});
}

void LionBody::config(Options& options, ConfigFields& fields) {
  fields("beta_1", options.beta_1);
  fields("beta_2", options.beta_2);
}

void LionBody::create_slots() { add_slots({{"momentum"}}); }

void LionBody::update_step(const Step& step) {
  const auto beta_1 = static_cast<float>(options_.beta_1), beta_2 = static_cast<float>(options_.beta_2);
  ops::lion_update(step.variable, slot(0, step.index), step.gradient, {step.learning_rate, beta_1, 1.0F - beta_1, beta_2, 1.0F - beta_2});
}

void LionBody::update_tensors(const TensorStep& step) {
  const Variable& m = slot_variable(0, step.index);
  const double beta_1 = TensorStep::cast_option(options_.beta_1), beta_2 = TensorStep::cast_option(options_.beta_2);
  step.variable.assign_sub(step.learning_rate * sign(m * beta_1 + step.gradient * (1 - beta_1)));
  m.assign(m * beta_2 + step.gradient * (1 - beta_2));
}

}  // namespace namesake
