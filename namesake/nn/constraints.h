// Constraints: what an optimizer puts in the place of a weight after each update, with Keras's names, options and formulas.
//   nk::Dense({.units = 3, .kernel_constraint = "non_neg"})
//   nk::Conv2D({.filters = 3, .kernel_constraint = nk::MaxNorm({.max_value = 3, .axis = {0, 1, 2}})})
// Norms are taken over `axis`: 0, the inputs of each unit, of a Dense kernel (inputs, units).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/base/site.h"
#include "namesake/nn/axis_list.h"
#include "namesake/nn/registered_functions.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// Norms above `max_value` are scaled down to it.
struct MaxNorm {
  double max_value = 2;
  AxisList axis = 0;
};
/// Numbers below 0 become 0.
struct NonNeg {};
/// Every norm becomes 1.
struct UnitNorm {
  AxisList axis = 0;
};
/// Norms go towards [min_value, max_value]: all the way with a rate of 1.
struct MinMaxNorm {
  double min_value = 0.0;
  double max_value = 1.0;
  double rate = 1.0;
  AxisList axis = 0;
};

/// One of the above, a registered function, or none: a value, cheap to copy and compare.
class NAMESAKE_API Constraint {
 public:
  /// None.
  Constraint() = default;
  /// Keras's words ("max_norm", "non_neg", "unit_norm", "min_max_norm") with the defaults, or a registered function's name.
  /// Throws Unsupported.
  Constraint(std::string_view word);
  Constraint(const char* word) : Constraint(std::string_view(word)) {}
  Constraint(const std::string& word) : Constraint(std::string_view(word)) {}
  Constraint(const MaxNorm& options);
  Constraint(const NonNeg& options);
  Constraint(const UnitNorm& options);
  Constraint(const MinMaxNorm& options);

  /// False: none.
  explicit operator bool() const noexcept { return kind_ != Kind::kNone; }
  /// The value that takes w's place: its shape and dtype.
  [[nodiscard]] Tensor operator()(const Tensor& w) const;

  /// "MaxNorm"; a function's full name; "" for none.
  [[nodiscard]] const std::string& class_name() const noexcept { return class_name_; }
  /// As Keras's get_config().
  [[nodiscard]] JsonValue config() const;
  /// As Keras writes it; null for none.
  [[nodiscard]] JsonValue serialize() const;
  /// From null, words, Keras 3 and Keras 2 objects. Throws Unsupported for what is not known.
  [[nodiscard]] static Constraint deserialize(const JsonValue& value);

  friend bool operator==(const Constraint&, const Constraint&) = default;

 private:
  enum class Kind : std::uint8_t { kNone, kMaxNorm, kNonNeg, kUnitNorm, kMinMaxNorm, kFunction };
  static Constraint make(std::string_view name, std::string_view registered_name, const JsonValue& config);

  Kind kind_ = Kind::kNone;
  double min_ = 0, max_ = 0, rate_ = 1;
  AxisList axis_ = 0;
  std::string class_name_;
  RegisteredFunction function_ = nullptr;
};

/// Makes a function of one's own known under `package>name`. It gives a tensor of its argument's shape and dtype. Throws
/// NameCollision if another function has the name.
NAMESAKE_API void register_constraint(std::string_view name, RegisteredFunction function, std::string_view package = "Custom",
                                      Site site = Site::current());

}  // namespace namesake
