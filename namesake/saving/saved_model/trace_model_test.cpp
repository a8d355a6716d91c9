// Models as graphs: what the nodes are called, what a graph computes, and that nothing of the model changes by it.
#include "namesake/saving/saved_model/trace_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/error.h"
#include "namesake/graph/run.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/layers/batch_normalization.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/nn/layers/embedding.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/layers/merging.h"
#include "namesake/nn/layers/noise.h"
#include "namesake/nn/model_of.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/checks.h"
#include "namesake/ops/create.h"
#include "namesake/ops/custom_gradient.h"
#include "namesake/ops/linalg.h"
#include "namesake/ops/math.h"
#include "namesake/ops/random.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/trigonometry.h"
#include "namesake/ops/unary.h"
#include "namesake/saving/saved_model/function_def.h"

namespace namesake::saving {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

std::vector<std::string> node_names(const graph::Graph& graph) {
  std::vector<std::string> names;
  for (const graph::Node& node : graph.nodes) names.push_back(node.name);
  return names;
}

Tensor rows(std::int64_t count, std::int64_t features) { return stateless_random_normal({count, features}, random_seed(1, 2)); }

void expect_same_numbers(const Model& model, const graph::Graph& graph, std::int64_t features) {
  for (const std::int64_t count : {1, 2, 5}) {
    const Tensor x = rows(count, features), wanted = model(x);
    const Tensors given = graph::run(graph, Tensors{x});
    ASSERT_EQ(given.size(), 1U);
    ASSERT_EQ(given[0].shape(), wanted.shape());
    EXPECT_EQ(given[0].to_vector<float>(), wanted.to_vector<float>()) << count << " rows";
  }
}

Sequential two_layers() {
  return Sequential({Dense({.units = 3, .activation = "relu", .input_shape = {4}, .name = "dense_1"}),
                     Dense({.units = 2, .activation = "softmax", .name = "dense_2"})});
}

TEST(TraceModelTest, NodesAreNamedByTheScopeAndTheLayers) {
  reset_names();
  const NameScope scope("model_0");
  const Sequential model = two_layers();
  const graph::Graph graph = trace_model(model);
  EXPECT_THAT(node_names(graph),
              ElementsAre("dense_1_input", "model_0/dense_1/MatMul/ReadVariableOp", "model_0/dense_1/MatMul", "model_0/dense_1/BiasAdd/ReadVariableOp",
                          "model_0/dense_1/BiasAdd", "model_0/dense_1/Relu", "model_0/dense_2/MatMul/ReadVariableOp", "model_0/dense_2/MatMul",
                          "model_0/dense_2/BiasAdd/ReadVariableOp", "model_0/dense_2/BiasAdd", "model_0/dense_2/Softmax"));
  EXPECT_THAT(graph.result_names, ElementsAre("dense_2"));
  expect_same_numbers(model, graph, 4);
}

TEST(TraceModelTest, AFunctionHasTensorFlowsNamesForArgumentsAndOutputs) {
  const Sequential model = two_layers();
  const TracedFunction traced = to_function_def(trace_model(model), "serve");
  std::vector<std::string> arguments, inputs;
  for (const formats::FunctionArgument& argument : traced.function.arguments) arguments.push_back(argument.name);
  EXPECT_THAT(arguments, ElementsAre("dense_1_input", "kernel_resource", "bias_resource", "kernel_resource_1", "bias_resource_1"));
  EXPECT_EQ(traced.captured, model.weights());
  for (const formats::NodeDef& node : traced.function.nodes) {
    if (node.op == "MatMul") inputs.insert(inputs.end(), node.inputs.begin(), node.inputs.end());
  }
  EXPECT_EQ(inputs.at(0), "dense_1_input");
  EXPECT_THAT(inputs.at(1), HasSubstr("dense_1/MatMul/ReadVariableOp:value:0"));
}

TEST(TraceModelTest, NestedModelsAndSharedLayersAreNamedByThoseThatCallThem) {
  reset_names();
  const Dense shared({.units = 3, .name = "shared"});
  const Tensor a = Input({.shape = {4}, .name = "a"}), x = Input({.shape = {4}, .name = "x"});
  const Model inner(a, shared(a), {.name = "inner"});
  const Model outer(x, inner(x) + shared(x), {.name = "outer"});
  EXPECT_THAT(node_names(trace_model(inner)), ElementsAre("a", "inner/shared/MatMul/ReadVariableOp", "inner/shared/MatMul",
                                                          "inner/shared/BiasAdd/ReadVariableOp", "inner/shared/BiasAdd"));
  const graph::Graph graph = trace_model(outer);
  EXPECT_THAT(node_names(graph), IsSupersetOf({"outer/inner/shared/MatMul", "outer/shared/MatMul", "outer/add/AddV2"}));
  expect_same_numbers(outer, graph, 4);
  EXPECT_EQ(to_function_def(graph, "serve").captured.size(), 2U) << "each variable is captured once";
}

TEST(TraceModelTest, ALayerThatIsCalledTwiceGetsNumbers) {
  reset_names();
  const Dense dense({.units = 4, .name = "dense"});
  const Tensor x = Input({.shape = {4}, .name = "x"});
  const Model model(x, dense(dense(x)), {.name = "m"});
  EXPECT_THAT(node_names(trace_model(model)), IsSupersetOf({"m/dense/MatMul", "m/dense/MatMul_1", "m/dense/MatMul_1/ReadVariableOp"}));
}

TEST(TraceModelTest, LayersOfAScopeThatTheModelWasNotMadeInBeginWithTheScope) {
  reset_names();
  std::vector<Layer> layers;
  {
    const NameScope scope("towers");
    layers.push_back(Dense({.units = 2, .input_shape = {4}, .name = "left"}));
  }
  layers.push_back(Dense({.units = 2, .name = "right"}));
  const Sequential model(layers, {.name = "net"});
  EXPECT_THAT(node_names(trace_model(model)), IsSupersetOf({"towers/left/MatMul", "net/right/MatMul"}));
}

// Layers as programs write them.
class TransformedLayer : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Transformed";
  struct Options {
    std::function<Tensor(const Tensor& x, const Variable& weight)> call;
    std::string name = "";
  };
  static void config(Options&, ConfigFields&) {}
  explicit TransformedLayer(Options options) : options_(std::move(options)) {}
  void build(const Shape& input) override { weight_ = add_weight({.name = "weight", .shape = {input.back(), 2}, .initializer = RandomNormal{.seed = 1}}); }
  Tensor call(const Tensor& x, CallContext&) override { return options_.call(x, weight_); }

