// Graphs of files made ready to run: ops by their records and by rules, functions, variables; and what makes no sense.
#include "namesake/saving/saved_model/graph_import.h"

#include <gtest/gtest.h>

#include <chrono>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/error.h"
#include "namesake/graph/run.h"
#include "namesake/saving/saved_model/graph_def_test_support.h"

namespace namesake::saving {
namespace {

using formats::attribute;
using formats::FunctionDef;
using formats::GraphDef;
using formats::list_attribute;
using formats::NodeDef;

NodeDef placeholder(std::string name) { return node(std::move(name), "Placeholder", {}, {attribute("dtype", DType::kFloat32)}); }
NodeDef call(std::string name, std::string function, std::vector<std::string> inputs) {
  return node(std::move(name), "PartitionedCall", std::move(inputs), {attribute("f", formats::FunctionReference{std::move(function), {}})});
}
FunctionDef function(std::string name, std::vector<formats::FunctionArgument> arguments, std::vector<NodeDef> nodes, std::string result) {
  FunctionDef def;
  def.name = std::move(name);
  def.arguments = std::move(arguments);
  def.results = {argument("r", DType::kFloat32)};
  def.nodes = std::move(nodes);
  def.returns = {{"r", std::move(result)}};
  return def;
}

const Tensor kX = Tensor::of<float>({1, -2, 3, -4}, {2, 2});

struct Imported {
  std::shared_ptr<GraphDef> file;
  std::shared_ptr<const graph::Graph> graph;
};
Imported import(GraphDef graph, const Variable& variable = {}) {
  const auto file = std::make_shared<GraphDef>(std::move(graph));
  GraphImport importer(*file, "g.pb", [&](const NodeDef&) { return variable; });
  const GraphEnd in{"x", "x:0", DType::kFloat32, {-1, 2}}, out{"y", "y", DType::kInvalid, {}};
  return {file, importer.import_ends("g", {&in, 1}, {&out, 1})};
}
std::vector<float> result(GraphDef graph, const Variable& variable = {}) { return graph::run(*import(std::move(graph), variable).graph, {&kX, 1}).at(0).to_vector<float>(); }

GraphDef graph_of(std::vector<NodeDef> nodes, std::vector<FunctionDef> functions = {}) {
  GraphDef graph;
  graph.nodes = {placeholder("x")};
  graph.nodes.insert(graph.nodes.end(), std::make_move_iterator(nodes.begin()), std::make_move_iterator(nodes.end()));
  graph.functions = std::move(functions);
  return graph;
}

TEST(GraphImport, RunsOpsByTheirRecordsAndByRules) {
  const Tensor two = Tensor::of<float>({2, 2}, {2});
  const Tensor axis(1), no(false);
  const struct {
    const char* what;
    std::vector<NodeDef> nodes;
    std::vector<float> expected;
  } cases[] = {
      {"a record", {node("y", "Relu", {"x"})}, {1, 0, 3, 0}},
      {"nodes in any order", {node("y", "Relu", {"a:0"}), node("a", "Neg", {"x"})}, {0, 2, 0, 4}},
      {"attributes", {constant("m", Tensor::of<float>({1, 2, 3, 4}, {2, 2})), node("y", "MatMul", {"x", "m"}, {attribute("transpose_b", true)})}, {-3, -5, -5, -7}},
      {"a list of inputs", {constant("axis", axis), node("y", "ConcatV2", {"x", "x", "axis"}, {attribute("N", std::int64_t{2})})}, {1, -2, 1, -2, 3, -4, 3, -4}},
      {"a second output", {constant("axis", axis), node("s", "Split", {"axis", "x"}, {attribute("num_split", std::int64_t{2})}), node("y", "Neg", {"s:1"})}, {2, 4}},
      {"identities", {node("a", "Identity", {"x"}), node("b", "IdentityN", {"a", "x"}), node("c", "Snapshot", {"b:1"}), node("y", "EnsureShape", {"c"})}, {1, -2, 3, -4}},
      {"a default that nobody overrides", {constant("c", two), node("d", "PlaceholderWithDefault", {"c"}), node("y", "AddV2", {"x", "d"})}, {3, 0, 5, -2}},
      {"control inputs", {node("n", "NoOp", {"^x"}), node("y", "Relu", {"x", "^n"})}, {1, 0, 3, 0}},
      {"checks", {constant("c", Tensor(true)), node("a", "Assert", {"c", "x"}), node("y", "Relu", {"x", "^a"})}, {1, 0, 3, 0}},
      {"Concat with its axis first", {constant("axis", axis), node("y", "Concat", {"axis", "x", "x"})}, {1, -2, 1, -2, 3, -4, 3, -4}},
      {"Gather", {constant("i", Tensor::of<std::int32_t>({1, 0}, {2})), node("y", "Gather", {"x", "i"})}, {3, -4, 1, -2}},
      {"BatchMatMul", {constant("m", Tensor::of<float>({1, 2, 3, 4}, {2, 2})), node("y", "BatchMatMul", {"x", "m"})}, {-5, -6, -9, -10}},
      {"_FusedMatMul",
       {constant("m", Tensor::of<float>({1, 2, 3, 4}, {2, 2})), constant("b", Tensor::of<float>({6, 6}, {2})),
        node("y", "_FusedMatMul", {"x", "m", "b"}, {list_attribute("fused_ops", std::vector<std::string>{"BiasAdd", "Relu"})})},
       {1, 0, 0, 0}},
      {"a branch that is certain",
       {constant("t", no), node("s", "Switch", {"x", "t"}), node("a", "Neg", {"s"}), node("b", "Relu", {"s:1"}), node("y", "Merge", {"b", "a"})},
       {-1, 2, -3, 4}},
      {"the shape of the batch",
       {node("s", "Shape", {"x"}), constant("zero", Tensor::of<std::int32_t>({0}, {1})), constant("one", Tensor::of<std::int32_t>({1}, {1})),
        node("n", "StridedSlice", {"s", "zero", "one", "one"}, {attribute("shrink_axis_mask", std::int64_t{1})}), constant("c", Tensor(2)),
        node("p", "Pack", {"c", "n"}, {attribute("N", std::int64_t{2})}), node("y", "Reshape", {"x", "p"})},
       {1, -2, 3, -4}},
  };
  for (const auto& c : cases) EXPECT_EQ(result(graph_of(c.nodes)), c.expected) << c.what;
}

TEST(GraphImport, CallsFunctionsWithWhatTheyCaptured) {
  const Variable kernel(Tensor::of<float>({1, 0, 0, 2}, {2, 2}));
  const auto inner = function("inner", {argument("a", DType::kFloat32), argument("k", DType::kResource)},
                              {node("read", "ReadVariableOp", {"k"}, {attribute("dtype", DType::kFloat32)}), node("m", "MatMul", {"a", "read:value:0"})}, "m:product:0");
  const auto outer = function("outer", {argument("a", DType::kFloat32), argument("k", DType::kResource)},
                              {call("once", "inner", {"a", "k"}), node("again", "inner", {"once:output:0", "k"})}, "again:r:0");
  const Imported made = import(graph_of({node("v", "VarHandleOp"), call("y", "outer", {"x", "v"})}, {outer, inner}), kernel);
  EXPECT_EQ(graph::variables_of(*made.graph), std::vector<Variable>{kernel});
  GradientTape tape;
  const Tensor y = graph::run(*made.graph, {&kX, 1}).at(0);
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{1, -8, 3, -16}));
  const auto gradients = tape.gradient(y, std::vector<Variable>{kernel});  // of x k k: x' 1 k' + (x k)' 1
  EXPECT_EQ(gradients[0].to_vector<float>(), (std::vector<float>{8, 12, -18, -24}));
}

