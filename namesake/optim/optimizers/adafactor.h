// Adafactor: keeps the mean squares of a matrix by rows and columns only.
#pragma once

#include <string_view>

#include "namesake/optim/optimizer.h"

namespace namesake {

struct AdafactorOptions {
  LearningRate learning_rate = 0.001;
  double beta_2_decay = -0.8;
  double epsilon_1 = 1e-30;
  double epsilon_2 = 1e-3;
  double clip_threshold = 1.0;
  bool relative_step = true;  // no learning rate above 1 / sqrt(step); nothing for a schedule
  NAMESAKE_OPTIMIZER_SETTINGS
};

class NAMESAKE_API AdafactorBody : public OptimizerBase {
 public:
  using Options = AdafactorOptions;
  static constexpr std::string_view kClassName = "Adafactor";
  static void config(Options& options, ConfigFields& fields);
  explicit AdafactorBody(const Options& options);

 private:
  void create_slots() override;
  void update_step(const Step& step) override;
  void update_tensors(const TensorStep& step) override;
  /// The mean squares, from rows and columns where the variable has two axes.
  void move_velocity(const Step& step) const;
  Options options_;
};

/// Adafactor (Shazeer and Stern, 2018).
using Adafactor = OptimizerOf<AdafactorBody>;

}  // namespace namesake
