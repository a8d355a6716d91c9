// Metric: the handle of a metric, and MetricBase, the body of one. A metric is made of a word, of one of Keras's classes, of a
// C++ function (the mean of its values), or of a class of one's own:
//   nk::Metric a = "accuracy";   nk::Metric b = nk::metrics::Precision({.thresholds = {0.3, 0.7}});
//   nk::Metric c("bias", [](const nk::Tensor& y_true, const nk::Tensor& y_pred) { return y_pred - y_true; });
// register_metric() makes one's own known by name, so that a saved model finds it again. (The registry is listed global state.)
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/base/site.h"
#include "namesake/nn/losses/loss.h"
#include "namesake/nn/with_options.h"
#include "namesake/ops/variable.h"
#include "namesake/tensor/config_fields.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// The body of a metric, for metrics of one's own. Its state is variables; it sees eager tensors only.
class NAMESAKE_API MetricBase {
 public:
  MetricBase(const MetricBase&) = delete;
  MetricBase& operator=(const MetricBase&) = delete;
  virtual ~MetricBase();

  /// Adds a batch. What is done here is not recorded by tapes.
  virtual void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) = 0;
  /// What was gathered since reset_state.
  [[nodiscard]] virtual Tensor result() const = 0;
  /// result() as one number; the mean of several, as Keras's progress bar shows them.
  [[nodiscard]] virtual double value() const;
  /// Makes every variable 0.
  virtual void reset_state();
  /// Appends the members of this class to the config, after name and dtype.
  virtual void extend_config(JsonValue&) const {}

  [[nodiscard]] const std::string& class_name() const noexcept { return class_name_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// False if the name was left out, or comes from a word or a file: it may then get a number in a model's logs.
  [[nodiscard]] bool has_given_name() const noexcept { return name_given_; }
  void set_name(std::string name, bool given = true);
  [[nodiscard]] const std::vector<Variable>& variables() const noexcept { return variables_; }
  /// Of the result.
  [[nodiscard]] DType dtype() const noexcept { return dtype_; }
  /// Where the metric was made.
  [[nodiscard]] Site site() const noexcept { return site_; }
  void set_site(Site site) noexcept { site_ = site; }

 protected:
  /// A name that is left out ("") is the class's name in small letters. `dtype`: "float32" (or "") or "float64".
  MetricBase(std::string class_name, std::string name, std::string_view dtype = "");
  /// Numbers that start at 0, and are 0 again after reset_state. (float64: a float32 stops counting at 16,777,216.)
  Variable add_variable(std::string name, const Shape& shape = Shape::scalar());
  /// `value` as a scalar of dtype().
  [[nodiscard]] Tensor scalar(double value) const;

 private:
  std::string class_name_, name_;
  DType dtype_;
  Site site_;
  bool name_given_;
  std::vector<Variable> variables_;
};

/// A metric: a cheap shared handle.
class NAMESAKE_API Metric {
 public:
  /// No metric.
  Metric() = default;
  /// "mse", "categorical_accuracy", "CategoricalAccuracy", ...: a new one with the defaults, called as the word says; or what
  /// was registered under that name. "accuracy" and "acc" become binary, sparse or categorical accuracy by the shapes of the
  /// first update, as in Keras's compile. Throws Unsupported for a word that is not known.
  Metric(std::string_view word, Site site = Site::current());
  Metric(const char* word, Site site = Site::current()) : Metric(std::string_view(word), site) {}
  Metric(const std::string& word, Site site = Site::current()) : Metric(std::string_view(word), site) {}
  /// The mean of a function's values. It can be saved; to be loaded, the function must be registered under this name.
  Metric(std::string name, LossFunction function, Site site = Site::current());
  explicit Metric(std::shared_ptr<MetricBase> body, Site site = Site::current()) : body_(std::move(body)) { body_->set_site(site); }

