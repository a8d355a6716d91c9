#include <cmath>

#include "namesake/ops/update.h"
#include "namesake/optim/optimizer.h"

namespace namesake {
namespace {

class AdamOptimizer final : public OptimizerBase {
 public:
  explicit AdamOptimizer(const AdamOptions& options)
      : OptimizerBase("Adam", {.learning_rate = options.learning_rate,
                               .weight_decay = options.weight_decay,
                               .clipnorm = options.clipnorm,
                               .clipvalue = options.clipvalue,
                               .global_clipnorm = options.global_clipnorm,
                               .name = options.name}),
        beta_1_(options.beta_1),
        beta_2_(options.beta_2),
        epsilon_(options.epsilon),
        amsgrad_(options.amsgrad) {}

 private:
  void create_slots() override {
    add_slots({"momentum", "velocity"});
    if (amsgrad_) add_slots({"velocity_hat"});
  }

  void update_step(const Step& step) override {
    // In float32, as Keras computes them: 1 - 0.999f differs from 0.001 in the fifth digit.
    const auto count = static_cast<float>(step.iteration);
    const float power_1 = std::pow(static_cast<float>(beta_1_), count);
    const float power_2 = std::pow(static_cast<float>(beta_2_), count);
    const float alpha = step.learning_rate * std::sqrt(1.0F - power_2) / (1.0F - power_1);
    const ops::AdamUpdate update{.alpha = alpha, .beta_1 = beta_1_, .beta_2 = beta_2_, .epsilon = epsilon_};
    if (amsgrad_) {
      ops::adam_update(step.variable, slot(0, step.index), slot(1, step.index), slot(2, step.index), step.gradient, update);
    } else {
      ops::adam_update(step.variable, slot(0, step.index), slot(1, step.index), step.gradient, update);
    }
  }

  void extend_config(JsonValue& config) const override {
    config.set("beta_1", beta_1_);
    config.set("beta_2", beta_2_);
    config.set("epsilon", epsilon_);
    config.set("amsgrad", amsgrad_);
  }

  double beta_1_, beta_2_, epsilon_;
  bool amsgrad_;
};

}  // namespace

Adam::Adam(AdamOptions options) : Optimizer(std::make_shared<AdamOptimizer>(options)) {}

}  // namespace namesake
