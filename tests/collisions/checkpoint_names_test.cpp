// The classes of name collisions that users of TensorFlow's checkpoints meet (their usual messages are quoted): each is refused, with an
// explanation, before anything is written or changed, or comes out right.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>

#include "namesake/base/error.h"
#include "namesake/formats/object_graph.h"
#include "namesake/formats/tensor_bundle.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/model_of.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/math.h"
#include "namesake/optim/optimizers.h"
#include "namesake/saving/checkpoint/checkpoint.h"
#include "tests/support/names.h"
#include "tests/support/temp_folder.h"

namespace namesake {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class CheckpointNames : public ::testing::Test {
 protected:
  CheckpointNames() { reset_names(); }
  ~CheckpointNames() override { reset_names(); }

  [[nodiscard]] std::string prefix(const std::string& name = "w") const { return folder_ / name; }
  [[nodiscard]] std::vector<std::string> keys(const std::string& name = "w") const {
    std::vector<std::string> all;
    for (const formats::WeightEntry& entry : formats::read_tensor_bundle(prefix(name)).weights) all.push_back(entry.path);
    return all;
  }
  testing::TempFolder folder_;
};

/// The text of the error that `load` meets, and that it left the model as it was.
template <class Load>
std::string refused(const Model& model, Load load) {
  std::vector<std::vector<float>> before;
  for (const Tensor& weight : model.get_weights()) before.push_back(weight.to_vector<float>());
  std::string text = "nothing was refused";
  try {
    load();
  } catch (const Error& error) {
    text = error.what();
    EXPECT_FALSE(error.fix().empty()) << text;
  }
  std::size_t i = 0;
  for (const Tensor& weight : model.get_weights()) EXPECT_EQ(weight.to_vector<float>(), before[i++]);
  return text;
}

Sequential twins(const std::string& first, const std::string& second, const std::string& name = "twins") {
  return Sequential({Dense({.units = 4, .input_shape = {4}, .name = first}), Dense({.units = 4, .name = second})}, {.name = name});
}

std::vector<float> kernel(const Model& model, std::size_t layer) { return model.get_weights()[2 * layer].to_vector<float>(); }

TEST_F(CheckpointNames, L8_AnAutomaticNameCountedOn) {  // "Key dense_1/kernel not found in checkpoint"
  const Sequential first({Dense({.units = 4, .input_shape = {4}})}), second({Dense({.units = 4, .input_shape = {4}})});
  {
    const NameScope scope("tower");
    const Sequential inside({Dense({.units = 4, .input_shape = {4}})});
    EXPECT_THAT(testing::paths(inside), ElementsAre("tower/dense/kernel", "tower/dense/bias")) << "in a scope names do not depend on what was built before";
  }
  first.save_weights(prefix(), {.name_based = true});
  const std::string path = testing::paths(second)[0];
  if (path != testing::paths(first)[0]) {
    EXPECT_THAT(refused(second, [&] { second.load_weights(prefix()); }), AllOf(HasSubstr("lacks"), HasSubstr(path)));
  }
  const std::string layer = testing::paths(first)[0].substr(0, testing::paths(first)[0].find('/'));
  const LoadReport report = second.load_weights(prefix(), {.names = {{layer, path.substr(0, path.find('/'))}}});
  EXPECT_THAT(report.loaded, SizeIs(2));
  EXPECT_EQ(kernel(second, 0), kernel(first, 0));
  first.save_weights(prefix("objects"));
  EXPECT_THAT(second.load_weights(prefix("objects")).loaded, SizeIs(2)) << "objects do not go by numbers of names";
}

struct CountedOptions {
  std::string weight = "global_step";
  std::string name = "";
};

/// A model with a weight of its own beside its layer.
class CountedBody : public ModelBase {
 public:
  static constexpr std::string_view kClassName = "Counted";
  using Options = CountedOptions;
  explicit CountedBody(const Options& options) : weight_(options.weight), layer_(add_layer("layer", Dense({.units = 1, .name = "layer"}))) {}
  void build(const Shape&) override { add_weight({.name = weight_, .shape = {1}}); }
  Tensor call(const Tensor& x, CallContext&) override { return layer_(x); }
  static void config(Options&, ConfigFields&) {}

