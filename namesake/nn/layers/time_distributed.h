// TimeDistributed: a layer applied to each step of a sequence, with the same weights.
//   TimeDistributed({.layer = Dense({.units = 2})})      // (batch, time, features) -> (batch, time, 2)
#pragma once

#include "namesake/nn/layer_of.h"

namespace namesake {

struct TimeDistributedOptions {
  Layer layer = {};
  Shape input_shape = {};
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// Has no weights of its own; the layer is its child `layer`. The input has at least three axes, of which the second is time; its mask
/// goes to the layer, a step of it to each step, and comes out unchanged.
class NAMESAKE_API TimeDistributedBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "TimeDistributed";
  using Options = TimeDistributedOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument without a layer.
  explicit TimeDistributedBody(const Options& options);
  Tensor call(const Tensor& x, CallContext& context) override;

  /// The layer that is applied to each step.
  [[nodiscard]] const Layer& layer() const noexcept { return layer_; }

 private:
  [[nodiscard]] Tensor all_at_once(const Tensor& x) const;
  [[nodiscard]] Tensor step_by_step(const Tensor& x) const;

  Layer layer_;
};

}  // namespace nn

using TimeDistributed = LayerOf<nn::TimeDistributedBody>;

}  // namespace namesake
