// `.keras` files: what is saved comes back; Keras's own files load; nothing is taken for something else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "namesake/base/error.h"
#include "namesake/formats/keras_archive.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/layers/activation.h"
#include "namesake/nn/layers/applications.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/nn/layers/flatten.h"
#include "namesake/nn/registry.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/math.h"
#include "namesake/saving/load_model.h"
#include "tests/support/names.h"

namespace namesake {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::paths;

class GainBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Gain";
  struct Options {
    double start = 1.0;
    std::string name = "";
  };
  static void config(Options& o, ConfigFields& f) { f("start", o.start); }
  explicit GainBody(const Options& options) : start_(options.start) {}
  void build(const Shape& input) override {
    gain_ = add_weight({.name = "gain", .shape = {input.back()}, .initializer = Constant({.value = start_})});
  }
  Tensor call(const Tensor& x, CallContext&) override { return multiply(x, gain_); }

 private:
  double start_;
  Variable gain_;
};
using Gain = LayerOf<GainBody>;

class PairBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Pair";
  struct Options { std::string name = ""; };
  explicit PairBody(const Options&) {}
  Tensor call(const Tensor& x, CallContext&) override { return second_(first_(x)); }

 private:
  Dense second_ = add_layer("b_second", Dense({.units = 2, .name = "out"}));
  Dense first_ = add_layer("a_first", Dense({.units = 3, .name = "in"}));
};
using Pair = LayerOf<PairBody>;

class KerasFile : public ::testing::Test {
 protected:
  void SetUp() override {
    reset_names();
    folder_ = std::filesystem::path(::testing::TempDir()) / ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::filesystem::path path(const char* name = "model.keras") const { return folder_ / name; }

  std::filesystem::path folder_;
};

Tensor some_input(std::int64_t columns) {
  Tensor x = Tensor::empty(DType::kFloat32, {5, columns});
  for (std::int64_t i = 0; i < x.size(); ++i) x.raw_as<float>()[i] = static_cast<float>((i * 31) % 17) / 8.0F - 1.0F;
  return x;
}

void expect_equal(const Tensor& a, const Tensor& b) {
  ASSERT_EQ(a.shape(), b.shape());
  EXPECT_EQ(a.to_vector<float>(), b.to_vector<float>());
}

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(KerasFile, AModelComesBackWithItsNamesAndNumbers) {
  const Sequential inner({Dense({.units = 4, .name = "d"}), Dense({.units = 4, .name = "e"})}, {.name = "encoder"});
  const Sequential model({Flatten({.input_shape = {2, 3}}), inner, Dropout({.rate = 0.25}), Activation({.activation = "tanh"}),
                          Dense({.units = 4, .name = "d"})}, {.name = "net"});
  model.save(path());
  const Model loaded = load_model(path());
  EXPECT_EQ(paths(loaded), paths(model));
  EXPECT_EQ(loaded.name(), "net");
  const Tensor x = some_input(6).with_shape({5, 2, 3});
  expect_equal(loaded(x), model(x));
}

TEST_F(KerasFile, AScopeComesBackAndIsTheNameThatKerasShows) {
  const auto build = [] {
    const NameScope scope("model_0");
    return Sequential({Dense({.units = 4, .input_shape = {3}, .name = "dense_1"})});
  };
  const Sequential model = build();
  EXPECT_EQ(paths(model).front(), "model_0/dense_1/kernel");
  model.save(path());
  const auto file = formats::read_keras_archive(path().string());
  EXPECT_EQ(JsonView(file.config).at("config").at("name").as_string(), "model_0");
  const Model loaded = load_model(path());
  EXPECT_EQ(paths(loaded), paths(model));
  loaded.save(path("again.keras"));
  EXPECT_EQ(bytes_of(path("again.keras")), bytes_of(path()));
}

TEST_F(KerasFile, LayersOfTwoScopesGetTwoLegalNamesAndComeBackUnderTheirPaths) {
  const auto layer = [](const char* scope_name) {
    const NameScope scope(scope_name);
    return Dense({.units = 3, .name = "d"});
  };
  const Sequential model({layer("a"), layer("b")}, {.name = "m"});
  model.build({-1, 3});
  EXPECT_THAT(paths(model), ElementsAre("a/d/kernel", "a/d/bias", "b/d/kernel", "b/d/bias"));
  model.save(path());
  const auto file = formats::read_keras_archive(path().string());
  EXPECT_EQ(JsonView(file.config).at("config").at("layers").at(1).at("config").at("name").as_string(), "a>d");
  EXPECT_EQ(paths(load_model(path())), paths(model));
}

TEST_F(KerasFile, AUsersLayerComesBackOnceItsClassIsRegistered) {
  const Sequential model({Gain({.start = 3.0, .name = "g"}), Pair({.name = "p"})}, {.name = "m"});
  const Tensor y = model(some_input(4));
  const SaveReport report = model.save(path());
  EXPECT_THAT(report.python, ::testing::Contains(HasSubstr("register_keras_serializable(package=\"Custom\") class Gain")));
  try {
    static_cast<void>(load_model(path()));
    FAIL() << "the class is not registered yet";
  } catch (const Unsupported& e) {
    EXPECT_THAT(e.what(), HasSubstr("register_layer<Gain>(\"Custom\")"));
  }
  register_layer<Gain>();
  register_layer<Pair>();
  const Model loaded = load_model(path());
  expect_equal(loaded(some_input(4)), y);
  EXPECT_EQ(paths(loaded), paths(model));
}

// A user's class of a name that Keras has, too.
class DenseBodyOfUser : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Dense";
  struct Options {
    std::string name = "";
    std::string dtype = "";
  };
  explicit DenseBodyOfUser(const Options&) {}
  Tensor call(const Tensor& x, CallContext&) override { return x * 2.0; }
};
// And one of a name that models of keras.applications have.
class LayerScaleBodyOfUser : public DenseBodyOfUser {
 public:
  static constexpr std::string_view kClassName = "LayerScale";
  using DenseBodyOfUser::DenseBodyOfUser;
};

