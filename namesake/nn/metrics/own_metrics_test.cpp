// Metrics of the user's own, wrapped functions, and the words and objects by which metrics are named in files.
#include <gtest/gtest.h>

#include "namesake/base/error.h"
#include "namesake/nn/losses.h"
#include "namesake/nn/metrics.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/unary.h"

namespace namesake {
namespace {

Tensor matrix(std::initializer_list<float> values, std::int64_t columns) {
  return Tensor::of(values, {static_cast<std::int64_t>(values.size()) / columns, columns});
}
Tensor bias(const Tensor& y_true, const Tensor& y_pred) { return mean(y_pred - y_true, -1); }
const Tensor kTrue = matrix({1, 2, 3, 4}, 2), kPred = matrix({2, 3, 3, 7}, 2);

/// The largest error so far.
class LargestErrorBody : public MetricBase {
 public:
  static constexpr std::string_view kClassName = "LargestError";
  struct Options {
    double scale = 1;
    std::string name = "";
  };
  static void config(Options& o, ConfigFields& f) { f("scale", o.scale); }
  explicit LargestErrorBody(const Options& o) : MetricBase(std::string(kClassName), o.name), scale_(o.scale) { largest_ = add_variable("largest"); }
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor&) override {
    double& largest = largest_.update<double>()[0];
    largest = std::max(largest, scale_ * max(abs(y_true - y_pred)).item<double>());
  }
  [[nodiscard]] Tensor result() const override { return scalar(largest_.value().item<double>()); }

