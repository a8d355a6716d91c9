// UpSampling2D and UpSampling1D: each pixel several times, or images of more pixels by interpolation.
//   UpSampling2D({.size = {2, 3}, .interpolation = "bilinear"})
#pragma once

#include "namesake/nn/layer_of.h"
#include "namesake/ops/sizes.h"

namespace namesake {

struct UpSampling1DOptions {
  std::int64_t size = 2;
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};
struct UpSampling2DOptions {
  Sizes2D size = 2;
  std::string data_format = "channels_last";  // or "channels_first"
  std::string interpolation = "nearest";      // or "bilinear"
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// Input (batch, steps, channels), output (batch, steps * size, channels).
class NAMESAKE_API UpSampling1DBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "UpSampling1D";
  using Options = UpSampling1DOptions;
  static void config(Options& o, ConfigFields& f);
  explicit UpSampling1DBody(Options options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  Options options_;
};

/// Input (batch, height, width, channels), output (batch, height * size, width * size, channels).
class NAMESAKE_API UpSampling2DBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "UpSampling2D";
  using Options = UpSampling2DOptions;
  static void config(Options& o, ConfigFields& f);
  explicit UpSampling2DBody(Options options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  Options options_;
};

}  // namespace nn

using UpSampling1D = LayerOf<nn::UpSampling1DBody>;
using UpSampling2D = LayerOf<nn::UpSampling2DBody>;

}  // namespace namesake
