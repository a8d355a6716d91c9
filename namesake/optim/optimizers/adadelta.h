// Adadelta: steps as large as the last ones were.
#pragma once

#include <string_view>

#include "namesake/optim/optimizer.h"

namespace namesake {

struct AdadeltaOptions {
  LearningRate learning_rate = 0.001;
  double rho = 0.95;
  double epsilon = 1e-7;
  NAMESAKE_OPTIMIZER_SETTINGS
};

class NAMESAKE_API AdadeltaBody : public OptimizerBase {
 public:
  using Options = AdadeltaOptions;
  static constexpr std::string_view kClassName = "Adadelta";
  static void config(Options& options, ConfigFields& fields);
  explicit AdadeltaBody(const Options& options);

 private:
  void create_slots() override;
  void update_step(const Step& step) override;
  void update_tensors(const TensorStep& step) override;
  Options options_;
};

/// Adadelta (Zeiler, 2012).
using Adadelta = OptimizerOf<AdadeltaBody>;

}  // namespace namesake
