// Adamax: Adam by the largest gradient instead of the mean of squares.
#pragma once

#include <string_view>

#include "namesake/optim/optimizer.h"

namespace namesake {

struct AdamaxOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  NAMESAKE_OPTIMIZER_SETTINGS
};

class NAMESAKE_API AdamaxBody : public OptimizerBase {
 public:
  using Options = AdamaxOptions;
  static constexpr std::string_view kClassName = "Adamax";
  static void config(Options& options, ConfigFields& fields);
  explicit AdamaxBody(const Options& options);

 private:
  void create_slots() override;
  void update_step(const Step& step) override;
  void update_tensors(const TensorStep& step) override;
  Options options_;
};

/// Adamax (Kingma and Ba, 2014, section 7).
using Adamax = OptimizerOf<AdamaxBody>;

}  // namespace namesake
