// Checkpoints by the names of variables, with the state of TensorFlow 1's optimizers: read, and written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <string>

#include "namesake/base/error.h"
#include "namesake/formats/container/json.h"
#include "namesake/formats/object_graph.h"
#include "namesake/formats/tensor_bundle.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/sequential.h"
#include "namesake/optim/optimizers.h"
#include "namesake/optim/optimizers/loss_scale.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace namesake {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string golden(const std::string& name) { return std::string(NAMESAKE_SOURCE_DIR) + "/tests/golden/checkpoints/" + name; }

/// An array of predictions.json.
Tensor array(const std::string& name) {
  const JsonValue all = formats::parse_json(testing::read_text(golden("predictions.json")), {.file = "predictions.json"});
  std::vector<float> values;
  std::int64_t rows = 0;
  for (const JsonValue& row : all.find(name)->items()) {
    ++rows;
    for (const JsonValue& value : row.items()) values.push_back(static_cast<float>(value.as_double()));
  }
  return Tensor::of<float>(std::span<const float>(values), {rows, static_cast<std::int64_t>(values.size()) / rows});
}

Sequential two_layers(const Optimizer& optimizer) {
  const Sequential model({Dense({.units = 3, .activation = "tanh", .input_shape = {4}, .name = "dense_1"}), Dense({.units = 2, .name = "dense_2"})}, {.name = "net"});
  model.compile({.optimizer = optimizer, .loss = "mse"});
  return model;
}

/// A step whose gradients are the weights themselves.
void take_step(const Model& model) {
  const std::vector<Variable> variables = model.trainable_variables();
  std::vector<Tensor> gradients;
  for (const Variable& variable : variables) gradients.push_back(variable.value().copy());
  model.optimizer().apply_gradients(gradients, variables);
}

class NamedCheckpoints : public ::testing::Test {
 protected:
  NamedCheckpoints() { reset_names(); }
  ~NamedCheckpoints() override { reset_names(); }
  testing::TempFolder folder_;
};

TEST_F(NamedCheckpoints, OfTensorFlow1GoOnToItsNextStep) {
  const std::vector<std::pair<std::string, Optimizer>> cases = {{"v1_adam", Adam({.learning_rate = 0.01, .beta_2 = 0.99})},
                                                                {"v1_momentum", SGD({.learning_rate = 0.05, .momentum = 0.9})},
                                                                {"v1_rmsprop", RMSprop({.learning_rate = 0.01, .momentum = 0.5})}};
  for (const auto& [name, optimizer] : cases) {
    SCOPED_TRACE(name);
    const Sequential model = two_layers(optimizer);
    const LoadReport report = model.load_weights(golden(name), {.names = {{"net/(.*)", "$1", true}}});
    EXPECT_THAT(report.missing, IsEmpty());
    EXPECT_THAT(report.unused, IsEmpty());
    EXPECT_THAT(report.notes, Not(Contains(HasSubstr("not loaded"))));
    if (name == "v1_adam") {
      EXPECT_EQ(model.optimizer().iterations(), 3);  // by the powers of beta
    } else {
      EXPECT_THAT(report.notes, ElementsAre(HasSubstr("does not say how many steps")));
    }
    take_step(model);
    EXPECT_LE(testing::difference(model(array("inputs")), array(name)), 1e-6);
  }
}

TEST_F(NamedCheckpoints, OfKerasInAGraphBringItsStateToo) {
  const Sequential model = two_layers(Adam({.learning_rate = 0.01}));
  const LoadReport report = model.load_weights(golden("v1_keras"));
  EXPECT_LE(testing::difference(model(array("inputs")), array("v1_keras")), 1e-6);
  EXPECT_EQ(model.optimizer().iterations(), 3);
  const formats::ModelFile file = formats::read_tensor_bundle(golden("v1_keras"));
  EXPECT_EQ(model.optimizer().variables()[2].value().to_vector<float>(), file.find_weight("training/Adam/dense_1/kernel/m")->to_tensor().to_vector<float>());
  EXPECT_THAT(report.unused, IsEmpty());
  EXPECT_THAT(report.notes, Contains("not loaded: training/Adam/beta_1"));
}

TEST_F(NamedCheckpoints, AStateOfAnotherOptimizerIsNotedAndLeftOut) {
  const Sequential model = two_layers(Adagrad());
  const LoadReport report = model.load_weights(golden("v1_adam"), {.names = {{"net/(.*)", "$1", true}}});
  EXPECT_THAT(report.notes, AllOf(Contains(HasSubstr("training starts anew")), Contains("not loaded: net/dense_1/kernel/Adam")));
  EXPECT_EQ(model.optimizer().iterations(), 0);
}

TEST_F(NamedCheckpoints, AStateThatIsThereInPartIsMissing) {
  std::vector<formats::BundleTensor> tensors;
  const formats::ModelFile file = formats::read_tensor_bundle(golden("v1_adam"));
  for (const formats::WeightEntry& entry : file.weights) {
    if (entry.path == "net/dense_2/bias/Adam_1") continue;
    auto value = std::make_shared<const Tensor>(entry.to_tensor());
    tensors.push_back({entry.path, entry.dtype, entry.shape, {value->bytes(), value}, {}});
  }
  formats::write_tensor_bundle(folder_ / "part", std::move(tensors));
  try {
    two_layers(Adam({.beta_2 = 0.99})).load_weights(folder_ / "part", {.names = {{"net/(.*)", "$1", true}}});
    FAIL() << "loaded";
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("optimizer/dense_2_bias_velocity"), HasSubstr("lacks")));
  }
}