 private:
  Options options_;
  Variable weight_;
};
using Transformed = LayerOf<TransformedLayer>;

Sequential transformed(std::function<Tensor(const Tensor& x, const Variable& weight)> call) {
  return Sequential({Input({.shape = {4}, .name = "x"}), Transformed({.call = std::move(call), .name = "own"})}, {.name = "m"});
}

std::size_t constants_of(const graph::Graph& graph) {
  return static_cast<std::size_t>(std::count_if(graph.nodes.begin(), graph.nodes.end(), [](const graph::Node& n) { return n.kind == graph::Node::Kind::kConstant; }));
}

TEST(TraceModelTest, WhatIsComputedOfVariablesAloneStaysAComputation) {
  const Sequential model = transformed([](const Tensor& x, const Variable& w) { return matmul(x, exp(w) * 2.0F); });
  const graph::Graph graph = trace_model(model);
  EXPECT_EQ(constants_of(graph), 1U) << "the 2";
  expect_same_numbers(model, graph, 4);
  model.set_weights(Tensors{ones({4, 2})});
  expect_same_numbers(model, graph, 4);
}

TEST(TraceModelTest, ViewsOfAVariableAreReadFromIt) {
  const Sequential model = transformed([](const Tensor& x, const Variable& w) {
    const Tensor value = w.value();
    return matmul(x, value.alias()) + matmul(x, value.with_shape({2, 4}).with_shape({4, 2})) + value.rows(1, 3).with_shape({4}).rows(1, 3);
  });
  const graph::Graph graph = trace_model(model);
  expect_same_numbers(model, graph, 4);
  model.set_weights(Tensors{stateless_random_normal({4, 2}, random_seed(5, 6))});
  expect_same_numbers(model, graph, 4);
}

TEST(TraceModelTest, NumbersAreConstantsThoughAVariableWasMadeOfThem) {
  const Tensor start = ones({4, 2});
  const Variable made(start);
  const Sequential model = transformed([=](const Tensor& x, const Variable&) { return matmul(x, made) + matmul(x, start); });
  const graph::Graph graph = trace_model(model);
  EXPECT_EQ(constants_of(graph), 1U);
  made.assign(zeros({4, 2}));
  expect_same_numbers(model, graph, 4);
}

