// `.h5` and `.weights.h5` files: Keras's own load, by position and by name, and nothing is taken for something else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>

#include "namesake/base/error.h"
#include "namesake/formats/npz.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/layers/batch_normalization.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/layers/merging.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/sequential.h"
#include "namesake/optim/optimizers.h"
#include "namesake/saving/load_model.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace namesake {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr double kTolerance = 1e-5;

std::string golden(const std::string& name) { return std::string(NAMESAKE_SOURCE_DIR) + "/tests/golden/h5/" + name; }

Tensor array(const std::string& npz, const std::string& name) { return formats::NpzFile(golden(npz + ".npz")).read(name); }

void expect_predicts(const Model& model, const std::string& npz) {
  EXPECT_LE(testing::difference(model(array(npz, "x")), array(npz, "y")), kTolerance) << npz;
}

Sequential sequential_model() {
  return Sequential({Dense({.units = 4, .activation = "relu", .input_shape = {4}, .name = "dense_1"}), BatchNormalization(), Dropout({.rate = 0.2}),
                     Dense({.units = 4, .activation = "tanh", .name = "dense_2"}), Dense({.units = 2})},
                    {.name = "model_0"});
}

Model nested_model() {
  Dense frozen({.units = 3, .name = "a"});
  const Sequential inner({Input({.shape = {3}}), frozen, BatchNormalization({.name = "norm"}), Dense({.units = 3, .name = "b"})}, {.name = "encoder"});
  frozen.set_trainable(false);
  const Tensor x = Input({.shape = {3}, .name = "x"});
  const Dense shared({.units = 3, .name = "shared"});
  const Tensor sum = Add({.name = "sum"})(Tensors{shared(inner(x)), shared(x)});
  return Model(x, Dense({.units = 2, .name = "head"})(sum), {.name = "nested"});
}

struct FileCase {
  const char* file;
  const char* npz;
};
std::ostream& operator<<(std::ostream& out, const FileCase& value) { return out << value.file; }

class WholeModel : public ::testing::TestWithParam<FileCase> {};

