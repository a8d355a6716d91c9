// BatchNormalization: each channel to mean 0 and variance 1, by the batch's own statistics in training and by moving averages
// of them in inference, then gamma x + beta (Ioffe and Szegedy, 2015).
#pragma once

#include "namesake/nn/layer_of.h"
#include "namesake/ops/statistics.h"

namespace namesake {

struct BatchNormalizationOptions {
  std::int64_t axis = -1;  // of the channels
  double momentum = 0.99;
  double epsilon = 1e-3;
  bool center = true;
  bool scale = true;
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Initializer moving_mean_initializer = "zeros";
  Initializer moving_variance_initializer = "ones";
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  Constraint beta_constraint = {};
  Constraint gamma_constraint = {};
  Shape input_shape = {};
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// Weights: gamma, beta, moving_mean, moving_variance (channels). A layer that is not trainable infers in training too, and its
/// moving statistics stand still. With a mask only what it lets through counts in the statistics.
class NAMESAKE_API BatchNormalizationBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "BatchNormalization";
  using Options = BatchNormalizationOptions;
  static void config(Options& o, ConfigFields& f);
  explicit BatchNormalizationBody(Options options);
  void build(const Shape& input) override;
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  /// Of each channel.
  [[nodiscard]] Moments moments(const Tensor& x, const Tensor& mask) const;
  [[nodiscard]] Tensor normalized(const Tensor& x) const;
  void move(const Variable& average, const Tensor& now) const;

  Options options_;
  int channel_axis_ = 0;
  std::int64_t channels_ = 0;
  std::vector<std::int64_t> other_axes_;
  Variable gamma_, beta_, moving_mean_, moving_variance_;
};

}  // namespace nn

using BatchNormalization = LayerOf<nn::BatchNormalizationBody>;

}  // namespace namesake
