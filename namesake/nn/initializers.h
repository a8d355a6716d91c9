// Initializers: first values of weights, with Keras's names, options and distributions.
//   nk::Dense({.units = 3, .kernel_initializer = "he_normal"})
//   nk::Dense({.units = 3, .kernel_initializer = nk::RandomNormal({.stddev = 0.1, .seed = 7})})
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/nn/axis_list.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

struct Zeros {};
struct Ones {};
struct Constant {
  double value = 0.0;
};
struct RandomNormal {
  double mean = 0.0;
  double stddev = 0.05;
  std::optional<std::int64_t> seed = {};
};
struct RandomUniform {
  double minval = -0.05;
  double maxval = 0.05;
  std::optional<std::int64_t> seed = {};
};
/// Like RandomNormal, with values further than two standard deviations from the mean drawn again.
struct TruncatedNormal {
  double mean = 0.0;
  double stddev = 0.05;
  std::optional<std::int64_t> seed = {};
};
/// A variance of scale / n, n being the inputs ("fan_in"), the outputs ("fan_out") or their average ("fan_avg") of a unit.
struct VarianceScaling {
  double scale = 1.0;
  std::string mode = "fan_in";
  std::string distribution = "truncated_normal";  // or "untruncated_normal", "uniform"
  std::optional<std::int64_t> seed = {};
  AxisList input_axes = {};   // the axes of inputs and those of outputs; left out: a kernel (positions..., inputs, outputs)
  AxisList output_axes = {};
};
struct GlorotUniform {
  std::optional<std::int64_t> seed = {};
};
struct GlorotNormal {
  std::optional<std::int64_t> seed = {};
};
struct HeUniform {
  std::optional<std::int64_t> seed = {};
};
struct HeNormal {
  std::optional<std::int64_t> seed = {};
};
struct LecunUniform {
  std::optional<std::int64_t> seed = {};
};
struct LecunNormal {
  std::optional<std::int64_t> seed = {};
};

/// `gain` times a matrix whose rows or columns, whichever are fewer, have length 1 and are at right angles: the orthogonal factor
/// of a matrix of normal numbers (Saxe and others, 2014). More axes than two count as rows, but for the last.
struct Orthogonal {
  double gain = 1.0;
  std::optional<std::int64_t> seed = {};
};
/// Keras's `Identity` initializer: `gain` on the diagonal of a matrix.
struct IdentityInitializer {
  double gain = 1.0;
};

/// One of the above: a value, cheap to copy and compare.
class NAMESAKE_API Initializer {
 public:
  /// Keras's words ("glorot_uniform", "GlorotUniform", "normal", "zero"), with the defaults. Throws Unsupported.
  Initializer(std::string_view word);
  Initializer(const char* word) : Initializer(std::string_view(word)) {}
  Initializer(const std::string& word) : Initializer(std::string_view(word)) {}
  /// Each throws InvalidArgument for options that Keras refuses.
  Initializer(const Zeros&);
  Initializer(const Ones&);
  Initializer(const Constant&);
  Initializer(const RandomNormal&);
  Initializer(const RandomUniform&);
  Initializer(const TruncatedNormal&);
  Initializer(const VarianceScaling&);
  Initializer(const GlorotUniform&);
  Initializer(const GlorotNormal&);
  Initializer(const HeUniform&);
  Initializer(const HeNormal&);
  Initializer(const LecunUniform&);
  Initializer(const LecunNormal&);
  Initializer(const Orthogonal&);
  Initializer(const IdentityInitializer&);

  /// Values of this shape, which must be fully known. With a seed they are the same in each call; without one they are drawn
  /// with next_seed(). Throws Unsupported for a dtype that it cannot make.
  /// ShapeMismatch for a shape that Orthogonal or Identity cannot have.
  [[nodiscard]] Tensor operator()(const Shape& shape, DType dtype = DType::kFloat32) const;
  /// The same initializer for a kernel with these axes of inputs and of outputs, unless it says its own. Others than those of
  /// variance scaling stay as they are.
  [[nodiscard]] Initializer with_axes(AxisList input_axes, AxisList output_axes) const;

  /// "GlorotUniform".
  [[nodiscard]] const std::string& class_name() const noexcept { return class_name_; }
  /// As Keras's get_config(): `{"seed": null, "input_axes": null, "output_axes": null}`.
  [[nodiscard]] JsonValue config() const;
  /// `{"module": "keras.initializers", "class_name": "GlorotUniform", "config": {...}, "registered_name": null}`
  [[nodiscard]] JsonValue serialize() const;
  /// From words, Keras 3 and Keras 2 objects. Throws Unsupported for a class or an option that is not known.
  [[nodiscard]] static Initializer deserialize(const JsonValue& value);

  /// Equal class and options.
  friend bool operator==(const Initializer&, const Initializer&) = default;

 private:
  enum class Kind : std::uint8_t { kConstant, kNormal, kUniform, kTruncatedNormal, kVarianceScaling, kOrthogonal, kIdentity };
  Initializer(Kind kind, std::string_view class_name, double a, double b, std::optional<std::int64_t> seed);
  Initializer(std::string_view class_name, const VarianceScaling& options);

  Kind kind_;
  std::string class_name_;
  double a_ = 0, b_ = 0;             // value; mean and stddev; minval and maxval; scale; gain
  std::string mode_, distribution_;  // of kVarianceScaling
  std::optional<std::int64_t> seed_;
  AxisList input_axes_, output_axes_;
};

}  // namespace namesake
