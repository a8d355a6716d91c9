#include "namesake/view/graph_inventory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "namesake/base/error.h"
#include "namesake/formats/saved_model.h"
#include "tests/support/temp_folder.h"

namespace namesake::view {
namespace {

const std::string kGolden = NAMESAKE_SOURCE_DIR "/tests/golden/saved_models/";

TEST(GraphInventory, TellsTheStateOfOptimizersFromWeights) {
  formats::SavedModelFile model;
  formats::SavedModelObjects& objects = model.meta_graphs.emplace_back().objects.emplace();
  objects.nodes.resize(4);
  objects.nodes[0].children = {{"kernel", 1}, {"optimizer", 2}};
  objects.nodes[1].kind = formats::VariableObject{DType::kFloat32, {2, 3}, true, "dense/kernel", 0, 0};
  objects.nodes[2].children = {{"iterations", 3}};
  objects.nodes[3].kind = formats::VariableObject{DType::kInt64, Shape::scalar(), false, "", 0, 0};
  const testing::TempFolder folder;
  testing::write_text(folder / "saved_model.pb", formats::saved_model_bytes(model));
  const auto found = open_graph_file(folder.path());
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->inventory.weights.size(), 1U);
  EXPECT_EQ(found->inventory.weights[0].path, "dense/kernel");
  EXPECT_EQ(found->inventory.weights[0].bytes, 24U);
  ASSERT_EQ(found->inventory.optimizer.size(), 1U);
  EXPECT_EQ(found->inventory.optimizer[0].path, "optimizer/iterations");  // it has no name of its own
}

TEST(GraphInventory, ListsValuesThatCannotBeReadAndAllOthers) {
  std::string message("\x42\x16\x08\x01\x12\x12", 6);  // AttrValue.tensor: float32, a shape of nine axes
  for (int i = 0; i < 9; ++i) message += std::string("\x12\0", 2);
  formats::GraphDef graph;
  graph.nodes = {{"odd", "Const", "", {}, {formats::attribute("value", formats::UnreadableValue{"", message})}},
                 {"w", "Const", "", {}, {formats::attribute("value", formats::TensorValue::of(Tensor::of<float>({1, 2}, {2})))}}};
  graph.functions.resize(1);
  graph.functions[0].name = "f";
  graph.functions[0].nodes = {graph.nodes[0]};
  const testing::TempFolder folder;
  testing::write_text(folder / "f.pb", formats::to_bytes(graph));
  const auto found = open_graph_file(folder / "f.pb");
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->inventory.weights.size(), 2U);
  EXPECT_EQ(found->inventory.weights[0].unsupported, "a shape of 9 axes");
  EXPECT_EQ(found->inventory.weights[1].unsupported, "");
  EXPECT_THAT(found->meta_graphs.at(0).unreadable,
              ::testing::ElementsAre("node \"odd\", attribute value: a shape of 9 axes", "function \"f\", node \"odd\", attribute value: a shape of 9 axes"));
}

TEST(GraphInventory, ShowsAllEntriesOfOneNameAndEveryMetaGraph) {
  const auto handle = [](const std::string& name) {
    return formats::NodeDef{name, "VarHandleOp", "", {}, {formats::attribute("dtype", DType::kFloat32), formats::attribute("shape", Shape{4}), formats::attribute("shared_name", std::string("kernel"))}};
  };
  formats::SavedModelFile model;
  formats::MetaGraph& meta = model.meta_graphs.emplace_back();
  meta.tags = {"serve"};
  meta.graph.nodes = {handle("a/kernel"), handle("a/kernel"), handle("b/kernel")};
  meta.graph.functions.resize(2);
  for (formats::FunctionDef& function : meta.graph.functions) function.name = "__inference_call_1";
  meta.graph.functions[1].nodes = {{"y", "NoOp", "", {}, {}}};
  model.meta_graphs.push_back(model.meta_graphs[0]);
  model.meta_graphs[1].tags = {"serve", "gpu"};
  const testing::TempFolder folder;
  testing::write_text(folder / "saved_model.pb", formats::saved_model_bytes(model));
  const auto found = open_graph_file(folder.path());
  ASSERT_TRUE(found.has_value());
  std::vector<std::string> variables;
  for (const WeightRow& row : found->inventory.weights) variables.push_back(row.path);
  EXPECT_THAT(variables, ::testing::ElementsAre("a/kernel", "a/kernel", "b/kernel"));  // meta graphs share their variables
  ASSERT_EQ(found->meta_graphs.size(), 2U);
  EXPECT_THAT(found->meta_graphs[1].tags, ::testing::ElementsAre("serve", "gpu"));
  for (const MetaGraphRow& row : found->meta_graphs) {
    ASSERT_EQ(row.functions.size(), 2U);
    EXPECT_EQ(row.functions[0].name, row.functions[1].name);
    EXPECT_EQ(row.functions[1].nodes, 1U);
    EXPECT_THAT(row.ops, ::testing::ElementsAre(::testing::Pair("VarHandleOp", 3U), ::testing::Pair("NoOp", 1U)));
  }
}

TEST(GraphInventory, ReadsWhereEachVariableIsStored) {
  const auto found = open_graph_file(kGolden + "module");
  ASSERT_TRUE(found.has_value());
  std::vector<std::string> keys;
  for (const WeightRow& row : found->inventory.weights) keys.push_back(row.stored_as);
  EXPECT_THAT(keys, ::testing::ElementsAre("w/.ATTRIBUTES/VARIABLE_VALUE", "steps/.ATTRIBUTES/VARIABLE_VALUE", "again/1/.ATTRIBUTES/VARIABLE_VALUE"));
  EXPECT_FALSE(open_graph_file(kGolden).has_value());
  EXPECT_FALSE(open_graph_file(kGolden + "content.json").has_value());
}

TEST(ObjectTree, DrawsCyclesOnceAndChainsOfAnyLengthToABoundedDepth) {
  std::vector<ObjectRow> ring(3);
  ring[0] = {"user object", "", {{"a", 1}, {"self", 0}}};
  ring[1] = {"variable", "v", {{"next", 2}}};
  ring[2] = {"function", "", {{"back", 0}, {"v", 1}}};
  EXPECT_EQ(object_tree(ring, true), R"(root (user object)
+-- a (variable: v)
|   +-- next (function)
|       +-- back -> root
|       +-- v -> a
+-- self -> root
)");
  std::vector<ObjectRow> listed(4);  // a variable stands below its layer, though a list leads to it on a shorter path
  listed[0] = {"user object", "", {{"variables", 1}, {"layer", 2}}};
  listed[1] = {"user object", "trackable_list_wrapper", {{"0", 3}}};
  listed[2] = {"user object", "", {{"kernel", 3}}};
  listed[3] = {"variable", "w", {}};
  EXPECT_THAT(object_tree(listed, true), ::testing::HasSubstr("|   +-- 0 -> layer/kernel\n+-- layer (user object)\n    +-- kernel (variable: w)\n"));
  std::vector<ObjectRow> chain(100'000);
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) chain[i].children = {{"x", i + 1}};
  const std::string drawn = object_tree(chain, true);
  EXPECT_LT(drawn.size(), 10'000U);
  EXPECT_THAT(drawn, ::testing::HasSubstr("...\n"));
  EXPECT_EQ(object_tree({}, true), "");
}

TEST(GraphInventory, SaysThatAMessageWithoutNodesIsNoGraph) {
  const testing::TempFolder folder;
  testing::write_text(folder / "graph.pb", "");
  EXPECT_THROW((void)open_graph_file(folder / "graph.pb"), FormatError);
}

}  // namespace
}  // namespace namesake::view
