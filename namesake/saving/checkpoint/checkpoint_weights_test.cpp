// Weights in TensorFlow's checkpoints: those of Keras 2, Keras 3 and TensorFlow 1 read, ours written, and nothing taken for something else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "namesake/base/error.h"
#include "namesake/formats/container/json.h"
#include "namesake/formats/object_graph.h"
#include "namesake/formats/tensor_bundle.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/layers/batch_normalization.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/layers/merging.h"
#include "namesake/nn/model_of.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/math.h"
#include "namesake/optim/optimizers.h"
#include "namesake/optim/optimizers/loss_scale.h"
#include "namesake/saving/load_model.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace namesake {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string golden(const std::string& name) { return std::string(NAMESAKE_SOURCE_DIR) + "/tests/golden/checkpoints/" + name; }

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// An array of predictions.json.
Tensor array(const std::string& name) {
  const JsonValue all = formats::parse_json(slurp(golden("predictions.json")), {.file = "predictions.json"});
  std::vector<float> values;
  std::int64_t rows = 0;
  for (const JsonValue& row : all.find(name)->items()) {
    ++rows;
    for (const JsonValue& value : row.items()) values.push_back(static_cast<float>(value.as_double()));
  }
  return Tensor::of<float>(std::span<const float>(values), {rows, static_cast<std::int64_t>(values.size()) / rows});
}

Sequential small_model(const Optimizer& optimizer = Adam({.learning_rate = 0.01})) {
  const Sequential model({Dense({.units = 3, .activation = "tanh", .input_shape = {4}, .name = "dense_1"}), BatchNormalization({.name = "norm"}),
                          Dense({.units = 2, .name = "dense_2"})},
                         {.name = "model_0"});
  model.compile({.optimizer = optimizer, .loss = "mse"});
  return model;
}

/// Steps whose gradients are the weights themselves.
void take_steps(const Model& model, int steps) {
  const std::vector<Variable> variables = model.trainable_variables();
  std::vector<std::string> paths;
  for (const Variable& variable : variables) paths.push_back(model.path_of(variable));
  model.optimizer().build(variables, paths);
  for (int i = 0; i < steps; ++i) {
    std::vector<Tensor> gradients;
    for (const Variable& variable : variables) gradients.push_back(variable.value().copy());
    model.optimizer().apply_gradients(gradients, variables);
  }
}

class CheckpointWeights : public ::testing::Test {
 protected:
  CheckpointWeights() { reset_names(); }
  ~CheckpointWeights() override { reset_names(); }
  testing::TempFolder folder_;
};

TEST_F(CheckpointWeights, OfKerasAreRestoredWithTheOptimizersState) {
  for (const std::string name : {"keras2_weights", "keras2_checkpoint", "keras3_checkpoint"}) {
    SCOPED_TRACE(name);
    const Sequential model = small_model();
    const LoadReport report = model.load_weights(golden(name));
    EXPECT_LE(testing::difference(model(array("inputs")), array(name)), 1e-6);
    EXPECT_THAT(report.missing, IsEmpty());
    EXPECT_THAT(report.unused, IsEmpty());
    EXPECT_THAT(report.ambiguous, IsEmpty());
    EXPECT_THAT(report.loaded, SizeIs(8 + 2 + 12));
    EXPECT_EQ(model.optimizer().iterations(), 3);
    const std::vector<Variable> state = model.optimizer().variables(model.trainable_variables());
    const formats::ModelFile file = formats::read_tensor_bundle(golden(name));
    const std::string prefix = name == "keras2_weights" ? "" : "model/", first = name == "keras3_checkpoint" ? "2" : "1";
    const auto* momentum = file.find_weight(prefix + "optimizer/_variables/" + first + "/.ATTRIBUTES/VARIABLE_VALUE");
    ASSERT_NE(momentum, nullptr);
    EXPECT_EQ(state[2].value().to_vector<float>(), momentum->to_tensor().to_vector<float>());
  }
}

TEST_F(CheckpointWeights, OfTheModelAloneAreTakenByAModelThatIsNotCompiled) {
  const Sequential model({Dense({.units = 3, .activation = "tanh", .input_shape = {4}}), BatchNormalization(), Dense({.units = 2})});
  const LoadReport report = model.load_weights(golden("keras2_weights.index"));
  EXPECT_LE(testing::difference(model(array("inputs")), array("keras2_weights")), 1e-6);
  EXPECT_THAT(report.unused, IsEmpty());
}

Sequential two_layers(const std::string& first = "dense_1", const std::string& second = "dense_2") {
  return Sequential({Dense({.units = 3, .activation = "tanh", .input_shape = {4}, .name = first}), Dense({.units = 2, .name = second})}, {.name = "two"});
}

