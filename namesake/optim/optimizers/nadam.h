// Nadam: Adam with Nesterov momentum.
#pragma once

#include <string_view>

#include "namesake/optim/optimizer.h"

namespace namesake {

struct NadamOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  NAMESAKE_OPTIMIZER_SETTINGS
};

class NAMESAKE_API NadamBody : public OptimizerBase {
 public:
  using Options = NadamOptions;
  static constexpr std::string_view kClassName = "Nadam";
  static void config(Options& options, ConfigFields& fields);
  explicit NadamBody(const Options& options);

 private:
  void create_slots() override;
  void start_step(std::int64_t iteration, float learning_rate) override;
  void update_step(const Step& step) override;
  void update_tensors(const TensorStep& step) override;
  Options options_;
  Variable u_product_;  // of the momenta of all steps so far
};

/// Nadam (Dozat, 2015).
using Nadam = OptimizerOf<NadamBody>;

}  // namespace namesake
