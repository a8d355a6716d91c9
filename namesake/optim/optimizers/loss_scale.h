// LossScaleOptimizer: another optimizer on gradients of a scaled loss, so that none of them vanishes in float16.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "namesake/optim/optimizer.h"

namespace namesake {

struct LossScaleOptimizerOptions {
  double initial_scale = 32768;
  std::int64_t dynamic_growth_steps = 2000;  // the scale doubles after so many steps with finite gradients
  std::string name = "";
};

class NAMESAKE_API LossScaleOptimizerBody final : public OptimizerBase {
 public:
  static constexpr std::string_view kClassName = "LossScaleOptimizer";
  LossScaleOptimizerBody(Optimizer inner, LossScaleOptimizerOptions options);

  [[nodiscard]] const Optimizer& inner_optimizer() const noexcept { return inner_; }
  void build(std::span<const Variable> variables, std::span<const std::string> paths) override;
  void apply(std::span<const Tensor> gradients, std::span<const Variable> variables) override;
  void name_variables(std::span<const std::string> paths) override { inner_.name_variables(paths); }
  [[nodiscard]] std::vector<Variable> variables(std::span<const Variable> order) const override;
  [[nodiscard]] std::int64_t iterations() const override { return inner_.iterations(); }
  [[nodiscard]] double learning_rate() const override { return inner_.learning_rate(); }
  void set_learning_rate(LearningRate learning_rate) override { inner_.set_learning_rate(std::move(learning_rate)); }
  [[nodiscard]] const LearningRateSchedule& learning_rate_schedule() const noexcept override { return inner_.body()->learning_rate_schedule(); }
  void exclude_from_weight_decay(std::span<const Variable> variables, std::span<const std::string> names) override {
    inner_.exclude_from_weight_decay(variables, names);
  }
  void finalize_variable_values() override { inner_.finalize_variable_values(); }
  [[nodiscard]] Tensor scale_loss(const Tensor& loss) const override;

 private:
  void create_slots() override;
  void update_step(const Step&) override {}
  [[nodiscard]] JsonValue config() const override;

  Optimizer inner_;
  LossScaleOptimizerOptions options_;
  Variable step_counter_, dynamic_scale_;
  Tensors unscaled_;
};

/// Halves the scale, and makes no step, when a gradient is not finite. `inner` loses a loss scale of its own.
class NAMESAKE_API LossScaleOptimizer : public Optimizer {
 public:
  explicit LossScaleOptimizer(Optimizer inner, LossScaleOptimizerOptions options = {});
};

namespace optim {

[[nodiscard]] NAMESAKE_API Optimizer loss_scale_from_config(const JsonView& config);

}  // namespace optim
}  // namespace namesake
