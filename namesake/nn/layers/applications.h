// The layers that models of keras.applications have of their own. Keras exports them from no module; its files name them by where they are
// defined: keras/src/applications/convnext.py (LayerScale, StochasticDepth), inception_resnet_v2.py (CustomScaleLayer).
#pragma once

#include "namesake/nn/layers/merging.h"
#include "namesake/nn/seed_generator.h"

namespace namesake {

struct LayerScaleOptions {
  double init_values = 1e-6;        // what the weights begin with
  std::int64_t projection_dim = 0;  // the size of the last axis
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};
struct StochasticDepthOptions {
  double drop_path_rate = 0.1;
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};
struct CustomScaleLayerOptions {
  double scale = 1;
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// y = x gamma, with a weight gamma for each channel.
class NAMESAKE_API LayerScaleBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "LayerScale";
  using Options = LayerScaleOptions;
  static void config(Options& o, ConfigFields& f);
  explicit LayerScaleBody(const Options& options) : options_(options) {}
  /// Throws ShapeMismatch unless the last axis has projection_dim channels.
  void build(const Shape& input) override;
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  Options options_;
  Variable gamma_;
};

/// In training, each row of a batch is 0 as a whole with probability drop_path_rate, or 1 / (1 - drop_path_rate) of itself.
class NAMESAKE_API StochasticDepthBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "StochasticDepth";
  using Options = StochasticDepthOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument unless drop_path_rate is a probability.
  explicit StochasticDepthBody(const Options& options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  double rate_;
  SeedGenerator seeds_;
};

/// y = a + b scale, of two inputs.
class NAMESAKE_API CustomScaleLayerBody : public MergeBody {
 public:
  static constexpr std::string_view kClassName = "CustomScaleLayer";
  using Options = CustomScaleLayerOptions;
  static void config(Options& o, ConfigFields& f);
  explicit CustomScaleLayerBody(const Options& options);
  /// Throws ShapeMismatch unless there are two inputs.
  void build_many(std::span<const Shape> inputs) override;
  /// None: in Keras, too, a mask ends here.
  [[nodiscard]] Tensors compute_mask(const Tensors& inputs, const Tensors& masks) override;

 protected:
  Tensor merge(const Tensors& inputs) override;

 private:
  double scale_;
};

}  // namespace nn

using LayerScale = LayerOf<nn::LayerScaleBody>;
using StochasticDepth = LayerOf<nn::StochasticDepthBody>;
using CustomScaleLayer = MergeOf<nn::CustomScaleLayerBody>;

}  // namespace namesake
