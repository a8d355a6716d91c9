#include "namesake/optim/optimizers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "namesake/base/error.h"
#include "namesake/ops/activations.h"
#include "namesake/optim/schedules.h"

namespace namesake {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Variable weight(std::initializer_list<float> values, std::string name = "kernel") {
  return Variable(Tensor::of(values, {static_cast<std::int64_t>(values.size())}), {.name = std::move(name)});
}
Tensor gradient(std::initializer_list<float> values) { return Tensor::of(values, {static_cast<std::int64_t>(values.size())}); }

void step(const Optimizer& optimizer, const Variable& variable, const Tensor& grad) {
  optimizer.apply_gradients(std::span(&grad, 1), std::span(&variable, 1));
}
void expect_near(const Variable& variable, std::initializer_list<float> expected) {
  const auto numbers = variable.value().to_vector<float>();
  ASSERT_EQ(numbers.size(), expected.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) EXPECT_NEAR(numbers[i], expected.begin()[i], 1e-6) << "number " << i;
}
std::vector<std::string> names(const std::vector<Variable>& variables) {
  std::vector<std::string> out;
  for (const Variable& v : variables) out.push_back(v.name());
  return out;
}
using Names = std::vector<std::string>;

TEST(Optimizer, GivesItsStateInTheOrderOfAKerasFile) {
  const std::vector<Variable> variables{weight({1, 2}, "kernel"), weight({1}, "bias")};
  const std::vector<std::string> paths{"dense_1/kernel", "dense_1/bias"};
  struct Row {
    Optimizer optimizer;
    Names expected;
  };
  const Row rows[] = {
      {SGD(), {"iteration", "learning_rate"}},
      {SGD({.momentum = 0.9}), {"iteration", "learning_rate", "dense_1_kernel_momentum", "dense_1_bias_momentum"}},
      {Adam(),
       {"iteration", "learning_rate", "dense_1_kernel_momentum", "dense_1_kernel_velocity", "dense_1_bias_momentum", "dense_1_bias_velocity"}},
      {Adam({.amsgrad = true}),
       {"iteration", "learning_rate", "dense_1_kernel_momentum", "dense_1_kernel_velocity", "dense_1_bias_momentum", "dense_1_bias_velocity",
        "dense_1_kernel_velocity_hat", "dense_1_bias_velocity_hat"}},
  };
  for (const Row& row : rows) {
    row.optimizer.build(variables, paths);
    const auto state = row.optimizer.variables();
    EXPECT_EQ(names(state), row.expected);
    EXPECT_EQ(state[0].dtype(), DType::kInt64);
    EXPECT_EQ(state[0].shape(), Shape::scalar());
    EXPECT_EQ(state[1].dtype(), DType::kFloat32);
    EXPECT_EQ(state[1].shape(), Shape::scalar());
    for (std::size_t i = 2; i < state.size(); ++i) {
      EXPECT_EQ(state[i].dtype(), DType::kFloat32);
      EXPECT_FALSE(state[i].trainable());
    }
  }
}

TEST(Optimizer, GivesItsStateInAnOrderThatIsAskedFor) {
  const std::vector<Variable> built{weight({1, 2}, "kernel"), weight({1}, "bias")};
  const Adam optimizer;
  optimizer.build(built, std::vector<std::string>{"d/kernel", "d/bias"});
  const std::vector<Variable> order{built[1], built[0]};
  EXPECT_EQ(names(optimizer.variables(order)),
            (Names{"iteration", "learning_rate", "d_bias_momentum", "d_bias_velocity", "d_kernel_momentum", "d_kernel_velocity"}));
  EXPECT_THROW((void)optimizer.variables(std::vector<Variable>{built[0]}), InvalidArgument);
  EXPECT_THROW((void)optimizer.variables(std::vector<Variable>{built[0], weight({1}, "other")}), InvalidArgument);
}

TEST(Optimizer, NeverGivesTwoPathsOneStateName) {
  const std::vector<Variable> variables{weight({1}), weight({2})};
  const SGD optimizer({.momentum = 0.5});
  optimizer.build(variables, std::vector<std::string>{"a_b/c", "a/b_c"});
  const auto state = optimizer.variables();
  EXPECT_NE(state[2].name(), state[3].name());
  EXPECT_EQ(state[2].name(), "a_b.c_momentum");
  EXPECT_THROW(optimizer.name_variables(std::vector<std::string>{"a/b"}), InvalidArgument);
}

TEST(Optimizer, SkipsAVariableWithoutAGradient) {
  const std::vector<Variable> variables{weight({1, 2}), weight({3}, "bias")};
  const SGD optimizer({.learning_rate = 0.5});
  optimizer.apply_gradients(Tensors{Tensor(), gradient({1})}, variables);
  expect_near(variables[0], {1, 2});
  expect_near(variables[1], {2.5});
  EXPECT_EQ(optimizer.iterations(), 1);
}

TEST(Optimizer, RefusesAStepWithoutAnyGradientAndNamesTheVariables) {
  const std::vector<Variable> variables{weight({1, 2}, "kernel"), weight({3}, "bias")};
  const Adam optimizer;
  try {
    optimizer.apply_gradients(Tensors{Tensor(), Tensor()}, variables);
    FAIL() << "a step without gradients passed";
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("\"kernel\""), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("\"bias\""), std::string::npos) << error.what();
  }
  EXPECT_EQ(optimizer.iterations(), 0);
}

