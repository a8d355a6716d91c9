#include "namesake/nn/keras_ops.h"

#include <gtest/gtest.h>

#include <string>

#include "namesake/base/error.h"
#include "namesake/nn/layers/input.h"
#include "namesake/ops/linalg.h"
#include "namesake/ops/math.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/unary.h"

namespace namesake::nn {
namespace {

JsonValue operation(const char* class_name, JsonValue config = JsonValue::object()) {
  return JsonValue::object({{"module", "keras.src.ops.numpy"}, {"class_name", class_name}, {"config", std::move(config)}});
}

OpCall read(const JsonValue& object, JsonValue args, JsonValue kwargs = JsonValue::object()) {
  return read_op(JsonView(object, "config.json"), std::move(args), std::move(kwargs));
}

TEST(KerasOps, NamesTheNearestOperationForOneThatIsNotKnown) {
  try {
    static_cast<void>(read(operation("Addd"), JsonValue::array({tensor_place(0)})));
    FAIL() << "it was taken";
  } catch (const Unsupported& error) {
    EXPECT_NE(std::string(error.what()).find("the operation Addd is not known"), std::string::npos) << error.what();
    EXPECT_NE(error.parts().expected.find("such as Add"), std::string::npos) << error.what();
  }
}

TEST(KerasOps, RefusesArgumentsThatDoNotFitTheOperation) {
  const JsonValue x = tensor_place(0);
  const struct {
    JsonValue object, args, kwargs;
    const char* said;
  } cases[] = {
      {operation("Add"), JsonValue::array({x}), JsonValue::object(), "\"x2\" is missing"},
      {operation("Add"), JsonValue::array({x, x, x}), JsonValue::object(), "too many arguments"},
      {operation("Add"), JsonValue::array({x, "two"}), JsonValue::object(), "\"x2\" is no tensor"},
      {operation("Add"), JsonValue::array({x, JsonValue::array({1, JsonValue::array({2})})}), JsonValue::object(), "\"x2\" is no tensor"},
      {operation("Add"), JsonValue::array({x, 1}), JsonValue::object({{"x3", 1}}), "no argument \"x3\""},
      {operation("Add", JsonValue::object({{"scale", 2}})), JsonValue::array({x, 1}), JsonValue::object(), "no \"scale\""},
      {operation("Mean", JsonValue::object({{"axis", "last"}})), JsonValue::array({x}), JsonValue::object(), "no list of integers"},
      {operation("Reshape"), JsonValue::array({x}), JsonValue::object(), "\"newshape\" is missing"},
      {operation("Reshape", JsonValue::object({{"newshape", JsonValue::array({-1, -1})}})), JsonValue::array({x}), JsonValue::object(), "more than one -1"},
      {operation("Cast", JsonValue::object({{"dtype", "float31"}})), JsonValue::array({x}), JsonValue::object(), "is no dtype"},
      {operation("GetItem"), JsonValue::array({x, "first"}), JsonValue::object(), "an index that cannot be"},
      {operation("Concatenate"), JsonValue::array({x}), JsonValue::object(), "\"xs\" is no list"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(to_json(c.object) + " of " + to_json(c.args));
    try {
      static_cast<void>(read(c.object, c.args, c.kwargs));
      ADD_FAILURE() << "it was taken";
    } catch (const FormatError& error) {
      EXPECT_NE(std::string(error.what()).find(c.said), std::string::npos) << error.what();
      EXPECT_EQ(error.file(), "config.json");
    }
  }
}

TEST(KerasOps, GivesPythonNumbersTheDtypeOfTheTensorBesideThem) {
  const OpCall add_half = read(operation("Add"), JsonValue::array({tensor_place(0), 0.5}));
  EXPECT_EQ(add_half.run({Tensor(1.0F)})[0].dtype(), DType::kFloat32);
  EXPECT_EQ(add_half.run({Tensor(1)})[0].dtype(), DType::kFloat32) << "a fraction makes floats of integers";
  const OpCall add_one = read(operation("Add"), JsonValue::array({1, tensor_place(0)}));
  EXPECT_EQ(add_one.run({Tensor(std::int64_t{4})})[0].dtype(), DType::kInt64);
}

TEST(KerasOps, DescribesOurOpsAsKerassClasses) {
  const Tensor x = Input({.shape = {3}, .name = "x"});
  const auto described = [](const Tensor& y) { return describe_op(static_cast<const ops::OpProducer&>(*y.producer())); };
  const OpCall sum = described(1.5F + x);
  EXPECT_EQ(sum.class_name, "Add");
  EXPECT_EQ(sum.module, "keras.src.ops.numpy");
  EXPECT_EQ(to_json(sum.args), "[1.5, " + to_json(tensor_place(0)) + "]");
  const OpCall turned = described(matmul(x, Tensor::of<float>({1, 2, 3}, {1, 3}), false, true));
  EXPECT_EQ(turned.class_name, "Einsum") << "Keras's Matmul transposes nothing";
  EXPECT_EQ(described(square(x)).run({Tensor(3.0F)})[0].item<float>(), 9);
}

TEST(KerasOps, KnowsAnOperationWhereTheFileNamesNoModule) {
  const auto entry = [](const char* class_name, JsonValue config) { return JsonValue::object({{"class_name", class_name}, {"config", std::move(config)}}); };
  const JsonValue bare = JsonValue::object({{"name", "add"}}), layer = JsonValue::object({{"name", "add"}, {"trainable", true}});
  EXPECT_TRUE(is_op_entry(entry("Add", bare)));
  EXPECT_FALSE(is_op_entry(entry("Add", layer)));
  EXPECT_TRUE(is_op_entry(entry("Cast", JsonValue::object({{"name", "cast"}, {"dtype", "float32"}}))));
  EXPECT_FALSE(is_op_entry(entry("InputLayer", JsonValue::object({{"name", "x"}, {"dtype", "float32"}}))));
  EXPECT_FALSE(is_op_entry(entry("Custom>Add", bare)));
  EXPECT_TRUE(is_op_entry(operation("Add"))) << "by its module";
}

TEST(KerasOps, LeavesAnOpWithoutAClassInKerasWithoutAModule) {
  const Tensor x = Input({.shape = {3}, .name = "x"});
  const OpCall shape = describe_op(static_cast<const ops::OpProducer&>(*shape_of(x).producer()));
  EXPECT_EQ(shape.class_name, "Shape");
  EXPECT_TRUE(shape.module.empty());
}

}  // namespace
}  // namespace namesake::nn
