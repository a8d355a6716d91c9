// SavedModels as they are written; what TensorFlow and Keras make of them: tests/interop/test_saved_model.py.
#include "namesake/saving/saved_model/saved_model_save.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/error.h"
#include "namesake/formats/fingerprint.h"
#include "namesake/formats/saved_model.h"
#include "namesake/formats/tensor_bundle.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/initializers.h"
#include "namesake/nn/layers/batch_normalization.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/embedding.h"
#include "namesake/nn/layers/flatten.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/unary.h"
#include "namesake/optim/optimizers.h"
#include "namesake/saving/saved_model/saved_model.h"
#include "namesake/saving/saved_model/saved_model_functions.h"
#include "tests/support/temp_folder.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using ::namesake::testing::read_text;
using ::namesake::testing::TempFolder;
using ::namesake::testing::write_text;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Sequential scoped_model() {
  const NameScope scope("model_0");
  return Sequential({Dense({.units = 3, .activation = "relu", .input_shape = {4}, .name = "dense_1"}), BatchNormalization({.name = "norm"}),
                     Dense({.units = 2, .name = "dense_2"})});
}

class SavedModels : public ::testing::Test {
 protected:
  SavedModels() { reset_names(); }
  ~SavedModels() override { reset_names(); }
  [[nodiscard]] formats::MetaGraph saved(const Model& model, const SaveOptions& options = {}) const {
    model.save(folder_ / "m", options);
    return formats::read_saved_model(folder_ / "m").meta_graphs.at(0);
  }
  TempFolder folder_;
};

std::vector<std::string> keys(const std::vector<formats::SignatureTensor>& tensors) {
  std::vector<std::string> keys;
  for (const formats::SignatureTensor& tensor : tensors) keys.push_back(tensor.key);
  return keys;
}

std::set<std::string> all_files(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) names.insert(fs::relative(entry.path(), folder).string());
  return names;
}

std::vector<std::string> edges(const formats::SavedObject& object) {
  std::vector<std::string> names;
  for (const formats::ObjectEdge& edge : object.children) names.push_back(edge.name);
  return names;
}

TEST_F(SavedModels, AreWhatANameWithoutAnExtensionMeans) {
  const Sequential model = scoped_model();
  for (const char* name : {"m", "m/", "model.v2", "m"}) {
    const SaveReport report = model.save(folder_ / name);
    EXPECT_THAT(report.opened_by, ElementsAre("TensorFlow", "Keras 2")) << name;
    EXPECT_TRUE(formats::is_saved_model(folder_ / name)) << name;
  }
  EXPECT_THAT(all_files(folder_ / "m"), ElementsAre("assets", "fingerprint.pb", "keras_metadata.pb", "saved_model.pb", "variables",
                                                    "variables/variables.data-00000-of-00001",
                                                    "variables/variables.index"));
}

TEST_F(SavedModels, AreTheSameBytesEachTime) {
  const Sequential model = scoped_model();
  model.save(folder_ / "a");
  model.save(folder_ / "b");
  for (const std::string& name : all_files(folder_ / "a")) {
    if (fs::is_regular_file(folder_ / ("a/" + name))) {
      EXPECT_EQ(read_text(folder_ / ("a/" + name)), read_text(folder_ / ("b/" + name))) << name;
    }
  }
}

TEST_F(SavedModels, HaveOneSignatureNamedByTheInputAndOutputLayers) {
  const formats::MetaGraph meta = saved(scoped_model());
  EXPECT_THAT(meta.tags, ElementsAre("serve"));
  ASSERT_EQ(meta.signatures.size(), 1U);
  const formats::Signature& signature = meta.signatures[0];
  EXPECT_EQ(signature.key, "serving_default");
  EXPECT_EQ(signature.method_name, "tensorflow/serving/predict");
  EXPECT_THAT(keys(signature.inputs), ElementsAre("dense_1_input"));
  EXPECT_EQ(signature.inputs[0].tensor, "serving_default_dense_1_input:0");
  EXPECT_EQ(signature.inputs[0].shape, Shape({-1, 4}));
  EXPECT_THAT(keys(signature.outputs), ElementsAre("dense_2"));
}

