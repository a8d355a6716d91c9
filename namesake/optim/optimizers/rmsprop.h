// RMSprop, plain, with momentum, centered.
#pragma once

#include <string_view>

#include "namesake/optim/optimizer.h"

namespace namesake {

struct RMSpropOptions {
  LearningRate learning_rate = 0.001;
  double rho = 0.9;
  double momentum = 0.0;
  double epsilon = 1e-7;
  bool centered = false;  // divide by the deviation from the mean gradient
  NAMESAKE_OPTIMIZER_SETTINGS
};

class NAMESAKE_API RMSpropBody : public OptimizerBase {
 public:
  using Options = RMSpropOptions;
  static constexpr std::string_view kClassName = "RMSprop";
  static void config(Options& options, ConfigFields& fields);
  explicit RMSpropBody(const Options& options);

 private:
  void create_slots() override;
  void update_step(const Step& step) override;
  void update_tensors(const TensorStep& step) override;
  Options options_;
};

/// RMSprop (Hinton, 2012).
using RMSprop = OptimizerOf<RMSpropBody>;

}  // namespace namesake