TEST(Optimizer, RefusesAVariableThatItWasNotBuiltWithAndChangesNothing) {
  const Variable known = weight({1}), other = weight({5}, "late");
  const SGD optimizer({.learning_rate = 1});
  step(optimizer, known, gradient({0.5}));
  try {
    optimizer.apply_gradients(Tensors{gradient({1}), gradient({1})}, std::vector<Variable>{known, other});
    FAIL() << "an unknown variable passed";
  } catch (const InvalidArgument& error) {
    EXPECT_EQ(error.subject(), "late");
  }
  expect_near(known, {0.5});
  EXPECT_EQ(optimizer.iterations(), 1);
}

TEST(Optimizer, RefusesAGradientThatDoesNotFitAndChangesNothing) {
  const std::vector<Variable> variables{weight({1, 2}), weight({3}, "bias")};
  const SGD optimizer({.learning_rate = 1});
  EXPECT_THROW(optimizer.apply_gradients(Tensors{gradient({1, 1}), gradient({1, 1})}, variables), ShapeMismatch);
  EXPECT_THROW(optimizer.apply_gradients(Tensors{gradient({1, 1}), Tensor::of<double>({1}, {1})}, variables), ShapeMismatch);
  EXPECT_THROW(optimizer.apply_gradients(Tensors{gradient({1, 1})}, variables), InvalidArgument);
  expect_near(variables[0], {1, 2});
}

TEST(Optimizer, KnowsItsVariablesInAnyOrder) {
  const std::vector<Variable> variables{weight({1}), weight({3}, "bias")};
  const SGD optimizer({.learning_rate = 1, .momentum = 0.5});
  optimizer.apply_gradients(Tensors{gradient({1}), gradient({2})}, variables);
  optimizer.apply_gradients(Tensors{gradient({0}), gradient({0})}, std::vector<Variable>{variables[1], variables[0]});
  expect_near(variables[0], {1 - 1 - 0.5F});
  expect_near(variables[1], {3 - 2 - 1});
}

TEST(Optimizer, DoesNothingForNoVariables) {
  const Adam optimizer;
  optimizer.apply_gradients(Gradients{});
  EXPECT_FALSE(optimizer.built());
}

