// Loss: the handle of a loss, and LossBase, the body of one. A loss is made of a word, of one of Keras's classes, of a
// C++ function, or of a class of one's own:
//   nk::Loss a = "mse";   nk::Loss b = nk::Huber({.delta = 2});
//   nk::Loss c("cubic", [](const nk::Tensor& y_true, const nk::Tensor& y_pred) { return ...; });   // the loss of each row
// A prediction that came out of softmax or sigmoid remembers its logits; a crossentropy then works on them, as Keras does.
// register_loss() makes one's own known by name, so that a saved model finds it again. (The registry is listed global state.)
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/base/site.h"
#include "namesake/nn/with_options.h"
#include "namesake/tensor/config_fields.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// The body of a loss, for losses of one's own.
class NAMESAKE_API LossBase {
 public:
  LossBase(const LossBase&) = delete;
  LossBase& operator=(const LossBase&) = delete;
  virtual ~LossBase();

  /// The loss of each row: (batch, d0, .. dN) to (batch, d0, .. dN-1), of tensors of dtype(). The result's mask, if set,
  /// says which rows count.
  [[nodiscard]] virtual Tensor call(const Tensor& y_true, const Tensor& y_pred) const = 0;
  /// Appends the members of this class to the config, after name and reduction.
  virtual void extend_config(JsonValue&) const {}
  /// If so, `call` gets the labels in their own dtype.
  [[nodiscard]] virtual bool takes_class_numbers() const { return false; }

  [[nodiscard]] const std::string& class_name() const noexcept { return class_name_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& reduction() const noexcept { return reduction_; }
  /// What the loss computes in.
  [[nodiscard]] DType dtype() const noexcept { return dtype_; }

 protected:
  /// `reduction`: "sum_over_batch_size", "mean", "sum", "none" or "mean_with_sample_weight"; `dtype`: "float32" (or "")
  /// or "float64". Throws InvalidArgument, Unsupported.
  LossBase(std::string class_name, std::string name, std::string reduction, std::string_view dtype = "");

 private:
  std::string class_name_, name_, reduction_;
  DType dtype_;
};

/// The loss of each row, as LossBase::call.
using LossFunction = std::function<Tensor(const Tensor& y_true, const Tensor& y_pred)>;

/// A loss: a value, cheap to copy; its body never changes.
class NAMESAKE_API Loss {
 public:
  /// No loss.
  Loss() = default;
  /// A function ("categorical_crossentropy", "mse") or a class ("MeanSquaredError") with its defaults, or what was
  /// registered under that name. "crossentropy" and "ce" take the kind that fits the shapes. Throws Unsupported for a word
  /// that is not known.
  Loss(std::string_view word);
  Loss(const char* word) : Loss(std::string_view(word)) {}
  Loss(const std::string& word) : Loss(std::string_view(word)) {}
  /// A function of one's own. It can be saved; to be loaded, it must be registered under this name.
  Loss(std::string name, LossFunction function);
  explicit Loss(std::shared_ptr<const LossBase> body) : body_(std::move(body)) {}

  [[nodiscard]] bool defined() const noexcept { return static_cast<bool>(body_); }
  /// A scalar, unless the reduction is "none". Shapes that differ by a last axis of 1 are fitted, as Keras does.
  /// y_pred.mask() says which rows count. Throws ShapeMismatch if the shapes do not go together.
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
  bool is_function_ = false;  // word_ is the registered name of a function
};

namespace nn {

/// A class of losses: how one is made of a config.
struct LossClass {
  std::string_view class_name;
  std::shared_ptr<const LossBase> (*make)(const JsonValue& config) = nullptr;
};

/// What every loss's config has. Keras 2 wrote "auto" for the default reduction, and the function beside the class; Keras 3
/// writes null for "none".
NAMESAKE_API void read_loss_base(const JsonValue& config, ConfigFields& fields, std::string* name, std::string* reduction,
                                 std::string* dtype);

template <class Body>
[[nodiscard]] std::shared_ptr<const LossBase> loss_from_config(const JsonValue& config) {
  typename Body::Options options{};
  std::string *name = nullptr, *reduction = nullptr, *dtype = nullptr;
  if constexpr (requires { options.name; }) name = &options.name;
  if constexpr (requires { options.reduction; }) reduction = &options.reduction;
  if constexpr (requires { options.dtype; }) dtype = &options.dtype;
  ConfigFields fields{JsonView(config)};
  read_loss_base(config, fields, name, reduction, dtype);
  if constexpr (requires(ConfigFields& f) { Body::config(options, f); }) Body::config(options, fields);
  fields.refuse_others(Body::kClassName);
  return std::make_shared<const WithOptions<Body>>(std::move(options));
}

/// Throws NameCollision if the name is registered for another one, or is one of Keras's.
NAMESAKE_API void add_loss_class(std::string_view package, LossClass loss_class, Site site);

}  // namespace nn

/// The handle of a class of one's own: `using Quartic = nk::LossOf<QuarticBody>;` where the body has kClassName, Options
/// (with `name` and `reduction`, if they can be chosen) and, if there are more, `static void config(Options&, ConfigFields&)`.
template <class Body>
class LossOf : public Loss {
 public:
  using BodyType = Body;
  explicit LossOf(typename Body::Options options = {}) : Loss(std::make_shared<const nn::WithOptions<Body>>(std::move(options))) {}
};

/// Makes a class of one's own known under `package>class`, as Keras's decorator does. Twice the same is harmless.
template <class Handle>
void register_loss(std::string_view package = "Custom", Site site = Site::current()) {
  using Body = typename Handle::BodyType;
  nn::add_loss_class(package, {Body::kClassName, &nn::loss_from_config<Body>}, site);
}
/// Makes a function known: as the word `name`, and to files as the function `package>name`. Throws NameCollision if the name
/// is taken.
NAMESAKE_API void register_loss(std::string_view name, LossFunction function, std::string_view package = "Custom",
                                Site site = Site::current());

namespace losses {

/// One of Keras's classes: made of its options.
template <class Options>
class KerasLoss : public Loss {
 public:
  explicit KerasLoss(Options options = {}) : Loss(make_loss(std::move(options))) {}
};

}  // namespace losses
}  // namespace namesake