TEST_F(SavedModels, ShowVariablesUnderOurPathsAndLayersUnderKerassAttributes) {
  const formats::MetaGraph meta = saved(scoped_model());
  const formats::SavedModelObjects& objects = meta.objects.value();
  EXPECT_THAT(edges(objects.nodes[0]), ElementsAre("layer_with_weights-0", "layer-0", "layer_with_weights-1", "layer-1", "layer_with_weights-2", "layer-2", "variables",
                                                   "trainable_variables", "__call__", "serve", "signatures"));
  std::map<std::string, bool> trainable;
  for (const formats::SavedObject& object : objects.nodes) {
    if (const auto* variable = std::get_if<formats::VariableObject>(&object.kind)) trainable[variable->name] = variable->trainable;
  }
  EXPECT_EQ(trainable, (std::map<std::string, bool>{{"model_0/dense_1/bias", true},
                                                    {"model_0/dense_1/kernel", true},
                                                    {"model_0/dense_2/bias", true},
                                                    {"model_0/dense_2/kernel", true},
                                                    {"model_0/norm/beta", true},
                                                    {"model_0/norm/gamma", true},
                                                    {"model_0/norm/moving_mean", false},
                                                    {"model_0/norm/moving_variance", false}}));
}

// Each edge that saved_model.pb has leads, in the bundle's graph, to the value that it leads to there.
TEST_F(SavedModels, HaveTheSameObjectsInTheBundleAndEachWeightOnce) {
  const formats::MetaGraph meta = saved(scoped_model());
  const formats::SavedModelObjects& objects = meta.objects.value();
  const formats::ModelFile bundle = formats::read_tensor_bundle(formats::variables_prefix(folder_ / "m"));
  const formats::ObjectGraph graph = formats::read_object_graph(bundle).value();
  std::map<std::size_t, std::size_t> partners = {{0, 0}};
  std::vector<std::size_t> todo = {0};
  while (!todo.empty()) {
    const std::size_t node = todo.back();
    todo.pop_back();
    for (const formats::ObjectEdge& edge : objects.nodes[node].children) {
      const auto there = graph.nodes[partners.at(node)].child(edge.name);
      ASSERT_TRUE(there) << edge.name;
      const auto [known, fresh] = partners.emplace(edge.node, *there);
      EXPECT_EQ(known->second, *there) << edge.name;
      if (fresh) todo.push_back(edge.node);
    }
  }
  EXPECT_EQ(partners.size(), objects.nodes.size());
  for (const auto& [node, there] : partners) {
    const auto* variable = std::get_if<formats::VariableObject>(&objects.nodes[node].kind);
    ASSERT_EQ(graph.nodes[there].values.size(), variable != nullptr ? 1U : 0U);
    if (variable != nullptr) {
      EXPECT_EQ(graph.nodes[there].values[0].full_name, variable->name);
      EXPECT_NE(bundle.find_weight(graph.nodes[there].values[0].key), nullptr);
    }
  }
  EXPECT_EQ(bundle.weights.size(), 8U + 2U) << "eight weights, the graph and the config";
}

TEST_F(SavedModels, KeepTheOptimizersStateForThoseWhoRestoreFromTheirVariables) {
  const Sequential model = scoped_model();
  model.compile({.optimizer = Adam(), .loss = "mse"});
  GradientTape tape;
  const Tensor loss = mean(square(model(Initializer("ones")({4, 4}), {.training = true})));
  model.optimizer().apply_gradients(tape.gradient(loss, model.trainable_variables()));
  const SaveReport report = model.save(folder_ / "m");
  EXPECT_THAT(report.dropped, ElementsAre(HasSubstr("the optimizer's state for Keras 2 and TensorFlow")));
  const Sequential other = scoped_model();
  other.compile({.optimizer = Adam(), .loss = "mse"});
  static_cast<void>(other.load_weights(folder_ / "m/variables/variables"));
  const std::vector<Variable> before = model.optimizer().variables(), after = other.optimizer().variables();
  ASSERT_EQ(before.size(), after.size());
  EXPECT_EQ(after[0].value().item<std::int64_t>(), 1);
  EXPECT_EQ(after[2].value().to_vector<float>(), before[2].value().to_vector<float>());
  model.save(folder_ / "bare", {.include_optimizer = false});
  EXPECT_EQ(formats::read_tensor_bundle(folder_ / "bare/variables/variables").weights.size(), 8U + 2U);
  for (const formats::KerasMetadata& entry : formats::read_saved_model(folder_ / "bare").keras) EXPECT_FALSE(entry.metadata.has("training_config"));
}

