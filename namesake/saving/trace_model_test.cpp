// Models as graphs: what the nodes are called, what a graph computes, and that nothing of the model changes by it.
#include "namesake/saving/trace_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/error.h"
#include "namesake/graph/run.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/random.h"
#include "namesake/saving/function_def.h"

namespace namesake::saving {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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

}  // namespace
}  // namespace namesake::saving
