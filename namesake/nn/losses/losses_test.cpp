// The values and gradients of the losses are compared with Keras's in tests/golden/losses_golden_test.cpp.
#include "namesake/nn/losses.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/error.h"
#include "namesake/nn/activations.h"

namespace namesake {
namespace {

Tensor matrix(std::initializer_list<float> values, std::int64_t columns) {
  return Tensor::of(values, {static_cast<std::int64_t>(values.size()) / columns, columns});
}
Tensor vector(std::initializer_list<float> values) { return Tensor::of(values, {static_cast<std::int64_t>(values.size())}); }
void expect_near(const Tensor& value, std::initializer_list<float> expected) {
  ASSERT_EQ(value.size(), static_cast<std::int64_t>(expected.size())) << to_string(value);
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(value.data<float>()[i], expected.begin()[i], 2e-6) << "number " << i;
}

TEST(Loss, WorksOnTheLogitsBehindAPrediction) {
  const Tensor x = matrix({0.3F, -1, 2}, 3), y = matrix({1, 0, 1}, 3);
  const Tensor after_softmax = ActivationFunction("softmax")(x), after_sigmoid = ActivationFunction("sigmoid")(x);
  // Keras takes the logits that a prediction remembers, whatever made it.
  expect_near(CategoricalCrossentropy()(y, after_softmax), {2.1180415F});
  expect_near(CategoricalCrossentropy()(y, after_sigmoid), {2.1180415F});
  expect_near(CategoricalCrossentropy({.from_logits = true})(y, x), {2.1180415F});
  expect_near(CategoricalCrossentropy()(y, after_sigmoid.copy()), {1.7707877F});
  expect_near(BinaryCrossentropy()(y, after_sigmoid), {0.33151498F});
  expect_near(BinaryCrossentropy()(y, after_softmax), {0.33151498F});
  expect_near(BinaryCrossentropy()(y, after_softmax.copy()), {0.7197587F});
}

TEST(Loss, HasAFiniteGradientWhereTheProbabilityIsZero) {
  const Variable x(matrix({100, -100}, 2));
  GradientTape tape;
  const Tensor loss = CategoricalCrossentropy()(matrix({0, 1}, 2), ActivationFunction("softmax")(x.value()));
  EXPECT_NEAR(loss.item<float>(), 200, 1e-3);
  expect_near(tape.gradient(loss, x), {1, -1});
}

TEST(Loss, TakesAnyAxisAndAnyRank) {
  const Tensor y = Tensor::of<float>({0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0}, {2, 2, 3});
  const Tensor q = Tensor::of<float>({0, 0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F, 0.7F, 0.8F, 0.9F, 1.0F, 1.1F}, {2, 2, 3});
  const Tensor classes = Tensor::of<std::int64_t>({1, 0, 2, 1}, {2, 2});
  expect_near(CategoricalCrossentropy({.from_logits = true, .axis = 1, .reduction = "none"})(y, q),
              {0.55435526F, 0.8543553F, 0, 0, 0.55435526F, 0.8543553F});
  expect_near(CategoricalCrossentropy({.axis = 1, .reduction = "none"})(y, q),
              {1.192093e-07F, 1.609438F, 0, 0, 0.5306283F, 0.8649975F});
  expect_near(CategoricalCrossentropy({.from_logits = true})(y, q), {1.1019429F});
  expect_near(SparseCategoricalCrossentropy({.from_logits = true})(classes, q), {1.1019429F});
  expect_near(SparseCategoricalCrossentropy()(classes, q), {1.1286746F});
  expect_near(BinaryCrossentropy({.from_logits = true, .axis = 0, .reduction = "none"})(y, q),
              {0.8653176F, 0.87379134F, 0.58461976F, 0.89775455F, 0.61313844F, 1.1807061F});
}

TEST(Loss, FitsALastAxisOfOne) {
  expect_near(MeanSquaredError()(vector({1, 2}), matrix({0.5F, 4}, 1)), {2.125F});
  expect_near(MeanSquaredError()(matrix({1, 2}, 1), vector({0.5F, 4})), {2.125F});
  expect_near(MeanAbsoluteError()(matrix({1, 2}, 2), matrix({0.5F, 4}, 2)), {1.25F});
}

TEST(Loss, CountsOnlyWhatTheMaskLeaves) {
  const Tensor p = matrix({0.1F, 0.9F, 0.3F, 0.7F, 0.6F, 0.4F}, 2), t = matrix({0, 1, 1, 0, 1, 1}, 2), weight = vector({1, 2, 3});
  p.set_mask(Tensor::of<bool>({true, false, true}, {3}));
  struct Row {
    const char* reduction;
    std::vector<float> plain, weighted;  // Keras 3.15.1
  };
  const Row rows[] = {{"sum_over_batch_size", {0.135F}, {0.39499998F}},
                      {"mean", {0.135F}, {0.39499998F}},
                      {"sum", {0.26999998F}, {0.78999996F}},
                      {"none", {0.01F, 0, 0.26F}, {0.01F, 0, 0.78F}},
                      {"mean_with_sample_weight", {0.13499999F}, {0.19749999F}}};
  for (const Row& row : rows) {
    const MeanSquaredError loss({.reduction = row.reduction});
    for (std::size_t i = 0; i < row.plain.size(); ++i) {
      EXPECT_NEAR(loss(t, p).data<float>()[i], row.plain[i], 1e-6) << row.reduction;
      EXPECT_NEAR(loss(t, p, weight).data<float>()[i], row.weighted[i], 1e-6) << row.reduction;
    }
  }
}

TEST(Loss, IgnoresAClassThatItsLabelsCannotHold) {
  const Tensor labels = Tensor::of<std::uint8_t>({0, 1, 1}, {3});
  const Tensor p = matrix({0.1F, 0.9F, 0.3F, 0.7F, 0.6F, 0.4F}, 2);
  expect_near(SparseCategoricalCrossentropy({.ignore_class = 1, .reduction = "sum"})(labels, p), {2.3025851F});
  expect_near(SparseCategoricalCrossentropy({.ignore_class = -1})(labels, p), {(2.3025851F + 0.35667494F + 0.9162907F) / 3});
}

TEST(Loss, GivesZeroForAnEmptyBatch) {
  const Tensor none = Tensor::empty(DType::kFloat32, {0, 3});
  EXPECT_EQ(MeanSquaredError()(none, none).size(), 0);  // as Keras: there is nothing to take the mean of
  const Tensor cube = Tensor::empty(DType::kFloat32, {0, 2, 3});
  EXPECT_EQ(MeanSquaredError()(cube, cube).item<float>(), 0.0F);
}

TEST(Loss, InfersTheShapeOfWhatIsSymbolic) {
  const Tensor y = Tensor::symbolic(DType::kFloat32, {-1, 3}, nullptr), p = Tensor::symbolic(DType::kFloat32, {-1, 3}, nullptr);
  EXPECT_EQ(CategoricalCrossentropy()(y, p).shape(), Shape::scalar());
  EXPECT_EQ(BinaryCrossentropy({.reduction = "none"})(y, p).shape(), (Shape{-1}));
}

TEST(Loss, SaysWhichLossTheLabelsAreFor) {
  const Tensor classes = Tensor::of<std::int64_t>({0, 1}, {2}), p = matrix({0.1F, 0.9F, 0.3F, 0.7F}, 2);
  try {
    (void)CategoricalCrossentropy()(classes, p);
    FAIL() << "class numbers passed for one-hot labels";
  } catch (const ShapeMismatch& error) {
    EXPECT_NE(error.fix().find("SparseCategoricalCrossentropy"), std::string::npos) << error.what();
  }
  try {
    (void)SparseCategoricalCrossentropy()(p, p);
    FAIL() << "one-hot labels passed for class numbers";
  } catch (const ShapeMismatch& error) {
    EXPECT_NE(error.fix().find("CategoricalCrossentropy"), std::string::npos) << error.what();
  }
  EXPECT_THROW((void)BinaryCrossentropy()(matrix({1, 0, 1}, 3), matrix({1, 0}, 2)), ShapeMismatch);
  EXPECT_THROW((void)CategoricalCrossentropy({.axis = 2})(p, p), InvalidArgument);
}

// What keras.saving.serialize_keras_object gives in Keras 3.15.1.
TEST(Loss, WritesWhatKerasWritesAndReadsItBack) {
  struct Row {
    Loss loss;
    std::string class_name, config;
  };
  const Row rows[] = {
      {CategoricalCrossentropy(), "CategoricalCrossentropy",
       R"({"name": "categorical_crossentropy", "reduction": "sum_over_batch_size", "from_logits": false, "label_smoothing": 0.0, "axis": -1})"},
      {SparseCategoricalCrossentropy(), "SparseCategoricalCrossentropy",
       R"({"name": "sparse_categorical_crossentropy", "reduction": "sum_over_batch_size", "from_logits": false, "ignore_class": null})"},
      {SparseCategoricalCrossentropy({.from_logits = true, .ignore_class = 2}), "SparseCategoricalCrossentropy",
       R"({"name": "sparse_categorical_crossentropy", "reduction": "sum_over_batch_size", "from_logits": true, "ignore_class": 2})"},
      {BinaryCrossentropy({.label_smoothing = 0.1}), "BinaryCrossentropy",
       R"({"name": "binary_crossentropy", "reduction": "sum_over_batch_size", "from_logits": false, "label_smoothing": 0.1, "axis": -1})"},
      {MeanSquaredError({.reduction = "none", .name = "q"}), "MeanSquaredError", R"({"name": "q", "reduction": "none"})"},
      {MeanAbsoluteError(), "MeanAbsoluteError", R"({"name": "mean_absolute_error", "reduction": "sum_over_batch_size"})"},
  };
  for (const Row& row : rows) {
    const JsonValue json = row.loss.serialize();
    EXPECT_EQ(to_json(json),
              R"({"module": "keras.losses", "class_name": ")" + row.class_name + R"(", "config": )" + row.config + R"(, "registered_name": null})");
    EXPECT_EQ(to_json(Loss::deserialize(json).serialize()), to_json(json));
  }
}

TEST(Loss, KeepsTheWordThatItWasMadeOf) {
  struct Row {
    const char *word, *class_name, *name;
  };
  const Row rows[] = {{"mse", "MeanSquaredError", "mse"},
                      {"MSE", "MeanSquaredError", "MSE"},
                      {"mean_squared_error", "MeanSquaredError", "mean_squared_error"},
                      {"MeanSquaredError", "MeanSquaredError", "mean_squared_error"},
                      {"mae", "MeanAbsoluteError", "mae"},
                      {"bce", "BinaryCrossentropy", "bce"},
                      {"sparse_categorical_crossentropy", "SparseCategoricalCrossentropy", "sparse_categorical_crossentropy"}};
  for (const Row& row : rows) {
    const Loss loss(row.word);
    EXPECT_EQ(loss.class_name(), row.class_name) << row.word;
    EXPECT_EQ(loss.name(), row.name) << row.word;
    EXPECT_EQ(loss.serialize(), JsonValue(row.word));
    EXPECT_EQ(Loss::deserialize(row.word).serialize(), JsonValue(row.word));
  }
}

TEST(Loss, TakesTheCrossentropyThatFitsTheShapes) {
  const Loss loss("crossentropy");
  const Tensor p = matrix({0.1F, 0.9F, 0.3F, 0.7F}, 2);
  expect_near(loss(Tensor::of<std::int64_t>({1, 1}, {2}), p), {(0.1053605F + 0.3566749F) / 2});
  expect_near(loss(matrix({0, 1, 0, 1}, 2), p), {(0.1053605F + 0.3566749F) / 2});
  expect_near(loss(matrix({1, 0}, 1), matrix({0.9F, 0.3F}, 1)), {(0.1053605F + 0.3566749F) / 2});
}

TEST(Loss, ReadsWhatKeras2Wrote) {
  const JsonValue config = JsonValue::object({{"reduction", "auto"}, {"name", "categorical_crossentropy"}, {"from_logits", true},
                                              {"label_smoothing", 0.0}, {"axis", -1}, {"fn", "categorical_crossentropy"}});
  const Loss loss = Loss::deserialize(JsonValue::object({{"class_name", "CategoricalCrossentropy"}, {"config", config}}));
  EXPECT_EQ(to_json(loss.serialize()), to_json(CategoricalCrossentropy({.from_logits = true}).serialize()));
  const JsonValue function =
      JsonValue::object({{"module", "builtins"}, {"class_name", "function"}, {"config", "mean_squared_error"}, {"registered_name", "function"}});
  EXPECT_EQ(Loss::deserialize(function).serialize(), JsonValue("mean_squared_error"));
}

TEST(Loss, NamesWhatItDoesNotKnow) {
  EXPECT_THROW(Loss("categorical_crosentropy"), Unsupported);
  EXPECT_THROW(MeanSquaredError({.reduction = "average"}), InvalidArgument);
  const JsonValue delta = JsonValue::object({{"name", "mse"}, {"delta", 2.0}});
  EXPECT_THROW((void)Loss::deserialize(JsonValue::object({{"class_name", "MeanSquaredError"}, {"config", delta}})), Unsupported);
  EXPECT_THROW((void)Loss::deserialize(JsonValue::object({{"class_name", "Hubert"}, {"config", JsonValue::object()}})), Unsupported);
}

/// A user's own: the error to the fourth power.
class QuarticLoss final : public LossBase {
 public:
  QuarticLoss() : LossBase("Quartic", "quartic", "sum") {}
  Tensor call(const Tensor& y_true, const Tensor& y_pred) const override {
    const auto t = y_true.data<float>(), p = y_pred.data<float>();
    std::vector<float> rows;
    for (std::size_t i = 0; i < t.size(); ++i) rows.push_back(std::pow(t[i] - p[i], 4.0F));
    return Tensor::of<float>(rows, {static_cast<std::int64_t>(rows.size())});
  }
};

TEST(Loss, CanBeOneOfTheUsersOwn) {
  const Loss loss(std::make_shared<const QuarticLoss>());
  expect_near(loss(vector({1, 2}), vector({0, 4}), vector({1, 0.5F})), {9});
  EXPECT_EQ(loss.name(), "quartic");
}

}  // namespace
}  // namespace namesake