TEST(Optimizer, LeavesAnEarlierValueToWhoHoldsIt) {
  const Variable variable = weight({1});
  const Tensor before = variable.value();
  step(SGD({.learning_rate = 1}), variable, gradient({1}));
  EXPECT_EQ(before.item<float>(), 1.0F);
  expect_near(variable, {0});
}

TEST(Optimizer, TakesANewLearningRate) {
  const Variable variable = weight({1});
  const SGD optimizer({.learning_rate = 1});
  step(optimizer, variable, gradient({0.25}));
  optimizer.set_learning_rate(0.5);
  step(optimizer, variable, gradient({0.5}));
  expect_near(variable, {0.5});
  EXPECT_EQ(optimizer.learning_rate(), 0.5);
}

TEST(Optimizer, MakesTheGlobalNormNotANumberIfItIsNone) {
  const std::vector<Variable> variables{weight({1}), weight({3}, "bias")};
  SGD({.global_clipnorm = 1.0}).apply_gradients(Tensors{gradient({kNan}), gradient({1})}, variables);
  EXPECT_TRUE(std::isnan(variables[1].value().item<float>()));
}

TEST(Optimizer, ClipsNothingAtZero) {
  const Variable variable = weight({1});
  step(SGD({.learning_rate = 1, .clipvalue = 0.0}), variable, gradient({5}));
  expect_near(variable, {-4});
}

TEST(Optimizer, LeavesAGradientOfZerosByNorm) {
  const Variable variable = weight({1, 2});
  step(SGD({.learning_rate = 1, .clipnorm = 0.5}), variable, gradient({0, 0}));
  expect_near(variable, {1, 2});
}

TEST(Optimizer, RefusesOptionsThatKerasRefuses) {
  EXPECT_THROW(SGD({.momentum = 1.5}), InvalidArgument);
  EXPECT_THROW(SGD({.momentum = -0.1}), InvalidArgument);
  EXPECT_THROW(Adam({.clipnorm = 1.0, .clipvalue = 1.0}), InvalidArgument);
  EXPECT_THROW(Adam({.clipvalue = 1.0, .global_clipnorm = 1.0}), InvalidArgument);
  EXPECT_THROW(Adam({.use_ema = true, .ema_momentum = 1.5}), InvalidArgument);
  EXPECT_THROW(Adam({.use_ema = true, .ema_overwrite_frequency = -1}), InvalidArgument);
  EXPECT_THROW(Adam({.gradient_accumulation_steps = 1}), InvalidArgument);
  EXPECT_THROW(AdamW({.weight_decay = {}}), InvalidArgument);
  EXPECT_THROW(Ftrl({.learning_rate_power = 0.5}), InvalidArgument);
  EXPECT_THROW(Ftrl({.l1_regularization_strength = -0.5}), InvalidArgument);
  EXPECT_THROW(Lion({.beta_1 = 0}), InvalidArgument);
}

TEST(Optimizer, RefusesWhatItCannotChange) {
  const Variable counter(Tensor::of<std::int64_t>({1}, {1}), {.name = "count"});
  EXPECT_THROW(Adam().build(std::vector<Variable>{counter}), Unsupported);
}

TEST(Optimizer, IsBuiltOnce) {
  const Adam optimizer;
  optimizer.build(std::vector<Variable>{weight({1})});
  EXPECT_TRUE(optimizer.built());
  EXPECT_THROW(optimizer.build(std::vector<Variable>{weight({1})}), InvalidArgument);
}

// What keras.saving.serialize_keras_object gives in Keras 3.15.1.
constexpr const char* kSgd =
    R"({"module": "keras.optimizers", "class_name": "SGD", "config": {"name": "sgd", "learning_rate": 0.009999999776482582, "weight_decay": null, "clipnorm": null, "global_clipnorm": null, "clipvalue": null, "use_ema": false, "ema_momentum": 0.99, "ema_overwrite_frequency": null, "loss_scale_factor": null, "gradient_accumulation_steps": null, "momentum": 0.0, "nesterov": false}, "registered_name": null})";
