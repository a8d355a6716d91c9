// Lamb: Adam, with each step scaled by the norm of its variable.
#pragma once

#include <string_view>

#include "namesake/optim/optimizer.h"

namespace namesake {

struct LambOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  NAMESAKE_OPTIMIZER_SETTINGS
};

class NAMESAKE_API LambBody : public OptimizerBase {
 public:
  using Options = LambOptions;
  static constexpr std::string_view kClassName = "Lamb";
  static void config(Options& options, ConfigFields& fields);
  explicit LambBody(const Options& options);

 private:
  void create_slots() override;
  void update_step(const Step& step) override;
  void update_tensors(const TensorStep& step) override;
  Options options_;
};

/// Lamb (You and others, 2019).
using Lamb = OptimizerOf<LambBody>;

}  // namespace namesake