// Collision class L8: a key of a checkpoint against the number of an automatic name.
TEST_F(CheckpointWeights, OfTensorFlow1AreFoundByTheirNames) {
  const LoadReport report = two_layers().load_weights(golden("name_based"));
  EXPECT_THAT(report.loaded, SizeIs(4));
  EXPECT_THAT(report.notes, Contains("not loaded: global_step"));
  const Sequential model = two_layers("encoder", "head");
  try {
    model.load_weights(golden("name_based"));
    FAIL() << "loaded";
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("encoder/kernel"), HasSubstr("lacks")));
  }
  for (const std::vector<NameRule>& rules : {std::vector<NameRule>{{"dense_1", "encoder"}, {"dense_2", "head"}},
                                             std::vector<NameRule>{{"dense_1/(.*)", "encoder/$1", true}, {"dense_2/kernel", "head/kernel"}, {"dense_2/bias", "head/bias"}}}) {
    model.load_weights(golden("name_based"), {.names = rules});
    EXPECT_LE(testing::difference(model(array("inputs")), array("name_based")), 1e-5);
  }
}

TEST_F(CheckpointWeights, TwoVariablesThatARuleGivesOneNameAreAmbiguous) {
  try {
    two_layers().load_weights(golden("name_based"), {.by_name = true, .names = {{"dense_2/bias", "dense_1/bias"}}});
    FAIL() << "loaded";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("dense_1/bias"));
  }
}

TEST_F(CheckpointWeights, ByNameTakesWhatBothHave) {
  const Sequential model({Dense({.units = 3, .activation = "tanh", .input_shape = {4}, .name = "dense_1"}), Dense({.units = 5, .name = "new"})});
  const LoadReport report = model.load_weights(golden("keras2_weights"), {.by_name = true});
  EXPECT_THAT(report.loaded, ElementsAre("dense_1/kernel", "dense_1/bias"));
  EXPECT_THAT(report.missing, ElementsAre("new/kernel", "new/bias"));
  EXPECT_THAT(report.unused, Contains(HasSubstr("layer_with_weights-2")));
}

TEST_F(CheckpointWeights, ComeBackAsTheyWereSaved) {
  const std::vector<Optimizer> optimizers = {Adam({.amsgrad = true}), Adam({.use_ema = true}), SGD({.momentum = 0.9}), SGD(), RMSprop({.momentum = 0.5, .centered = true}),
                                             Adagrad(), Adadelta(), Adamax(), Nadam(), Ftrl(), Lion(), Lamb(), Adafactor(), Muon(), LossScaleOptimizer(Adam())};
  for (const Optimizer& optimizer : optimizers) {
    SCOPED_TRACE(optimizer.class_name());
    const Sequential model = small_model(optimizer);
    take_steps(model, 2);
    const std::string prefix = folder_ / "w";
    model.save_weights(prefix);
    const std::string index = slurp(prefix + ".index"), data = slurp(prefix + ".data-00000-of-00001");
    const Sequential again = small_model(Optimizer::deserialize(optimizer.serialize()));
    const LoadReport report = again.load_weights(prefix);
    EXPECT_THAT(report.unused, IsEmpty());
    const std::vector<Variable> before = optimizer.variables(), after = again.optimizer().variables();
    ASSERT_EQ(before.size(), after.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
      EXPECT_TRUE(std::ranges::equal(before[i].value().bytes(), after[i].value().bytes())) << i << " " << before[i].name();
    }
    const Tensors weights = model.get_weights(), loaded = again.get_weights();
    for (std::size_t i = 0; i < weights.size(); ++i) EXPECT_TRUE(std::ranges::equal(weights[i].bytes(), loaded[i].bytes())) << i;
    again.save_weights(prefix);  // equal content gives equal bytes
    EXPECT_EQ(slurp(prefix + ".index"), index);
    EXPECT_EQ(slurp(prefix + ".data-00000-of-00001"), data);
  }
}

TEST_F(CheckpointWeights, HaveTheKeysOfKeras2AndOurNames) {
  {
    const NameScope scope("outer");
    small_model().save_weights(folder_ / "w.ckpt");
  }
  const formats::ModelFile file = formats::read_tensor_bundle(folder_ / "w.ckpt");
  EXPECT_NE(file.find_weight("layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE"), nullptr);
  EXPECT_NE(file.find_weight("layer_with_weights-1/moving_mean/.ATTRIBUTES/VARIABLE_VALUE"), nullptr);
  EXPECT_NE(file.find_weight("optimizer/_iterations/.ATTRIBUTES/VARIABLE_VALUE"), nullptr);
  std::vector<std::string> names;
  const auto graph = formats::read_object_graph(file);
  ASSERT_TRUE(graph.has_value());
  for (const formats::ObjectNode& node : graph->nodes) {
    for (const formats::ObjectValue& value : node.values) names.push_back(value.full_name);
  }
  EXPECT_THAT(names, Contains("outer/dense_1/kernel"));
}

// Collision class S4: layers of one shape in another order.
TEST_F(CheckpointWeights, OfLayersInAnotherOrderAreNoticed) {
  const auto twins = [](const char* a, const char* b) {
    return Sequential({Dense({.units = 4, .input_shape = {4}, .name = a}), Dense({.units = 4, .name = b})}, {.name = "twins"});
  };
  twins("q", "k").save_weights(folder_ / "w");
  const Sequential model = twins("k", "q");
  const Tensors before = model.get_weights();
  try {
    model.load_weights(folder_ / "w");
    FAIL() << "loaded";
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(), HasSubstr("\"q\""));
  }
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(before[i].to_vector<float>(), model.get_weights()[i].to_vector<float>());
  const LoadReport report = model.load_weights(folder_ / "w", {.by_name = true});
  EXPECT_THAT(report.loaded, SizeIs(4));
  model.load_weights(folder_ / "w", {.strict = false});  // by position, as TensorFlow would
}