TEST(TraceModelTest, EqualConstantsAreOneAndDeadNodesGo) {
  const Sequential model = transformed([](const Tensor& x, const Variable& w) {
    static_cast<void>(sin(x));
    static_cast<void>(w.value());
    return x * Tensor::of<float>({1, 2, 3, 4}, {4}) + Tensor::of<float>({1, 2, 3, 4}, {4});
  });
  EXPECT_THAT(node_names(trace_model(model)), ElementsAre("x", "m/own/Mul/y", "m/own/Mul", "m/own/AddV2"));
}

TEST(TraceModelTest, ScopesInACallAndOddNamesMakeLegalNodes) {
  reset_names();
  const Sequential model = transformed([](const Tensor& x, const Variable&) {
    const NameScope scope("Part");
    const Tensor y = sin(x);
    const NameScope other("part");
    return sin(y);
  });
  EXPECT_THAT(node_names(trace_model(model)), ElementsAre("x", "m/own/Part/Sin", "m/own/Part/part/Sin"));
}

TEST(TraceModelTest, NodesThatDifferInCaseOnlyAreNumbered) {
  reset_names();
  const Sequential model({Dense({.units = 2, .use_bias = false, .input_shape = {4}, .name = "Tall"}), Dense({.units = 2, .use_bias = false, .name = "tall"})}, {.name = "m"});
  EXPECT_THAT(node_names(trace_model(model)), ElementsAre("Tall_input", "m/Tall/MatMul/ReadVariableOp", "m/Tall/MatMul", "m/tall/MatMul_1/ReadVariableOp", "m/tall/MatMul_1"));
}

// Class L19 of the collisions: TensorFlow fails on such names, and gives equal ones numbers without a word.
TEST(TraceModelTest, NamesThatWouldMeetInASignatureStayApart) {
  reset_names();
  Tensors inputs;
  for (const char* name : {"a.b", "a-b", "a_b", "1st"}) inputs.push_back(Input({.shape = {2}, .name = name}));
  const Model model(Feed(inputs), Concatenate()(inputs), {.name = "m"});
  const graph::Graph graph = trace_model(model);
  std::vector<std::string> names;
  for (const std::size_t input : graph.inputs) names.push_back(graph.nodes[input].name);
  EXPECT_THAT(names, ElementsAre("a_b_1", "a_b_2", "a_b", "arg_1st"));
  const std::vector<std::string> notes = signature_notes(model, 1);
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_NE(notes[0].find("the input \"a.b\" goes by \"a_b_1\" in signatures"), std::string::npos) << notes[0];
  EXPECT_NE(notes[1].find("the input \"a-b\" goes by \"a_b_2\" in signatures"), std::string::npos) << notes[1];
  const Tensors xs{ones({1, 2}), zeros({1, 2}), ones({1, 2}) * 2, ones({1, 2}) * 3};
  EXPECT_EQ(graph::run(graph, xs).at(0).to_vector<float>(), (std::vector<float>{1, 1, 0, 0, 2, 2, 3, 3}));
}

TEST(TraceModelTest, InputsAndResultsOfOneNameAreToldApartInAFunction) {
  const Tensor x = Input({.shape = {2}, .name = "X"});
  const Model model(Feed(Tensors{x}), Feed({{"X", x * 2}, {"x", x}}));
  const formats::FunctionDef function = to_function_def(trace_model(model), "f").function;
  EXPECT_EQ(function.arguments.at(0).name, "x");
  EXPECT_EQ(function.results.at(0).name, "x_1");
  EXPECT_EQ(function.results.at(1).name, "x_2");
}

TEST(TraceModelTest, AGraphThatIsRunInAModelKeepsItsNames) {
  reset_names();
  const auto inner = std::make_shared<graph::Graph>(trace_model(Sequential({Dense({.units = 2, .input_shape = {4}, .name = "dense"})}, {.name = "m"})));
  const graph::Runner runner(inner);
  const auto run = [&](const Tensor& x, const Variable&) { return runner(Tensors{x}).at(0); };
  const Sequential same = transformed(run);
  const graph::Graph graph = trace_model(same);
  EXPECT_THAT(node_names(graph), IsSupersetOf({"m/own/m/dense/MatMul", "m/own/m/dense/BiasAdd"}));
  expect_same_numbers(same, graph, 4);
}

