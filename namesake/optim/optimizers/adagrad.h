// Adagrad: each number has a rate of its own, which sinks with its gradients.
#pragma once

#include <string_view>

#include "namesake/optim/optimizer.h"

namespace namesake {

struct AdagradOptions {
  LearningRate learning_rate = 0.001;
  double initial_accumulator_value = 0.1;
  double epsilon = 1e-7;
  NAMESAKE_OPTIMIZER_SETTINGS
};

class NAMESAKE_API AdagradBody : public OptimizerBase {
 public:
  using Options = AdagradOptions;
  static constexpr std::string_view kClassName = "Adagrad";
  static void config(Options& options, ConfigFields& fields);
  explicit AdagradBody(const Options& options);

 private:
  void create_slots() override;
  void update_step(const Step& step) override;
  void update_tensors(const TensorStep& step) override;
  Options options_;
};

/// Adagrad (Duchi, Hazan and Singer, 2011).
using Adagrad = OptimizerOf<AdagradBody>;

}  // namespace namesake
