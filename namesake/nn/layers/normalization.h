// Normalization: features to mean 0 and variance 1 by statistics that are given, or taken of data before training:
//   Normalization normalize({.axis = -1});
//   normalize->adapt(x_train);
#pragma once

#include "namesake/nn/axis_list.h"
#include "namesake/nn/layer_of.h"
#include "namesake/nn/number_list.h"

namespace namesake {

struct NormalizationOptions {
  AxisList axis = -1;  // axes with statistics of their own; {}, as None: one mean and one variance for all
  NumberList mean = {};
  NumberList variance = {};
  bool invert = false;  // x sqrt(variance) + mean instead
  Shape input_shape = {};
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// (x - mean) / max(sqrt(variance), 1e-7). Weights unless the statistics are given: mean, variance (sizes of `axis`), count.
class NAMESAKE_API NormalizationBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Normalization";
  using Options = NormalizationOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument if one of mean and variance is given, or their shapes differ.
  explicit NormalizationBody(Options options);
  void build(const Shape& input) override;
  Tensor call(const Tensor& x, CallContext& context) override;
  /// Takes the statistics of `data`, batch axis first, in place of those that were there; builds the layer if need be. Throws
  /// InvalidArgument if the statistics were given as options, ShapeMismatch for another shape than it was built for.
  void adapt(const Tensor& data);

 private:
  [[nodiscard]] Tensor statistic(const Variable& adapted, const NumberList& given) const;

  Options options_;
  std::vector<std::int64_t> kept_;  // sorted axes with statistics of their own
  Shape aligned_;                   // their sizes among 1s
  Variable mean_, variance_;
};

}  // namespace nn

using Normalization = LayerOf<nn::NormalizationBody>;

}  // namespace namesake
