// Input: where a model begins.
//   Tensor x = Input({.shape = {10}});           // (None, 10): symbolic, for functional models and Sequential
//   Sequential({InputLayer({.shape = {10}}), Dense({.units = 3})})
#pragma once

#include "namesake/nn/layer_of.h"

namespace namesake {

struct InputOptions {
  Shape shape = {};  // without the batch axis
  std::int64_t batch_size = -1;
  std::string dtype = "float32";
  std::string name = "";
};

namespace nn {

class NAMESAKE_API InputLayerBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "InputLayer";
  using Options = InputOptions;
  static void config(Options& o, ConfigFields& f);
  explicit InputLayerBody(const Options& options);
  Tensor call(const Tensor& x, CallContext&) override { return x; }
  [[nodiscard]] JsonValue config(std::string_view name) const override;
  /// With the batch axis.
  [[nodiscard]] const Shape& batch_shape() const noexcept { return batch_shape_; }
  [[nodiscard]] DType dtype() const noexcept { return dtype_; }
  /// The symbolic tensor of this input.
  [[nodiscard]] Tensor output();

 private:
  Shape batch_shape_;
  DType dtype_;
};

}  // namespace nn

using InputLayer = LayerOf<nn::InputLayerBody>;

/// A symbolic tensor of shape (batch_size, shape...).
[[nodiscard]] NAMESAKE_API Tensor Input(InputOptions options, Site site = Site::current());

}  // namespace namesake
