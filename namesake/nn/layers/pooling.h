// MaxPooling2D, AveragePooling2D, and the same over sequences.
//   MaxPooling2D()   AveragePooling2D({.pool_size = {3, 2}, .strides = 1, .padding = "same"})
#pragma once

#include "namesake/nn/layer_of.h"
#include "namesake/ops/sizes.h"

namespace namesake {

template <int N>
struct PoolingOptions {
  Sizes<N> pool_size = 2;
  Sizes<N> strides = {};  // left out: pool_size
  std::string padding = "valid";              // or "same"
  std::string data_format = "channels_last";  // or "channels_first"
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

enum class NAMESAKE_API PoolKind : std::uint8_t { kMax, kAverage };

/// Input (batch, height, width, channels), output (batch, rows, columns, channels); 1D (batch, steps, channels).
template <PoolKind kKind, int N>
class NAMESAKE_API PoolingBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = kKind == PoolKind::kMax ? (N == 1 ? "MaxPooling1D" : "MaxPooling2D")
                                                                         : (N == 1 ? "AveragePooling1D" : "AveragePooling2D");
  using Options = PoolingOptions<N>;
  static void config(Options& o, ConfigFields& f);
  explicit PoolingBody(Options options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  Options options_;
};

}  // namespace nn

using MaxPooling1D = LayerOf<nn::PoolingBody<nn::PoolKind::kMax, 1>>;
using MaxPooling2D = LayerOf<nn::PoolingBody<nn::PoolKind::kMax, 2>>;
using AveragePooling1D = LayerOf<nn::PoolingBody<nn::PoolKind::kAverage, 1>>;
using AveragePooling2D = LayerOf<nn::PoolingBody<nn::PoolKind::kAverage, 2>>;

}  // namespace namesake