TEST(GraphImport, AssignsInTheOrderOfTheControlInputs) {
  const Variable count(Tensor::of<float>({5, 5}, {2}));
  EXPECT_EQ(result(graph_of({node("v", "VarHandleOp"), constant("c", Tensor::of<float>({1, 1}, {2})), node("a", "AssignAddVariableOp", {"v", "c"}),
                             node("r", "ReadVariableOp", {"v", "^a"}), node("y", "AddV2", {"x", "r"})}),
                   count),
            (std::vector<float>{7, 4, 9, 2}));
  EXPECT_EQ(count.value().to_vector<float>(), (std::vector<float>{6, 6}));
}

TEST(GraphImport, ReadsVariablesOfTensorFlow1WhereTheyAreUsed) {
  const Variable bias(Tensor::of<float>({10, 20}, {2}));
  EXPECT_EQ(result(graph_of({node("v", "VariableV2"), node("v/read", "Identity", {"v"}), node("y", "Add", {"x", "v/read"})}), bias), (std::vector<float>{11, 18, 13, 16}));
}

TEST(GraphImport, LooksOnlyAtWhatTheResultsDependOn) {
  EXPECT_EQ(result(graph_of({node("y", "Relu", {"x"}), node("lookup", "LookupTableFindV2", {"x", "x"}), node("broken", "Relu", {"nothing"})})), (std::vector<float>{1, 0, 3, 0}));
}

