// Follow the regularized leader: for shallow models with many sparse features.
#pragma once

#include <string_view>

#include "namesake/optim/optimizer.h"

namespace namesake {

struct FtrlOptions {
  LearningRate learning_rate = 0.001;
  double learning_rate_power = -0.5;        // not above 0
  double initial_accumulator_value = 0.1;   // this and the next three: not below 0
  double l1_regularization_strength = 0.0;
  double l2_regularization_strength = 0.0;
  double l2_shrinkage_regularization_strength = 0.0;
  double beta = 0.0;
  NAMESAKE_OPTIMIZER_SETTINGS
};

class NAMESAKE_API FtrlBody : public OptimizerBase {
 public:
  using Options = FtrlOptions;
  static constexpr std::string_view kClassName = "Ftrl";
  static void config(Options& options, ConfigFields& fields);
  explicit FtrlBody(const Options& options);

 private:
  void create_slots() override;
  void update_step(const Step& step) override;
  void update_tensors(const TensorStep& step) override;
  Options options_;
};

/// FTRL (McMahan and others, 2013).
using Ftrl = OptimizerOf<FtrlBody>;

}  // namespace namesake