// What a program writes that has no Input(): indices are floating numbers then, as in Keras.
TEST(TraceModelTest, TheArgumentsOfModelsWithoutInputLayersFollowFromTheirShapes) {
  reset_names();
  const Sequential words({Embedding({.input_dim = 5, .output_dim = 2, .name = "words"}), Dense({.units = 2})});
  static_cast<void>(words(Tensor::of<std::int32_t>({1, 2, 3, 4}, {2, 2})));
  const graph::Graph graph = trace_model(words);
  EXPECT_EQ(graph.nodes.at(graph.inputs.at(0)).name, "words_input");
  EXPECT_EQ(graph.nodes.at(graph.inputs.at(0)).outputs.at(0).shape, Shape({-1, 2}));
  const Tensor x = Tensor::of<float>({1, 0, 4}, {3, 1});
  EXPECT_THROW(static_cast<void>(graph::run(graph, Tensors{x})), ShapeMismatch);
  const Tensor y = Tensor::of<float>({1, 0, 4, 2, 2, 2}, {3, 2});
  EXPECT_EQ(graph::run(graph, Tensors{y}).at(0).to_vector<float>(), words(y).to_vector<float>());
}

class TwoInputsModel : public ModelBase {
 public:
  static constexpr std::string_view kClassName = "TwoInputs";
  struct Options {
    std::string name = "";
  };
  static void config(Options&, ConfigFields&) {}
  explicit TwoInputsModel(const Options&) {}
  Tensors call_many(const Tensors& inputs, CallContext&) override { return {left_(inputs.at(0)) + right_(inputs.at(1)), left_(inputs.at(0))}; }

 private:
  Dense left_ = add_layer("left", Dense({.units = 2, .name = "left"})), right_ = add_layer("right", Dense({.units = 2, .name = "right"}));
};
using TwoInputs = ModelOf<TwoInputsModel>;

TEST(TraceModelTest, AModelOfOnesOwnIsTracedByTheShapesThatItWasCalledWith) {
  reset_names();
  const TwoInputs model({.name = "own"});
  const Tensors xs{rows(3, 4), rows(3, 5)}, ys = model(xs);
  const graph::Graph graph = trace_model(model);
  EXPECT_THAT(node_names(graph), IsSupersetOf({"inputs_0", "inputs_1", "own/left/MatMul", "own/right/MatMul", "own/left/MatMul_1", "own/AddV2"}));
  EXPECT_THAT(graph.result_names, ElementsAre("output_0", "output_1"));
  const Tensors results = graph::run(graph, xs);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(results.at(i).to_vector<float>(), ys.at(i).to_vector<float>());
}

TEST(TraceModelTest, AModelThatWasNeverBuiltSaysWhatToDo) {
  const Sequential model({Dense({.units = 2})});
  try {
    static_cast<void>(trace_model(model));
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_THAT(error.what(), HasSubstr("never built"));
    EXPECT_THAT(error.what(), HasSubstr("call it on a batch"));
  }
}

TEST(TraceModelTest, ATapeAroundSeesNothingAndTheModelIsAsBefore) {
  const Sequential model({Dense({.units = 3, .input_shape = {4}}), Dropout({.rate = 0.5, .seed = 3}), BatchNormalization()});
  const Tensor x = rows(6, 4);
  std::vector<std::vector<float>> before;
  for (const Variable& weight : model.weights()) before.push_back(weight.value().to_vector<float>());
  const LayerBase& dropout = *model.ptr()->children().at(1).layer;
  const std::vector<std::uint32_t> state = dropout.seed_states().at(0).value().to_vector<std::uint32_t>();
  GradientTape tape({.persistent = true});
  const Tensor y = model(x);
  static_cast<void>(trace_model(model, true));
  EXPECT_TRUE(tape.gradient(y, model.trainable_variables())[0].defined());
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(model.weights()[i].value().to_vector<float>(), before[i]);
  EXPECT_EQ(dropout.seed_states().at(0).value().to_vector<std::uint32_t>(), state);
}