// Collision class S11: an object of another name is not waited for in silence.
TEST_F(CheckpointWeights, OfAnotherModelAreRefused) {
  small_model().save_weights(folder_ / "w");
  EXPECT_THROW(two_layers().load_weights(folder_ / "w"), ShapeMismatch);
  const Sequential other({Dense({.units = 3, .input_shape = {5}}), BatchNormalization(), Dense({.units = 2})});
  EXPECT_THROW(other.load_weights(folder_ / "w"), ShapeMismatch);
  EXPECT_THROW(other.load_weights(folder_ / "none"), IoError);
  EXPECT_THROW(other.load_weights(folder_ / "none.onnx"), Unsupported);
  EXPECT_THROW((void)load_model(folder_ / "w"), FormatError);
}

TEST_F(CheckpointWeights, OfGraphsAndNestedModelsComeBack) {
  const auto build = [] {
    const Tensor x = Input({.shape = {3}, .name = "x"});
    const Dense shared({.units = 3, .name = "shared"});
    const Sequential inner({Input({.shape = {3}}), Dense({.units = 3, .name = "a"}), Dropout({.rate = 0.5}), Dense({.units = 3, .name = "b"})}, {.name = "encoder"});
    const Tensor sum = Add({.name = "sum"})(Tensors{shared(inner(x)), shared(x)});
    return Model(x, Dense({.units = 2, .name = "head"})(sum), {.name = "nested"});
  };
  const Model model = build(), again = build();
  model.save_weights(folder_ / "w");
  const LoadReport report = again.load_weights(folder_ / "w");
  EXPECT_THAT(report.loaded, SizeIs(8));
  EXPECT_THAT(report.unused, IsEmpty());
  const Tensor x = Tensor::of({1.0F, 2.0F, 3.0F}, {1, 3});
  EXPECT_EQ(model(x).to_vector<float>(), again(x).to_vector<float>());
}

struct TowersOptions {
  std::string name = "";
};

class TowersBody : public ModelBase {
 public:
  static constexpr std::string_view kClassName = "Towers";
  using Options = TowersOptions;
  explicit TowersBody(const Options&) : left_(add_layer("left", Dense({.units = 2, .name = "a"}))), right_(add_layer("right", Dense({.units = 2, .name = "b"}))) {}
  Tensor call(const Tensor& x, CallContext&) override { return left_(x) + right_(x); }
  static void config(Options&, ConfigFields&) {}

 private:
  Dense left_, right_;
};
using Towers = ModelOf<TowersBody>;

TEST_F(CheckpointWeights, OfModelsOfOnesOwnGoByAttributes) {
  const Tensor x = Tensor::of({1.0F, 2.0F, 3.0F}, {1, 3});
  const Towers model({.name = "towers"}), again({.name = "towers"});
  static_cast<void>(model(x));
  static_cast<void>(again(x));
  model.save_weights(folder_ / "w");
  EXPECT_NE(formats::read_tensor_bundle(folder_ / "w").find_weight("left/kernel/.ATTRIBUTES/VARIABLE_VALUE"), nullptr);
  EXPECT_THAT(again.load_weights(folder_ / "w").loaded, SizeIs(4));
  EXPECT_EQ(model(x).to_vector<float>(), again(x).to_vector<float>());
}

TEST_F(CheckpointWeights, AStateOfAnotherOptimizerIsNotedAndLeftOut) {
  const Sequential model = small_model(SGD({.momentum = 0.9}));
  const LoadReport report = model.load_weights(golden("keras2_weights"));
  EXPECT_THAT(report.notes, Contains(HasSubstr("another optimizer than SGD")));
  EXPECT_EQ(model.optimizer().iterations(), 0);
}

TEST_F(CheckpointWeights, NamesOfOtherFormatsAreRefused) {
  for (const char* name : {"m.keras", "m.pb", "m.onnx", "m.safetensors", "m.npz", "m.weights", "m.index", ""}) {
    EXPECT_THROW(small_model().save_weights(folder_ / name), Unsupported) << name;
  }
  EXPECT_THAT(folder_.names(), IsEmpty());
}

TEST_F(CheckpointWeights, ADamagedTensorLeavesTheModelAsItWas) {
  small_model().save_weights(folder_ / "w");
  const std::string data = folder_ / "w.data-00000-of-00001";
  std::string bytes = slurp(data);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  std::ofstream(data, std::ios::binary) << bytes;
  const Sequential model = small_model();
  const Tensors before = model.get_weights();
  EXPECT_THROW(model.load_weights(folder_ / "w"), FormatError);
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(before[i].to_vector<float>(), model.get_weights()[i].to_vector<float>());
}

}  // namespace
}  // namespace namesake
