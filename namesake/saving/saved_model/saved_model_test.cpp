// SavedModels that TensorFlow and Keras wrote: what they compute, their variables, models made of them; and damaged ones.
#include "namesake/saving/saved_model/saved_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/error.h"
#include "namesake/formats/saved_model.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/cast.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/unary.h"
#include "namesake/optim/optimizers.h"
#include "namesake/saving/load_model.h"
#include "tests/support/golden.h"
#include "tests/support/limits.h"
#include "tests/support/temp_folder.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using ::namesake::testing::difference;
using ::namesake::testing::TempFolder;

const std::string kGolden = NAMESAKE_SOURCE_DIR "/tests/golden/saved_models/";
constexpr double kTolerance = 1e-5;

JsonValue answers() { return testing::read_golden_json(kGolden + "answers.json"); }

// {"shape": [...], "values": [...]} as a tensor of this dtype.
Tensor tensor_of(const JsonValue& array, DType dtype) {
  Shape shape = Shape::scalar();
  for (const JsonValue& size : array.find("shape")->items()) shape.push_back(size.as_int());
  Tensor made = Tensor::empty(DType::kFloat32, shape);
  std::size_t i = 0;
  for (const JsonValue& value : array.find("values")->items()) made.raw_as<float>()[i++] = static_cast<float>(value.as_double());
  return dtype == DType::kFloat32 ? made : cast(made, dtype);
}

Feed inputs_of(const SignatureInfo& signature, const JsonValue& answer) {
  std::vector<std::string> names;
  Tensors tensors;
  for (const SignatureSpec& spec : signature.inputs) {
    names.push_back(spec.name);
    tensors.push_back(tensor_of(*answer.find("inputs")->find(spec.name), spec.dtype));
  }
  return Feed::named(names, std::move(tensors));
}

Tensor total(const Feed& outputs) {
  Tensor sum_of_all(0.0f);
  for (const Tensor& output : outputs.tensors()) sum_of_all = sum_of_all + sum(square(cast(output, DType::kFloat32)));
  return sum_of_all;
}

TEST(SavedModel, ComputesWhatTensorFlowComputesAndItsGradients) {
  const JsonValue all = answers();
  for (const JsonMember& file : all.members()) {
    const SavedModel loaded(kGolden + file.key);
    for (const JsonMember& signature : file.value.members()) {
      const std::string where = file.key + " " + signature.key;
      const JsonValue& answer = signature.value;
      GradientTape tape;
      const Feed outputs = loaded.run(inputs_of(loaded.signature(signature.key), answer), signature.key);
      ASSERT_EQ(outputs.size(), answer.find("outputs")->members().size()) << where;
      for (const JsonMember& output : answer.find("outputs")->members()) {
        ASSERT_NE(outputs.find(output.key), nullptr) << where << " " << output.key;
        EXPECT_LT(difference(cast(*outputs.find(output.key), DType::kFloat32), tensor_of(output.value, DType::kFloat32)), kTolerance) << where << " " << output.key;
      }
      if (answer.find("gradients") == nullptr) continue;
      std::vector<Variable> variables;
      std::vector<std::string> paths;
      for (const NamedWeight& weight : loaded.variables()) {
        if (!is_floating(weight.variable.dtype())) continue;
        variables.push_back(weight.variable);
        paths.push_back(weight.path);
      }
      const Gradients gradients = tape.gradient(total(outputs), variables);
      for (const JsonMember& gradient : answer.find("gradients")->members()) {
        const auto at = static_cast<std::size_t>(std::find(paths.begin(), paths.end(), gradient.key) - paths.begin());
        ASSERT_LT(at, paths.size()) << where << " " << gradient.key;
        EXPECT_LT(difference(gradients[at], tensor_of(gradient.value, DType::kFloat32)), kTolerance) << where << " " << gradient.key;
      }
    }
  }
}