TEST(GraphImport, ListsAllOpsWithoutARecordInOneError) {
  const auto f = function("f", {argument("a", DType::kFloat32)}, {node("q", "QuantizeAndDequantizeV9", {"a"})}, "q:output:0");
  try {
    static_cast<void>(import(graph_of({node("l", "LookupTableFindV2", {"x"}), node("m", "LookupTableFindV2", {"l"}), node("c", "Relu", {"m"}), call("d", "f", {"c"}), node("y", "Relu", {"d"})}, {f})));
    FAIL();
  } catch (const Unsupported& error) {
    EXPECT_EQ(error.parts().received, "LookupTableFindV2 (2: l, m); QuantizeAndDequantizeV9 (1: q in function \"f\")");
  }
}

// f0 <- f1 (twice) <- f2 (twice) ...
std::vector<FunctionDef> doubling(std::size_t depth) {
  std::vector<FunctionDef> functions = {function("f0", {argument("a", DType::kFloat32)}, {node("m", "Relu", {"a"})}, "m:activations:0")};
  for (std::size_t i = 1; i <= depth; ++i) {
    const std::string below = "f" + std::to_string(i - 1);
    functions.push_back(function("f" + std::to_string(i), {argument("a", DType::kFloat32)}, {call("one", below, {"a"}), call("two", below, {"one:output:0"})}, "two:output:0"));
  }
  return functions;
}

