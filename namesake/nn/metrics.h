// Metrics: numbers that are gathered over many batches, as Keras's metrics of the same names do.
//   nk::metrics::SparseCategoricalAccuracy accuracy;
//   accuracy.update_state(y_true, y_pred);   accuracy.value();   accuracy.reset_state();
// Keras has losses and metrics of one name: all metrics are in namesake::metrics.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/ops/variable.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// The body of a metric, for metrics of one's own.
class NAMESAKE_API MetricBase {
 public:
  MetricBase(const MetricBase&) = delete;
  MetricBase& operator=(const MetricBase&) = delete;
  virtual ~MetricBase();

  virtual void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) = 0;
  [[nodiscard]] virtual double value() const = 0;
  /// Appends the members of this class to the config, after name and dtype.
  virtual void extend_config(JsonValue&) const {}

  void reset_state();
  [[nodiscard]] const std::string& class_name() const noexcept { return class_name_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }
  [[nodiscard]] const std::vector<Variable>& variables() const noexcept { return variables_; }

 protected:
  MetricBase(std::string class_name, std::string name) : class_name_(std::move(class_name)), name_(std::move(name)) {}
  /// A scalar that starts at 0, and is 0 again after reset_state. (float64: a float32 stops counting at 16,777,216.)
  Variable add_variable(std::string name);

 private:
  std::string class_name_, name_;
  std::vector<Variable> variables_;
};

/// A metric: a cheap shared handle.
class NAMESAKE_API Metric {
 public:
  /// No metric.
  Metric() = default;
  /// "mse", "categorical_accuracy", "CategoricalAccuracy", ...: a new one with the defaults, called as the word says.
  /// "accuracy" and "acc" become binary, sparse or categorical accuracy by the shapes of the first update, as in Keras's
  /// compile. Throws Unsupported for a word that is not known.
  Metric(std::string_view word);
  Metric(const char* word) : Metric(std::string_view(word)) {}
  Metric(const std::string& word) : Metric(std::string_view(word)) {}
  explicit Metric(std::shared_ptr<MetricBase> body) : body_(std::move(body)) {}

  [[nodiscard]] bool defined() const noexcept { return static_cast<bool>(body_); }
  /// Adds a batch. Shapes are fitted as Keras does. Throws ShapeMismatch if they do not go together.
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = {}) const {
    body_->update_state(y_true, y_pred, sample_weight);
  }
  /// What was gathered since reset_state: a float32 scalar.
  [[nodiscard]] Tensor result() const { return Tensor(static_cast<float>(body_->value())); }
  /// The same number; 0 if nothing was gathered.
  [[nodiscard]] double value() const { return body_->value(); }
  void reset_state() const { body_->reset_state(); }
  [[nodiscard]] const std::vector<Variable>& variables() const { return body_->variables(); }

  [[nodiscard]] const std::string& name() const { return body_->name(); }
  void set_name(std::string name) const { body_->set_name(std::move(name)); }
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
};

/// What the word "accuracy" means for these shapes, by the rule of Keras's compile: "BinaryAccuracy" if the predictions' last
/// axis is 1, "SparseCategoricalAccuracy" if the labels have no axis of classes, else "CategoricalAccuracy".
[[nodiscard]] NAMESAKE_API std::string_view accuracy_class(const Shape& y_true, const Shape& y_pred);
/// That metric, called `word` ("accuracy" or "acc"), which is what serialize() gives.
[[nodiscard]] NAMESAKE_API Metric resolve_accuracy(std::string_view word, const Shape& y_true, const Shape& y_pred);

namespace metrics {

struct MeanOptions {
  std::string name = "mean";
};
/// The mean of values, weighted if weights are given.
class NAMESAKE_API Mean : public Metric {
 public:
  explicit Mean(MeanOptions options = {});
  void update_state(const Tensor& values, const Tensor& sample_weight = {}) const { Metric::update_state(values, sample_weight); }
  /// One value, without a tensor.
  void add(double value, double weight = 1.0) const;
};

struct AccuracyOptions {
  std::string name = "accuracy";
};
/// How often predictions equal labels.
class NAMESAKE_API Accuracy : public Metric {
 public:
  explicit Accuracy(AccuracyOptions options = {});
};

struct BinaryAccuracyOptions {
  std::string name = "binary_accuracy";
  double threshold = 0.5;
};
/// How often predictions above the threshold are labels of 1.
class NAMESAKE_API BinaryAccuracy : public Metric {
 public:
  explicit BinaryAccuracy(BinaryAccuracyOptions options = {});
};

struct CategoricalAccuracyOptions {
  std::string name = "categorical_accuracy";
};
/// How often the largest prediction is at the largest label (one-hot).
class NAMESAKE_API CategoricalAccuracy : public Metric {
 public:
  explicit CategoricalAccuracy(CategoricalAccuracyOptions options = {});
};

struct SparseCategoricalAccuracyOptions {
  std::string name = "sparse_categorical_accuracy";
};
/// How often the largest prediction is the label (a class number).
class NAMESAKE_API SparseCategoricalAccuracy : public Metric {
 public:
  explicit SparseCategoricalAccuracy(SparseCategoricalAccuracyOptions options = {});
};

struct TopKCategoricalAccuracyOptions {
  std::int64_t k = 5;
  std::string name = "top_k_categorical_accuracy";
};
/// How often the label (one-hot) is among the k largest predictions.
class NAMESAKE_API TopKCategoricalAccuracy : public Metric {
 public:
  explicit TopKCategoricalAccuracy(TopKCategoricalAccuracyOptions options = {});
};

struct SparseTopKCategoricalAccuracyOptions {
  std::int64_t k = 5;
  std::string name = "sparse_top_k_categorical_accuracy";
};
/// How often the label (a class number) is among the k largest predictions.
class NAMESAKE_API SparseTopKCategoricalAccuracy : public Metric {
 public:
  explicit SparseTopKCategoricalAccuracy(SparseTopKCategoricalAccuracyOptions options = {});
};

struct MeanSquaredErrorOptions {
  std::string name = "mean_squared_error";
};
class NAMESAKE_API MeanSquaredError : public Metric {
 public:
  explicit MeanSquaredError(MeanSquaredErrorOptions options = {});
};

struct MeanAbsoluteErrorOptions {
  std::string name = "mean_absolute_error";
};
class NAMESAKE_API MeanAbsoluteError : public Metric {
 public:
  explicit MeanAbsoluteError(MeanAbsoluteErrorOptions options = {});
};

struct CategoricalCrossentropyOptions {
  std::string name = "categorical_crossentropy";
  bool from_logits = false;
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
};
class NAMESAKE_API CategoricalCrossentropy : public Metric {
 public:
  explicit CategoricalCrossentropy(CategoricalCrossentropyOptions options = {});
};

struct SparseCategoricalCrossentropyOptions {
  std::string name = "sparse_categorical_crossentropy";
  bool from_logits = false;
};
class NAMESAKE_API SparseCategoricalCrossentropy : public Metric {
 public:
  explicit SparseCategoricalCrossentropy(SparseCategoricalCrossentropyOptions options = {});
};

struct BinaryCrossentropyOptions {
  std::string name = "binary_crossentropy";
  bool from_logits = false;
  double label_smoothing = 0.0;
};
class NAMESAKE_API BinaryCrossentropy : public Metric {
 public:
  explicit BinaryCrossentropy(BinaryCrossentropyOptions options = {});
};

}  // namespace metrics
}  // namespace namesake