TEST(SavedModel, SaysItsSignaturesAndEndpoints) {
  const SavedModel module(kGolden + "module");
  ASSERT_EQ(module.signatures().size(), 2u);
  EXPECT_EQ(module.signatures()[0].name, "scaled");
  const SignatureInfo& serving = module.signature("serving_default");
  ASSERT_EQ(serving.inputs.size(), 1u);
  EXPECT_EQ(serving.inputs[0].name, "x");
  EXPECT_EQ(serving.inputs[0].dtype, DType::kFloat32);
  EXPECT_EQ(serving.inputs[0].shape, Shape({-1, 2}));
  const Tensor x = Tensor::of<float>({1, 2}, {1, 2});
  EXPECT_LT(difference(module.run(x, "__call__")[0], module.run(x)[0]), kTolerance);
  try {
    static_cast<void>(module.run(x, "serve"));
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_NE(error.parts().expected.find("scaled, serving_default, __call__"), std::string::npos) << error.what();
  }
}

TEST(SavedModel, RefusesInputsThatTheSignatureDoesNotTake) {
  const SavedModel module(kGolden + "module");
  const Tensor x = Tensor::of<float>({1, 2}, {1, 2});
  EXPECT_THROW(static_cast<void>(module.run({x, x})), InvalidArgument);
  EXPECT_THROW(static_cast<void>(module.run({{"z", x}})), InvalidArgument);
  EXPECT_THROW(static_cast<void>(module.run({{"x", x}, {"z", x}})), InvalidArgument);
  EXPECT_THROW(static_cast<void>(module.run(Tensor::of<float>({1, 2, 3}, {1, 3}))), ShapeMismatch);
  EXPECT_THROW(static_cast<void>(module.run(Tensor::of<std::int32_t>({1, 2}, {1, 2}))), ShapeMismatch);
}

TEST(SavedModel, HasEachVariableOnceUnderItsNameTrainableWhereTheFileSaysSo) {
  const struct {
    const char* file;
    std::vector<std::string> paths, trainable;
  } cases[] = {
      {"keras3", {"hidden/kernel", "hidden/bias", "probs/kernel", "probs/bias"}, {"hidden/kernel", "hidden/bias", "probs/kernel", "probs/bias"}},  // which Keras stores twice
      {"keras2", {"hidden/kernel", "hidden/bias", "probs/kernel", "probs/bias"}, {"hidden/kernel", "hidden/bias", "probs/kernel", "probs/bias"}},
      {"module", {"b", "steps", "w"}, {"b", "w"}},
      {"builder", {"b", "w"}, {"w"}},
      {"frozen.pb", {}, {}},
  };
  for (const auto& c : cases) {
    const SavedModel loaded(kGolden + c.file);
    std::vector<std::string> paths, trainable;
    for (const NamedWeight& weight : loaded.variables()) {
      paths.push_back(weight.path);
      if (weight.variable.trainable()) trainable.push_back(weight.path);
    }
    if (std::string(c.file) == "module" || std::string(c.file) == "builder") {
      std::sort(paths.begin(), paths.end());
      std::sort(trainable.begin(), trainable.end());
    }
    EXPECT_EQ(paths, c.paths) << c.file;
    EXPECT_EQ(trainable, c.trainable) << c.file;
    EXPECT_EQ(loaded.trainable_variables().size(), c.trainable.size()) << c.file;
  }
}

TEST(SavedModel, CountsItsCalls) {
  const SavedModel module(kGolden + "module");
  const Tensor x = Tensor::of<float>({1, 2}, {1, 2});
  const auto steps = [&] {
    for (const NamedWeight& weight : module.variables()) {
      if (weight.path == "steps") return weight.variable.value().item<std::int64_t>();
    }
    return std::int64_t{-1};
  };
  const std::int64_t before = steps();
  static_cast<void>(module.run(x));
  static_cast<void>(module.run(x));
  EXPECT_EQ(steps(), before + 2);
}

TEST(SavedModel, BecomesAModelOfLayersWhereItSaysWhichLayersMadeIt) {
  LoadReport report;
  const Model model = load_model(kGolden + "keras2", {.report = &report});
  EXPECT_EQ(model.class_name(), "Functional");
  EXPECT_EQ(report.loaded.size(), 4u);
  const Tensor x = Tensor::of<float>({1, -2, 3, 0.5f}, {1, 4});
  EXPECT_LT(difference(model(x), SavedModel(kGolden + "keras2").run(x)[0]), kTolerance);
}

