// GroupNormalization: channels in groups, each group of a row to mean 0 and variance 1, then gamma x + beta (Wu and He, 2018);
// and UnitNormalization, which makes vectors of length 1.
#pragma once

#include "namesake/nn/axis_list.h"
#include "namesake/nn/layer_of.h"

namespace namesake {

struct GroupNormalizationOptions {
  std::int64_t groups = 32;  // -1: a group for each channel
  std::int64_t axis = -1;    // of the channels
  double epsilon = 1e-3;
  bool center = true;
  bool scale = true;
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
struct UnitNormalizationOptions {
  AxisList axis = -1;
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// Weights: gamma, beta (channels).
class NAMESAKE_API GroupNormalizationBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "GroupNormalization";
  using Options = GroupNormalizationOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument unless groups is above 0 or -1.
  explicit GroupNormalizationBody(Options options);
  void build(const Shape& input) override;
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  Options options_;
  int channel_axis_ = 0;
  std::int64_t channels_ = 0, groups_ = 0;
  Variable gamma_, beta_;
};

/// x / sqrt(sum(x^2)) over `axis`; the sum counts as 1e-24 at least.
class NAMESAKE_API UnitNormalizationBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "UnitNormalization";
  using Options = UnitNormalizationOptions;
  static void config(Options& o, ConfigFields& f);
  explicit UnitNormalizationBody(Options options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  Options options_;
};

}  // namespace nn

using GroupNormalization = LayerOf<nn::GroupNormalizationBody>;
using UnitNormalization = LayerOf<nn::UnitNormalizationBody>;

}  // namespace namesake
