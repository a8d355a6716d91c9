// Dropout: in training, sets inputs to 0 with probability `rate`, and scales the others by 1 / (1 - rate).
#pragma once

#include "namesake/nn/layer_of.h"
#include "namesake/nn/seed_generator.h"

namespace namesake {

struct DropoutOptions {
  double rate = 0.5;
  std::optional<std::int64_t> seed = std::nullopt;
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

class NAMESAKE_API DropoutBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Dropout";
  using Options = DropoutOptions;
  static void config(Options& o, ConfigFields& f);
  explicit DropoutBody(const Options& options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  double rate_;
  SeedGenerator seeds_;
};

}  // namespace nn

using Dropout = LayerOf<nn::DropoutBody>;

}  // namespace namesake