TEST(SavedModel, BecomesAModelOfTheSignatureThatIsAskedFor) {
  const Model layers = load_model(kGolden + "keras2"), graph = load_model(kGolden + "keras2", {.signature = "serving_default"});
  EXPECT_EQ(graph.class_name(), "GraphModel");
  EXPECT_EQ(graph.name(), layers.name());
  const Model scaled = load_model(kGolden + "module", {.signature = "scaled"});
  EXPECT_EQ(scaled.model().output_names(), (std::vector<std::string>{"clip", "y"}));
  EXPECT_THROW(static_cast<void>(load_model(kGolden + "module", {.signature = "scale"})), InvalidArgument);
  EXPECT_THROW(static_cast<void>(load_model(NAMESAKE_SOURCE_DIR "/tests/golden/models/dense_adam.keras", {.signature = "serving_default"})), InvalidArgument);
}

TEST(SavedModel, TakesTheOnlySignatureForTheUsualOne) {
  const Sequential made({Dense({.units = 2, .input_shape = {3}, .name = "d"})});
  TempFolder folder;
  made.save(folder / "m");
  formats::SavedModelFile file = formats::read_saved_model(folder / "m");
  std::vector<formats::Signature>& signatures = file.meta_graphs.at(0).signatures;
  std::erase_if(signatures, [](const formats::Signature& signature) { return signature.key != "serving_default"; });
  ASSERT_EQ(signatures.size(), 1u);
  signatures[0].key = "score";
  const std::string bytes = formats::saved_model_bytes(file);
  std::ofstream(folder / "m/saved_model.pb", std::ios::binary) << bytes;
  const SavedModel loaded(folder / "m");
  EXPECT_EQ(loaded.signature("serving_default").name, "score");
  const Tensor x = Tensor::of<float>({1, -2, 3}, {1, 3});
  EXPECT_LT(difference(loaded.run(x).only(), made(x)), kTolerance);
}

TEST(SavedModel, BecomesAModelThatRunsTheGraphElse) {
  LoadReport report;
  const Model model = load_model(kGolden + "keras3", {.report = &report});
  EXPECT_EQ(model.class_name(), "GraphModel");
  EXPECT_EQ(model.name(), "small");  // which the graph's scopes say, and no variable
  EXPECT_NE(report.notes.at(0).find("runs the graph"), std::string::npos);
  const Tensor x = Tensor::of<float>({1, -2, 3, 0.5f, 0, 1, 0, 1}, {2, 4}), y = Tensor::of<float>({1, 0, 0, 1}, {2, 2});
  EXPECT_LT(difference(model(x), SavedModel(kGolden + "keras3").run(x)[0]), kTolerance);
  const auto loss = [&] { return sum(square(subtract(model(x), y))); };
  const float before = loss().item<float>();
  const Adam optimizer({.learning_rate = 0.1});
  for (int step = 0; step < 5; ++step) {
    GradientTape tape;
    optimizer.apply_gradients(tape.gradient(loss(), model.trainable_variables()));
  }
  EXPECT_LT(loss().item<float>(), before);

  TempFolder folder;
  EXPECT_THROW(model.save(folder / "m.keras"), Unsupported);
  EXPECT_TRUE(folder.names().empty());
  const Tensor trained = model(x);
  for (const char* name : {"w.weights.h5", "w", "w.h5"}) {
    model.save_weights(folder / name);
    const Model again = load_model(kGolden + "keras3");
    again.load_weights(folder / name);
    EXPECT_LT(difference(again(x), trained), kTolerance) << name;
  }
  model.save(folder / "again");
  EXPECT_LT(difference(load_model(folder / "again")(x), trained), kTolerance);
}

TEST(SavedModel, FillsTheWeightsOfAModelOfLayers) {
  const Model model = load_model(kGolden + "keras2");
  for (const Variable& weight : model.weights()) weight.assign(zeros(weight.shape(), weight.dtype()));
  const LoadReport report = model.load_weights(kGolden + "keras2");
  EXPECT_EQ(report.loaded.size(), 4u);
  const Tensor x = Tensor::of<float>({1, -2, 3, 0.5f}, {1, 4});
  EXPECT_LT(difference(model(x), SavedModel(kGolden + "keras2").run(x)[0]), kTolerance);
}

TEST(SavedModel, StandsInAFunctionalModel) {
  const Model inner = load_model(kGolden + "keras3");
  const Tensor input = Input({.shape = {4}});
  const Model outer(input, Dense({.units = 3})(inner(input)));
  EXPECT_EQ(outer.outputs()[0].shape(), Shape({-1, 3}));
  EXPECT_EQ(outer.trainable_variables().size(), 6u);
}