TEST_P(WholeModel, PredictsWhatKerasPredicted) {
  LoadReport report;
  const Model model = load_model(golden(GetParam().file), {.report = &report});
  expect_predicts(model, GetParam().npz);
  EXPECT_THAT(report.missing, IsEmpty());
  EXPECT_THAT(report.unused, IsEmpty());
  EXPECT_THAT(report.ambiguous, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(OfKeras, WholeModel,
                         ::testing::Values(FileCase{"k3_sequential.h5", "k3_sequential"}, FileCase{"k3_nested.h5", "k3_nested"}, FileCase{"k3_many.h5", "k3_many"},
                                         FileCase{"k2_sequential.h5", "k2_sequential"}, FileCase{"k2_nested.h5", "k2_nested"},
                                         FileCase{"k2_scoped.h5", "k2_scoped"}, FileCase{"keras22_sequential.h5", "k2_sequential"},
                                         FileCase{"k2_sequential.keras", "k2_sequential"}, FileCase{"k2_nested.keras", "k2_nested"},
                                         FileCase{"k2_scoped.keras", "k2_scoped"}));

class WeightsFile : public ::testing::TestWithParam<FileCase> {};

TEST_P(WeightsFile, FillsAModelMadeHere) {
  const std::string npz = GetParam().npz;
  const Model model = npz.ends_with("nested") ? nested_model() : Model(sequential_model());
  const LoadReport report = model.load_weights(golden(GetParam().file));
  expect_predicts(model, npz);
  EXPECT_THAT(report.loaded, SizeIs(model.weights().size()));
  EXPECT_THAT(report.missing, IsEmpty());
  EXPECT_THAT(report.unused, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(OfKeras, WeightsFile,
                         ::testing::Values(FileCase{"k3_sequential.weights.h5", "k3_sequential"}, FileCase{"k3_nested.weights.h5", "k3_nested"},
                                         FileCase{"k2_sequential.weights.h5", "k2_sequential"}, FileCase{"k2_nested.weights.h5", "k2_nested"},
                                         FileCase{"k2_sequential_only.h5", "k2_sequential"}, FileCase{"k2_nested_only.h5", "k2_nested"},
                                         FileCase{"k3_sequential.h5", "k3_sequential"}, FileCase{"k3_nested.h5", "k3_nested"},
                                         FileCase{"k2_sequential.keras", "k2_sequential"}, FileCase{"keras22_sequential.h5", "k2_sequential"}));

TEST(LegacyFile, ComesBackCompiledWithItsState) {
  const Model model = load_model(golden("k3_sequential.h5"));
  ASSERT_TRUE(model.is_compiled());
  EXPECT_EQ(model.optimizer().iterations(), 2);
}

TEST(LegacyFile, OfWeightsOnlyIsNoModel) {
  try {
    static_cast<void>(load_model(golden("k2_sequential_only.h5")));
    FAIL() << "loaded";
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(), HasSubstr("The file holds weights, but no model."));
    EXPECT_THAT(error.what(), HasSubstr("model_config"));
    EXPECT_THAT(error.fix(), HasSubstr("load_weights"));
  }
}

TEST(LegacyFile, OfAnotherNumberOfLayersIsRefusedAndChangesNothing) {
  const Sequential model({Dense({.units = 4, .input_shape = {4}, .name = "dense_1"})});
  const Tensor before = model.get_weights()[0];
  try {
    model.load_weights(golden("k3_sequential.h5"));
    FAIL() << "loaded";
  } catch (const ShapeMismatch& error) {
    EXPECT_THAT(error.what(), HasSubstr("another number of layers"));
    EXPECT_THAT(error.parts().expected, HasSubstr("1 (dense_1)"));
    EXPECT_THAT(error.parts().received, HasSubstr("4 (dense_1, batch_normalization, dense_2, dense)"));
    EXPECT_THAT(error.fix(), HasSubstr("by_name"));
  }
  EXPECT_EQ(testing::difference(model.get_weights()[0], before), 0);
}

TEST(LegacyFile, WithTwoLayersChangedPlacesIsRefused) {
  // dense_1 and dense_2 of the file have one shape: by position each would take the other's weights.
  const Sequential swapped({Dense({.units = 4, .input_shape = {4}, .name = "dense_2"}), BatchNormalization(), Dense({.units = 4, .name = "dense_1"}),
                            Dense({.units = 2})});
  LoadReport report;
  EXPECT_THROW(swapped.load_weights(golden("k3_sequential.h5"), {.report = &report}), FormatError);
  EXPECT_THAT(report.ambiguous, SizeIs(2));
  EXPECT_NO_THROW(swapped.load_weights(golden("k3_sequential.h5"), {.strict = false}));
}

TEST(ByName, TakesTheLayersThatBothHaveAndTellsOfTheOthers) {
  const Sequential model({Dense({.units = 4, .activation = "tanh", .input_shape = {4}, .name = "dense_2"}), Dense({.units = 7, .name = "fresh"})});
  const Tensor fresh = model.get_weights()[2];
  const LoadReport report = model.load_weights(golden("k2_sequential_only.h5"), {.by_name = true});
  EXPECT_THAT(report.loaded, ElementsAre("dense_2/kernel", "dense_2/bias"));
  EXPECT_THAT(report.missing, ElementsAre("fresh/kernel", "fresh/bias"));
  EXPECT_THAT(report.unused, Contains("dense_1/dense_1/kernel:0"));
  const Sequential whole = sequential_model();
  whole.load_weights(golden("k2_sequential_only.h5"));
  EXPECT_EQ(testing::difference(model.get_weights()[0], whole.get_layer("dense_2").get_weights()[0]), 0);
  EXPECT_EQ(testing::difference(model.get_weights()[2], fresh), 0);
}

TEST(ByName, FindsLayersInAFileThatGoesByPositionToo) {
  const Sequential model({Dense({.units = 4, .activation = "tanh", .input_shape = {4}, .name = "dense_2"}), Dense({.units = 7, .name = "fresh"})});
  const Tensor fresh = model.get_weights()[2];
  const LoadReport report = model.load_weights(golden("k3_sequential.weights.h5"), {.by_name = true});
  EXPECT_THAT(report.loaded, ElementsAre("dense_2/kernel", "dense_2/bias"));
  EXPECT_THAT(report.missing, ElementsAre("fresh/kernel", "fresh/bias"));
  EXPECT_THAT(report.unused, Contains("layers/dense/vars/0"));
  const Sequential whole = sequential_model();
  whole.load_weights(golden("k3_sequential.weights.h5"));
  EXPECT_EQ(testing::difference(model.get_weights()[0], whole.get_layer("dense_2").get_weights()[0]), 0);
  EXPECT_EQ(testing::difference(model.get_weights()[2], fresh), 0);
  EXPECT_THAT(model.load_weights(golden("k3_sequential.weights.h5"), {.by_name = true, .names = {{.from = "dense", .to = "other"}}}).loaded, SizeIs(2));
}

TEST(ByName, TakesTheLayersOfANestedModelAlong) {
  const auto tower = [](const char* inner, std::int64_t units) {
    return Sequential({Dense({.units = 3, .input_shape = {4}, .name = "before"}),
                       Sequential({Dense({.units = 3, .input_shape = {3}, .name = "a"}), Dense({.units = 3, .name = "b"})}, {.name = inner}),
                       Dense({.units = units, .name = "head"})});
  };
  const testing::TempFolder folder;
  const Sequential trained = tower("inner", 5), fresh = tower("inner", 2);
  trained.save_weights(folder / "w.weights.h5");
  const LoadReport report = fresh.load_weights(folder / "w.weights.h5", {.by_name = true, .skip_mismatch = true});
  EXPECT_THAT(report.loaded, ElementsAre("before/kernel", "before/bias", "inner/a/kernel", "inner/a/bias", "inner/b/kernel", "inner/b/bias"));
  EXPECT_EQ(testing::difference(trained.get_weights()[4], fresh.get_weights()[4]), 0);
  EXPECT_THAT(tower("other", 5).load_weights(folder / "w.weights.h5", {.by_name = true}).missing, SizeIs(4));
}

TEST(ByName, RefusesAnotherShapeUnlessToldToSkipIt) {
  const Sequential model({Dense({.units = 3, .input_shape = {4}, .name = "dense_2"})});
  try {
    model.load_weights(golden("k3_sequential.h5"), {.by_name = true});
    FAIL() << "loaded";
  } catch (const ShapeMismatch& error) {
    EXPECT_EQ(error.subject(), "dense_2/kernel");
    EXPECT_EQ(error.parts().expected, "float32 (4, 3)");
    EXPECT_EQ(error.parts().received, "float32 (4, 4)");
  }
  const LoadReport report = model.load_weights(golden("k3_sequential.h5"), {.by_name = true, .skip_mismatch = true});
  EXPECT_THAT(report.loaded, IsEmpty());
  EXPECT_THAT(report.notes, Contains(HasSubstr("dense_2/kernel stays as it is")));
}

TEST(NameRules, GiveLayersOfTheFileTheNamesOfTheModel) {
  const Sequential model({Dense({.units = 4, .input_shape = {4}, .name = "block_2"}), Dense({.units = 2, .name = "last"})});
  const LoadReport report = model.load_weights(
      golden("k3_sequential.h5"), {.by_name = true, .names = {{.from = "dense_(\\d+)", .to = "block_$1", .regex = true}, {.from = "dense", .to = "last"}}});
  EXPECT_THAT(report.loaded, ElementsAre("block_2/kernel", "block_2/bias", "last/kernel", "last/bias"));
  EXPECT_THAT(report.missing, IsEmpty());
}

TEST(NameRules, ThatSendTwoLayersToOneAreRefused) {
  const Sequential model({Dense({.units = 4, .input_shape = {4}, .name = "block"})});
  LoadReport report;
  EXPECT_THROW(model.load_weights(golden("k3_sequential.h5"),
                                  {.by_name = true, .names = {{.from = "dense_.*", .to = "block", .regex = true}}, .report = &report}),
               FormatError);
  EXPECT_THAT(report.ambiguous, ElementsAre("\"dense_1\" and \"dense_2\" are both for the layer \"block\""));
  EXPECT_THROW(model.load_weights(golden("k3_sequential.h5"), {.names = {{.from = "(", .to = "", .regex = true}}}), InvalidArgument);
}

TEST(Casts, AreMadeOnlyWhenAsked) {
  const Sequential model({Dense({.units = 4, .activation = "relu", .input_shape = {4}, .dtype = "float64", .name = "dense_1"})});
  try {
    model.load_weights(golden("k3_sequential.h5"), {.by_name = true});
    FAIL() << "loaded";
  } catch (const ShapeMismatch& error) {
    EXPECT_EQ(error.parts().expected, "float64 (4, 4)");
    EXPECT_THAT(error.fix(), HasSubstr("cast"));
  }
  const LoadReport report = model.load_weights(golden("k3_sequential.h5"), {.by_name = true, .cast = true});
  EXPECT_THAT(report.cast, ElementsAre("dense_1/kernel: float32 -> float64", "dense_1/bias: float32 -> float64"));
}

TEST(DamagedFile, GivesAnErrorThatNamesItWhateverWasChanged) {
  const testing::TempFolder folder;
  for (const char* name : {"k3_sequential.h5", "k2_nested.weights.h5"}) {
    const std::string sound = testing::read_text(golden(name));
    const std::string path = folder / name;
    const Model model = std::string(name).find("nested") != std::string::npos ? nested_model() : Model(sequential_model());
    std::uint32_t state = 1;
    const auto random = [&](std::size_t below) {
      state = state * 1664525 + 1013904223;
      return static_cast<std::size_t>(state >> 8) % below;
    };
    int refused = 0;
    constexpr int kMutations = 300;
    for (int i = 0; i < kMutations; ++i) {
      std::string bytes = sound;
      if (i % 3 == 0) {
        bytes.resize(random(bytes.size()));
      } else {
        for (int k = 0; k < 1 + i % 8; ++k) bytes[random(std::min<std::size_t>(bytes.size(), 12'000))] = static_cast<char>(random(256));
      }
      testing::write_text(path, bytes);
      try {
        model.load_weights(path);
      } catch (const Error& error) {
        ++refused;
        EXPECT_THAT(error.what(), HasSubstr(name)) << i;
      }
    }
    EXPECT_GT(refused, kMutations / 3) << name;  // what was cut short, at least
  }
}

// A model with its own file, and the same model loaded from it.
void expect_same(const Model& model, const Model& loaded, const Tensor& x) {
  EXPECT_EQ(testing::difference(loaded(x), model(x)), 0);
  const auto ours = model.named_weights(), theirs = loaded.named_weights();
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_EQ(ours[i].path, theirs[i].path);
}

class Saved : public ::testing::Test {
 protected:
  testing::TempFolder folder_;
};

TEST_F(Saved, LegacyModelsComeBackWithTheirNamesAndNumbers) {
  for (const char* name : {"k3_sequential", "k3_nested"}) {
    const Model model = load_model(golden(std::string(name) + ".h5"));
    const SaveReport report = model.save(folder_ / "model.h5");
    EXPECT_THAT(report.dropped, Contains(HasSubstr("the optimizer's state is not stored")));
    EXPECT_THAT(report.opened_by, ElementsAre("Keras 3", "Keras 2"));
    LoadReport loaded;
    const Model again = load_model(folder_ / "model.h5", {.report = &loaded});
    expect_same(model, again, array(name, "x"));
    EXPECT_THAT(loaded.ambiguous, IsEmpty());
    EXPECT_THAT(loaded.notes, Contains(HasSubstr("no optimizer state")));
    ASSERT_TRUE(again.is_compiled());
    EXPECT_EQ(again.optimizer().iterations(), 0);
  }
}

TEST_F(Saved, StateForKeras2ComesBackToo) {
  const Model model = load_model(golden("k3_sequential.h5"));
  const SaveReport report = model.save(folder_ / "model.h5", {.keras2 = true});
  EXPECT_THAT(report.notes, Contains(HasSubstr("as Keras 2 keeps it")));
  const Model again = load_model(folder_ / "model.h5");
  const auto ours = model.optimizer().variables(), theirs = again.optimizer().variables();
  ASSERT_EQ(ours.size(), theirs.size());
  EXPECT_EQ(again.optimizer().iterations(), 2);
  for (std::size_t i = 1; i < ours.size(); ++i) EXPECT_EQ(testing::difference(theirs[i], ours[i]), 0) << ours[i].name();
}

TEST_F(Saved, FilesForKeras2KeepStepsAndSlotsOfEveryOptimizerThatItKeepsOtherwise) {
  for (const Optimizer& optimizer : {Optimizer(SGD()), Optimizer(SGD({.momentum = 0.5})), Optimizer(Nadam()), Optimizer(RMSprop())}) {
    const Model model = sequential_model();
    model.compile({.optimizer = optimizer, .loss = "mse"});
    const std::vector<Variable> weights = model.trainable_variables();
    std::vector<Tensor> gradients;
    for (const Variable& weight : weights) gradients.push_back(weight.value());
    model.optimizer().apply_gradients(gradients, weights);
    for (const char* name : {"state.keras", "state.h5"}) {
      const SaveReport report = model.save(folder_ / name, {.keras2 = true});
      EXPECT_THAT(report.opened_by, ElementsAre("Keras 3", "Keras 2")) << name;
      const Model again = load_model(folder_ / name);
      EXPECT_EQ(again.optimizer().iterations(), 1) << optimizer.class_name() << name;
      const auto ours = model.optimizer().variables(), theirs = again.optimizer().variables();
      ASSERT_EQ(ours.size(), theirs.size());
      const std::size_t kept = optimizer.class_name() == "Nadam" ? ours.size() - 1 : ours.size();  // without the product of its momentums
      for (std::size_t i = 1; i < kept; ++i) EXPECT_EQ(testing::difference(theirs[i], ours[i]), 0) << ours[i].name();
    }
  }
}

TEST_F(Saved, AReportSaysWhyKeras2CannotOpenTheFile) {
  const Sequential model({Dense({.units = 2, .activation = "hard_sigmoid", .input_shape = {3}, .name = "gate"})});
  const SaveReport report = model.save(folder_ / "new.h5");
  EXPECT_THAT(report.opened_by, ElementsAre("Keras 3"));
  EXPECT_THAT(report.lines(), Contains("Keras 2 cannot open the file: the layer \"gate\": hard_sigmoid is another function in Keras 2"));
  for (const char* name : {"old.h5", "old.keras"}) {
    EXPECT_THROW(model.save(folder_ / name, {.keras2 = true}), Unsupported);
    EXPECT_FALSE(std::filesystem::exists(folder_ / name));
  }
}

TEST_F(Saved, NothingAboutTheOptimizerIsStoredIfItIsNotWanted) {
  load_model(golden("k3_sequential.h5")).save(folder_ / "model.h5", {.include_optimizer = false});
  EXPECT_FALSE(load_model(folder_ / "model.h5").is_compiled());
}

TEST_F(Saved, WeightsAloneFillAnotherModel) {
  const Model model = load_model(golden("k3_nested.h5"));
  for (const char* name : {"only.weights.h5", "only.h5"}) {
    model.save_weights(folder_ / name);
    const Model fresh = nested_model();
    const LoadReport report = fresh.load_weights(folder_ / name);
    EXPECT_EQ(testing::difference(fresh(array("k3_nested", "x")), model(array("k3_nested", "x"))), 0) << name;
    EXPECT_THAT(report.unused, IsEmpty());
  }
}

TEST_F(Saved, WeightsKeepTheStateOfTheOptimizerWhereKerasDoes) {
  const Model model = load_model(golden("k3_sequential.h5"));
  model.save_weights(folder_ / "a.weights.h5");
  const Model fresh = load_model(golden("k3_sequential.h5"));
  fresh.optimizer().variables()[0].assign(Tensor::of<std::int64_t>({0}, Shape::scalar()));
  fresh.load_weights(folder_ / "a.weights.h5");
  EXPECT_EQ(fresh.optimizer().iterations(), 2);
}

TEST_F(Saved, EqualModelsGiveEqualBytes) {
  const Model model = load_model(golden("k3_nested.h5"));
  model.save(folder_ / "a.h5");
  model.save(folder_ / "b.h5");
  EXPECT_EQ(testing::read_text(folder_ / "a.h5"), testing::read_text(folder_ / "b.h5"));
  model.save_weights(folder_ / "a.weights.h5");
  model.save_weights(folder_ / "b.weights.h5");
  EXPECT_EQ(testing::read_text(folder_ / "a.weights.h5"), testing::read_text(folder_ / "b.weights.h5"));
}

TEST_F(Saved, ListsTooLongForOneAttributeAreCut) {
  const Model model = load_model(golden("k3_many.h5"));
  model.save(folder_ / "many.h5");
  expect_same(model, load_model(folder_ / "many.h5"), array("k3_many", "x"));
  EXPECT_THAT(testing::read_text(folder_ / "many.h5"), HasSubstr("layer_names1"));
}

TEST_F(Saved, ScopesComeBackAsScopes) {
  const Sequential model = [] {
    const NameScope outer("outer"), encoder("encoder");
    const Dense first({.units = 2, .input_shape = {2}, .name = "d"});
    const NameScope root("outer/");
    return Sequential({first, Dense({.units = 2, .name = "d"})}, {.name = "m"});
  }();
  model.save(folder_ / "scoped.h5");
  expect_same(model, load_model(folder_ / "scoped.h5"), Tensor::of({1.0F, 2.0F}, {1, 2}));
}

TEST_F(Saved, NamesOfOtherKindsAreRefusedWithTheNameToUse) {
  const Sequential model = sequential_model();
  try {
    model.save(folder_ / "m.weights.h5");
    FAIL() << "saved";
  } catch (const Unsupported& error) {
    EXPECT_THAT(error.fix(), HasSubstr("save_weights("));
  }
  EXPECT_THROW(model.save_weights(folder_ / "m.keras"), Unsupported);
  EXPECT_THAT(folder_.names(), IsEmpty());
}

}  // namespace
}  // namespace namesake
