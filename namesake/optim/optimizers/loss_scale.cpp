#include "namesake/optim/optimizers/loss_scale.h"

#include <algorithm>
#include <cmath>

#include "namesake/base/error.h"
#include "namesake/ops/math.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/unary.h"

namespace namesake {
namespace {

bool is_finite(const Tensor& gradient) {
  if (!gradient.defined()) return true;
  if (gradient.dtype() != DType::kFloat32) return all(isfinite(gradient)).item<bool>();
  return std::ranges::all_of(gradient.data<float>(), [](float g) { return std::isfinite(g); });
}

}  // namespace

LossScaleOptimizerBody::LossScaleOptimizerBody(Optimizer inner, LossScaleOptimizerOptions options)
    : OptimizerBase(kClassName, {.learning_rate = 0.0, .name = options.name}), inner_(std::move(inner)), options_(std::move(options)) {
  inner_.body()->drop_loss_scale();
}

void LossScaleOptimizerBody::create_slots() {
  step_counter_ = add_state("step_counter", Tensor(std::int64_t{0}));
  dynamic_scale_ = add_state("dynamic_scale", Tensor(static_cast<float>(options_.initial_scale)));
}

void LossScaleOptimizerBody::build(std::span<const Variable> variables, std::span<const std::string> paths) {
  OptimizerBase::build(variables, {});
  inner_.build(variables, paths);
}

std::vector<Variable> LossScaleOptimizerBody::variables(std::span<const Variable> order) const {
  std::vector<Variable> all = OptimizerBase::variables(order);
  const std::vector<Variable> more = inner_.variables(order);
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

void LossScaleOptimizerBody::apply(std::span<const Tensor> gradients, std::span<const Variable> variables) {
  if (gradients.empty()) return;
  if (!built()) build(variables, {});
  const ops::StopRecording quiet;
  std::int64_t& counter = step_counter_.update<std::int64_t>()[0];
  float& scale = dynamic_scale_.update<float>()[0];
  if (!std::ranges::all_of(gradients, is_finite)) {
    counter = 0;
    scale *= 0.5F;
    return;
  }
  unscaled_.assign(gradients.begin(), gradients.end());
  for (Tensor& gradient : unscaled_) {
    if (gradient.defined()) gradient = divide(gradient, Tensor(scale));
  }
  inner_.apply_gradients(unscaled_, variables);
  unscaled_.clear();
  if (counter == options_.dynamic_growth_steps - 1) {
    counter = 0;
    scale *= 2.0F;
  } else {
    ++counter;
  }
}

Tensor LossScaleOptimizerBody::scale_loss(const Tensor& loss) const {
  return built() ? multiply(loss, dynamic_scale_) : multiply(loss, options_.initial_scale);
}

JsonValue LossScaleOptimizerBody::config() const {
  return JsonValue::object({{"name", name()},
                            {"inner_optimizer", inner_.serialize()},
                            {"initial_scale", options_.initial_scale},
                            {"dynamic_growth_steps", options_.dynamic_growth_steps}});
}

LossScaleOptimizer::LossScaleOptimizer(Optimizer inner, LossScaleOptimizerOptions options)
    : Optimizer(std::make_shared<LossScaleOptimizerBody>(std::move(inner), std::move(options))) {}

Optimizer optim::loss_scale_from_config(const JsonView& config) {
  ConfigFields fields(config);
  LossScaleOptimizerOptions options;
  fields("name", options.name);
  fields("initial_scale", options.initial_scale);
  fields("dynamic_growth_steps", options.dynamic_growth_steps);
  fields.ignore("inner_optimizer");
  fields.ignore("ema_momentum");  // the other settings of every optimizer are off in files of earlier versions
  fields.refuse_others(LossScaleOptimizerBody::kClassName);
  return LossScaleOptimizer(Optimizer::deserialize(config.at("inner_optimizer").value()), std::move(options));
}

}  // namespace namesake
