// Losses: how far predictions are from the truth, as Keras's losses of the same names compute it.
//   nk::CategoricalCrossentropy loss_fn({.from_logits = true});
//   nk::Tensor loss = loss_fn(y_true, y_pred);
// A prediction that came out of softmax or sigmoid remembers its logits; a crossentropy then works on them, as Keras does.
// Keras has losses and metrics of one name: losses are also in namesake::losses, metrics in namesake::metrics.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// The body of a loss, for losses of one's own.
class NAMESAKE_API LossBase {
 public:
  LossBase(const LossBase&) = delete;
  LossBase& operator=(const LossBase&) = delete;
  virtual ~LossBase();

  /// The loss of each row: (batch, d0, .. dN) to (batch, d0, .. dN-1), of float32 tensors. The result's mask, if set, says
  /// which rows count.
  [[nodiscard]] virtual Tensor call(const Tensor& y_true, const Tensor& y_pred) const = 0;
  /// Appends the members of this class to the config, after name and reduction.
  virtual void extend_config(JsonValue&) const {}
  /// If so, `call` gets the labels in their own dtype.
  [[nodiscard]] virtual bool takes_class_numbers() const { return false; }

  [[nodiscard]] const std::string& class_name() const noexcept { return class_name_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& reduction() const noexcept { return reduction_; }

 protected:
  /// `reduction`: "sum_over_batch_size", "mean", "sum", "none" or "mean_with_sample_weight". Throws InvalidArgument.
  LossBase(std::string class_name, std::string name, std::string reduction);

 private:
  std::string class_name_, name_, reduction_;
};

/// A loss: a value, cheap to copy; its body never changes.
class NAMESAKE_API Loss {
 public:
  /// No loss.
  Loss() = default;
  /// A function ("categorical_crossentropy", "mse") or a class ("MeanSquaredError") with its defaults. "crossentropy" takes
  /// the kind that fits the shapes. Throws Unsupported for a word that is not known.
  Loss(std::string_view word);
  Loss(const char* word) : Loss(std::string_view(word)) {}
  Loss(const std::string& word) : Loss(std::string_view(word)) {}
  explicit Loss(std::shared_ptr<const LossBase> body) : body_(std::move(body)) {}

  [[nodiscard]] bool defined() const noexcept { return static_cast<bool>(body_); }
  /// A scalar, unless the reduction is "none". Shapes that differ by a last axis of 1 are fitted, as Keras does.
  /// Throws ShapeMismatch if they do not go together.
  [[nodiscard]] Tensor operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = {}) const;
  /// The loss of each row, before weights and reduction.
  [[nodiscard]] Tensor each(const Tensor& y_true, const Tensor& y_pred) const;

  /// The object's own name; of a function's word ("mse") the word itself.
  [[nodiscard]] const std::string& name() const { return body_->name(); }
  [[nodiscard]] const std::string& class_name() const { return body_->class_name(); }
  /// The word that it was made of; "" for an object.
  [[nodiscard]] const std::string& word() const noexcept { return word_; }
  /// The word, or `{"module": "keras.losses", "class_name": "MeanSquaredError", "config": {...}, "registered_name": null}`.
  [[nodiscard]] JsonValue serialize() const;
  /// From words, functions, Keras 3 and Keras 2 objects. Throws Unsupported for a class or an option that is not done here.
  [[nodiscard]] static Loss deserialize(const JsonValue& value);

 private:
  std::shared_ptr<const LossBase> body_;
  std::string word_;
};

namespace losses {

struct CategoricalCrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
  std::string reduction = "sum_over_batch_size";
  std::string name = "categorical_crossentropy";
};
/// Of one-hot labels (batch, .., classes).
class NAMESAKE_API CategoricalCrossentropy : public Loss {
 public:
  explicit CategoricalCrossentropy(CategoricalCrossentropyOptions options = {});
};

struct SparseCategoricalCrossentropyOptions {
  bool from_logits = false;
  std::optional<std::int64_t> ignore_class = {};  // labels of this class count nothing
  std::string reduction = "sum_over_batch_size";
  std::string name = "sparse_categorical_crossentropy";
};
/// Of class numbers (batch, ..) or (batch, .., 1).
class NAMESAKE_API SparseCategoricalCrossentropy : public Loss {
 public:
  explicit SparseCategoricalCrossentropy(SparseCategoricalCrossentropyOptions options = {});
};

struct BinaryCrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
  std::string reduction = "sum_over_batch_size";
  std::string name = "binary_crossentropy";
};
/// Of labels in [0, 1], each output for itself.
class NAMESAKE_API BinaryCrossentropy : public Loss {
 public:
  explicit BinaryCrossentropy(BinaryCrossentropyOptions options = {});
};

struct MeanSquaredErrorOptions {
  std::string reduction = "sum_over_batch_size";
  std::string name = "mean_squared_error";
};
class NAMESAKE_API MeanSquaredError : public Loss {
 public:
  explicit MeanSquaredError(MeanSquaredErrorOptions options = {});
};

struct MeanAbsoluteErrorOptions {
  std::string reduction = "sum_over_batch_size";
  std::string name = "mean_absolute_error";
};
class NAMESAKE_API MeanAbsoluteError : public Loss {
 public:
  explicit MeanAbsoluteError(MeanAbsoluteErrorOptions options = {});
};

}  // namespace losses

using losses::BinaryCrossentropy;
using losses::CategoricalCrossentropy;
using losses::MeanAbsoluteError;
using losses::MeanSquaredError;
using losses::SparseCategoricalCrossentropy;

}  // namespace namesake
