// Gradient descent, plain or with momentum.
#pragma once

#include <string_view>

#include "namesake/optim/optimizer.h"

namespace namesake {

struct SGDOptions {
  LearningRate learning_rate = 0.01;
  double momentum = 0.0;  // in [0, 1]
  bool nesterov = false;
  NAMESAKE_OPTIMIZER_SETTINGS
};

class NAMESAKE_API SGDBody : public OptimizerBase {
 public:
  using Options = SGDOptions;
  static constexpr std::string_view kClassName = "SGD";
  static void config(Options& options, ConfigFields& fields);
  explicit SGDBody(const Options& options);

 private:
  void create_slots() override;
  void update_step(const Step& step) override;
  void update_tensors(const TensorStep& step) override;
  Options options_;
};

/// w -= learning_rate * g; with momentum m = momentum * m - learning_rate * g, w += m.
using SGD = OptimizerOf<SGDBody>;

}  // namespace namesake
