// Regularizers: penalties that training adds to the loss, with Keras's names, options and formulas.
//   nk::Dense({.units = 3, .kernel_regularizer = "l2"})
//   nk::Dense({.units = 3, .kernel_regularizer = nk::L1L2({.l1 = 0.1, .l2 = 0.2})})
//   nk::register_regularizer("spread", [](const nk::Tensor& w) { return nk::max(w) - nk::min(w); });   // then "spread"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/base/site.h"
#include "namesake/nn/registered_functions.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// l1 sum(|x|)
struct L1 {
  double l1 = 0.01;
};
/// l2 sum(x^2)
struct L2 {
  double l2 = 0.01;
};
/// l1 sum(|x|) + l2 sum(x^2). By the word "l1_l2" both factors are 0, as in Keras.
struct L1L2 {
  double l1 = 0.0;
  double l2 = 0.0;
};
/// `factor` times the mean size of the products of different rows (or columns) of a matrix, each made of length 1 first.
struct OrthogonalRegularizer {
  double factor = 0.01;
  std::string mode = "rows";  // or "columns"
};

/// One of the above, a registered function, or none: a value, cheap to copy and compare.
class NAMESAKE_API Regularizer {
 public:
  /// None.
  Regularizer() = default;
  /// Keras's words ("l1", "l2", "l1_l2", "orthogonal_regularizer") with the defaults, or a registered function's name.
  /// Throws Unsupported.
  Regularizer(std::string_view word);
  Regularizer(const char* word) : Regularizer(std::string_view(word)) {}
  Regularizer(const std::string& word) : Regularizer(std::string_view(word)) {}
  /// Each throws InvalidArgument for options that Keras refuses: factors below 0 or infinite, an unknown mode.
  Regularizer(const L1& options);
  Regularizer(const L2& options);
  Regularizer(const L1L2& options);
  Regularizer(const OrthogonalRegularizer& options);

  /// False: none.
  explicit operator bool() const noexcept { return kind_ != Kind::kNone; }
  /// The penalty, a scalar of x's dtype. Throws ShapeMismatch if orthogonality is asked of what is no matrix.
  [[nodiscard]] Tensor operator()(const Tensor& x) const;

  /// "L1L2"; a function's full name; "" for none.
  [[nodiscard]] const std::string& class_name() const noexcept { return class_name_; }
  /// As Keras's get_config().
  [[nodiscard]] JsonValue config() const;
  /// As Keras writes it; null for none.
  [[nodiscard]] JsonValue serialize() const;
  /// From null, words, Keras 3 and Keras 2 objects. Throws Unsupported for what is not known.
  [[nodiscard]] static Regularizer deserialize(const JsonValue& value);

  friend bool operator==(const Regularizer&, const Regularizer&) = default;

 private:
  enum class Kind : std::uint8_t { kNone, kL1, kL2, kL1L2, kOrthogonal, kFunction };
  static Regularizer make(std::string_view name, std::string_view registered_name, const JsonValue& config);

  Kind kind_ = Kind::kNone;
  double a_ = 0, b_ = 0;  // l1 and l2; factor
  std::string class_name_, mode_;
  RegisteredFunction function_ = nullptr;
};

/// Makes a function of one's own known under `package>name`, as Keras's register_keras_serializable does. It gives a scalar.
/// Throws NameCollision if another function has the name.
NAMESAKE_API void register_regularizer(std::string_view name, RegisteredFunction function, std::string_view package = "Custom",
                                       Site site = Site::current());

}  // namespace namesake
