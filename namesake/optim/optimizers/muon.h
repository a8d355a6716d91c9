// Muon: steps of matrices along an orthogonalised momentum; all other variables are Adam's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/optim/optimizer.h"

namespace namesake {

struct MuonOptions {
  LearningRate learning_rate = 0.001;
  double adam_beta_1 = 0.9;
  double adam_beta_2 = 0.999;
  std::optional<double> adam_weight_decay = 0.004;
  double epsilon = 1e-7;
  std::optional<double> weight_decay = 0.004;
  NAMESAKE_OPTIMIZER_SETTINGS_AFTER_DECAY
  std::vector<std::string> exclude_layers = {};  // regular expressions: matrices with such a path are Adam's
  bool exclude_embeddings = true;                // so are those with "embedding" in their path
  double muon_a = 3.4445;
  double muon_b = -4.7750;
  double muon_c = 2.0315;
  double adam_lr_ratio = 1;
  double momentum = 0.95;
  std::int64_t ns_steps = 5;
  bool nesterov = true;
  std::optional<double> rms_rate = 0.2;
};

class NAMESAKE_API MuonBody : public OptimizerBase {
 public:
  using Options = MuonOptions;
  static constexpr std::string_view kClassName = "Muon";
  static void config(Options& options, ConfigFields& fields);
  explicit MuonBody(const Options& options);

 private:
  void create_slots() override;
  void update_step(const Step& step) override;
  void update_tensors(const TensorStep& step) override;
  [[nodiscard]] std::optional<double> weight_decay_of(std::size_t index) const override;
  [[nodiscard]] bool decide_adam(std::size_t index) const;
  void adam_step(const Step& step) const;
  void muon_step(const Step& step) const;
  Options options_;
  std::vector<bool> adam_;  // for each variable
};

/// Muon (Jordan and others, 2024), scaled as by Liu and others (2025).
using Muon = OptimizerOf<MuonBody>;

}  // namespace namesake
