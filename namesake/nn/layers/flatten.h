// Flatten: (batch, a, b, ...) becomes (batch, a b ...). With data_format "channels_first" axis 1 goes last before.
#pragma once

#include "namesake/nn/layer_of.h"

namespace namesake {

struct FlattenOptions {
  std::string data_format = "channels_last";
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

class NAMESAKE_API FlattenBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Flatten";
  using Options = FlattenOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument for an unknown data_format.
  explicit FlattenBody(const Options& options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  bool channels_first_;
};

}  // namespace nn

using Flatten = LayerOf<nn::FlattenBody>;

}  // namespace namesake