 private:
  std::string weight_;
  Dense layer_;
};
using Counted = ModelOf<CountedBody>;

TEST_F(CheckpointNames, L10_AWeightHasTheNameOfSomeStateOfTheOptimizer) {  // "At least two variables have the same name: conv2d_1/kernel/Adam"
  for (const char* name : {"global_step", "beta1_power"}) {
    const Counted model({.weight = name, .name = std::string("counted_") + name});
    static_cast<void>(model(Tensor::of({1.0F, 2.0F}, {1, 2})));
    model.compile({.optimizer = Adam(), .loss = "mse"});
    try {
      model.save_weights(prefix(), {.name_based = true});
      ADD_FAILURE() << "nothing was refused";
    } catch (const NameCollision& collision) {
      EXPECT_EQ(collision.subject(), name);
      EXPECT_THAT(collision.what(), AllOf(HasSubstr("Adam"), HasSubstr("name_based")));
    }
    EXPECT_THAT(folder_.names(), IsEmpty()) << "something was written";
    model.save_weights(prefix());  // as objects they are two
    std::filesystem::remove(prefix() + ".index");
    std::filesystem::remove(prefix() + ".data-00000-of-00001");
  }
}

TEST_F(CheckpointNames, L10_TwoModelsInOneFileWhoseNamesAreEqual) {  // "Two different ResourceVariable objects with the same shared_name"
  const Sequential generator = twins("a", "b", "net"), discriminator = twins("a", "b", "net_1");
  discriminator.set_name("net");
  Checkpoint{{"generator", generator}, {"discriminator", discriminator}}.write(prefix());
  const Sequential model = twins("a", "b", "net_2");
  EXPECT_THAT(refused(model, [&] { model.load_weights(prefix(), {.by_name = true}); }), HasSubstr("2 variables of the checkpoint are called \"a/kernel\""));
  model.load_weights(prefix(), {.by_name = true, .object = "discriminator"});
  EXPECT_EQ(kernel(model, 1), kernel(discriminator, 1));
  EXPECT_THAT(refused(model, [&] { model.load_weights(prefix()); }), HasSubstr("generator, discriminator"));
  model.load_weights(prefix(), {.object = "generator"});
  EXPECT_EQ(kernel(model, 0), kernel(generator, 0));
  EXPECT_THAT(refused(model, [&] { model.load_weights(prefix(), {.object = "critic"}); }), HasSubstr("critic"));
}

TEST_F(CheckpointNames, L11_OneVariableUnderTwoNames) {  // "The same saveable will be restored with two names"
  const Variable one(Tensor(1.0F), {.name = "one"}), x(Tensor(2.0F), {.name = "x"}), y(Tensor(3.0F), {.name = "y"});
  const Checkpoint both{{"x", one}, {"y", one}};
  both.write(prefix());
  EXPECT_THAT(keys(), UnorderedElementsAre("x/.ATTRIBUTES/VARIABLE_VALUE", formats::kObjectGraphKey)) << "it is written once";
  one.assign(Tensor(7.0F));
  EXPECT_THAT(both.read(prefix()).loaded, ElementsAre("x"));
  EXPECT_EQ(one.value().item<float>(), 1.0F);
  // two variables of a file that would both go into it
  Checkpoint{{"x", x}, {"y", y}}.write(prefix("two"));
  try {
    both.read(prefix("two"));
    ADD_FAILURE() << "nothing was refused";
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("y: "), HasSubstr("are one variable here")));
  }
  EXPECT_EQ(one.value().item<float>(), 1.0F);
  LoadReport report;
  both.read(prefix("two"), {.strict = false, .report = &report});
  EXPECT_THAT(report.ambiguous, SizeIs(1));
  EXPECT_EQ(one.value().item<float>(), 2.0F) << "the first of them";
}

TEST_F(CheckpointNames, L16_ANameThatWasChangedByHand) {  // "Cowardly refusing to save variable ... unexpected suffix which won't be restored"
  for (const char* name : {"w:0", "w:0_1", "w/part_0", "w 1"}) {
    const Counted model({.weight = name, .name = "counted"});
    EXPECT_THROW(static_cast<void>(model(Tensor::of({1.0F, 2.0F}, {1, 2}))), InvalidName) << name;
    reset_names();
  }
  const Sequential model = twins("a", "b");
  model.layers()[0].set_name("renamed_0");  // and all that speaks of it follows
  model.save_weights(prefix(), {.name_based = true});
  EXPECT_THAT(keys(), ElementsAre("b/bias", "b/kernel", "renamed_0/bias", "renamed_0/kernel"));
  model.save_weights(prefix("objects"));
  std::vector<std::string> names;
  const auto graph = formats::read_object_graph(formats::read_tensor_bundle(prefix("objects")));
  for (const formats::ObjectNode& node : graph->nodes) {
    for (const formats::ObjectValue& value : node.values) names.push_back(value.full_name);
  }
  EXPECT_THAT(names, UnorderedElementsAre("renamed_0/kernel", "renamed_0/bias", "b/kernel", "b/bias"));
}