TEST_F(NamedCheckpoints, HaveTheNamesOfTensorFlow1) {
  const Sequential model = two_layers(RMSprop());
  take_step(model);
  {
    const NameScope scope("unused");
    EXPECT_THAT(model.save_weights(folder_ / "w", {.name_based = true}).opened_by, ElementsAre("tf.compat.v1.train.Saver"));
  }
  std::vector<std::string> keys;
  for (const formats::WeightEntry& entry : formats::read_tensor_bundle(folder_ / "w").weights) keys.push_back(entry.path);
  EXPECT_THAT(keys, ElementsAre("dense_1/bias", "dense_1/bias/RMSProp", "dense_1/bias/RMSProp_1", "dense_1/kernel", "dense_1/kernel/RMSProp", "dense_1/kernel/RMSProp_1",
                                "dense_2/bias", "dense_2/bias/RMSProp", "dense_2/bias/RMSProp_1", "dense_2/kernel", "dense_2/kernel/RMSProp", "dense_2/kernel/RMSProp_1",
                                "global_step", "optimizer/iteration", "optimizer/learning_rate"));
  EXPECT_THROW(model.save_weights(folder_ / "w.weights.h5", {.name_based = true}), Unsupported);
}

TEST_F(NamedCheckpoints, ComeBackAsTheyWereSaved) {
  const std::vector<Optimizer> optimizers = {Adam({.amsgrad = true}), Adam({.use_ema = true}), AdamW(), SGD({.momentum = 0.9}), SGD(), RMSprop({.momentum = 0.5, .centered = true}),
                                             RMSprop(), Adagrad(), Adadelta(), Adamax(), Nadam(), Ftrl(), Lion(), Lamb(), Adafactor(), LossScaleOptimizer(Adam())};
  for (const Optimizer& optimizer : optimizers) {
    SCOPED_TRACE(optimizer.class_name());
    const Sequential model = two_layers(optimizer);
    take_step(model);
    take_step(model);
    const SaveReport saved = model.save_weights(folder_ / "w", {.name_based = true});
    const Sequential again = two_layers(Optimizer::deserialize(optimizer.serialize()));
    const LoadReport report = again.load_weights(folder_ / "w");
    EXPECT_THAT(report.missing, IsEmpty());
    EXPECT_THAT(report.unused, IsEmpty());
    EXPECT_THAT(report.notes, IsEmpty());
    const std::vector<Variable> before = optimizer.variables(), after = again.optimizer().variables();
    ASSERT_EQ(before.size(), after.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
      SCOPED_TRACE(before[i].name());
      const bool rescaled = optimizer.class_name() == "SGD" && before[i].name().ends_with("_momentum");  // by the learning rate and back
      if (rescaled) EXPECT_LE(testing::difference(before[i].value(), after[i].value()), 1e-7);
      else EXPECT_TRUE(std::ranges::equal(before[i].value().bytes(), after[i].value().bytes()));
    }
    const Tensors weights = model.get_weights(), loaded = again.get_weights();
    for (std::size_t i = 0; i < weights.size(); ++i) EXPECT_TRUE(std::ranges::equal(weights[i].bytes(), loaded[i].bytes())) << i;
  }
}

TEST_F(NamedCheckpoints, SayWhatOnlyWeRead) {
  const Sequential model = two_layers(Lion());
  EXPECT_THAT(model.save_weights(folder_ / "w", {.name_based = true}).lines(), ElementsAre(HasSubstr("no names for 4 values of the optimizer Lion")));
  const Sequential still = two_layers(SGD({.learning_rate = 0.0, .momentum = 0.9}));
  EXPECT_THAT(still.save_weights(folder_ / "w", {.name_based = true}).dropped, Contains(HasSubstr("dense_1/kernel/Momentum")));
}

TEST_F(NamedCheckpoints, TheStepsFollowFromWhicheverPowerIsLeft) {
  for (const std::int64_t steps : {std::int64_t{0}, std::int64_t{1}, std::int64_t{700}, std::int64_t{5000}}) {
    const Sequential model = two_layers(Adam());
    model.optimizer().build(model.trainable_variables());
    std::vector<formats::BundleTensor> tensors;
    const auto add = [&](const std::string& key, const Tensor& tensor) {
      auto value = std::make_shared<const Tensor>(tensor);
      tensors.push_back({key, value->dtype(), value->shape(), {value->bytes(), value}, {}});
    };
    for (const NamedWeight& weight : model.named_weights()) {
      for (const char* slot : {"", "/Adam", "/Adam_1"}) add(weight.path + slot, weight.variable.value());
    }
    add("beta1_power", Tensor(static_cast<float>(std::pow(0.9, static_cast<double>(steps + 1)))));
    add("beta2_power", Tensor(static_cast<float>(std::pow(0.999, static_cast<double>(steps + 1)))));
    add("global_step", Tensor(std::int64_t{123456}));  // of something else
    formats::write_tensor_bundle(folder_ / "w", std::move(tensors));
    model.load_weights(folder_ / "w");
    EXPECT_EQ(model.optimizer().iterations(), steps);
  }
}

}  // namespace
}  // namespace namesake
