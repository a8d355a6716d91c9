// Losses of the user's own, and the words and objects by which losses are named in files.
#include <gtest/gtest.h>

#include <vector>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/error.h"
#include "namesake/nn/losses.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/unary.h"

namespace namesake {
namespace {

Tensor matrix(std::initializer_list<float> values, std::int64_t columns) {
  return Tensor::of(values, {static_cast<std::int64_t>(values.size()) / columns, columns});
}
Tensor quartic(const Tensor& y_true, const Tensor& y_pred) { return mean(square(square(y_true - y_pred)), -1); }

/// The error to a power.
class PowerBody : public LossBase {
 public:
  static constexpr std::string_view kClassName = "PowerLoss";
  struct Options {
    double exponent = 3;
    std::string reduction = "sum";
    std::string name = "power_loss";
  };
  static void config(Options& o, ConfigFields& f) { f("exponent", o.exponent); }
  explicit PowerBody(const Options& o) : LossBase(std::string(kClassName), o.name, o.reduction), exponent_(o.exponent) {}
  Tensor call(const Tensor& y_true, const Tensor& y_pred) const override { return mean(power(abs(y_true - y_pred), exponent_), -1); }

 private:
  double exponent_;
};
using PowerLoss = LossOf<PowerBody>;

class OtherPowerBody : public PowerBody {
 public:
  using PowerBody::PowerBody;
};

const Tensor kTrue = matrix({1, 2, 3, 4}, 2), kPred = matrix({2, 2, 1, 4}, 2);

TEST(OwnLoss, IsAFunctionWithGradients) {
  const Loss loss("quartic", quartic);
  EXPECT_EQ(loss.name(), "quartic");
  const Variable p(kPred);
  GradientTape tape;
  const Tensor value = loss(kTrue, p);
  EXPECT_FLOAT_EQ(value.item<float>(), (0.5F + 8) / 2);
  EXPECT_EQ(tape.gradient(value, p).to_vector<float>(), (std::vector<float>{1, 0, -8, 0}));
  EXPECT_THROW(Loss("nothing", LossFunction()), InvalidArgument);
}

TEST(OwnLoss, IsFoundByTheNameItWasRegisteredBy) {
  EXPECT_THROW(Loss("own_quartic"), Unsupported);
  register_loss("own_quartic", quartic, "pk");
  // What Keras writes for a registered function.
  const std::string expected = R"({"module": "builtins", "class_name": "function", "config": "pk>own_quartic", "registered_name": "function"})";
  for (const Loss& loss : {Loss("own_quartic"), Loss("pk>own_quartic")}) {
    EXPECT_EQ(loss.name(), "own_quartic");
    EXPECT_EQ(to_json(loss.serialize()), expected);
    EXPECT_FLOAT_EQ(Loss::deserialize(loss.serialize())(kTrue, kPred).item<float>(), 4.25F);
  }
}

TEST(OwnLoss, IsAClassWithAConfig) {
  register_loss<PowerLoss>("pk");
  register_loss<PowerLoss>("pk");  // twice the same is harmless
  const PowerLoss loss({.exponent = 2, .name = "p"});
  EXPECT_FLOAT_EQ(loss(kTrue, kPred).item<float>(), 0.5F + 2);
  EXPECT_EQ(to_json(loss.serialize()), R"({"module": null, "class_name": "PowerLoss", "config": {"name": "p", "reduction": "sum", "exponent": 2.0}, "registered_name": "pk>PowerLoss"})");
  const Loss again = Loss::deserialize(loss.serialize());
  EXPECT_EQ(to_json(again.serialize()), to_json(loss.serialize()));
  EXPECT_FLOAT_EQ(again(kTrue, kPred).item<float>(), 0.5F + 2);
  EXPECT_FLOAT_EQ(Loss("PowerLoss")(kTrue, kPred).item<float>(), 0.5F + 4);
}

TEST(OwnLoss, NeverTakesANameThatIsTaken) {
  register_loss("taken_loss", quartic);
  try {
    register_loss("taken_loss", quartic);
    ADD_FAILURE() << "two functions of one name";
  } catch (const NameCollision& collision) {
    ASSERT_EQ(collision.places().size(), 2U) << collision.what();
    EXPECT_NE(collision.places()[0].site.line, collision.places()[1].site.line);
  }
  EXPECT_NO_THROW(register_loss("taken_loss", quartic, "other"));
  EXPECT_THROW(register_loss("mse", quartic), NameCollision);
  EXPECT_THROW(register_loss("Huber", quartic), NameCollision);
}

TEST(OwnLoss, OfTwoClassesOfOneNameIsRefused) {
  register_loss<PowerLoss>("twice");
  EXPECT_THROW(register_loss<LossOf<OtherPowerBody>>("twice"), NameCollision);
}

TEST(Loss, TakesEveryWordOfKeras) {
  // The keys of keras.losses.ALL_OBJECTS_DICT in Keras 3.15.1, without the two base classes.
  const char* const words[] = {
      "BCE", "BinaryCrossentropy", "BinaryFocalCrossentropy", "CTC", "CategoricalCrossentropy", "CategoricalFocalCrossentropy",
      "CategoricalHinge", "Circle", "CosineSimilarity", "Dice", "Hinge", "Huber", "KLD", "KLDivergence", "LogCosh", "MAE", "MAPE", "MSE",
      "MSLE", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError", "MeanSquaredLogarithmicError", "Poisson",
      "SparseCategoricalCrossentropy", "SquaredHinge", "Tversky", "bce", "binary_crossentropy", "binary_focal_crossentropy",
      "categorical_crossentropy", "categorical_focal_crossentropy", "categorical_hinge", "circle", "cosine_similarity", "ctc", "dice",
      "hinge", "huber", "kl_divergence", "kld", "log_cosh", "mae", "mape", "mean_absolute_error", "mean_absolute_percentage_error",
      "mean_squared_error", "mean_squared_logarithmic_error", "mse", "msle", "poisson", "sparse_categorical_crossentropy", "squared_hinge",
      "tversky"};
  for (const char* word : words) {
    const Loss loss(word);
    EXPECT_EQ(loss.serialize(), JsonValue(word));
    const bool is_class = loss.class_name() == word;
    EXPECT_EQ(loss.name() == word, !is_class) << word;  // a function's loss is called by its word
  }
  EXPECT_EQ(Loss("Huber").name(), "huber_loss");
  EXPECT_THROW(Loss("Mse"), Unsupported);
}

// What keras.saving.serialize_keras_object gives in Keras 3.15.1.
TEST(Loss, WritesEveryClassAsKerasDoes) {
  const std::string plain = R"("reduction": "sum_over_batch_size")";
  const std::string crossentropy = plain + R"(, "from_logits": false, "label_smoothing": 0.0, "axis": -1)";
  struct Row {
    Loss loss;
    std::string name, rest;
  };
  const Row rows[] = {
      {BinaryFocalCrossentropy(), "binary_focal_crossentropy", crossentropy + R"(, "apply_class_balancing": false, "alpha": 0.25, "gamma": 2.0)"},
      {CategoricalFocalCrossentropy(), "categorical_focal_crossentropy", crossentropy + R"(, "alpha": 0.25, "gamma": 2.0)"},
      {CategoricalGeneralizedCrossEntropy(), "categorical_generalized_cross_entropy", plain + R"(, "q": 0.5)"},
      {Circle(), "circle", plain + R"(, "gamma": 80.0, "margin": 0.4, "remove_diagonal": true)"},
      {CosineSimilarity(), "cosine_similarity", plain},
      {CosineSimilarity({.axis = 1}), "cosine_similarity", plain + R"(, "axis": 1)"},  // Keras forgets it
      {CTC(), "ctc", plain},
      {Dice(), "dice", plain + R"(, "axis": null)"},
      {Dice({.axis = 1}), "dice", plain + R"(, "axis": 1)"},
      {Tversky({.axis = {1, 2}}), "tversky", plain + R"(, "alpha": 0.5, "beta": 0.5, "axis": [1, 2])"},
      {Huber(), "huber_loss", plain},
      {Huber({.delta = 2}), "huber_loss", plain + R"(, "delta": 2.0)"},  // Keras forgets it
      {Huber({.dtype = "float64"}), "huber_loss", plain + R"(, "dtype": "float64")"},  // Keras forgets it
      {LogCosh(), "log_cosh", plain},
      {SquaredHinge({.reduction = "none"}), "squared_hinge", R"("reduction": "none")"},
  };
  for (const Row& row : rows) {
    const JsonValue json = row.loss.serialize();
    EXPECT_EQ(to_json(json), R"({"module": "keras.losses", "class_name": ")" + row.loss.class_name() + R"(", "config": {"name": ")" +
                                 row.name + R"(", )" + row.rest + R"(}, "registered_name": null})");
    EXPECT_EQ(to_json(Loss::deserialize(json).serialize()), to_json(json));
  }
}

