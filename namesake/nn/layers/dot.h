// Dot: sums of products along an axis of each of two inputs, row by row.   Dot({.axes = 1})({a, b})
#pragma once

#include "namesake/nn/axis_list.h"
#include "namesake/nn/layers/merging.h"

namespace namesake {

struct DotOptions {
  AxisList axes = -1;      // one for both inputs, or one for each; not the batch axis
  bool normalize = false;  // both to length 1 along the axis first: the result is the cosine of the angle
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// (batch, a..., n, b...) and (batch, c..., n, d...) to (batch, a..., b..., c..., d...); (batch, 1) if nothing is left.
class NAMESAKE_API DotBody : public MergeBody {
 public:
  static constexpr std::string_view kClassName = "Dot";
  using Options = DotOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument unless one or two axes are given.
  explicit DotBody(Options options);
  /// Throws ShapeMismatch unless there are two inputs whose sizes along the axes are equal.
  void build_many(std::span<const Shape> inputs) override;
  Tensors call_many(const Tensors& inputs, CallContext&) override { return {merge(inputs)}; }
  [[nodiscard]] Tensors compute_mask(const Tensors&, const Tensors&) override { return {Tensor()}; }

 protected:
  Tensor merge(const Tensors& inputs) override;

 private:
  [[nodiscard]] int axis_of(std::size_t input, int rank) const;
  Options options_;
};

}  // namespace nn

using Dot = MergeOf<nn::DotBody>;

}  // namespace namesake
