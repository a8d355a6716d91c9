// Flatten: (batch, a, b, ...) becomes (batch, a b ...).
#pragma once

#include "namesake/nn/layer_of.h"

namespace namesake {

struct FlattenOptions {
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

class NAMESAKE_API FlattenBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Flatten";
  using Options = FlattenOptions;
  static void config(Options&, ConfigFields& f);
  explicit FlattenBody(const Options&) {}
  Tensor call(const Tensor& x, CallContext& context) override;
};

}  // namespace nn

using Flatten = LayerOf<nn::FlattenBody>;

}  // namespace namesake
