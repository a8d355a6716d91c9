// GlobalMaxPooling2D, GlobalAveragePooling2D, and the same over sequences: one number a channel.
#pragma once

#include "namesake/nn/layer_of.h"
#include "namesake/nn/layers/pooling.h"

namespace namesake {

struct GlobalPoolingOptions {
  std::string data_format = "channels_last";  // or "channels_first"
  bool keepdims = false;
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// The mean over sequences leaves masked steps out, as in Keras.
/// Input (batch, height, width, channels) or (batch, steps, channels), output (batch, channels), or with sizes of 1 where the
/// input has spatial axes.
template <PoolKind kKind, int N>
class NAMESAKE_API GlobalPoolingBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = kKind == PoolKind::kMax
                                                     ? (N == 1 ? "GlobalMaxPooling1D" : "GlobalMaxPooling2D")
                                                     : (N == 1 ? "GlobalAveragePooling1D" : "GlobalAveragePooling2D");
  using Options = GlobalPoolingOptions;
  static void config(Options& o, ConfigFields& f);
  explicit GlobalPoolingBody(Options options);
  Tensor call(const Tensor& x, CallContext& context) override;
  [[nodiscard]] Tensors compute_mask(const Tensors&, const Tensors&) override { return {}; }

 private:
  Options options_;
};

}  // namespace nn

using GlobalMaxPooling1D = LayerOf<nn::GlobalPoolingBody<nn::PoolKind::kMax, 1>>;
using GlobalMaxPooling2D = LayerOf<nn::GlobalPoolingBody<nn::PoolKind::kMax, 2>>;
using GlobalAveragePooling1D = LayerOf<nn::GlobalPoolingBody<nn::PoolKind::kAverage, 1>>;
using GlobalAveragePooling2D = LayerOf<nn::GlobalPoolingBody<nn::PoolKind::kAverage, 2>>;

}  // namespace namesake