TEST_F(CheckpointNames, L20_TwoTensorsOfOneKey) {  // "Adding duplicate key: x"
  const auto tensor = [](const std::string& key) {
    auto value = std::make_shared<const Tensor>(Tensor(1.0F));
    const auto bytes = value->bytes();
    return formats::BundleTensor{key, DType::kFloat32, Shape::scalar(), {bytes, std::move(value)}, {}};
  };
  try {
    formats::write_tensor_bundle(prefix(), {tensor("x"), tensor("y"), tensor("x")});
    ADD_FAILURE() << "nothing was refused";
  } catch (const NameCollision& collision) {
    EXPECT_EQ(collision.subject(), "x");
    EXPECT_THAT(collision.what(), HasSubstr("have the key \"x\""));
    EXPECT_FALSE(collision.fix().empty());
  }
  EXPECT_THAT(folder_.names(), IsEmpty());
  const Variable v(Tensor(1.0F), {.name = "v"});
  EXPECT_THROW((Checkpoint{{"x", v}, {"x", v}}), NameCollision);
}

TEST_F(CheckpointNames, S4_LayersOfOneShapeInAnotherOrder) {  // no message: q gets k's numbers, and assert_consumed() passes
  const Sequential saved = twins("q", "k");
  saved.save_weights(prefix());
  Checkpoint{{"model", saved}}.write(prefix("checkpoint"));
  const Sequential model = twins("k", "q");
  for (const char* name : {"w", "checkpoint"}) {
    EXPECT_THAT(refused(model, [&] { model.load_weights(prefix(name)); }), AllOf(HasSubstr("\"q\""), HasSubstr("\"k\"")));
  }
  EXPECT_THAT(refused(model, [&] { Checkpoint{{"model", model}}.read(prefix("checkpoint")); }), HasSubstr("\"q\""));
  model.load_weights(prefix(), {.by_name = true});
  EXPECT_EQ(kernel(model, 0), kernel(saved, 1));
  saved.save_weights(prefix("names"), {.name_based = true});
  model.load_weights(prefix("names"));  // where names are all there is, the order does not matter
  EXPECT_EQ(kernel(model, 1), kernel(saved, 0));
}

TEST_F(CheckpointNames, S8_EqualNamesDoNotMakeOneVariableOfTwo) {  // no message: a resource is shared by its name, and both models get the last one's numbers
  const Sequential a = twins("a", "b", "net"), b = twins("a", "b", "net_1");
  b.set_name("net");
  Checkpoint{{"first", a}, {"second", b}}.write(prefix());
  const Sequential c = twins("a", "b", "net_2"), d = twins("a", "b", "net_3");
  c.set_name("net");
  d.set_name("net");
  EXPECT_THAT((Checkpoint{{"first", c}, {"second", d}}.read(prefix()).loaded), SizeIs(8));
  EXPECT_EQ(kernel(c, 0), kernel(a, 0));
  EXPECT_EQ(kernel(d, 0), kernel(b, 0));
  EXPECT_NE(kernel(c, 0), kernel(d, 0));
}

TEST_F(CheckpointNames, S11_AnObjectOfAnotherName) {  // no message: the object waits for its values for ever
  const Sequential saved = twins("a", "b"), model = twins("a", "b", "other");
  const Variable step(Tensor(std::int64_t{5}), {.name = "step", .trainable = false});
  Checkpoint{{"net", saved}, {"step", step}}.write(prefix());
  const Checkpoint renamed{{"model", model}, {"count", step}};
  EXPECT_THAT(refused(model, [&] { renamed.read(prefix()); }), AllOf(HasSubstr("lacks"), HasSubstr("model"), HasSubstr("count")));
  const LoadReport report = renamed.read(prefix(), {.strict = false});
  EXPECT_THAT(report.missing, ElementsAre("model", "count"));
  EXPECT_THAT(report.notes, Contains("not of the model: step"));
  EXPECT_THAT(renamed.read(prefix(), {.names = {{"net", "model"}, {"ste(.)", "count", true}}}).loaded, SizeIs(5));
  EXPECT_EQ(kernel(model, 1), kernel(saved, 1));
  const Checkpoint one{{"model", model}};
  EXPECT_THAT(refused(model, [&] { one.read(prefix(), {.names = {{"net", "model"}, {"step", "model"}}}); }), HasSubstr("model: two objects of the checkpoint"));
}

}  // namespace
}  // namespace namesake
