#include "namesake/tensor/config_fields.h"

#include <gtest/gtest.h>

#include "namesake/base/error.h"

namespace namesake {
namespace {

struct Options {
  std::int64_t units = 3;
  double rate = 0.5;
  bool bias = true;
  std::string word = "relu";
  std::optional<double> decay = 0.25;
  std::optional<std::int64_t> steps = {};
  std::optional<std::string> mode = "sum";
  Shape shape = {Shape::kOpen, 4};
  std::vector<double> values = {1, 0.5};
  std::vector<std::string> words = {"a", "b"};
};
void fields_of(Options& o, ConfigFields& f) {
  f("units", o.units);
  f("rate", o.rate);
  f("bias", o.bias);
  f("word", o.word);
  f("decay", o.decay);
  f("steps", o.steps);
  f("mode", o.mode);
  f("shape", o.shape);
  f("values", o.values);
  f("words", o.words);
}
JsonValue written(Options options) {
  ConfigFields fields;
  fields_of(options, fields);
  return std::move(fields).take_written();
}
Options read(const JsonValue& config) {
  Options options;
  ConfigFields fields{JsonView(config)};
  fields_of(options, fields);
  fields.refuse_others("Thing");
  return options;
}

TEST(ConfigFields, WritesFieldsInOrderAndReadsThemBack) {
  const std::string text =
      R"({"units": 7, "rate": 0.5, "bias": false, "word": "relu", "decay": null, "steps": 2, "mode": null, "shape": [null, 4], "values": [1.0, 0.5], "words": ["a", "b"]})";
  const JsonValue config = written({.units = 7, .bias = false, .decay = {}, .steps = 2, .mode = {}});
  EXPECT_EQ(to_json(config), text);
  EXPECT_EQ(to_json(written(read(config))), text);
}

TEST(ConfigFields, KeepsTheDefaultOfWhatIsAbsentAndEmptiesAnOptionalThatIsNull) {
  EXPECT_EQ(read(JsonValue::object()).decay, 0.25);
  EXPECT_EQ(read(JsonValue::object({{"decay", nullptr}})).decay, std::nullopt);
  EXPECT_EQ(read(JsonValue::object()).mode, "sum");
  EXPECT_EQ(read(JsonValue::object({{"mode", nullptr}})).mode, std::nullopt);
  EXPECT_EQ(read(JsonValue::object({{"mode", "ave"}})).mode, "ave");
  EXPECT_EQ(read(JsonValue::object({{"rate", nullptr}})).rate, 0.5);
  EXPECT_EQ(read(JsonValue::object({{"rate", 2}})).rate, 2.0);
}

TEST(ConfigFields, RefusesAMemberThatNobodyAskedForUnlessItAsksForNothing) {
  EXPECT_NO_THROW((void)read(JsonValue::object({{"other", nullptr}, {"another", false}})));
  try {
    (void)read(JsonValue::object({{"warmup", 10}}));
    FAIL() << "an unknown member passed";
  } catch (const Unsupported& error) {
    EXPECT_EQ(error.subject(), "Thing");
    EXPECT_NE(std::string(error.what()).find("warmup"), std::string::npos) << error.what();
  }
}

TEST(ConfigFields, SaysWhereAMemberOfAnotherKindStands) {
  try {
    (void)read(JsonValue::object({{"values", JsonValue::array({1, "high"})}}));
    FAIL() << "a string was read as a number";
  } catch (const FormatError& error) {
    EXPECT_EQ(error.inner(), "values[1]");
  }
}

}  // namespace
}  // namespace namesake