 private:
  double scale_;
  Variable largest_;
};
using LargestError = MetricOf<LargestErrorBody>;

TEST(OwnMetric, IsTheMeanOfAFunction) {
  const Metric metric("bias", bias);
  metric.update_state(kTrue, kPred);
  metric.update_state(kTrue, kTrue, Tensor::of<float>({1, 3}, {2}));
  EXPECT_NEAR(metric.value(), (1 + 1.5) / (2 + 4), 1e-12);
  EXPECT_EQ(metric.name(), "bias");
  EXPECT_THROW(Metric("nothing", LossFunction()), InvalidArgument);
}

TEST(OwnMetric, IsFoundByTheNameItWasRegisteredBy) {
  EXPECT_THROW(Metric("own_bias"), Unsupported);
  register_metric("own_bias", bias, "pk");
  const Metric metric("own_bias");
  // What Keras writes for a registered function.
  EXPECT_EQ(to_json(metric.serialize()), R"({"module": "builtins", "class_name": "function", "config": "pk>own_bias", "registered_name": "function"})");
  const Metric again = Metric::deserialize(metric.serialize());
  again.update_state(kTrue, kPred);
  EXPECT_EQ(again.value(), 1.25);
  EXPECT_EQ(again.name(), "own_bias");
  EXPECT_THROW(register_metric("own_bias", bias, "pk"), NameCollision);
  EXPECT_THROW(register_metric("accuracy", bias), NameCollision);
  EXPECT_THROW(register_metric("auc", bias), NameCollision);
}

TEST(OwnMetric, IsAClassWithStateAndAConfig) {
  register_metric<LargestError>("pk");
  register_metric<LargestError>("pk");  // twice the same is harmless
  const LargestError metric({.scale = 2});
  metric.update_state(kTrue, kPred);
  EXPECT_EQ(metric.value(), 6);
  EXPECT_EQ(to_json(metric.serialize()), R"({"module": null, "class_name": "LargestError", "config": {"name": "largest_error", "dtype": "float32", "scale": 2.0}, "registered_name": "pk>LargestError"})");
  const Metric again = Metric::deserialize(metric.serialize());
  again.update_state(kTrue, kPred);
  EXPECT_EQ(again.value(), 6);
  again.reset_state();
  EXPECT_EQ(again.value(), 0);
}

TEST(MeanMetricWrapper, IsTheMeanOfALossAndIsSavedAsItsFunction) {
  struct Row {
    Loss fn;
    std::string saved;
    double result;
  };
  const std::string head = R"({"module": "builtins", "class_name": "function", "config": ")", tail = R"(", "registered_name": "function"})";
  const Row rows[] = {{"mse", head + "mean_squared_error" + tail, (1 + 4.5) / 2},
                      {losses::Huber({.delta = 2}), head + "huber" + tail + R"(, "delta": 2.0)", (0.5 + 2) / 2},
                      {losses::MeanAbsoluteError({.reduction = "sum"}), head + "mean_absolute_error" + tail, (1 + 1.5) / 2}};
  for (const Row& row : rows) {
    const metrics::MeanMetricWrapper metric({.fn = row.fn, .name = "x"});
    metric.update_state(kTrue, kPred);
    EXPECT_NEAR(metric.value(), row.result, 1e-6) << row.saved;
    const std::string expected = R"({"module": "keras.metrics", "class_name": "MeanMetricWrapper", "config": {"name": "x", "dtype": "float32", "fn": )" + row.saved + R"(}, "registered_name": null})";
    EXPECT_EQ(to_json(metric.serialize()), expected);
    const Metric again = Metric::deserialize(metric.serialize());
    again.update_state(kTrue, kPred);
    EXPECT_NEAR(again.value(), row.result, 1e-6);
    EXPECT_EQ(to_json(again.serialize()), expected);
  }
  EXPECT_THROW(metrics::MeanMetricWrapper(), InvalidArgument);
  EXPECT_THROW(metrics::MeanMetricWrapper({.fn = losses::CategoricalGeneralizedCrossEntropy()}), Unsupported);
}

TEST(Metric, TakesALossThatIsNoMetricFromAFile) {  // metrics=[keras.losses.huber]
  const JsonValue function = JsonValue::object({{"module", "builtins"}, {"class_name", "function"}, {"config", "huber"}, {"registered_name", "function"}});
  const Metric metric = Metric::deserialize(function);
  metric.update_state(kTrue, kPred);
  EXPECT_NEAR(metric.value(), (0.5 + 1.25) / 2, 1e-6);
  EXPECT_EQ(metric.name(), "huber");
  EXPECT_EQ(metric.serialize(), function);
}

TEST(Metric, TakesEveryWordOfKeras) {
  // The keys of keras.metrics.ALL_OBJECTS_DICT in Keras 3.15.1, without base classes, segmentation, and classes that need options.
  const char* const words[] = {
      "AUC", "Accuracy", "BCE", "BinaryAccuracy", "BinaryCrossentropy", "CategoricalAccuracy", "CategoricalCrossentropy", "CategoricalHinge",
      "ConcordanceCorrelation", "CosineSimilarity", "F1Score", "FBetaScore", "FalseNegatives", "FalsePositives", "Hinge", "KLDivergence",
      "LogCoshError", "MAE", "MAPE", "MSE", "MSLE", "Mean", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError",
      "MeanSquaredLogarithmicError", "PearsonCorrelation", "Poisson", "Precision", "R2Score", "Recall", "RootMeanSquaredError",
      "SparseCategoricalAccuracy", "SparseCategoricalCrossentropy", "SparseTopKCategoricalAccuracy", "SquaredHinge", "Sum",
      "TopKCategoricalAccuracy", "TrueNegatives", "TruePositives", "accuracy", "auc", "bce", "binary_accuracy", "binary_crossentropy",
      "categorical_accuracy", "categorical_crossentropy", "categorical_hinge", "concordance_correlation", "cosine_similarity", "f1_score",
      "f_beta_score", "false_negatives", "false_positives", "hinge", "kl_divergence", "log_cosh_error", "mae", "mape", "mean",
      "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_error", "mean_squared_logarithmic_error", "mse", "msle",
      "pearson_correlation", "poisson", "precision", "r2_score", "recall", "root_mean_squared_error", "sparse_categorical_accuracy",
      "sparse_categorical_crossentropy", "sparse_top_k_categorical_accuracy", "squared_hinge", "sum", "top_k_categorical_accuracy",
      "true_negatives", "true_positives"};
  for (const char* word : words) {
    const Metric metric(word);
    EXPECT_EQ(metric.name(), word);
    EXPECT_FALSE(metric.has_given_name()) << word;
    EXPECT_EQ(metric.serialize(), JsonValue(word));
  }
}

// What keras.saving.serialize_keras_object gives in Keras 3.15.1.
TEST(Metric, WritesEveryClassAsKerasDoes) {
  struct Row {
    Metric metric;
    std::string name, rest;
  };
  const Row rows[] = {
      {metrics::Sum(), "sum", ""},
      {metrics::LogCoshError(), "logcosh", ""},
      {metrics::RootMeanSquaredError(), "root_mean_squared_error", ""},
      {metrics::CosineSimilarity(), "cosine_similarity", ""},
      {metrics::CosineSimilarity({.axis = 1}), "cosine_similarity", R"(, "axis": 1)"},  // Keras forgets it
      {metrics::PearsonCorrelation(), "pearson_correlation", R"(, "axis": -1)"},
      {metrics::TruePositives(), "true_positives", R"(, "thresholds": null)"},
      {metrics::Precision({.thresholds = {0.2, 0.7}, .name = "p"}), "p", R"(, "thresholds": [0.2, 0.7], "top_k": null, "class_id": null)"},
      {metrics::Recall({.thresholds = 0.3, .top_k = 2, .class_id = 1}), "recall", R"(, "thresholds": 0.3, "top_k": 2, "class_id": 1)"},
      {metrics::PrecisionAtRecall({.recall = 0.5}), "precision_at_recall", R"(, "class_id": null, "num_thresholds": 200, "recall": 0.5)"},
      {metrics::SensitivityAtSpecificity({.specificity = 0.5}), "sensitivity_at_specificity", R"(, "class_id": null, "num_thresholds": 200, "specificity": 0.5)"},
      {metrics::AUC(), "auc",
       R"(, "num_thresholds": 200, "curve": "ROC", "summation_method": "interpolation", "multi_label": false, "num_labels": null, "label_weights": null, "from_logits": false)"},
      {metrics::AUC({.curve = "PR", .summation_method = "majoring", .thresholds = {0.1, 0.3}, .label_weights = {1, 2}}), "auc",
       R"(, "num_thresholds": 4, "curve": "PR", "summation_method": "majoring", "multi_label": false, "num_labels": null, "label_weights": {"class_name": "__tensor__", "config": {"value": [1.0, 2.0], "dtype": "float32"}}, "from_logits": false, "thresholds": [0.1, 0.3])"},
      {metrics::F1Score(), "f1_score", R"(, "average": null, "threshold": null)"},
      {metrics::FBetaScore({.average = "macro", .beta = 2}), "fbeta_score", R"(, "average": "macro", "beta": 2.0, "threshold": null)"},
      {metrics::R2Score(), "r2_score", R"(, "class_aggregation": "uniform_average", "num_regressors": 0)"},
      {metrics::R2Score({.class_aggregation = ""}), "r2_score", R"(, "class_aggregation": null, "num_regressors": 0)"},
      {metrics::SparseTopKCategoricalAccuracy({.from_sorted_ids = true}), "sparse_top_k_categorical_accuracy", R"(, "k": 5, "from_sorted_ids": true)"},
  };
  for (const Row& row : rows) {
    const JsonValue json = row.metric.serialize();
    EXPECT_EQ(to_json(json), R"({"module": "keras.metrics", "class_name": ")" + row.metric.class_name() + R"(", "config": {"name": ")" + row.name +
                                 R"(", "dtype": "float32")" + row.rest + R"(}, "registered_name": null})");
    EXPECT_EQ(to_json(Metric::deserialize(json).serialize()), to_json(json));
  }
}