TEST_F(SavedModels, HaveTheFunctionsThatAreAskedFor) {
  const Sequential model = scoped_model();
  const Variable scale(Tensor(2.0F), {.name = "scale"});
  const formats::MetaGraph meta = saved(model, {.signatures = {{"twice", [&](const Tensors& x) { return model(x[0]) * scale; }, {{.name = "x", .shape = {-1, 4}}}},
                                                               {"parts",
                                                                [&](const Tensors& x) {
                                                                  return Feed({{"sum", x[0] + x[1]}, {"difference", x[0] - x[1]}});
                                                                },
                                                                {{.name = "b", .shape = {-1, 2}}, {.name = "a", .shape = {-1, 2}}}},
                                                               {"last", model.layers()[2]}}});
  std::vector<std::string> names;
  for (const formats::Signature& signature : meta.signatures) names.push_back(signature.key);
  EXPECT_THAT(names, ElementsAre("last", "parts", "serving_default", "twice"));
  const formats::Signature& parts = *meta.find_signature("parts");
  EXPECT_THAT(keys(parts.inputs), ElementsAre("a", "b"));
  EXPECT_THAT(keys(parts.outputs), ElementsAre("difference", "sum"));
  EXPECT_THAT(keys(meta.find_signature("twice")->outputs), ElementsAre("output_0"));
  EXPECT_THAT(keys(meta.find_signature("last")->inputs), ElementsAre("inputs"));
  EXPECT_EQ(meta.find_signature("last")->inputs[0].shape, Shape({-1, 3}));
  EXPECT_THAT(edges(meta.objects->nodes[0]), Contains("captured_variables"));
}

TEST(CalledFunctions, OfTwoTracesGetNamesOfTheirOwnAndTheirCallersFollow) {
  const auto calling = [](const std::string& name, const std::string& called) {
    formats::FunctionDef function;
    function.name = name;
    function.nodes.push_back({"call", "PartitionedCall", {}, {}, {formats::attribute("f", formats::FunctionReference{called, {}})}});
    return function;
  };
  const auto called_by = [](const formats::FunctionDef& function) { return function.nodes[0].find("f")->one<formats::FunctionReference>()->name; };
  saving::TracedFunction first, second;
  for (saving::TracedFunction* traced : {&first, &second}) {
    traced->function = calling("call", "outer");
    traced->called = {calling("outer", "inner"), calling("inner", "none")};
  }
  naming::UniqueNames names;
  saving::settle_called(first, names);
  saving::settle_called(second, names);
  EXPECT_EQ(called_by(first.function), "outer");
  EXPECT_EQ(called_by(first.called[0]), "inner");
  EXPECT_EQ(called_by(second.function), "outer_1");
  EXPECT_EQ(second.called[0].name, "outer_1");
  EXPECT_EQ(called_by(second.called[0]), "inner_1");
  EXPECT_EQ(second.called[1].name, "inner_1");
}

TEST_F(SavedModels, TakeAFunctionOfOnesOwnForTheirDefault) {
  const Sequential model = scoped_model();
  const formats::MetaGraph meta = saved(model, {.signatures = {{"serving_default", [&](const Tensors& x) { return model(x[0]); }, {{.name = "x", .shape = {-1, 4}}}}}});
  ASSERT_EQ(meta.signatures.size(), 1U);
  EXPECT_THAT(keys(meta.signatures[0].inputs), ElementsAre("x"));
}

TEST_F(SavedModels, AreInKeras2sWordsIfItHasSuch) {
  const SaveReport report = scoped_model().save(folder_ / "m");
  const formats::SavedModelFile file = formats::read_saved_model(folder_ / "m");
  ASSERT_EQ(file.keras.size(), 4U);
  EXPECT_EQ(file.keras[0].path, "root");
  EXPECT_EQ(file.keras[0].identifier, "_tf_keras_sequential");
  EXPECT_EQ(file.keras[1].path, "root.layer-0");
  EXPECT_EQ(to_json(*file.keras[1].metadata.find("build_input_shape")), R"({"class_name": "TensorShape", "items": [null, 4]})");
  EXPECT_TRUE(std::holds_alternative<formats::UserObject>(file.meta_graphs[0].objects->nodes[file.keras[1].node].kind));
}

TEST_F(SavedModels, AreForTensorFlowAloneIfKeras2HasNoWords) {
  const Sequential model({Dense({.units = 2, .activation = "hard_sigmoid", .input_shape = {3}, .name = "d"})}, {.name = "m"});
  const SaveReport report = model.save(folder_ / "m");
  EXPECT_THAT(report.opened_by, ElementsAre("TensorFlow"));
  EXPECT_THAT(report.notes, Contains(HasSubstr("hard_sigmoid is another function in Keras 2")));
  EXPECT_THAT(formats::read_saved_model(folder_ / "m").keras, IsEmpty());
}

