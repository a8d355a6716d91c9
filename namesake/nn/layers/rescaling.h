// Rescaling: y = x scale + offset.   Rescaling({.scale = 1.0 / 255})
#pragma once

#include "namesake/nn/layer_of.h"
#include "namesake/nn/number_list.h"

namespace namesake {

struct RescalingOptions {
  NumberList scale = 1.0;   // a number, or one for each channel
  NumberList offset = 0.0;
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

class NAMESAKE_API RescalingBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Rescaling";
  using Options = RescalingOptions;
  static void config(Options& o, ConfigFields& f);
  explicit RescalingBody(const Options& options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  Tensor scale_, offset_;  // of the compute dtype
};

}  // namespace nn

using Rescaling = LayerOf<nn::RescalingBody>;

}  // namespace namesake