TEST(Loss, ReadsAWrappedFunctionAndAReductionOfNone) {
  const JsonValue huber = JsonValue::object({{"class_name", "function"}, {"config", "huber"}});
  const JsonValue config = JsonValue::object({{"name", "x"}, {"reduction", nullptr}, {"fn", huber}, {"delta", 2.0}});
  const Loss loss = Loss::deserialize(JsonValue::object({{"class_name", "LossFunctionWrapper"}, {"config", config}}));
  EXPECT_EQ(to_json(loss.serialize()), to_json(Huber({.delta = 2, .reduction = "none", .name = "x"}).serialize()));
  EXPECT_EQ(Loss::deserialize("kullback_leibler_divergence").serialize(), JsonValue("kl_divergence"));  // Keras 2
}

TEST(Loss, NamesAnOptionThatIsNotDone) {
  EXPECT_THROW(Huber({.dtype = "float16"}), Unsupported);
  EXPECT_THROW(SparseCategoricalCrossentropy({.axis = 1}), Unsupported);
  EXPECT_THROW(CategoricalGeneralizedCrossEntropy({.q = 1}), InvalidArgument);
  EXPECT_THROW((void)CategoricalGeneralizedCrossEntropy()(kTrue, kPred), ShapeMismatch);
  EXPECT_THROW((void)CTC()(kTrue, kPred), ShapeMismatch);
  EXPECT_THROW((void)Circle()(matrix({1, 2, 3}, 1), kPred), ShapeMismatch);
}

}  // namespace
}  // namespace namesake
