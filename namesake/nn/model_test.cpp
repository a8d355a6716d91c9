// Models of one's own, and copies.
#include "namesake/nn/model.h"

#include <gtest/gtest.h>

#include "namesake/base/error.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/clone.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/model_of.h"
#include "namesake/nn/registry.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/math.h"

namespace namesake {
namespace {

class TowersModel : public ModelBase {
 public:
  static constexpr std::string_view kClassName = "Towers";
  struct Options {
    std::int64_t units = 2;
    std::string name = "";
  };
  static void config(Options& o, ConfigFields& f) { f("units", o.units); }
  explicit TowersModel(const Options& o) : left_(add_layer("left", Dense({.units = o.units}))), right_(add_layer("right", Dense({.units = o.units}))) {}
  Tensor call(const Tensor& x, CallContext&) override { return add(left_(x), right_(x)); }

 private:
  Dense left_, right_;
};
using Towers = ModelOf<TowersModel>;

const Tensor kRow = Tensor::of<float>({1, 2, 3}, {1, 3});

TEST(ModelOf, IsBuiltByItsFirstCallAndNamesWhatItHolds) {
  reset_names();
  const Towers model({.units = 4, .name = "towers"});
  EXPECT_EQ(model(kRow).shape(), Shape({1, 4}));
  std::vector<std::string> paths;
  for (const NamedWeight& weight : model.named_weights()) paths.push_back(weight.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"}));
}

TEST(ModelOf, IsALayerOfAFunctionalModel) {
  const Tensor x = Input({.shape = {3}});
  const Towers towers;
  const Model model(x, towers(x));
  EXPECT_EQ(model.weights().size(), 4u);
  EXPECT_EQ(model(kRow).to_vector<float>(), towers(kRow).to_vector<float>());
}

TEST(Clone, HasTheNamesAndShapesAndWeightsOfItsOwn) {
  const Tensor x = Input({.shape = {3}, .name = "x"});
  const Dense shared({.units = 3, .name = "shared"});
  const Model model(x, shared(shared(x)), {.name = "twice"});
  const Model copy = clone_model(model);
  EXPECT_EQ(copy.name(), "twice");
  ASSERT_EQ(copy.weights().size(), 2u);
  EXPECT_NE(copy.weights()[0], model.weights()[0]);
  copy.set_weights(model.get_weights());
  EXPECT_EQ(copy(kRow).to_vector<float>(), model(kRow).to_vector<float>());
}

TEST(Clone, OfASequentialAndOfAClassOfOnesOwnIsBuiltIfTheModelWas) {
  register_layer<Towers>();
  for (const Model& model : {Model(Sequential({Dense({.units = 2})})), Model(Towers({.units = 5}))}) {
    EXPECT_FALSE(clone_model(model).built());
    static_cast<void>(model(kRow));
    const Model copy = clone_model(model);
    copy.set_weights(model.get_weights());
    EXPECT_EQ(copy(kRow).to_vector<float>(), model(kRow).to_vector<float>());
  }
}

}  // namespace
}  // namespace namesake
