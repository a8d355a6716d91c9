// The order of what signatures take and give.
#include "namesake/saving/saved_model/saved_model_signatures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace namesake::saving {
namespace {

using formats::StructuredValue;
using ::testing::ElementsAre;

using Names = std::vector<std::string>;

StructuredValue specs(const Names& names) {
  StructuredValue::List list;
  for (const std::string& name : names) list.values.push_back({StructuredValue::TensorSpec{name, {-1, 1}, DType::kInt32}});
  return {list};
}

// A signature of these inputs and outputs, and functions of the root object that take theirs: `f([a, b])`.
formats::MetaGraph graph_of(const Names& inputs, const Names& outputs, const std::vector<Names>& functions) {
  formats::MetaGraph graph;
  formats::Signature signature{"serving_default", {}, {}, ""};
  for (const std::string& name : inputs) signature.inputs.push_back({name, "serving_default_" + name + ":0", DType::kInt32, {-1, 1}, ""});
  for (const std::string& name : outputs) signature.outputs.push_back({name, "call:0", DType::kFloat32, {-1, 1}, ""});
  graph.signatures = {signature};
  graph.objects.emplace();
  graph.objects->nodes.resize(1 + functions.size());
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const std::string name = "f" + std::to_string(i);
    graph.objects->nodes[0].children.push_back({name, i + 1});
    graph.objects->nodes[i + 1].kind = formats::FunctionObject{{name}, {}, false, {}};
    const StructuredValue arguments = {StructuredValue::Tuple{{specs(functions[i])}}};
    graph.objects->functions.push_back({name, {}, {StructuredValue::Tuple{{arguments, {StructuredValue::Dict{}}}}}, specs({"y"})});
  }
  return graph;
}

Names names_of(const std::vector<GraphEnd>& ends) {
  Names names;
  for (const GraphEnd& end : ends) names.push_back(end.name);
  return names;
}
FileSignature usual(const formats::MetaGraph& graph) {
  for (FileSignature& signature : signatures_of(graph)) {
    if (signature.name == "serving_default") return std::move(signature);
  }
  return {};
}

TEST(SignaturesOf, TakeInputsAsTheExportedFunctionDoes) {
  const FileSignature signature = usual(graph_of({"movie", "user"}, {"y"}, {{"user", "movie"}}));
  EXPECT_THAT(names_of(signature.inputs), ElementsAre("user", "movie"));
  EXPECT_EQ(signature.inputs[0].tensor, "serving_default_user:0");
  EXPECT_THAT(names_of(usual(graph_of({"b", "a"}, {"y"}, {{"b", "a"}, {"b", "a"}, {"c", "a"}, {"a"}})).inputs), ElementsAre("b", "a"));
}

TEST(SignaturesOf, TakeInputsByNameWhereNoOrderIsSaid) {
  EXPECT_THAT(names_of(usual(graph_of({"b", "a"}, {"y"}, {})).inputs), ElementsAre("a", "b"));
  EXPECT_THAT(names_of(usual(graph_of({"b", "a"}, {"y"}, {{"b", "a"}, {"a", "b"}})).inputs), ElementsAre("a", "b")) << "two functions that do not agree";
  EXPECT_THAT(names_of(usual(graph_of({"args_10", "args_2", "args_1"}, {"y"}, {{"x"}})).inputs), ElementsAre("args_1", "args_2", "args_10"));
}

TEST(SignaturesOf, CountOutputsAsPeopleDo) {
  EXPECT_THAT(names_of(usual(graph_of({"x"}, {"output_10", "output_2", "output_0"}, {})).outputs), ElementsAre("output_0", "output_2", "output_10"));
}

}  // namespace
}  // namespace namesake::saving
