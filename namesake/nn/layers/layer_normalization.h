// LayerNormalization: each row to mean 0 and variance 1 over some of its axes, then gamma x + beta (Ba and others, 2016);
// and RMSNormalization, which divides by the root mean square (Zhang and Sennrich, 2019).
#pragma once

#include "namesake/nn/axis_list.h"
#include "namesake/nn/layer_of.h"

namespace namesake {

struct LayerNormalizationOptions {
  AxisList axis = -1;
  double epsilon = 1e-3;
  bool center = true;
  bool scale = true;
  bool rms_scaling = false;  // gamma x / standard deviation, with no mean taken off and no beta (Keras has deprecated it)
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  Constraint beta_constraint = {};
  Constraint gamma_constraint = {};
  Shape input_shape = {};
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};
struct RMSNormalizationOptions {
  AxisList axis = -1;
  double epsilon = 1e-6;
  Shape input_shape = {};
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// Weights: gamma, beta, of the sizes of `axis`.
class NAMESAKE_API LayerNormalizationBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "LayerNormalization";
  using Options = LayerNormalizationOptions;
  static void config(Options& o, ConfigFields& f);
  explicit LayerNormalizationBody(Options options);
  void build(const Shape& input) override;
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  [[nodiscard]] Tensor aligned(const Variable& weight, const Tensor& x) const;

  Options options_;
  std::vector<std::int64_t> axes_;  // sorted, from the front
  Variable gamma_, beta_;
};

/// Weight: scale, of the sizes of `axis`.
class NAMESAKE_API RMSNormalizationBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "RMSNormalization";
  using Options = RMSNormalizationOptions;
  static void config(Options& o, ConfigFields& f);
  explicit RMSNormalizationBody(Options options);
  void build(const Shape& input) override;
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  Options options_;
  std::vector<std::int64_t> axes_;
  Variable scale_;
};

}  // namespace nn

using LayerNormalization = LayerOf<nn::LayerNormalizationBody>;
using RMSNormalization = LayerOf<nn::RMSNormalizationBody>;

}  // namespace namesake