TEST(SavedModel, ChoosesTheMetaGraphByTags) {
  EXPECT_NO_THROW(SavedModel(kGolden + "module", {.tags = {"serve"}}));
  EXPECT_THROW(SavedModel(kGolden + "module", {.tags = {"serve", "gpu"}}), InvalidArgument);
}

TEST(SavedModel, TakesTheEndsOfAFrozenGraphByName) {
  const Tensor x = Tensor::of<float>({1, 2, 3}, {1, 3});
  const SavedModel whole(kGolden + "frozen.pb");
  const SavedModel part(kGolden + "frozen.pb", {.inputs = {"x:0"}, .outputs = {"MatMul"}});
  EXPECT_EQ(part.run(x).names(), std::vector<std::string>{"MatMul"});
  EXPECT_LT(difference(part.run(x)[0], whole.run(x)[0]), kTolerance);  // the bias is zero
  EXPECT_THROW(SavedModel(kGolden + "frozen.pb", {.outputs = {"nothing"}}), InvalidArgument);
}

// ---- damaged ones

void copy(const std::string& from, const std::string& to) { fs::copy(from, to, fs::copy_options::recursive); }

// Everything that can be asked of it; true if nothing was wrong.
bool uses(const std::string& folder) {
  try {
    const SavedModel loaded(folder);
    static_cast<void>(loaded.variables());
    bool all = true;
    for (const SignatureInfo& signature : loaded.signatures()) {
      Tensors inputs;
      for (const SignatureSpec& spec : signature.inputs) {
        Shape shape = Shape::scalar();
        for (const std::int64_t size : spec.shape.sizes()) shape.push_back(size < 0 || size > 8 ? 2 : size);
        inputs.push_back(zeros(shape, spec.dtype));
      }
      try {
        static_cast<void>(loaded.run(inputs, signature.name));
      } catch (const Error&) {
        all = false;
      }
    }
    return all;
  } catch (const Error&) {
    return false;
  }
}

TEST(SavedModel, SaysWhenItsVariablesAreGone) {
  TempFolder folder;
  copy(kGolden + "keras3", folder / "m");
  fs::remove_all(fs::path(folder / "m") / "variables");
  const SavedModel loaded(folder / "m");
  EXPECT_EQ(loaded.signatures().size(), SavedModel(kGolden + "keras3").signatures().size());
  try {
    static_cast<void>(loaded.run(Tensor::of<float>({1, 2, 3, 4}, {1, 4})));
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_NE(error.fix().find("variables/"), std::string::npos) << error.what();
  }
}

TEST(SavedModel, RefusesAValueThatIsNotOfItsVariablesShape) {
  const TempFolder folder;
  copy(kGolden + "keras3", folder / "m");
  formats::SavedModelFile file = formats::read_saved_model(folder / "m");
  for (formats::SavedObject& object : file.meta_graphs.at(0).objects->nodes) {
    if (auto* variable = std::get_if<formats::VariableObject>(&object.kind)) variable->shape.push_back(1);
  }
  std::ofstream(folder / "m/saved_model.pb", std::ios::binary) << formats::saved_model_bytes(file);
  EXPECT_THROW(static_cast<void>(SavedModel(folder / "m").variables()), FormatError);
}

TEST(SavedModel, SurvivesBytesThatAreNotAsTheyWere) {
  std::mt19937 random(7);
  int unharmed = 0;
  for (const char* name : {"keras3", "module", "builder"}) {
    TempFolder folder;
    copy(kGolden + name, folder / "m");
    const std::string file = folder / "m/saved_model.pb";
    const std::string sound = testing::read_text(file);
    for (int round = 0; round < 150; ++round) {
      std::string bytes = sound;
      if (round % 5 == 0) bytes.resize(random() % bytes.size());
      else for (int flips = 0; flips < 1 + round % 4; ++flips) bytes[random() % bytes.size()] = static_cast<char>(random());
      testing::write_text(file, bytes);
      const testing::Limits limits;
      unharmed += uses(folder / "m") ? 1 : 0;
      EXPECT_EQ(limits.broken(), "") << name << " " << round;
    }
  }
  EXPECT_LT(unharmed, 450);
}

}  // namespace
}  // namespace namesake