constexpr const char* kSgdFull =
    R"({"module": "keras.optimizers", "class_name": "SGD", "config": {"name": "sgd_1", "learning_rate": 0.10000000149011612, "weight_decay": 0.01, "clipnorm": 1.0, "global_clipnorm": null, "clipvalue": null, "use_ema": false, "ema_momentum": 0.99, "ema_overwrite_frequency": null, "loss_scale_factor": null, "gradient_accumulation_steps": null, "momentum": 0.9, "nesterov": true}, "registered_name": null})";
constexpr const char* kAdam =
    R"({"module": "keras.optimizers", "class_name": "Adam", "config": {"name": "adam", "learning_rate": 0.0010000000474974513, "weight_decay": null, "clipnorm": null, "global_clipnorm": null, "clipvalue": null, "use_ema": false, "ema_momentum": 0.99, "ema_overwrite_frequency": null, "loss_scale_factor": null, "gradient_accumulation_steps": null, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-07, "amsgrad": false}, "registered_name": null})";
constexpr const char* kAdamFull =
    R"({"module": "keras.optimizers", "class_name": "Adam", "config": {"name": "mine", "learning_rate": 0.009999999776482582, "weight_decay": null, "clipnorm": null, "global_clipnorm": null, "clipvalue": 0.5, "use_ema": false, "ema_momentum": 0.99, "ema_overwrite_frequency": null, "loss_scale_factor": null, "gradient_accumulation_steps": null, "beta_1": 0.8, "beta_2": 0.999, "epsilon": 1e-07, "amsgrad": true}, "registered_name": null})";

TEST(Optimizer, WritesWhatKerasWritesAndReadsItBack) {
  struct Row {
    Optimizer optimizer;
    const char* text;
  };
  const Row rows[] = {
      {SGD(), kSgd},
      {SGD({.learning_rate = 0.1, .momentum = 0.9, .nesterov = true, .weight_decay = 0.01, .clipnorm = 1.0, .name = "sgd_1"}), kSgdFull},
      {Adam(), kAdam},
      {Adam({.learning_rate = 0.01, .beta_1 = 0.8, .amsgrad = true, .clipvalue = 0.5, .name = "mine"}), kAdamFull},
  };
  for (const Row& row : rows) {
    const JsonValue json = row.optimizer.serialize();
    EXPECT_EQ(to_json(json), row.text);
    EXPECT_EQ(to_json(Optimizer::deserialize(json).serialize()), row.text);
  }
}

JsonValue keras_2_config() {
  return JsonValue::object({{"name", "Adam"},
                            {"weight_decay", nullptr},
                            {"clipnorm", nullptr},
                            {"global_clipnorm", nullptr},
                            {"clipvalue", nullptr},
                            {"use_ema", false},
                            {"ema_momentum", 0.99},
                            {"ema_overwrite_frequency", nullptr},
                            {"jit_compile", false},
                            {"is_legacy_optimizer", false},
                            {"learning_rate", 0.01},
                            {"beta_1", 0.9},
                            {"beta_2", 0.999},
                            {"epsilon", 1e-7},
                            {"amsgrad", false}});
}

TEST(Optimizer, ReadsWordsAndWhatKeras2Wrote) {
  const JsonValue legacy = JsonValue::object({{"name", "SGD"}, {"learning_rate", 0.25}, {"decay", 0.0}, {"momentum", 0.5}, {"nesterov", false}});
  struct Row {
    JsonValue json;
    std::string class_name;
    double learning_rate;
  };
  const Row rows[] = {
      {"adam", "Adam", 0.001},
      {"Adam", "Adam", 0.001},
      {"SGD", "SGD", 0.01},
      {JsonValue::object({{"class_name", "Custom>Adam"}, {"config", keras_2_config()}}), "Adam", 0.01},
      {JsonValue::object({{"module", "keras.optimizers.legacy"}, {"class_name", "SGD"}, {"config", legacy}}), "SGD", 0.25},
  };
  for (const Row& row : rows) {
    const Optimizer optimizer = Optimizer::deserialize(row.json);
    EXPECT_EQ(optimizer.class_name(), row.class_name);
    EXPECT_NEAR(optimizer.learning_rate(), row.learning_rate, 1e-8) << to_json(row.json);
  }
}

