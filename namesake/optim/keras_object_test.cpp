#include "namesake/optim/keras_object.h"

#include <gtest/gtest.h>

#include <array>

namespace namesake::optim {
namespace {

TEST(KerasObject, ReadsEveryFormThatKerasWrites) {
  const JsonValue config = JsonValue::object({{"name", "adam"}});
  struct Row {
    JsonValue value;
    std::string class_name;
    bool is_word;
  };
  const Row rows[] = {
      {"adam", "adam", true},
      {keras_object("keras.optimizers", "Adam", config), "Adam", false},
      {JsonValue::object({{"class_name", "Adam"}, {"config", config}}), "Adam", false},
      {JsonValue::object({{"class_name", "Custom>Adam"}, {"config", config}}), "Adam", false},
      {JsonValue::object({{"class_name", "Adam"}, {"config", nullptr}}), "Adam", false},
      {JsonValue::object({{"module", "builtins"}, {"class_name", "function"}, {"config", "mse"}, {"registered_name", "function"}}), "mse", true},
  };
  for (const Row& row : rows) {
    const KerasObject object = read_keras_object(row.value, "optimizer");
    EXPECT_EQ(object.class_name, row.class_name) << to_json(row.value);
    EXPECT_EQ(object.is_word, row.is_word) << to_json(row.value);
    EXPECT_TRUE(object.config.is_object()) << to_json(row.value);
  }
}

TEST(KerasObject, RefusesWhatIsNone) {
  for (const JsonValue& value : {JsonValue(3), JsonValue(), JsonValue::array({"adam"}), JsonValue::object({{"config", JsonValue::object()}}),
                                 JsonValue::object({{"class_name", "Adam"}, {"config", 1}})}) {
    EXPECT_THROW((void)read_keras_object(value, "optimizer"), Unsupported) << to_json(value);
  }
}

TEST(KerasObject, HasKerasesFourMembersInItsOrder) {
  EXPECT_EQ(to_json(keras_object("keras.losses", "Poisson", JsonValue::object())),
            R"({"module": "keras.losses", "class_name": "Poisson", "config": {}, "registered_name": null})");
}

TEST(ConfigReader, KeepsDefaultsOfWhatIsAbsentAndReadsTheRest) {
  const JsonValue config = JsonValue::object({{"a", 2}, {"b", true}, {"c", "word"}, {"d", nullptr}, {"e", 7}, {"f", 0.5}});
  double a = 0, absent = 1.5;
  bool b = false;
  std::string c;
  std::optional<double> d = 3.0, f;
  std::optional<std::int64_t> e;
  ConfigReader("thing", config).read("a", a).read("b", b).read("c", c).read("d", d).read("e", e).read("f", f).read("g", absent).finish();
  EXPECT_EQ(a, 2.0);
  EXPECT_TRUE(b);
  EXPECT_EQ(c, "word");
  EXPECT_FALSE(d.has_value());
  EXPECT_EQ(e, 7);
  EXPECT_EQ(f, 0.5);
  EXPECT_EQ(absent, 1.5);
}

TEST(ConfigReader, NamesAMemberThatNobodyAskedFor) {
  const JsonValue config = JsonValue::object({{"a", 2}, {"warmup", 10}});
  double a = 0;
  try {
    ConfigReader("optimizer Adam", config).read("a", a).finish();
    FAIL() << "an unknown member passed";
  } catch (const Unsupported& error) {
    EXPECT_EQ(error.subject(), "warmup");
    EXPECT_NE(std::string(error.what()).find("optimizer Adam"), std::string::npos) << error.what();
  }
}

TEST(ConfigReader, RefusesAnOptionUnlessItIsOff) {
  for (const JsonValue& off : {JsonValue(), JsonValue(false)}) {
    const JsonValue config = JsonValue::object({{"use_ema", off}});
    EXPECT_NO_THROW(ConfigReader("x", config).refuse("use_ema").finish());
  }
  const JsonValue config = JsonValue::object({{"use_ema", true}});
  EXPECT_THROW(ConfigReader("x", config).refuse("use_ema"), Unsupported);
}

TEST(ConfigReader, SaysWhereAMemberOfAnotherKindStands) {
  const JsonValue config = JsonValue::object({{"momentum", "high"}});
  double momentum = 0;
  try {
    ConfigReader("optimizer SGD", config).read("momentum", momentum);
    FAIL() << "a string was read as a number";
  } catch (const FormatError& error) {
    EXPECT_NE(std::string(error.what()).find("config.momentum"), std::string::npos) << error.what();
  }
}

TEST(NearestWord, FindsWhatWasMeant) {
  constexpr std::array<std::string_view, 4> kWords{"relu", "softmax", "hard_sigmoid", "linear"};
  struct Row {
    std::string_view word, nearest;
  };
  for (const Row& row : {Row{"Relu", "relu"}, Row{"sofmax", "softmax"}, Row{"hardsigmoid", "hard_sigmoid"}, Row{"liner", "linear"},
                         Row{"transformer", ""}}) {
    EXPECT_EQ(nearest_word(row.word, kWords), row.nearest) << row.word;
  }
}

}  // namespace
}  // namespace namesake::optim