TEST(Metric, GivesSeveralNumbersAndTheirMean) {
  const metrics::Precision precision({.thresholds = {0.0, 0.5}});
  precision.update_state(Tensor::of<float>({1, 0, 0, 1}, {4}), Tensor::of<float>({0.9F, 0.3F, 0.2F, 0.1F}, {4}));
  EXPECT_EQ(precision.result().to_vector<float>(), (std::vector<float>{0.5F, 1}));
  EXPECT_EQ(precision.value(), 0.75);
}

TEST(Metric, RefusesOptionsOutsideTheirRange) {
  EXPECT_THROW(metrics::Precision({.thresholds = 1.5}), InvalidArgument);
  EXPECT_THROW(metrics::AUC({.num_thresholds = 1}), InvalidArgument);
  EXPECT_THROW(metrics::AUC({.curve = "PRC"}), InvalidArgument);
  EXPECT_THROW(metrics::AUC({.num_labels = 2}), InvalidArgument);
  EXPECT_THROW(metrics::F1Score({.average = "mean"}), InvalidArgument);
  EXPECT_THROW(metrics::FBetaScore({.beta = 0}), InvalidArgument);
  EXPECT_THROW(metrics::F1Score({.threshold = 0.0}), InvalidArgument);
  EXPECT_THROW(metrics::R2Score({.num_regressors = -1}), InvalidArgument);
  EXPECT_THROW(metrics::RecallAtPrecision({.precision = -0.1}), InvalidArgument);
  EXPECT_THROW(metrics::RecallAtPrecision({.num_thresholds = 0}), InvalidArgument);
}

TEST(Metric, RefusesShapesItCannotCount) {
  const Tensor three = matrix({1, 0, 1, 0, 1, 0}, 3);
  EXPECT_THROW(metrics::F1Score().update_state(kTrue, three), ShapeMismatch);
  EXPECT_THROW(metrics::R2Score().update_state(kTrue, three), ShapeMismatch);
  EXPECT_THROW(metrics::Precision().update_state(kTrue, three), ShapeMismatch);
  EXPECT_THROW(metrics::Precision({.class_id = 3}).update_state(three, three), InvalidArgument);
  EXPECT_THROW(metrics::Recall({.top_k = 4}).update_state(three, three), InvalidArgument);
  EXPECT_THROW(metrics::AUC().update_state(three, three, Tensor::of<float>({1, 2, 3}, {3})), ShapeMismatch);
  const metrics::F1Score two_classes;
  two_classes.update_state(kTrue, kPred);
  EXPECT_THROW(two_classes.update_state(three, three), ShapeMismatch);
}

}  // namespace
}  // namespace namesake