TEST(Optimizer, RefusesWhatItDoesNotKnowByName) {
  EXPECT_THROW(Optimizer("rmspro"), Unsupported);
  const std::pair<const char*, JsonValue> options[] = {{"decay", 0.1},
                                                       {"warmup", 5},
                                                       {"Unknown", JsonValue::object({{"class_name", "Unknown"}, {"config", JsonValue::object()}})},
                                                       {"learning_rate", JsonValue::object({{"class_name", "learning_rate"}, {"config", JsonValue::object()}})}};
  for (const auto& [key, value] : options) {
    JsonValue config = keras_2_config();
    config.set(key, value);
    try {
      (void)Optimizer::deserialize(JsonValue::object({{"class_name", "Adam"}, {"config", config}}));
      ADD_FAILURE() << key << " passed";
    } catch (const Unsupported& error) {
      EXPECT_NE(std::string(error.what()).find(key), std::string::npos) << error.what();
    }
  }
}

/// What a user would write: a step by the sign of the gradient, with a count of steps in each variable.
struct SignOptions {
  LearningRate learning_rate = 0.5;
  double width = 1;
  NAMESAKE_OPTIMIZER_SETTINGS
};
class SignBody : public OptimizerBase {
 public:
  using Options = SignOptions;
  static constexpr std::string_view kClassName = "SignDescent";
  static void config(SignOptions& o, ConfigFields& f) { f("width", o.width); }
  explicit SignBody(const SignOptions& options) : OptimizerBase(kClassName, optim::settings_of(options)), width_(static_cast<float>(options.width)) {}

 private:
  void create_slots() override { add_slots({{"steps"}}); }
  void update_step(const Step& step) override {
    for (std::size_t i = 0; i < step.variable.size(); ++i) {
      step.variable[i] -= step.learning_rate * (step.gradient[i] > 0 ? width_ : -width_);
      slot(0, step.index)[i] += 1;
    }
  }
  float width_;
};
using Sign = OptimizerOf<SignBody>;

TEST(Optimizer, CanBeOneOfTheUsersOwn) {
  const Variable variable = weight({1, 1});
  const Sign optimizer;
  step(optimizer, variable, gradient({3, -4}));
  expect_near(variable, {0.5, 1.5});
  EXPECT_EQ(optimizer.name(), "sign_descent");
  expect_near(optimizer.variables()[2], {1, 1});
}

TEST(Optimizer, OfTheUsersOwnComesBackOnceItsClassIsRegistered) {
  const JsonValue json = Sign({.width = 2, .clipnorm = 1.0}).serialize();
  EXPECT_EQ(json.find("registered_name")->as_string(), "Custom>SignDescent");
  EXPECT_TRUE(json.find("module")->is_null());
  EXPECT_THROW((void)Optimizer::deserialize(json), Unsupported);
  register_optimizer<Sign>("Mine");
  register_optimizer<Sign>("Mine");
  const JsonValue again = Sign({.width = 2, .clipnorm = 1.0}).serialize();
  EXPECT_EQ(again.find("registered_name")->as_string(), "Mine>SignDescent");
  EXPECT_EQ(to_json(Optimizer::deserialize(again).serialize()), to_json(again));
}

struct Shadow : SignBody {
  static constexpr std::string_view kClassName = "Adam";
  using SignBody::SignBody;
};
struct Again : SignBody {
  using SignBody::SignBody;
};

