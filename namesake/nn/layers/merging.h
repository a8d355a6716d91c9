// Layers of several inputs, element by element, with broadcasting: Add, Subtract, Multiply, Average, Maximum, Minimum; and
// Concatenate.
//   Tensor y = Add()({a, b});
#pragma once

#include "namesake/nn/layer_of.h"

namespace namesake {

struct MergeOptions {
  std::string dtype = "";
  std::string name = "";
};
struct ConcatenateOptions {
  std::int64_t axis = -1;
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// What they share: inputs of fewer axes get axes of size 1 behind the batch axis; the output's mask lets through what any
/// input's mask lets through, if each has one.
class NAMESAKE_API MergeBody : public LayerBase {
 public:
  using Options = MergeOptions;
  /// Throws ShapeMismatch for shapes that cannot be broadcast.
  void build_many(std::span<const Shape> inputs) override;
  Tensor call(const Tensor& x, CallContext& context) override { return call_many({x}, context).at(0); }
  Tensors call_many(const Tensors& inputs, CallContext& context) override;
  [[nodiscard]] Tensors compute_mask(const Tensors& inputs, const Tensors& masks) override;

 protected:
  MergeBody() { set_supports_masking(true); }
  virtual Tensor merge(const Tensors& inputs) = 0;
  [[noreturn]] void refuse_inputs(std::string expected, std::span<const Shape> inputs) const;
};

class NAMESAKE_API AddBody : public MergeBody {
 public:
  static constexpr std::string_view kClassName = "Add";
  explicit AddBody(const Options&) {}

 protected:
  Tensor merge(const Tensors& inputs) override;
};

/// The first of two inputs without the second.
class NAMESAKE_API SubtractBody : public MergeBody {
 public:
  static constexpr std::string_view kClassName = "Subtract";
  explicit SubtractBody(const Options&) {}
  /// Throws ShapeMismatch unless there are two inputs.
  void build_many(std::span<const Shape> inputs) override;

 protected:
  Tensor merge(const Tensors& inputs) override;
};

/// What a mask hides counts as 1.
class NAMESAKE_API MultiplyBody : public MergeBody {
 public:
  static constexpr std::string_view kClassName = "Multiply";
  explicit MultiplyBody(const Options&) {}

 protected:
  Tensor merge(const Tensors& inputs) override;
};

class NAMESAKE_API AverageBody : public MergeBody {
 public:
  static constexpr std::string_view kClassName = "Average";
  explicit AverageBody(const Options&) {}

 protected:
  Tensor merge(const Tensors& inputs) override;
};

/// What a mask hides does not count.
class NAMESAKE_API MaximumBody : public MergeBody {
 public:
  static constexpr std::string_view kClassName = "Maximum";
  explicit MaximumBody(const Options&) {}

 protected:
  Tensor merge(const Tensors& inputs) override;
};

class NAMESAKE_API MinimumBody : public MergeBody {
 public:
  static constexpr std::string_view kClassName = "Minimum";
  explicit MinimumBody(const Options&) {}

 protected:
  Tensor merge(const Tensors& inputs) override;
};

/// The inputs one behind the other along `axis`; their other sizes are equal. The masks are joined likewise.
class NAMESAKE_API ConcatenateBody : public MergeBody {
 public:
  static constexpr std::string_view kClassName = "Concatenate";
  using Options = ConcatenateOptions;
  static void config(Options& o, ConfigFields& f);
  explicit ConcatenateBody(const Options& options) : axis_(static_cast<int>(options.axis)) {}
  /// Throws ShapeMismatch for shapes that differ elsewhere.
  void build_many(std::span<const Shape> inputs) override;
  [[nodiscard]] Tensors compute_mask(const Tensors& inputs, const Tensors& masks) override;

 protected:
  Tensor merge(const Tensors& inputs) override;

 private:
  int axis_;
};

}  // namespace nn

using Add = MergeOf<nn::AddBody>;
using Subtract = MergeOf<nn::SubtractBody>;
using Multiply = MergeOf<nn::MultiplyBody>;
using Average = MergeOf<nn::AverageBody>;
using Maximum = MergeOf<nn::MaximumBody>;
using Minimum = MergeOf<nn::MinimumBody>;
using Concatenate = MergeOf<nn::ConcatenateBody>;

}  // namespace namesake