TEST_F(KerasFile, AUsersClassIsNeverTakenForOneOfKerasOfThatName) {
  const Sequential model({LayerOf<DenseBodyOfUser>({.name = "a"}), LayerOf<LayerScaleBodyOfUser>({.name = "b"}), LayerScale({.projection_dim = 4, .name = "c"})}, {.name = "m"});
  static_cast<void>(model(some_input(4)));
  EXPECT_THAT(model.save(path()).python, ::testing::Contains(HasSubstr("register_keras_serializable(package=\"Custom\") class Dense")));
  const auto word = [&](std::size_t layer, const char* key) {
    const auto file = formats::read_keras_archive(path().string());
    return to_json(JsonView(file.config).at("config").at("layers").at(layer).at(key).value());
  };
  EXPECT_EQ(word(1, "registered_name"), "\"Custom>Dense\"");
  EXPECT_EQ(word(2, "registered_name"), "\"Custom>LayerScale\"");
  EXPECT_EQ(word(3, "module"), "\"keras.src.applications.convnext\"");
  EXPECT_THROW(static_cast<void>(load_model(path())), Unsupported) << "neither is registered";
  EXPECT_THROW((register_layer<LayerOf<DenseBodyOfUser>>()), NameCollision);
  register_layer<LayerOf<LayerScaleBodyOfUser>>();
  model.save(path());
  EXPECT_EQ(word(2, "registered_name"), "\"Custom>LayerScale\"");
  const Sequential second({LayerOf<LayerScaleBodyOfUser>({.name = "b"}), LayerScale({.projection_dim = 4, .name = "c"})}, {.name = "m"});
  const Tensor y = second(some_input(4));
  second.save(path());
  expect_equal(load_model(path())(some_input(4)), y);
}

TEST_F(KerasFile, EqualModelsGiveEqualBytes) {
  const Sequential model({Dense({.units = 2, .input_shape = {2}})});
  model.save(path("a.keras"));
  model.save(path("b.keras"));
  EXPECT_EQ(bytes_of(path("a.keras")), bytes_of(path("b.keras")));
}