TEST(Optimizer, OfTheUsersOwnCannotTakeANameThatIsTaken) {
  EXPECT_THROW(register_optimizer<OptimizerOf<Shadow>>(), NameCollision);
  register_optimizer<Sign>("Twice");
  EXPECT_THROW(register_optimizer<OptimizerOf<Again>>("Twice"), NameCollision);
}

TEST(Optimizer, LeavesWhatIsExcludedFromWeightDecay) {
  const std::vector<Variable> variables{weight({1}, "kernel"), weight({1}, "bias"), weight({1}, "other")};
  const std::vector<std::string> paths{"d/kernel", "d/bias", "e/kernel"};
  const SGD optimizer({.learning_rate = 1, .weight_decay = 0.5});
  optimizer.build(variables, paths);
  const Tensors none(3, gradient({0}));
  optimizer.exclude_from_weight_decay(std::span(&variables[2], 1), std::vector<std::string>{"b.as"});
  optimizer.apply_gradients(none, variables);
  expect_near(variables[0], {0.5});
  expect_near(variables[1], {1});
  expect_near(variables[2], {1});
  optimizer.exclude_from_weight_decay({}, std::vector<std::string>{"^e/"});
  optimizer.apply_gradients(none, variables);
  expect_near(variables[1], {0.5});
  expect_near(variables[2], {1});
  EXPECT_THROW(optimizer.exclude_from_weight_decay({}, std::vector<std::string>{"("}), InvalidArgument);
}

TEST(Optimizer, AppliesTheConstraintOfAVariableAfterItsStep) {
  const auto not_negative = [](const Tensor& value) { return relu(value); };
  const Variable variable(Tensor::of<float>({1, 1}, {2}), {.name = "kernel", .constraint = not_negative});
  step(SGD({.learning_rate = 1}), variable, gradient({2, 0.5}));
  expect_near(variable, {0, 0.5});
}

TEST(Optimizer, StepsByTheMeanOfAccumulatedGradients) {
  const Variable variable = weight({1});
  const SGD optimizer({.learning_rate = 1, .loss_scale_factor = 2.0, .gradient_accumulation_steps = 2});
  step(optimizer, variable, gradient({1}));
  expect_near(variable, {1});
  EXPECT_EQ(optimizer.iterations(), 0);
  step(optimizer, variable, gradient({0.5}));
  expect_near(variable, {1 - 0.375F});
  EXPECT_EQ(optimizer.iterations(), 1);
  EXPECT_EQ(optimizer.scale_loss(Tensor(1.5F)).item<float>(), 3.0F);
}

TEST(Optimizer, GivesVariablesTheirAveragesInTheEnd) {
  const Variable variable = weight({1});
  const SGD optimizer({.learning_rate = 1, .use_ema = true, .ema_momentum = 0.75});
  step(optimizer, variable, gradient({1}));  // the first step sets the average
  step(optimizer, variable, gradient({-4}));
  expect_near(variable, {4});
  optimizer.finalize_variable_values();
  expect_near(variable, {1});
}

TEST(Optimizer, FollowsAScheduleAndRefusesANumberInItsPlace) {
  const Variable variable = weight({1});
  const SGD optimizer({.learning_rate = PiecewiseConstantDecay({.boundaries = {0}, .values = {1, 0.5}})});
  EXPECT_EQ(optimizer.learning_rate(), 1);
  step(optimizer, variable, gradient({0.25}));
  EXPECT_EQ(optimizer.learning_rate(), 0.5);
  step(optimizer, variable, gradient({0.5}));
  expect_near(variable, {0.5});
  EXPECT_EQ(names(optimizer.variables()), Names{"iteration"});
  EXPECT_THROW(optimizer.set_learning_rate(0.1), InvalidArgument);
  optimizer.set_learning_rate([](std::int64_t at) { return 0.125 * static_cast<double>(at); });
  EXPECT_EQ(optimizer.learning_rate(), 0.25);
  EXPECT_THROW((void)optimizer.serialize(), Unsupported);
}

}  // namespace
}  // namespace namesake
