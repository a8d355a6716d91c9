// Activations by name: what a layer's `activation` holds.
//   nk::Dense({.units = 3, .activation = "softmax"})
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

class NAMESAKE_API ActivationFunction {
 public:
  /// "linear": gives its input back.
  ActivationFunction();
  /// A name of keras.activations. Throws InvalidArgument, with the nearest name, for a name that is not known here.
  ActivationFunction(std::string_view name);
  ActivationFunction(const char* name) : ActivationFunction(std::string_view(name)) {}
  ActivationFunction(const std::string& name) : ActivationFunction(std::string_view(name)) {}

  /// After softmax and sigmoid, result.logits() is the input, so that a loss works on it.
  [[nodiscard]] Tensor operator()(const Tensor& x) const;

  /// Keras's own name: "silu" for "swish".
  [[nodiscard]] std::string_view name() const noexcept;
  [[nodiscard]] bool is_linear() const noexcept { return name() == "linear"; }
  /// The word, as Keras writes it into a layer's config. "keras2_hard_sigmoid", which Keras 3 has not, is written as the object of a function
  /// of the user's: `load_model(file, custom_objects={"keras2_hard_sigmoid": lambda x: keras.ops.clip(x / 5 + 0.5, 0, 1)})`.
  [[nodiscard]] JsonValue serialize() const;
  /// From words, null (linear) and the objects that Keras writes for a function. Throws InvalidArgument, Unsupported.
  [[nodiscard]] static ActivationFunction deserialize(const JsonValue& value);

  friend bool operator==(const ActivationFunction& a, const ActivationFunction& b) noexcept { return a.entry_ == b.entry_; }

 private:
  struct Entry;
  [[nodiscard]] static std::span<const Entry> table();
  const Entry* entry_;
};

}  // namespace namesake
