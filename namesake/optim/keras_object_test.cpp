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

TEST(NearestWord, FindsWhatWasMeant) {
  constexpr std::array<std::string_view, 4> kWords{"relu", "softmax", "hard_sigmoid", "linear"};
  const std::string kEndless(1 << 24, 'r');
  struct Row {
    std::string_view word, nearest;
  };
  for (const Row& row : {Row{"Relu", "relu"}, Row{"sofmax", "softmax"}, Row{"hardsigmoid", "hard_sigmoid"}, Row{"liner", "linear"},
                         Row{"transformer", ""}, Row{kEndless, ""}}) {
    EXPECT_EQ(nearest_word(row.word, kWords), row.nearest) << row.word;
  }
}

}  // namespace
}  // namespace namesake::optim