TEST_F(SavedModels, HaveFingerprintsThatEqualModelsShare) {
  const auto fingerprint = [&](const std::string& name, float weight) {
    const Sequential model({Dense({.units = 2, .kernel_initializer = Constant({.value = weight}), .input_shape = {3}, .name = "d"})}, {.name = "m"});
    model.save(folder_ / name);
    return formats::check_fingerprint(folder_ / name).value().stored.value();
  };
  const auto first = fingerprint("first", 1.0F);
  EXPECT_EQ(fingerprint("again", 1.0F), first);
  const auto other = fingerprint("other", 2.0F);
  EXPECT_EQ(other.saved_model_checksum, first.saved_model_checksum);
  EXPECT_NE(other.checkpoint_hash, first.checkpoint_hash);
  EXPECT_NE(other.uuid, first.uuid);
}

TEST_F(SavedModels, ReplaceSavedModelsAndNothingElse) {
  const Sequential model = scoped_model();
  model.save(folder_ / "m");
  write_text(folder_ / "m/assets/vocabulary.txt", "stale");
  write_text(folder_ / "m/variables/variables.data-00001-of-00002", "stale");
  write_text(folder_ / "m/fingerprint.pb", "stale");
  model.save(folder_ / "m");
  EXPECT_EQ(all_files(folder_ / "m").size(), 7U);
  EXPECT_THAT(formats::check_fingerprint(folder_ / "m").value().findings, IsEmpty());
  for (const char* other : {"m/notes.txt", "pictures/cat.png"}) {
    fs::create_directory(folder_ / "pictures");
    write_text(folder_ / other, "dear to somebody");
    const std::string folder = fs::path(other).parent_path().string();
    try {
      model.save(folder_ / folder);
      ADD_FAILURE() << folder << " was replaced";
    } catch (const InvalidArgument& error) {
      EXPECT_THAT(error.what(), HasSubstr("there is a folder of this name"));
    }
    EXPECT_EQ(read_text(folder_ / other), "dear to somebody");
  }
  fs::create_directory(folder_ / "empty");
  model.save(folder_ / "empty");
  EXPECT_THAT(folder_.names(), ElementsAre("empty", "m", "pictures"));
}

TEST_F(SavedModels, RunAsModelsOnDataThatWereReadAsFloat32) {
  const Sequential model({Embedding({.input_dim = 9, .output_dim = 2, .input_shape = {3}, .name = "words"}), Flatten({.name = "flat"})});
  model.save(folder_ / "m");
  const Model graph = SavedModel(folder_ / "m").model();
  const Tensor x = Tensor::of<std::int64_t>({1, 8, 0, 2, 2, 5}, {2, 3});
  const Tensor expected = model(x);
  for (const DType dtype : {DType::kFloat32, DType::kFloat64, DType::kInt32}) {
    const Tensor y = graph(cast(x, dtype));
    ASSERT_EQ(y.shape(), expected.shape());
    EXPECT_TRUE(std::ranges::equal(y.data<float>(), expected.data<float>())) << to_string(dtype);
  }
}

TEST_F(SavedModels, TellTheirSignaturesWithoutBeingKept) {
  scoped_model().save(folder_ / "m");
  std::vector<std::string> names;
  for (const SignatureInfo& signature : SavedModel(folder_ / "m").signatures()) names.push_back(signature.name + " " + signature.inputs.at(0).name);
  EXPECT_THAT(names, ElementsAre("serving_default dense_1_input"));
}

TEST_F(SavedModels, WithoutAGraphAreNotCalledSeveral) {
  fs::create_directory(folder_ / "empty");
  write_text(folder_ / "empty/saved_model.pb", "");
  try {
    const SavedModel loaded(folder_ / "empty");
    ADD_FAILURE() << "an empty file was read";
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(), HasSubstr("There is no graph in the file"));
  }
}

TEST_F(SavedModels, HaveNoWordForOtherFormatsOptions) {
  const Sequential model = scoped_model();
  const SaveOptions options{.signatures = {{"f", model}}};
  for (const char* name : {"m.keras", "m.h5"}) EXPECT_THROW(model.save(folder_ / name, options), InvalidArgument) << name;
  EXPECT_THAT(folder_.names(), IsEmpty());
}

TEST_F(SavedModels, OfModelsThatAreNotBuiltAreRefused) {
  const Sequential model({Dense({.units = 2})});
  EXPECT_THROW(model.save(folder_ / "m"), InvalidArgument);
  EXPECT_THAT(folder_.names(), IsEmpty());
}

}  // namespace
}  // namespace namesake