// The graph draws the numbers that the model would draw, and moves the same averages.
TEST(TraceModelTest, TrainingIsTracedWithItsAssignments) {
  const Sequential model({Dense({.units = 3, .input_shape = {4}}), Dropout({.rate = 0.5, .seed = 3}), Dropout({.rate = 0.3, .noise_shape = {-1, 1}}), GaussianNoise({.stddev = 0.1, .seed = 4}),
                          BatchNormalization()});
  const graph::Graph graph = trace_model(model, true);
  const Tensor x = rows(6, 4);
  std::vector<Variable> states = model.non_trainable_variables();
  for (const ChildLayer& child : model.ptr()->children()) states.insert(states.end(), child.layer->seed_states().begin(), child.layer->seed_states().end());
  ASSERT_GE(states.size(), 4U);
  Tensors start;
  for (const Variable& state : states) start.push_back(state.value().copy());
  for (int step = 0; step < 2; ++step) {
    for (std::size_t i = 0; i < states.size(); ++i) states[i].assign(start[i]);
    const std::vector<float> wanted = model(x, {.training = true}).to_vector<float>();
    Tensors after;
    for (std::size_t i = 0; i < states.size(); ++i) {
      after.push_back(states[i].value().copy());
      states[i].assign(start[i]);
    }
    const std::vector<float> given = graph::run(graph, Tensors{x}).at(0).to_vector<float>();
    for (std::size_t i = 0; i < given.size(); ++i) EXPECT_NEAR(given[i], wanted[i], 1e-5);
    for (std::size_t i = 0; i < states.size(); ++i) {
      if (states[i].dtype() == DType::kUInt32) {
        EXPECT_EQ(states[i].value().to_vector<std::uint32_t>(), after[i].to_vector<std::uint32_t>());
      } else {
        for (std::int64_t k = 0; k < after[i].size(); ++k) EXPECT_NEAR(states[i].value().data<float>()[static_cast<std::size_t>(k)], after[i].data<float>()[static_cast<std::size_t>(k)], 1e-6);
      }
      start[i] = after[i];
    }
  }
}

std::string text_of(const graph::Graph& graph) {
  formats::GraphDef def;
  def.functions.push_back(to_function_def(graph, "f").function);
  return formats::to_bytes(def);
}

TEST(TraceModelTest, TracingTwiceGivesEqualGraphs) {
  const Sequential model({Dense({.units = 3, .activation = "gelu", .input_shape = {4}}), Dropout({.rate = 0.5}), BatchNormalization()});
  for (const bool training : {false, true}) EXPECT_EQ(text_of(trace_model(model, training)), text_of(trace_model(model, training)));
}

TEST(TraceModelTest, ADeepModelIsTracedWhole) {
  std::vector<Layer> layers{Dense({.units = 4, .activation = "relu", .input_shape = {4}})};
  while (layers.size() < 200) layers.push_back(Dense({.units = 4, .activation = "relu"}));
  const Sequential model(layers);
  const graph::Graph graph = trace_model(model);
  EXPECT_EQ(graph.nodes.size(), 1U + 200U * 5U);
  EXPECT_EQ(to_function_def(graph, "f").captured.size(), 400U);
}

TEST(TraceModelTest, ChecksOfNumbersAreLeftOutOfFunctions) {
  const Sequential model = transformed([](const Tensor& x, const Variable& w) { return matmul(check_in_range(x, -100, 100, "x"), w); });
  for (const formats::NodeDef& node : to_function_def(trace_model(model), "f").function.nodes) {
    EXPECT_NE(node.op, "CheckInRange");
    if (node.op == "MatMul") {
      EXPECT_EQ(node.inputs.at(0), "x");
    }
  }
}

TEST(TraceModelTest, FunctionsWithGradientsOfTheirOwnAreTheOpsOfTheirValues) {
  const Sequential model = transformed([](const Tensor& x, const Variable& w) {
    return custom_gradient([](const Tensor& t) -> CustomGradient { return {sin(t), [](const Tensor& g) { return g; }}; }, matmul(x, w));
  });
  const graph::Graph graph = trace_model(model);
  EXPECT_THAT(node_names(graph), IsSupersetOf({"m/own/MatMul", "m/own/Sin"}));
  expect_same_numbers(model, graph, 4);
}

TEST(TraceModelTest, ASymbolicTensorOfElsewhereIsRefused) {
  const Tensor elsewhere = Input({.shape = {4}, .name = "elsewhere"});
  const Sequential model = transformed([=](const Tensor& x, const Variable&) { return x + elsewhere; });
  EXPECT_THROW(static_cast<void>(trace_model(model)), InvalidArgument);
  EXPECT_EQ(ops::Recorder::innermost(), nullptr) << "no recorder is left behind";
}

}  // namespace
}  // namespace namesake::saving
