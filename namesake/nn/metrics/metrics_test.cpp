// The metrics are compared with Keras's over several batches in tests/golden/metrics_golden_test.cpp.
#include "namesake/nn/metrics.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/error.h"
#include "namesake/ops/variable.h"

namespace namesake {
namespace {

Tensor matrix(std::initializer_list<float> values, std::int64_t columns) {
  return Tensor::of(values, {static_cast<std::int64_t>(values.size()) / columns, columns});
}
Tensor vector(std::initializer_list<float> values) { return Tensor::of(values, {static_cast<std::int64_t>(values.size())}); }
Tensor classes(std::initializer_list<std::int32_t> values) { return Tensor::of(values, {static_cast<std::int64_t>(values.size())}); }

TEST(Mean, WeighsValuesAsKerasDoes) {
  const Tensor values = matrix({1, 2, 3, 5}, 2);
  struct Row {
    Tensor values, weight;
    double result, total, count;  // Keras 3.15.1
  };
  const Row rows[] = {{vector({1, 2, 3}), {}, 2, 6, 3},
                      {values, vector({1, 3}), 3.375, 13.5, 4},
                      {values, matrix({1, 0, 2, 2}, 2), 3.4, 8.5, 2.5},
                      {values, matrix({1, 2}, 1), 3.1666667461395264, 9.5, 3},
                      {values, Tensor(2.0F), 2.75, 5.5, 2},
                      {Tensor(4.0F), Tensor(8.0F), 4, 32, 8}};
  for (const Row& row : rows) {
    const metrics::Mean mean;
    mean.update_state(row.values, row.weight);
    EXPECT_NEAR(mean.value(), row.result, 1e-6);
    ASSERT_EQ(mean.variables().size(), 2U);
    EXPECT_EQ(mean.variables()[0].name(), "total");
    EXPECT_EQ(mean.variables()[1].name(), "count");
    EXPECT_NEAR(mean.variables()[0].value().item<double>(), row.total, 1e-6);
    EXPECT_NEAR(mean.variables()[1].value().item<double>(), row.count, 1e-6);
  }
}

TEST(Mean, IsZeroBeforeAnythingAndAfterAReset) {
  const metrics::Mean mean({.name = "loss"});
  EXPECT_EQ(mean.value(), 0.0);
  mean.add(2.5, 4);
  mean.add(0.5, 1);
  EXPECT_NEAR(mean.value(), 2.1, 1e-12);
  EXPECT_NEAR(mean.result().item<float>(), 2.1, 1e-6);
  mean.reset_state();
  EXPECT_EQ(mean.value(), 0.0);
  EXPECT_EQ(mean.name(), "loss");
}

TEST(Mean, GoesOnCountingBeyondWhatAFloatCan) {
  const metrics::Mean mean;
  mean.add(1, 16777216);
  for (int i = 0; i < 4; ++i) mean.add(0, 1);
  EXPECT_EQ(mean.variables()[1].value().item<double>(), 16777220.0);
}

TEST(Mean, RefusesLabelsAndPredictionsAndWeights) {
  const Metric mean = metrics::Mean();
  EXPECT_THROW(mean.update_state(vector({1}), vector({1}), vector({1})), InvalidArgument);
  EXPECT_THROW(mean.update_state(vector({1, 2, 3}), vector({1, 2})), ShapeMismatch);
}

TEST(Metric, ResolvesAccuracyByTheShapesAsKerasesCompileDoes) {
  struct Row {
    Shape y_true, y_pred;
    std::string_view expected;
  };
  const Row rows[] = {{{8, 1}, {8, 1}, "BinaryAccuracy"},          {{8}, {8, 1}, "BinaryAccuracy"},
                      {{8}, {8, 10}, "SparseCategoricalAccuracy"}, {{8, 1}, {8, 10}, "SparseCategoricalAccuracy"},
                      {{8, 10}, {8, 10}, "CategoricalAccuracy"},   {{8, 5}, {8, 5, 10}, "SparseCategoricalAccuracy"},
                      {{-1, 3}, {-1, 3}, "CategoricalAccuracy"}};
  for (const Row& row : rows) {
    EXPECT_EQ(accuracy_class(row.y_true, row.y_pred), row.expected) << to_string(row.y_true) << " " << to_string(row.y_pred);
    const Metric metric = resolve_accuracy("acc", row.y_true, row.y_pred);
    EXPECT_EQ(metric.class_name(), row.expected);
    EXPECT_EQ(metric.name(), "acc");
    EXPECT_EQ(metric.serialize(), JsonValue("acc"));
  }
}

TEST(Metric, SettlesTheWordAccuracyAtTheFirstUpdate) {
  const Tensor scores = matrix({0.1F, 0.9F, 0.8F, 0.2F}, 2);
  const Metric sparse("accuracy");
  sparse.update_state(classes({1, 1}), scores);
  EXPECT_EQ(sparse.value(), 0.5);
  const Metric categorical("accuracy");
  categorical.update_state(matrix({0, 1, 1, 0}, 2), scores);
  EXPECT_EQ(categorical.value(), 1.0);
  const Metric binary("Accuracy");
  binary.update_state(matrix({1, 0, 1, 1}, 1), matrix({0.9F, 0.2F, 0.3F, 0.7F}, 1));
  EXPECT_EQ(binary.value(), 0.75);
  EXPECT_EQ(binary.name(), "Accuracy");
  EXPECT_EQ(sparse.serialize(), JsonValue("accuracy"));
}

TEST(Metric, TakesLabelsOfAnyNumericDtype) {
  const Tensor scores = matrix({0.1F, 0.9F, 0.8F, 0.2F}, 2);
  const Tensor rows[] = {Tensor::of<std::int64_t>({1, 1}, {2}), Tensor::of<std::uint8_t>({1, 1}, {2}), Tensor::of<float>({1, 1}, {2}),
                         Tensor::of<double>({1, 1}, {2, 1}),    Tensor::of<std::int32_t>({1, 1}, {2, 1})};
  for (const Tensor& labels : rows) {
    const metrics::SparseCategoricalAccuracy accuracy;
    accuracy.update_state(labels, scores);
    EXPECT_EQ(accuracy.value(), 0.5) << to_string(labels.dtype());
  }
}

TEST(Accuracy, ComparesLargeIntegersExactly) {
  const metrics::Accuracy accuracy;
  accuracy.update_state(Tensor::of<std::int64_t>({16777217, 5}, {2}), Tensor::of<std::int64_t>({16777216, 5}, {2}));
  EXPECT_EQ(accuracy.value(), 0.5);
}

TEST(TopKAccuracy, CountsWhatIsNotFiniteAsWrong) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const metrics::SparseTopKCategoricalAccuracy accuracy({.k = 2});
  accuracy.update_state(classes({0, 0, 7, 2}), matrix({1, 2, 3, kInfinity, 0, 0, 1, 2, 3, 3, 3, 3}, 3));
  EXPECT_EQ(accuracy.value(), 0.25);  // third largest; not finite; no such class; a tie
  EXPECT_THROW(metrics::TopKCategoricalAccuracy({.k = 0}), InvalidArgument);
}

TEST(Metric, RefusesShapesThatDoNotGoTogether) {
  const Tensor scores = matrix({0.1F, 0.9F, 0.8F, 0.2F}, 2);
  EXPECT_THROW(metrics::SparseCategoricalAccuracy().update_state(classes({1, 1, 0}), scores), ShapeMismatch);
  EXPECT_THROW(metrics::CategoricalAccuracy().update_state(classes({1, 1}), scores), ShapeMismatch);
  EXPECT_THROW(metrics::MeanSquaredError().update_state(matrix({1, 2, 3}, 3), scores), ShapeMismatch);
  EXPECT_THROW(metrics::BinaryAccuracy().update_state(scores, scores, vector({1, 2, 3})), ShapeMismatch);
}

TEST(Metric, IsNotSeenByATape) {
  const Variable w(matrix({0.5F, 2}, 1));
  GradientTape tape;
  const Tensor prediction = w.value();
  metrics::CategoricalCrossentropy().update_state(matrix({1, 1}, 1), prediction);
  EXPECT_EQ(tape.gradient(prediction, w).to_vector<float>(), (std::vector<float>{1, 1}));
}

// What keras.saving.serialize_keras_object gives in Keras 3.15.1.
TEST(Metric, WritesWhatKerasWritesAndReadsItBack) {
  struct Row {
    Metric metric;
    std::string class_name, config;
  };
  const Row rows[] = {
      {metrics::Mean(), "Mean", R"({"name": "mean", "dtype": "float32"})"},
      {metrics::Accuracy(), "Accuracy", R"({"name": "accuracy", "dtype": "float32"})"},
      {metrics::BinaryAccuracy({.threshold = 0.7}), "BinaryAccuracy", R"({"name": "binary_accuracy", "dtype": "float32", "threshold": 0.7})"},
      {metrics::CategoricalAccuracy(), "CategoricalAccuracy", R"({"name": "categorical_accuracy", "dtype": "float32"})"},
      {metrics::SparseCategoricalAccuracy({.name = "s"}), "SparseCategoricalAccuracy", R"({"name": "s", "dtype": "float32"})"},
      {metrics::TopKCategoricalAccuracy(), "TopKCategoricalAccuracy", R"({"name": "top_k_categorical_accuracy", "dtype": "float32", "k": 5})"},
      {metrics::SparseTopKCategoricalAccuracy(), "SparseTopKCategoricalAccuracy",
       R"({"name": "sparse_top_k_categorical_accuracy", "dtype": "float32", "k": 5})"},
      {metrics::MeanSquaredError(), "MeanSquaredError", R"({"name": "mean_squared_error", "dtype": "float32"})"},
      {metrics::MeanAbsoluteError(), "MeanAbsoluteError", R"({"name": "mean_absolute_error", "dtype": "float32"})"},
      {metrics::CategoricalCrossentropy(), "CategoricalCrossentropy",
       R"({"name": "categorical_crossentropy", "dtype": "float32", "from_logits": false, "label_smoothing": 0, "axis": -1})"},
      {metrics::SparseCategoricalCrossentropy(), "SparseCategoricalCrossentropy",
       R"({"name": "sparse_categorical_crossentropy", "dtype": "float32", "from_logits": false, "ignore_class": null, "axis": -1})"},
      {metrics::BinaryCrossentropy(), "BinaryCrossentropy",
       R"({"name": "binary_crossentropy", "dtype": "float32", "from_logits": false, "label_smoothing": 0})"},
  };
  for (const Row& row : rows) {
    const JsonValue json = row.metric.serialize();
    EXPECT_EQ(to_json(json),
              R"({"module": "keras.metrics", "class_name": ")" + row.class_name + R"(", "config": )" + row.config + R"(, "registered_name": null})");
    EXPECT_EQ(to_json(Metric::deserialize(json).serialize()), to_json(json));
  }
}

TEST(Metric, KeepsTheWordThatItWasMadeOf) {
  struct Row {
    const char *word, *class_name;
  };
  const Row rows[] = {{"mse", "MeanSquaredError"},           {"MAE", "MeanAbsoluteError"},
                      {"MeanSquaredError", "MeanSquaredError"}, {"categorical_accuracy", "CategoricalAccuracy"},
                      {"bce", "BinaryCrossentropy"},         {"acc", "Accuracy"}};
  for (const Row& row : rows) {
    const Metric metric = Metric::deserialize(row.word);
    EXPECT_EQ(metric.class_name(), row.class_name) << row.word;
    EXPECT_EQ(metric.name(), row.word);
    EXPECT_EQ(metric.serialize(), JsonValue(row.word));
  }
}

TEST(Metric, ReadsWhatKeras2Wrote) {
  const JsonValue config = JsonValue::object({{"name", "acc"}, {"dtype", "float32"}, {"fn", "sparse_categorical_accuracy"}});
  const Metric metric = Metric::deserialize(JsonValue::object({{"class_name", "MeanMetricWrapper"}, {"config", config}}));
  EXPECT_EQ(metric.class_name(), "SparseCategoricalAccuracy");
  EXPECT_EQ(metric.name(), "acc");
  EXPECT_THROW((void)Metric::deserialize(JsonValue::object({{"class_name", "MeanMetricWrapper"}, {"config", JsonValue::object()}})), Unsupported);
}

TEST(Metric, NamesWhatItDoesNotKnow) {
  EXPECT_THROW(Metric("Mse"), Unsupported);  // Keras takes mse and MSE
  EXPECT_THROW(Metric("precision_at_recall"), Unsupported);  // Keras cannot make it without a recall
  const std::pair<const char*, JsonValue> rows[] = {{"dtype", "float16"}, {"from_sorted_ids", 1}, {"axis", 1}};
  for (const auto& [key, value] : rows) {
    JsonValue config = JsonValue::object({{"name", "x"}, {"dtype", "float32"}, {"ignore_class", nullptr}, {"axis", -1}});
    config.set(key, value);
    const JsonValue object = JsonValue::object({{"class_name", "SparseCategoricalCrossentropy"}, {"config", config}});
    EXPECT_THROW((void)Metric::deserialize(object), Unsupported) << key;
  }
}

}  // namespace
}  // namespace namesake
