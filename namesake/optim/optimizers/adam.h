// Adam, and AdamW, which is Adam with weight decay by default.
#pragma once

#include <string_view>

#include "namesake/optim/optimizer.h"

namespace namesake {

struct AdamOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  NAMESAKE_OPTIMIZER_SETTINGS
};

class NAMESAKE_API AdamBody : public OptimizerBase {
 public:
  using Options = AdamOptions;
  static constexpr std::string_view kClassName = "Adam";
  static void config(Options& options, ConfigFields& fields);
  explicit AdamBody(const Options& options) : AdamBody(kClassName, options) {}
  [[nodiscard]] double beta_1() const noexcept { return options_.beta_1; }
  [[nodiscard]] double beta_2() const noexcept { return options_.beta_2; }

 protected:
  AdamBody(std::string_view class_name, const Options& options);

 private:
  void create_slots() override;
  void update_step(const Step& step) override;
  void update_tensors(const TensorStep& step) override;
  Options options_;
};

/// Adam (Kingma and Ba, 2014), with epsilon outside the bias correction, as Keras has it.
using Adam = OptimizerOf<AdamBody>;

struct AdamWOptions {
  LearningRate learning_rate = 0.001;
  std::optional<double> weight_decay = 0.004;  // Keras refuses none
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  NAMESAKE_OPTIMIZER_SETTINGS_AFTER_DECAY
};

class NAMESAKE_API AdamWBody : public AdamBody {
 public:
  using Options = AdamWOptions;
  static constexpr std::string_view kClassName = "AdamW";
  static void config(Options& options, ConfigFields& fields);
  explicit AdamWBody(const Options& options);
};

/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
using AdamW = OptimizerOf<AdamWBody>;

}  // namespace namesake
