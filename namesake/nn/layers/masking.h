// Layers that pass their input on: Identity; Masking, which makes a mask of it; ActivityRegularization, which adds a penalty.
#pragma once

#include "namesake/nn/layer_of.h"

namespace namesake {

struct IdentityOptions {
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};
struct MaskingOptions {
  double mask_value = 0.0;
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};
struct ActivityRegularizationOptions {
  double l1 = 0.0;
  double l2 = 0.0;
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

class NAMESAKE_API IdentityBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Identity";
  using Options = IdentityOptions;
  explicit IdentityBody(const Options&) { set_supports_masking(true); }
  Tensor call(const Tensor& x, CallContext&) override { return x; }
  Tensors call_many(const Tensors& inputs, CallContext&) override { return inputs; }
  [[nodiscard]] Tensors compute_mask(const Tensors&, const Tensors& masks) override { return masks; }
};

/// A step of (batch, steps, features) whose features all are mask_value is masked, and becomes 0.
class NAMESAKE_API MaskingBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Masking";
  using Options = MaskingOptions;
  static void config(Options& o, ConfigFields& f);
  explicit MaskingBody(const Options& options);
  Tensor call(const Tensor& x, CallContext& context) override;
  [[nodiscard]] Tensors compute_mask(const Tensors& inputs, const Tensors& masks) override;

 private:
  double mask_value_;
};

/// losses() has l1 sum(|x|) + l2 sum(x^2), divided by the number of rows.
class NAMESAKE_API ActivityRegularizationBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "ActivityRegularization";
  using Options = ActivityRegularizationOptions;
  static void config(Options& o, ConfigFields& f);
  explicit ActivityRegularizationBody(const Options& options);
  Tensor call(const Tensor& x, CallContext&) override { return x; }
  [[nodiscard]] JsonValue config(std::string_view name) const override;
};

}  // namespace nn

using Identity = LayerOf<nn::IdentityBody>;
using Masking = LayerOf<nn::MaskingBody>;
using ActivityRegularization = LayerOf<nn::ActivityRegularizationBody>;

}  // namespace namesake