TEST(GraphImport, RefusesWhatMakesNoSenseAtOnce) {
  const auto f = [](std::vector<NodeDef> nodes, std::string returned) { return function("f", {argument("a", DType::kFloat32)}, std::move(nodes), std::move(returned)); };
  formats::TensorValue huge = formats::TensorValue::of(Tensor(1.0f));
  huge.shape = {1 << 20, 1 << 20, 1 << 20};
  std::vector<FunctionDef> deep;
  for (int i = 0; i < 300; ++i) deep.push_back(function("f" + std::to_string(i), {argument("a", DType::kFloat32)}, {call("c", "f" + std::to_string(i + 1), {"a"})}, "c:output:0"));
  const struct {
    const char* what;
    GraphDef graph;
  } cases[] = {
      {"Two nodes are called", graph_of({node("y", "Relu", {"x"}), node("y", "Neg", {"x"})})},
      {"Two functions are called", graph_of({call("y", "f", {"x"})}, {f({}, "a"), f({}, "a")})},
      {"Two nodes are called", graph_of({call("y", "f", {"x"})}, {f({node("b", "Neg", {"a"}), node("b", "Relu", {"a"})}, "b:y:0")})},
      {"depends on itself", graph_of({node("y", "Relu", {"z"}), node("z", "Relu", {"y"})})},
      {"depends on itself", graph_of({node("y", "Relu", {"x", "^y"})})},
      {"calls itself", graph_of({call("y", "f", {"x"})}, {f({call("c", "f", {"a"})}, "c:output:0")})},
      {"more than 100 deep", graph_of({call("y", "f0", {"x"})}, deep)},
      {"too often", graph_of({call("y", "f60", {"x"})}, doubling(60))},
      {"nothing is called so", graph_of({node("y", "Relu", {"nobody"})})},
      {"nothing is called so", graph_of({node("y", "Relu", {"x:-1"})})},
      {"takes output 3", graph_of({node("y", "Relu", {"x:3"})})},
      {"has no output", graph_of({call("y", "f", {"x"})}, {f({node("b", "Neg", {"a"}), node("c", "Neg", {"b:nothing:0"})}, "c:y:0")})},
      {"another number of inputs", graph_of({node("y", "MatMul", {"x"})})},
      {"another number of inputs", graph_of({node("y", "Relu", {"x", "x"})})},
      {"another number of arguments", graph_of({call("y", "f", {"x", "x"})}, {f({}, "a")})},
      {"value of another kind", graph_of({node("y", "MatMul", {"x", "x"}, {attribute("transpose_a", std::int64_t{1})})})},
      {"not the dtype", graph_of({node("y", "Relu", {"x"}, {attribute("T", DType::kInt32)})})},
      {"there is none", graph_of({call("y", "f", {"x"})})},
      {"does not say which function", graph_of({node("y", "PartitionedCall", {"x"})})},
      {"comes from nowhere", graph_of({call("y", "f", {"x"})}, {[&] { auto def = f({}, "a"); def.returns.clear(); return def; }()})},
      {"more than 64 MB", graph_of({node("c", "Const", {}, {attribute("value", huge)}), node("y", "AddV2", {"x", "c"})})},
      {"has no value", graph_of({node("c", "Const"), node("y", "AddV2", {"x", "c"})})},
      {"impossible number of outputs", graph_of({constant("axis", Tensor(1)), node("y", "Split", {"axis", "x"}, {attribute("num_split", std::int64_t{1} << 40)})})},
      {"another dtype", graph_of({call("y", "f", {"c"}), constant("c", Tensor(1))}, {f({}, "a")})},
      {"no variable", graph_of({node("y", "ReadVariableOp", {"x"})})},
      {"input that the signature does not have", graph_of({placeholder("z"), node("y", "AddV2", {"x", "z"})})},
  };
  for (const auto& c : cases) {
    const auto begin = std::chrono::steady_clock::now();
    try {
      static_cast<void>(import(c.graph));
      ADD_FAILURE() << c.what << ": was imported";
    } catch (const FormatError& error) {
      EXPECT_NE(std::string(error.what()).find(c.what), std::string::npos) << c.what << "\n" << error.what();
      EXPECT_EQ(error.file(), "g.pb");
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2)) << c.what;
  }
}

TEST(GraphImport, NamesNodeAndAttributeOfAValueThatCannotBeReadWhenAResultNeedsIt) {
  const NodeDef odd = node("odd", "Const", {}, {attribute("value", formats::UnreadableValue{"elements of TensorFlow's dtype 29", ""})});
  EXPECT_EQ(result(graph_of({odd, node("y", "Relu", {"x"})})), (std::vector<float>{1, 0, 3, 0}));
  try {
    static_cast<void>(import(graph_of({odd, node("y", "AddV2", {"x", "odd"})})));
    ADD_FAILURE() << "the value was needed";
  } catch (const Unsupported& error) {
    const std::string said = error.what();
    EXPECT_NE(said.find("g.pb: node \"odd\": The attribute value has a value that is not read here."), std::string::npos) << said;
    EXPECT_NE(said.find("elements of TensorFlow's dtype 29"), std::string::npos) << said;
  }
}

TEST(GraphImport, RefusesWordsThatARecordDoesNotKnow) {
  const auto graph = graph_of({constant("k", Tensor::of<float>({1}, {1, 1, 1, 1})), constant("s", Tensor::of<std::int32_t>({1, 2, 1, 2}, {4})), node("r", "Reshape", {"x", "s"}),
                               node("y", "Conv2D", {"r", "k"}, {attribute("padding", std::string("SIDEWAYS")), list_attribute("strides", std::vector<std::int64_t>{1, 1, 1, 1})})});
  EXPECT_THROW(static_cast<void>(import(graph)), Unsupported);
}

}  // namespace
}  // namespace namesake::saving