  [[nodiscard]] bool defined() const noexcept { return static_cast<bool>(body_); }
  /// Adds a batch. Shapes are fitted as Keras does; y_pred.mask() says which rows count, where Keras asks it. Throws
  /// ShapeMismatch if they do not go together.
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = {}) const;
  /// What was gathered since reset_state: a scalar, or several numbers (F1Score of each class, Precision at thresholds).
  [[nodiscard]] Tensor result() const;
  /// The same as one number, 0 if nothing was gathered; the mean of several, as Keras's progress bar shows them.
  [[nodiscard]] double value() const { return body_->value(); }
  void reset_state() const { body_->reset_state(); }
  [[nodiscard]] const std::vector<Variable>& variables() const { return body_->variables(); }

  [[nodiscard]] const std::string& name() const { return body_->name(); }
  void set_name(std::string name) const { body_->set_name(std::move(name)); }
  /// See MetricBase.
  [[nodiscard]] bool has_given_name() const { return body_->has_given_name(); }
  [[nodiscard]] Site site() const { return body_->site(); }
  /// "SparseCategoricalAccuracy"; "Accuracy" for the word "accuracy".
  [[nodiscard]] const std::string& class_name() const { return body_->class_name(); }
  /// The word that it was made of; "" for an object.
  [[nodiscard]] const std::string& word() const noexcept { return word_; }
  /// The word, or `{"module": "keras.metrics", "class_name": "CategoricalAccuracy", "config": {...}, "registered_name": null}`.
  [[nodiscard]] JsonValue serialize() const;
  /// From words, functions, Keras 3 and Keras 2 objects. Throws Unsupported for a class or an option that is not done here.
  [[nodiscard]] static Metric deserialize(const JsonValue& value);

  [[nodiscard]] const std::shared_ptr<MetricBase>& body() const noexcept { return body_; }
  friend bool operator==(const Metric& a, const Metric& b) noexcept { return a.body_ == b.body_; }

 private:
  friend NAMESAKE_API Metric resolve_accuracy(std::string_view word, const Shape& y_true, const Shape& y_pred);
  std::shared_ptr<MetricBase> body_;
  std::string word_;
  bool is_function_ = false;  // word_ is the registered name of a function
};

/// What the word "accuracy" means for these shapes, by the rule of Keras's compile: "BinaryAccuracy" if the predictions' last
/// axis is 1, "SparseCategoricalAccuracy" if the labels have no axis of classes, else "CategoricalAccuracy".
[[nodiscard]] NAMESAKE_API std::string_view accuracy_class(const Shape& y_true, const Shape& y_pred);
/// That metric, called `word` ("accuracy" or "acc"), which is what serialize() gives.
[[nodiscard]] NAMESAKE_API Metric resolve_accuracy(std::string_view word, const Shape& y_true, const Shape& y_pred);

namespace nn {

/// A class of metrics: how one is made of a config.
struct MetricClass {
  std::string_view class_name;
  std::shared_ptr<MetricBase> (*make)(const JsonValue& config) = nullptr;
};

template <class Body>
[[nodiscard]] std::shared_ptr<MetricBase> metric_from_config(const JsonValue& config) {
  typename Body::Options options{};
  ConfigFields fields{JsonView(config)};
  std::string unused;
  if constexpr (requires { options.name; }) fields("name", options.name);
  else fields("name", unused);
  if constexpr (requires { options.dtype; }) fields("dtype", options.dtype);
  else fields("dtype", unused);
  fields.ignore("fn");  // Keras 2 wrote the function beside the class
  if constexpr (requires(ConfigFields& f) { Body::config(options, f); }) Body::config(options, fields);
  if constexpr (requires { Body::read_nulls(options, config); }) Body::read_nulls(options, config);
  fields.refuse_others(Body::kClassName);
  auto body = std::make_shared<WithOptions<Body>>(std::move(options));
  body->set_name(body->name(), false);
  return body;
}

/// Throws NameCollision if the name is registered for another one, or is one of Keras's.
NAMESAKE_API void add_metric_class(std::string_view package, MetricClass metric_class, Site site);

}  // namespace nn

/// The handle of a class of one's own: `using Bias = nk::MetricOf<BiasBody>;` where the body has kClassName, Options (with
/// `name`) and, if there are more, `static void config(Options&, ConfigFields&)`.
template <class Body>
class MetricOf : public Metric {
 public:
  using BodyType = Body;
  explicit MetricOf(typename Body::Options options = {}, Site site = Site::current())
      : Metric(std::make_shared<nn::WithOptions<Body>>(std::move(options)), site) {}
};

/// Makes a class of one's own known under `package>class`, as Keras's decorator does. Twice the same is harmless.
template <class Handle>
void register_metric(std::string_view package = "Custom", Site site = Site::current()) {
  using Body = typename Handle::BodyType;
  nn::add_metric_class(package, {Body::kClassName, &nn::metric_from_config<Body>}, site);
}
/// Makes a function known: as the word `name`, and to files as the function `package>name`; the metric is the mean of its values.
/// Throws NameCollision if the name is taken.
NAMESAKE_API void register_metric(std::string_view name, LossFunction function, std::string_view package = "Custom",
                                  Site site = Site::current());

namespace metrics {

/// One of Keras's classes: made of its options. A name that is left out is Keras's default.
template <class Options>
class KerasMetric : public Metric {
 public:
  explicit KerasMetric(Options options = {}, Site site = Site::current()) : Metric(make_metric(std::move(options)), site) {}
};

}  // namespace metrics
}  // namespace namesake
