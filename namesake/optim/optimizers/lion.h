// Lion: steps by the sign of a momentum.
#pragma once

#include <string_view>

#include "namesake/optim/optimizer.h"

namespace namesake {

struct LionOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;  // in (0, 1]
  double beta_2 = 0.99;
  NAMESAKE_OPTIMIZER_SETTINGS
};

class NAMESAKE_API LionBody : public OptimizerBase {
 public:
  using Options = LionOptions;
  static constexpr std::string_view kClassName = "Lion";
  static void config(Options& options, ConfigFields& fields);
  explicit LionBody(const Options& options);

 private:
  void create_slots() override;
  void update_step(const Step& step) override;
  void update_tensors(const TensorStep& step) override;
  Options options_;
};

/// Lion (Chen and others, 2023).
using Lion = OptimizerOf<LionBody>;

}  // namespace namesake
