#include "namesake/formats/saved_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "namesake/base/error.h"
#include "namesake/formats/container/json.h"
#include "tests/support/hex.h"
#include "tests/support/temp_folder.h"

namespace namesake::formats {
namespace {

const std::string kGolden = NAMESAKE_SOURCE_DIR "/tests/golden/saved_models/";

JsonValue shape_json(const Shape& shape) {
  if (!shape.known_rank()) return nullptr;
  JsonValue sizes = JsonValue::array();
  for (const std::int64_t size : shape.sizes()) sizes.push_back(size);
  return sizes;
}

JsonValue ops_json(const std::vector<NodeDef>& nodes) {
  std::map<std::string, int> counts;
  for (const NodeDef& node : nodes) ++counts[node.op];
  JsonValue ops = JsonValue::object();
  for (const auto& [op, count] : counts) ops.set(op, count);
  return ops;
}

JsonValue names_json(const std::vector<std::string>& names) {
  JsonValue json = JsonValue::array();
  for (const std::string& name : names) json.push_back(name);
  return json;
}

JsonValue function_json(const FunctionDef& function) {
  JsonValue arguments = JsonValue::array(), results = JsonValue::array(), returns = JsonValue::object(), inputs = JsonValue::array();
  for (const FunctionArgument& argument : function.arguments) arguments.push_back(JsonValue::array({argument.name, static_cast<int>(argument.dtype)}));
  for (const FunctionArgument& result : function.results) results.push_back(result.name);
  const std::map<std::string, std::string> sorted(function.returns.begin(), function.returns.end());
  for (const auto& [name, node] : sorted) returns.set(name, node);
  for (const NodeDef& node : function.nodes) inputs.push_back(names_json(node.inputs));
  return JsonValue::object({{"arguments", arguments}, {"inputs", inputs}, {"name", function.name}, {"ops", ops_json(function.nodes)}, {"results", results},
                            {"returns", returns}, {"stateful", function.is_stateful}});
}

JsonValue graph_json(const GraphDef& graph) {
  JsonValue functions = JsonValue::array(), nodes = JsonValue::array();
  for (const FunctionDef& function : graph.functions) functions.push_back(function_json(function));
  for (const NodeDef& node : graph.nodes) nodes.push_back(node.name);
  return JsonValue::object({{"functions", functions}, {"nodes", nodes}, {"ops", ops_json(graph.nodes)}, {"producer", graph.producer}});
}

JsonValue tensors_json(const std::vector<SignatureTensor>& tensors) {
  std::map<std::string, JsonValue> sorted;
  for (const SignatureTensor& each : tensors) {
    sorted[each.key] = JsonValue::object({{"dtype", static_cast<int>(each.dtype)}, {"key", each.key}, {"shape", shape_json(each.shape)}, {"tensor", each.tensor}});
  }
  JsonValue json = JsonValue::array();
  for (const auto& entry : sorted) json.push_back(entry.second);
  return json;
}

JsonValue object_json(const SavedObject& object) {
  constexpr const char* kKinds[] = {"", "user_object", "asset", "function", "variable", "bare_concrete_function", "constant", "resource", "captured_tensor"};
  JsonValue children = JsonValue::array(), variable;
  for (const ObjectEdge& edge : object.children) children.push_back(JsonValue::array({edge.name, edge.node}));
  if (const auto* held = std::get_if<VariableObject>(&object.kind)) {
    variable = JsonValue::array({held->name, static_cast<int>(held->dtype), shape_json(held->shape), held->trainable});
  }
  return JsonValue::object({{"children", children}, {"kind", kKinds[object.kind.index()]}, {"variable", variable}});
}

// The meta graph in the words of content.json; maps sorted by key, as there.
JsonValue meta_json(const MetaGraph& meta) {
  JsonValue assets = JsonValue::array(), objects = JsonValue::array(), concrete = JsonValue::object();
  for (const Asset& asset : meta.assets) assets.push_back(asset.filename);
  std::map<std::string, JsonValue> signatures, functions;
  std::map<std::string, int> collections;
  for (const Collection& collection : meta.collections) ++collections[collection.key];
  for (const Signature& each : meta.signatures) {
    signatures[each.key] = JsonValue::object({{"inputs", tensors_json(each.inputs)}, {"key", each.key}, {"method", each.method_name}, {"outputs", tensors_json(each.outputs)}});
  }
  if (meta.objects) {
    for (const SavedObject& object : meta.objects->nodes) objects.push_back(object_json(object));
    for (const ConcreteFunction& function : meta.objects->functions) {
      JsonValue bound = JsonValue::array();
      for (const std::size_t node : function.bound_inputs) bound.push_back(node);
      functions[function.name] = bound;
    }
  }
  JsonValue signature_list = JsonValue::array(), collection_list = JsonValue::array();
  for (const auto& entry : signatures) signature_list.push_back(entry.second);
  for (const auto& entry : collections) collection_list.push_back(entry.first);
  for (const auto& [name, bound] : functions) concrete.set(name, bound);
  return JsonValue::object({{"assets", assets}, {"collections", collection_list}, {"concrete_functions", concrete}, {"graph", graph_json(meta.graph)},
                            {"objects", objects}, {"saver", meta.saver ? JsonValue(meta.saver->restore_op) : JsonValue()}, {"signatures", signature_list}, {"tags", names_json(meta.tags)}});
}

JsonValue content_json(const std::string& name) {
  if (name.ends_with(".pb")) return JsonValue::object({{"graph", graph_json(read_graph_def(kGolden + name))}});
  JsonValue graphs = JsonValue::array();
  if (name.ends_with(".meta")) {
    graphs.push_back(meta_json(read_meta_graph(kGolden + name)));
  } else {
    for (const MetaGraph& meta : read_saved_model(kGolden + name).meta_graphs) graphs.push_back(meta_json(meta));
  }
  return JsonValue::object({{"meta_graphs", graphs}});
}

TEST(SavedModel, HoldsWhatTensorFlowSaysOfEachFile) {
  const JsonValue golden = parse_json(namesake::testing::read_text(kGolden + "content.json"), {.file = "content.json"});
  const JsonObject& files = golden.find("files")->members();
  ASSERT_EQ(files.size(), 6U);
  for (const JsonMember& file : files) EXPECT_EQ(to_json(content_json(file.key)), to_json(file.value)) << file.key;
}

TEST(SavedModel, ConstantsInEveryEncodingAreThoseThatTensorFlowMakesOfThem) {
  const JsonValue golden = parse_json(namesake::testing::read_text(kGolden + "constants.json"), {.file = "constants.json"});
  const GraphDef graph = read_graph_def(kGolden + "constants.pb");
  ASSERT_EQ(graph.nodes.size(), golden.members().size());
  for (const NodeDef& node : graph.nodes) {
    const JsonValue* expected = golden.find(node.name);
    ASSERT_NE(expected, nullptr) << node.name;
    const AttributeValue* value = node.find("value");
    ASSERT_NE(value, nullptr);
    ASSERT_NE(value->one<TensorValue>(), nullptr);
    const Tensor tensor = value->one<TensorValue>()->to_tensor();
    EXPECT_EQ(to_string(tensor.dtype()), expected->find("dtype")->as_string()) << node.name;
    EXPECT_EQ(to_json(shape_json(tensor.shape())), to_json(*expected->find("shape"))) << node.name;
    if (tensor.dtype() == DType::kString) {
      JsonValue strings = JsonValue::array();
      for (const std::string& text : tensor.strings()) strings.push_back(namesake::testing::to_hex(std::as_bytes(std::span(text))));
      EXPECT_EQ(to_json(strings), to_json(*expected->find("strings"))) << node.name;
    } else {
      EXPECT_EQ(namesake::testing::to_hex(tensor.bytes()), expected->find("bytes")->as_string()) << node.name;
    }
  }
}

TEST(SavedModel, WrittenAndReadAgainIsTheSameAndHasTheSameBytes) {
  for (const std::string name : {"keras3", "keras2", "module", "builder"}) {
    const SavedModelFile content = read_saved_model(kGolden + name);
    const std::string bytes = saved_model_bytes(content);
    const SavedModelFile again = parse_saved_model(std::as_bytes(std::span(bytes)), "again");
    ASSERT_EQ(again.meta_graphs.size(), 1U);
    EXPECT_EQ(to_json(meta_json(again.meta_graphs[0])), to_json(meta_json(content.meta_graphs[0]))) << name;
    EXPECT_TRUE(saved_model_bytes(again) == bytes) << name;
  }
  const GraphDef constants = read_graph_def(kGolden + "constants.pb");
  const std::string bytes = to_bytes(constants);
  EXPECT_TRUE(to_bytes(parse_graph_def(std::as_bytes(std::span(bytes)), "again")) == bytes);
}

TEST(SavedModel, KeepsEntriesOfOneNameInFileOrder) {
  SavedModelFile model;
  MetaGraph& meta = model.meta_graphs.emplace_back();
  const auto handle = [](const std::string& name) {
    return NodeDef{name, "VarHandleOp", "", {}, {attribute("shared_name", std::string("kernel")), attribute("T", std::int64_t{1}), attribute("T", std::int64_t{2})}};
  };
  meta.graph.nodes = {handle("dense/kernel"), {"dense/kernel", "NoOp", "", {}, {}}, handle("dense_1/kernel")};
  FunctionDef first, again;
  first.name = again.name = "__inference_call_1";
  first.returns = {{"y", "x"}, {"y", "z"}};
  again.is_stateful = true;
  meta.graph.functions = {first, again};
  meta.signatures = {{"serve", {{"x", "a:0", DType::kFloat32, {}}, {"x", "b:0", DType::kFloat32, {}}}, {}, "first"}, {"serve", {}, {}, "again"}};
  meta.objects.emplace().functions = {{"f", {}, {}, {}}, {"f", {}, {}, {}}};

  const std::string bytes = saved_model_bytes(model);
  const MetaGraph read = parse_saved_model(std::as_bytes(std::span(bytes)), "twice").meta_graphs.at(0);
  ASSERT_EQ(read.graph.nodes.size(), 3U);
  EXPECT_EQ(read.graph.nodes[0].name, read.graph.nodes[1].name);
  EXPECT_EQ(read.graph.nodes[1].op, "NoOp");
  EXPECT_EQ(*read.graph.nodes[0].find("shared_name")->one<std::string>(), *read.graph.nodes[2].find("shared_name")->one<std::string>());
  ASSERT_EQ(read.graph.nodes[0].attributes.size(), 3U);  // sorted by name when written; those of one name as they were
  EXPECT_EQ(*read.graph.nodes[0].find("T")->one<std::int64_t>(), 1);
  EXPECT_EQ(*read.graph.nodes[0].attributes[1].value.one<std::int64_t>(), 2);
  ASSERT_EQ(read.graph.functions.size(), 2U);
  EXPECT_FALSE(read.graph.find_function("__inference_call_1")->is_stateful);
  EXPECT_TRUE(read.graph.functions[1].is_stateful);
  EXPECT_EQ(read.graph.functions[0].returns, first.returns);
  ASSERT_EQ(read.signatures.size(), 2U);
  EXPECT_EQ(read.signatures[1].method_name, "again");
  EXPECT_EQ(read.signatures[0].inputs.at(1).tensor, "b:0");
  EXPECT_EQ(read.objects->functions.size(), 2U);
}

TEST(SavedModel, ReadsTheVariablesOfTensorFlow1sCollections) {
  const MetaGraph meta = read_meta_graph(kGolden + "model.meta");
  std::vector<VariableDef> variables;
  for (const Collection& collection : meta.collections) {
    if (collection.key != "variables") continue;
    for (const std::string& bytes : collection.bytes) variables.push_back(parse_variable_def(bytes).value());
  }
  ASSERT_EQ(variables.size(), 2U);
  EXPECT_EQ(variables[0].variable, "w:0");
  EXPECT_EQ(variables[0].snapshot, "w/read:0");
  EXPECT_FALSE(variables[0].is_resource);
  EXPECT_TRUE(variables[0].trainable);
  EXPECT_TRUE(variables[1].is_resource);
  EXPECT_FALSE(variables[1].trainable);
  EXPECT_FALSE(parse_variable_def("\x0a\x7f").has_value());
}

TEST(SavedModel, SaysWhatToDoForFoldersThatAreNotRead) {
  const namesake::testing::TempFolder folder;
  const auto said = [&] {
    try {
      (void)read_saved_model(folder.path());
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(said(), ::testing::StartsWith("io-error: "));
  EXPECT_THAT(said(), ::testing::HasSubstr("saved_model.pb"));
  std::ofstream(folder / "saved_model.pbtxt") << "saved_model_schema_version: 1";
  EXPECT_THAT(said(), ::testing::HasSubstr("text_format.Parse"));
  std::ofstream(folder / "saved_model.cpb") << "chunks";
  EXPECT_THAT(said(), ::testing::HasSubstr("tf.saved_model.save("));
  EXPECT_FALSE(is_saved_model(folder.path()));
  std::ofstream(folder / "saved_model.pb") << "";
  EXPECT_TRUE(is_saved_model(folder.path()));
}

TEST(SavedModel, KeepsWhatKeras2SaysOfItsLayers) {
  const SavedModelFile content = read_saved_model(kGolden + "keras2");
  ASSERT_GE(content.keras.size(), 4U);
  EXPECT_EQ(content.keras[0].path, "root");
  EXPECT_EQ(content.keras[0].identifier, "_tf_keras_network");
  EXPECT_EQ(content.keras[0].metadata.find("name")->as_string(), "small");
  const std::string bytes = keras_metadata_bytes(content.keras);
  const std::vector<KerasMetadata> again = parse_keras_metadata(std::as_bytes(std::span(bytes)), "again");
  ASSERT_EQ(again.size(), content.keras.size());
  for (std::size_t i = 0; i < again.size(); ++i) {
    EXPECT_EQ(again[i].node, content.keras[i].node);
    EXPECT_EQ(again[i].metadata, content.keras[i].metadata);
  }
}

}  // namespace
}  // namespace namesake::formats
