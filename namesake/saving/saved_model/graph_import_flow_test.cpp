// Loops and branches of files: While, If and Case with their functions, variables as arguments, and what makes no sense.
#include <gtest/gtest.h>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/error.h"
#include "namesake/graph/run.h"
#include "namesake/saving/saved_model/graph_def_test_support.h"
#include "namesake/saving/saved_model/graph_import.h"

namespace namesake::saving {
namespace {

using formats::attribute;
using formats::FunctionDef;
using formats::GraphDef;
using formats::list_attribute;
using formats::NodeDef;

using Attributes = std::vector<formats::Attribute>;
using Names = std::vector<std::pair<std::string, DType>>;
constexpr DType kFloat = DType::kFloat32;

formats::Attribute function_attribute(std::string_view name, std::string function) { return attribute(name, formats::FunctionReference{std::move(function), {}}); }

std::vector<formats::FunctionArgument> arguments(const Names& names) {
  std::vector<formats::FunctionArgument> made;
  for (const auto& [name, dtype] : names) made.push_back(argument(name, dtype));
  return made;
}
// `returns`: where each result comes from, and its dtype.
FunctionDef function(std::string name, const Names& takes, std::vector<NodeDef> nodes, const Names& returns) {
  FunctionDef def;
  def.name = std::move(name);
  def.arguments = arguments(takes);
  def.nodes = std::move(nodes);
  for (std::size_t i = 0; i < returns.size(); ++i) {
    def.results.push_back(argument("r" + std::to_string(i), returns[i].second));
    def.returns.emplace_back(def.results.back().name, returns[i].first);
  }
  return def;
}

// Everything here is about one number, x, and one variable, v.
const Tensor kTwo(2.0f);
struct Imported {
  std::shared_ptr<GraphDef> file;
  std::shared_ptr<const graph::Graph> graph;
};
Imported import(std::vector<NodeDef> nodes, std::vector<FunctionDef> functions, const Variable& variable = Variable(Tensor(3.0f))) {
  const auto file = std::make_shared<GraphDef>();
  file->nodes = {node("x", "Placeholder", {}, {attribute("dtype", kFloat)}), node("v", "VarHandleOp")};
  file->nodes.insert(file->nodes.end(), nodes.begin(), nodes.end());
  file->functions = std::move(functions);
  GraphImport importer(*file, "g.pb", [&](const NodeDef&) { return variable; });
  const GraphEnd in{"x", "x:0", kFloat, Shape::scalar()}, out{"y", "y", DType::kInvalid, {}};
  return {file, importer.import_ends("g", {&in, 1}, {&out, 1})};
}
float result(const Imported& made, const Tensor& x = kTwo) { return graph::run(*made.graph, {&x, 1}).at(0).item<float>(); }

const Names kValueAndHandle = {{"a", kFloat}, {"k", DType::kResource}};
NodeDef read(std::vector<std::string> inputs = {"k"}) { return node("read", "ReadVariableOp", std::move(inputs), {attribute("dtype", kFloat)}); }
NodeDef loop(std::vector<std::string> inputs = {"x", "v"}, Attributes more = {}) {
  more.push_back(function_attribute("cond", "below"));
  more.push_back(function_attribute("body", "step"));
  return node("y", "While", std::move(inputs), std::move(more));
}
// a < 50
FunctionDef below(Names takes = kValueAndHandle) { return function("below", std::move(takes), {constant("c", Tensor(50.0f)), node("l", "Less", {"a", "c:output:0"})}, {{"l:z:0", DType::kBool}}); }
// a * v
FunctionDef step() { return function("step", kValueAndHandle, {read(), node("m", "Mul", {"a", "read:value:0"})}, {{"m:z:0", kFloat}, {"k", DType::kResource}}); }

TEST(GraphImportFlow, RunsLoopsWithVariablesAmongTheirArguments) {
  const Variable v(Tensor(3.0f));
  const Imported made = import({loop()}, {below(), step()}, v);
  GradientTape tape;
  const Tensor y = graph::run(*made.graph, {&kTwo, 1}).at(0);
  EXPECT_EQ(y.item<float>(), 54);  // 2 v^3
  EXPECT_EQ(tape.gradient(y, v).item<float>(), 54);
  EXPECT_EQ(result(made, Tensor(60.0f)), 60);
}

TEST(GraphImportFlow, LetsTheBodyOfALoopSetVariables) {
  const Variable v(Tensor(3.0f));
  const auto sets = function("step", kValueAndHandle, {node("set", "AssignAddVariableOp", {"k", "a"}, {attribute("dtype", kFloat)}), read({"k", "^set"})}, {{"read:value:0", kFloat}, {"k", DType::kResource}});
  EXPECT_EQ(result(import({loop()}, {below(), sets}, v)), 80);  // v and then a: 5, 10, 20, 40, 80
}

TEST(GraphImportFlow, FindsWhichShapesStayTheSameWhereTheFileDoesNotSay) {
  const Names value = {{"a", kFloat}};
  const auto total = function("below", value, {constant("axis", Tensor::of<std::int32_t>({0}, {1})), node("s", "Sum", {"a", "axis:output:0"}), constant("c", Tensor(50.0f)), node("l", "Less", {"s:output:0", "c:output:0"})},
                              {{"l:z:0", DType::kBool}});
  const auto twice = function("step", value, {constant("axis", Tensor(0)), node("m", "ConcatV2", {"a", "a", "axis:output:0"}, {attribute("N", std::int64_t{2})})}, {{"m:output:0", kFloat}});
  NodeDef grows = loop({"e"});
  grows.name = "grown";
  const Imported made = import({constant("dim", Tensor(0)), node("e", "ExpandDims", {"x", "dim"}), grows, node("y", "Sum", {"grown", "all"}), constant("all", Tensor::of<std::int32_t>({0}, {1}))}, {total, twice});
  EXPECT_EQ(result(made), 64);
}

TEST(GraphImportFlow, RunsTheBranchThatTheDataPick) {
  const auto branch = [](std::string name, std::string op) { return function(std::move(name), {{"a", kFloat}}, {node("n", std::move(op), {"a"})}, {{"n:y:0", kFloat}}); };
  const std::vector<FunctionDef> functions = {branch("negative", "Neg"), branch("square", "Square"), branch("root", "Sqrt")};
  const NodeDef limit = constant("c", Tensor(3.0f)), greater = node("g", "Greater", {"x", "c"});
  const auto if_of = [](std::string condition) { return node("y", "If", {std::move(condition), "x"}, {function_attribute("then_branch", "negative"), function_attribute("else_branch", "square")}); };
  const Imported by_truth = import({limit, greater, if_of("g")}, functions), by_number = import({if_of("x")}, functions);
  EXPECT_EQ(result(by_truth), 4);
  EXPECT_EQ(result(by_truth, Tensor(5.0f)), -5);
  EXPECT_EQ(result(by_number), -2);
  EXPECT_EQ(result(by_number, Tensor(0.0f)), 0);
  const auto branches = list_attribute("branches", std::vector<formats::FunctionReference>{{"negative", {}}, {"square", {}}, {"root", {}}});
  const Imported by_index = import({node("i", "Cast", {"x"}, {attribute("DstT", DType::kInt32)}), node("y", "Case", {"i", "x"}, {branches})}, functions);
  EXPECT_EQ(result(by_index, Tensor(0.5f)), -0.5f);
  EXPECT_EQ(result(by_index, Tensor(1.0f)), 1);
  EXPECT_EQ(result(by_index, Tensor(9.0f)), 3);  // the last
  EXPECT_EQ(result(import({constant("i", Tensor(1)), node("y", "Case", {"i", "x"}, {branches})}, functions)), 4);
}

TEST(GraphImportFlow, SetsVariablesOnlyInTheBranchThatIsTaken) {
  const Variable v(Tensor(3.0f));
  const auto sets = function("sets", kValueAndHandle, {node("set", "AssignVariableOp", {"k", "a"}, {attribute("dtype", kFloat)}), node("i", "Identity", {"a", "^set"})}, {{"i:output:0", kFloat}});
  const auto reads = function("reads", kValueAndHandle, {read()}, {{"read:value:0", kFloat}});
  const Imported made = import({constant("c", Tensor(3.0f)), node("g", "Greater", {"x", "c"}), node("y", "If", {"g", "x", "v"}, {function_attribute("then_branch", "sets"), function_attribute("else_branch", "reads")})}, {sets, reads}, v);
  EXPECT_EQ(result(made), 3);
  EXPECT_EQ(v.value().item<float>(), 3);
  EXPECT_EQ(result(made, Tensor(7.0f)), 7);
  EXPECT_EQ(v.value().item<float>(), 7);
}

TEST(GraphImportFlow, ListsOpsWithoutARecordInBranchesAndLoops) {
  const auto missing = [](std::string name, std::string op) { return function(std::move(name), {{"a", kFloat}}, {node("n", std::move(op), {"a"})}, {{"n:y:0", kFloat}}); };
  NodeDef in_loop = loop({"q"});
  try {
    static_cast<void>(import({node("g", "Nowhere1", {"x"}), node("q", "If", {"g", "x"}, {function_attribute("then_branch", "one"), function_attribute("else_branch", "two")}), in_loop},
                             {missing("one", "Nowhere2"), missing("two", "Nowhere3"), missing("step", "Nowhere4"), below({{"a", kFloat}})}));
    FAIL();
  } catch (const Unsupported& error) {
    EXPECT_EQ(error.parts().received, "Nowhere1 (1: g); Nowhere2 (1: n in function \"one\"); Nowhere3 (1: n in function \"two\"); Nowhere4 (1: n in function \"step\")");
  }
}

TEST(GraphImportFlow, RefusesWhatMakesNoSense) {
  const auto returns = [](Names results) { return function("step", kValueAndHandle, {constant("c", Tensor(1))}, std::move(results)); };
  const auto tests = [](NodeDef by, std::string result, DType dtype) { return function("below", kValueAndHandle, {std::move(by)}, {{std::move(result), dtype}}); };
  const auto gives = [](std::string name, const Tensor& value) { return function(std::move(name), {{"a", kFloat}}, {constant("c", value)}, {{"c:output:0", value.dtype()}}); };
  const NodeDef condition = node("g", "Greater", {"x", "x"});
  const NodeDef picks = node("y", "If", {"g", "x"}, {function_attribute("then_branch", "one"), function_attribute("else_branch", "two")});
  const struct {
    const char* what;
    std::vector<NodeDef> nodes;
    std::vector<FunctionDef> functions;
  } cases[] = {
      {"always true", {loop()}, {tests(constant("t", Tensor(true)), "t:output:0", DType::kBool), step()}},
      {"gives no truth", {loop()}, {tests(constant("t", Tensor(1)), "t:output:0", DType::kInt32), step()}},
      {"another number of values", {loop()}, {below(), returns({{"a", kFloat}})}},
      {"changes its dtype", {loop()}, {below(), returns({{"c:output:0", DType::kInt32}, {"k", DType::kResource}})}},
      {"does not hand on", {loop()}, {below(), returns({{"k", DType::kResource}, {"a", kFloat}})}},
      {"does not say which function", {node("y", "While", {"x"})}, {}},
      {"there is none", {loop()}, {below()}},
      {"calls itself", {loop()}, {below(), function("step", kValueAndHandle, {[] { NodeDef inner = loop({"a", "k"}); inner.name = "w"; return inner; }()}, {{"w:output:0", kFloat}, {"k", DType::kResource}})}},
      {"do not give the same", {condition, picks}, {gives("one", Tensor(1)), gives("two", Tensor(1.0f))}},
      {"has no branches", {constant("i", Tensor(1)), node("y", "Case", {"i", "x"})}, {}},
      {"lacks its input", {node("y", "If", {}, {function_attribute("then_branch", "one"), function_attribute("else_branch", "two")})}, {gives("one", Tensor(1.0f)), gives("two", Tensor(1.0f))}},
      {"by another dtype", {node("y", "Case", {"x", "x"}, {list_attribute("branches", std::vector<formats::FunctionReference>{{"one", {}}})})}, {gives("one", Tensor(1.0f))}},
      {"is a list of tensors", {constant("n", Tensor(1)), node("y", "TensorListReserve", {"n", "n"}, {attribute("element_dtype", kFloat)})}, {}},
  };
  for (const auto& c : cases) {
    try {
      static_cast<void>(import(c.nodes, c.functions));
      ADD_FAILURE() << c.what << ": was imported";
    } catch (const FormatError& error) {
      EXPECT_NE(std::string(error.what()).find(c.what), std::string::npos) << c.what << "\n" << error.what();
    }
  }
}

}  // namespace
}  // namespace namesake::saving
