#include "namesake/optim/optimizers/sgd.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/ops/math.h"
#include "namesake/ops/update.h"

namespace namesake {

SGDBody::SGDBody(const Options& options) : OptimizerBase(kClassName, optim::settings_of(options)), options_(options) {
  if (options.momentum >= 0 && options.momentum <= 1) return;
  throw InvalidArgument({.subject = "momentum",
                         .what = "The momentum of SGD lies outside its range.",
                         .expected = "a number in [0, 1]",
                         .received = fmt::format("{}", options.momentum)});
}

void SGDBody::config(Options& options, ConfigFields& fields) {
  fields("momentum", options.momentum);
  fields("nesterov", options.nesterov);
}

void SGDBody::create_slots() {
  if (options_.momentum != 0) add_slots({{"momentum"}});
}

void SGDBody::update_step(const Step& step) {
  const ops::SgdStep numbers{step.learning_rate, static_cast<float>(options_.momentum), options_.nesterov};
  if (options_.momentum == 0) {
    ops::sgd_update(step.variable, step.gradient, numbers);
  } else {
    ops::sgd_update(step.variable, slot(0, step.index), step.gradient, numbers);
  }
}

void SGDBody::update_tensors(const TensorStep& step) {
  const Tensor move = step.gradient * step.learning_rate;
  if (options_.momentum == 0) return step.variable.assign_sub(move);
  const Variable& m = slot_variable(0, step.index);
  const double momentum = TensorStep::cast_option(options_.momentum);
  m.assign(m * momentum - move);
  step.variable.assign_add(options_.nesterov ? m * momentum - move : m.value());
}

}  // namespace namesake