TEST_F(KerasFile, ARefusedSaveLeavesTheOldFileWhole) {
  Sequential({Dense({.units = 2, .input_shape = {2}})}).save(path());
  const std::string before = bytes_of(path());
  const Dense shared({.units = 2});
  const Sequential twice({shared, shared});
  twice.build({-1, 2});
  EXPECT_THROW(twice.save(path()), Unsupported);
  EXPECT_THROW(Sequential({Dense()}).save(path()), InvalidArgument);  // not built
  EXPECT_EQ(bytes_of(path()), before);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(KerasFile, AnotherExtensionIsRefusedWithTheOneThatWorks) {
  const Sequential model({Dense({.units = 2, .input_shape = {2}})});
  try {
    model.save(path("model_0.onnx"));
    FAIL();
  } catch (const Unsupported& e) {
    EXPECT_THAT(e.what(), HasSubstr("model_0.keras"));
  }
}

TEST_F(KerasFile, NoNameAtAllIsRefusedWithAllThatThereAre) {
  const Sequential model({Dense({.units = 2, .input_shape = {2}})}, {.name = "net"});
  for (const char* name : {"", ".keras"}) {  // the latter is a hidden folder's, if anything's
    try {
      model.save(name);
      ADD_FAILURE() << name;
    } catch (const Unsupported& e) {
      EXPECT_THAT(e.what(), AllOf(HasSubstr("\"net.keras\""), HasSubstr("\"net.h5\""), HasSubstr("\"net\"")));
    }
  }
}

class ChangedFile : public KerasFile {
 protected:
  // Saves a model of two layers that could be taken for each other, changes the content, and writes it again.
  void write_changed(const std::function<void(formats::KerasArchiveContent&)>& change) {
    const Sequential model({Dense({.units = 3, .input_shape = {3}, .name = "a"}), Dense({.units = 3, .name = "b"})}, {.name = "m"});
    model.save(path("sound.keras"));
    const auto file = formats::read_keras_archive(path("sound.keras").string());
    formats::KerasArchiveContent content;
    content.config = file.config;
    for (const auto& group : file.groups) {
      if (!group.path.empty()) content.groups.push_back({group.path, group.attributes});
    }
    for (const auto& weight : file.weights) content.arrays.push_back({weight.path, weight.dtype, weight.shape, weight.bytes()});
    change(content);
    formats::write_keras_archive(path().string(), content);
  }
  std::string refusal() {
    try {
      static_cast<void>(load_model(path(), {.report = &report_}));
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }
  LoadReport report_;
};

TEST_F(ChangedFile, UnchangedItLoads) {
  write_changed([](auto&) {});
  EXPECT_EQ(refusal(), "");
  EXPECT_THAT(report_.loaded, ElementsAre("a/kernel", "a/bias", "b/kernel", "b/bias"));
  EXPECT_THAT(report_.notes, IsEmpty());
}

TEST_F(ChangedFile, SwappedWeightsOfEqualShapesAreFoundByTheirStoredNames) {  // Keras loads them without a word
  write_changed([](auto& content) {
    for (auto& group : content.groups) {
      if (group.path == "layers/dense/vars") group.attributes = JsonValue::object({{"name", "b"}});
      if (group.path == "layers/dense_1/vars") group.attributes = JsonValue::object({{"name", "a"}});
    }
  });
  EXPECT_THAT(refusal(), HasSubstr("another layer's place"));
  EXPECT_EQ(report_.ambiguous.size(), 2u);
  EXPECT_NO_THROW(static_cast<void>(load_model(path(), {.strict = false})));
}

TEST_F(ChangedFile, AMissingWeightIsAnErrorAndNamed) {
  write_changed([](auto& content) { content.arrays.pop_back(); });
  EXPECT_THAT(refusal(), HasSubstr("b/bias"));
  EXPECT_THAT(report_.missing, ElementsAre("b/bias"));
}

TEST_F(ChangedFile, AWeightThatNobodyAskedForIsAnErrorAndNamed) {
  write_changed([](auto& content) {
    auto extra = content.arrays.back();
    extra.path = "layers/dense_2/vars/0";
    content.arrays.push_back(extra);
  });
  EXPECT_THAT(refusal(), HasSubstr("layers/dense_2/vars/0"));
}

TEST_F(ChangedFile, AWrongShapeIsRefusedWithBoth) {
  write_changed([](auto& content) { content.arrays[0].shape = Shape({9, 1}); });
  const std::string text = refusal();
  EXPECT_THAT(text, HasSubstr("(3, 3)"));
  EXPECT_THAT(text, HasSubstr("(9, 1)"));
}

TEST_F(ChangedFile, TwoLayersOfOneNameInAConfigAreRefused) {
  write_changed([](auto& content) {
    content.config.find("config")->find("layers")->items()[2].find("config")->set("name", "a");
  });
  EXPECT_THAT(refusal(), HasSubstr("name-collision"));
}

TEST_F(ChangedFile, ConfigsThatAreNoneAreRefusedWithThePlace) {
  struct Case { const char* what; std::function<void(JsonValue&)> change; const char* text; };
  const Case cases[] = {
      {"no class", [](JsonValue& c) { c.erase("class_name"); }, "class_name"},
      {"unknown class", [](JsonValue& c) { c.set("class_name", "Sequentiell"); }, "Sequentiell"},
      {"layers no list", [](JsonValue& c) { c.find("config")->set("layers", 3); }, "config.layers"},
      {"units no number", [](JsonValue& c) { c.find("config")->find("layers")->items()[1].find("config")->set("units", "x"); }, "config.layers[1].config.units"},
      {"unknown option", [](JsonValue& c) { c.find("config")->find("layers")->items()[1].find("config")->set("warp", 9); }, "warp"},
      {"config null", [](JsonValue& c) { c.set("config", nullptr); }, "config"},
  };
  for (const Case& c : cases) {
    write_changed([&](auto& content) { c.change(content.config); });
    EXPECT_THAT(refusal(), HasSubstr(c.text)) << c.what;
  }
}

TEST_F(KerasFile, NoSuchFileIsAnIoError) { EXPECT_THROW(static_cast<void>(load_model(path("none.keras"))), IoError); }

}  // namespace
}  // namespace namesake
