// Dropout, and its kin that drop whole feature maps: in training, sets inputs to 0 with probability `rate`, and scales the
// others by 1 / (1 - rate).
#pragma once

#include "namesake/nn/layer_of.h"
#include "namesake/nn/seed_generator.h"

namespace namesake {

struct DropoutOptions {
  double rate = 0.5;
  Shape noise_shape = {};  // with the batch axis; inputs along an axis of size 1 share their fate; -1: as the input
  std::optional<std::int64_t> seed = std::nullopt;
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};
struct SpatialDropoutOptions {
  double rate = 0.5;
  std::optional<std::int64_t> seed = std::nullopt;
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// `rate` unless it is no probability: throws InvalidArgument then.
[[nodiscard]] double checked_rate(const LayerBase& layer, double rate);
/// True in a symbolic call, which infers shapes, and makes no noise; but not of one that a graph is made of.
[[nodiscard]] bool only_infers(const Tensor& x);
/// The shape of the noise for `input`: sizes of -1 in `wanted` are the input's. Throws ShapeMismatch if they have other axes.
[[nodiscard]] Shape noise_shape_for(const LayerBase& layer, const Shape& wanted, const Shape& input);
/// `x` with a part `rate` of it 0, and the rest 1 / (1 - rate) of itself; what shares an element of the noise shares its fate.
[[nodiscard]] Tensor dropped(const Tensor& x, double rate, const Shape& noise_shape, const SeedGenerator& seeds);

class NAMESAKE_API DropoutBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Dropout";
  using Options = DropoutOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument unless rate is a probability.
  explicit DropoutBody(const Options& options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  double rate_;
  Shape noise_shape_;
  SeedGenerator seeds_;
};

/// Drops channels of (batch, positions..., channels) as wholes.
template <int Positions>
class NAMESAKE_API SpatialDropoutBody : public LayerBase {
 public:
  using Options = SpatialDropoutOptions;
  static void config(Options& o, ConfigFields& f);
  explicit SpatialDropoutBody(const Options& options);
  Tensor call(const Tensor& x, CallContext& context) override;
  [[nodiscard]] JsonValue config(std::string_view name) const override;

 private:
  double rate_;
  SeedGenerator seeds_;
};
class NAMESAKE_API SpatialDropout1DBody : public SpatialDropoutBody<1> {
 public:
  static constexpr std::string_view kClassName = "SpatialDropout1D";
  using SpatialDropoutBody::SpatialDropoutBody;
};
class NAMESAKE_API SpatialDropout2DBody : public SpatialDropoutBody<2> {
 public:
  static constexpr std::string_view kClassName = "SpatialDropout2D";
  using SpatialDropoutBody::SpatialDropoutBody;
};

}  // namespace nn

using Dropout = LayerOf<nn::DropoutBody>;
using SpatialDropout1D = LayerOf<nn::SpatialDropout1DBody>;
using SpatialDropout2D = LayerOf<nn::SpatialDropout2DBody>;

}  // namespace namesake
