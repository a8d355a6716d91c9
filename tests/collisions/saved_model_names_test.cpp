// Names that collide in TensorFlow's files: what a SavedModel of ours holds never does, and what would is refused before anything is written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/formats/saved_model.h"
#include "namesake/namesake.h"
#include "tests/support/temp_folder.h"

namespace namesake {
namespace {

using ::namesake::testing::TempFolder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

formats::MetaGraph saved(const Model& model, const SaveOptions& options = {}) {
  const TempFolder folder;
  model.save(folder / "m", options);
  return formats::read_saved_model(folder / "m").meta_graphs.at(0);
}

/// What is said of a save that must be refused; nothing is written then.
template <class Refusal>
std::string refusal(const Model& model, const SaveOptions& options = {}) {
  const TempFolder folder;
  std::string said = "it was saved";
  try {
    model.save(folder / "m", options);
  } catch (const Refusal& error) {
    said = error.what();
  }
  EXPECT_THAT(folder.names(), IsEmpty());
  return said;
}

template <class Items, class Name>
void expect_distinct(const Items& items, const Name& name_of, const std::string& what) {
  std::set<std::string> names;
  for (const auto& item : items) EXPECT_TRUE(names.insert(name_of(item)).second) << what << " " << name_of(item) << " stands twice";
}

void expect_no_name_twice(const formats::MetaGraph& meta) {
  expect_distinct(meta.graph.nodes, [](const formats::NodeDef& node) { return node.name; }, "the node");
  expect_distinct(meta.graph.functions, [](const formats::FunctionDef& function) { return function.name; }, "the function");
  for (const formats::FunctionDef& function : meta.graph.functions) {
    std::vector<std::string> names;
    for (const formats::FunctionArgument& argument : function.arguments) names.push_back(argument.name);
    for (const formats::NodeDef& node : function.nodes) names.push_back(node.name);
    expect_distinct(names, [](const std::string& name) { return name; }, "in " + function.name);
  }
  std::set<std::string> shared;
  for (const formats::NodeDef& node : meta.graph.nodes) {
    if (node.op != "VarHandleOp") continue;
    const auto* name = node.find("shared_name")->one<std::string>();
    ASSERT_NE(name, nullptr);
    EXPECT_TRUE(shared.insert(*name).second) << *name << " is the shared_name of two variables";
  }
}

Sequential named(const char* scope, const char* layer) {
  const NameScope inside(scope);
  return Sequential({Dense({.units = 2, .input_shape = {2}, .name = layer}), Dense({.units = 2, .name = "save"})});
}

// "Node 'x' is not unique": names of ours meet those that every SavedModel has.
TEST(NodesAndFunctions, HaveEachANameOfTheirOwnWhateverLayersAreCalled) {
  for (const char* layer : {"StatefulPartitionedCall", "saver_filename", "serving_default_x", "restore_all", "RestoreV2", "SaveV2", "Identity", "MatMul", "BiasAdd"}) {
    reset_names();
    const Sequential model = named("save", layer);
    const SaveOptions options{.signatures = {{"save", model}, {"call", [&](const Tensors& x) { return model(x[0]) + model(x[0]); }, {{.name = "x", .shape = {-1, 2}}}}}};
    expect_no_name_twice(saved(model, options));
  }
}

TEST(NodesAndFunctions, OfOneLayerUsedTwiceHaveNamesOfTheirOwn) {
  reset_names();
  const Tensor x = Input({.shape = {3}, .name = "x"});
  const Dense shared({.units = 3, .activation = "relu", .name = "shared"});
  expect_no_name_twice(saved(Model(x, shared(shared(shared(x))), {.name = "thrice"})));
}

// "Cannot add function 'f' because a different function with the same name already exists": two traces of one graph.
TEST(NodesAndFunctions, OfAModelThatRunsAGraphHaveNamesOfTheirOwnThoughItIsSavedTwice) {
  reset_names();
  const TempFolder folder;
  named("s", "d").save(folder / "m");
  const Model graph = SavedModel(folder / "m").model("serving_default");
  const formats::MetaGraph meta = saved(graph, {.signatures = {{"again", graph}}});
  expect_no_name_twice(meta);
  EXPECT_EQ(meta.signatures.size(), 2U);
}

// Two variables of one shared_name are one variable to TensorFlow.
TEST(VariablesOfOnePath, AreTwoVariablesToTensorFlow) {
  reset_names();
  const Sequential model = named("a", "d");
  const Variable same(Tensor(3.0F), {.name = "a/d/kernel"}), again(Tensor(4.0F), {.name = "a/d/kernel"});
  const formats::MetaGraph meta = saved(model, {.signatures = {{"f", [&](const Tensors& x) { return model(x[0]) * same + again; }, {{.name = "x", .shape = {-1, 2}}}}}});
  expect_no_name_twice(meta);
  int handles = 0;
  for (const formats::NodeDef& node : meta.graph.nodes) handles += node.op == "VarHandleOp" ? 1 : 0;
  EXPECT_EQ(handles, 4 + 2);
}

// "Cowardly refusing to save variable ... unexpected suffix": TensorFlow could not save again what we save.
TEST(AVariableWithAColonInItsName, IsRefused) {
  for (const char* name : {"kernel:0", "my kernel", "k\xc3\xa4se"}) {
    reset_names();
    const Sequential model({Dense({.units = 2, .input_shape = {2}, .name = "d"})}, {.name = "m"});
    model.weights()[0].rename(name);
    const std::string said = refusal<InvalidName>(model);
    EXPECT_THAT(said, HasSubstr(name));
    EXPECT_THAT(said, HasSubstr("rename the variable"));
  }
}

// tf.function makes one name of `a/b` and `a_b`, and fails, or adds a number and says nothing.
TEST(InputsOfASignature, KeepTheirNamesOrAreRefused) {
  reset_names();
  const Sequential model = named("s", "d");
  const auto with_inputs = [&](const std::string& first, const std::string& second) {
    return SaveOptions{.signatures = {{"f", [](const Tensors& x) { return x[0] + x[1]; }, {{.name = first, .shape = {-1, 2}}, {.name = second, .shape = {-1, 2}}}}}};
  };
  EXPECT_THAT(refusal<NameCollision>(model, with_inputs("a", "a")), HasSubstr("Two of the names of what a signature takes are \"a\""));
  EXPECT_THAT(refusal<InvalidName>(model, with_inputs("a/b", "a_b")), HasSubstr("\"a/b\" cannot be the name of what a signature takes"));
  EXPECT_THAT(refusal<InvalidName>(model, with_inputs("", "b")), HasSubstr("Python identifier"));
  const formats::MetaGraph meta = saved(model, with_inputs("A", "a"));
  expect_no_name_twice(meta);
  ASSERT_EQ(meta.find_signature("f")->inputs.size(), 2U);
  EXPECT_EQ(meta.find_signature("f")->inputs[0].key, "A");
  EXPECT_EQ(meta.find_signature("f")->inputs[1].key, "a");
}

TEST(InputsOfAModel, ThatWouldMeetGetNamesOfTheirOwn) {
  reset_names();
  const Tensor a = Input({.shape = {2}, .name = "a-b"}), b = Input({.shape = {2}, .name = "a_b"});
  const formats::MetaGraph meta = saved(Model({a, b}, Add({.name = "out"})({a, b}), {.name = "m"}));
  expect_no_name_twice(meta);
  std::set<std::string> keys;
  for (const formats::SignatureTensor& input : meta.signatures.at(0).inputs) keys.insert(input.key);
  EXPECT_EQ(keys, (std::set<std::string>{"a_b", "a_b_1"}));
}

TEST(Signatures, OfOneNameOrOfTensorFlowsOwnAreRefused) {
  reset_names();
  const Sequential model = named("s", "d");
  EXPECT_THAT(refusal<NameCollision>(model, {.signatures = {{"f", model}, {"f", model}}}), HasSubstr("Two of the names of a signature are \"f\""));
  EXPECT_THAT(refusal<InvalidName>(model, {.signatures = {{"__saved_model_init_op", model}}}), HasSubstr("TensorFlow does not keep for itself"));
  EXPECT_THAT(refusal<InvalidName>(model, {.signatures = {{"a b", model}}}), HasSubstr("call it \"a_b\""));
  const auto twice = [](const Tensors& x) { return Feed::named({"y-1", "y"}, {x[0], x[0]}); };
  EXPECT_THAT(refusal<InvalidName>(model, {.signatures = {{"f", twice, {{.name = "x", .shape = {2}}}}}}), HasSubstr("\"y-1\" cannot be the name of what a signature gives"));
}

class HoldsServeModel : public ModelBase {
 public:
  static constexpr std::string_view kClassName = "HoldsServe";
  struct Options {
    std::string name = "";
  };
  explicit HoldsServeModel(const Options&) : inner_(add_layer("serve", Dense({.units = 2}))) {}
  Tensor call(const Tensor& x, CallContext&) override { return inner_(x); }

 private:
  Dense inner_;
};

TEST(AnAttributeThatASavedModelNeeds, IsRefused) {
  reset_names();
  const ModelOf<HoldsServeModel> model({.name = "m"});
  model.build({-1, 3});
  EXPECT_THAT(refusal<NameCollision>(model), HasSubstr("\"serve\""));
}

// A second import numbers the nodes anew and leaves the old names in the collections: variables that are there twice, or not at all.
TEST(Collections, AreNotWrittenSoThatNoneCanNameAnotherNode) {
  reset_names();
  EXPECT_THAT(saved(named("s", "d")).collections, IsEmpty());
}

// An asset of an older save, taken for the new one's.
TEST(AnOldAsset, DoesNotSurviveASaveToTheSameFolder) {
  reset_names();
  const TempFolder folder;
  const Sequential model = named("s", "d");
  model.save(folder / "m");
  testing::write_text(folder / "m/assets/vocabulary.txt", "stale");
  model.save(folder / "m");
  EXPECT_TRUE(std::filesystem::is_empty(folder / "m/assets"));
}

}  // namespace
}  // namespace namesake
