#include "namesake/formats/container/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "namesake/base/error.h"

namespace namesake::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = JsonValue::Kind;

std::vector<std::string> keys(const JsonValue& object) {
  std::vector<std::string> keys;
  for (const JsonMember& member : object.members()) keys.push_back(member.key);
  return keys;
}

TEST(Json, KeepsMembersInFileOrderAndThoseThatStandTwice) {
  const JsonValue value = parse_json(R"({"z": 1, "a": 2, "z": {"x": 3, "x": 4}})");
  EXPECT_THAT(keys(value), ElementsAre("z", "a", "z"));
  EXPECT_EQ(value.count("z"), 2U);
  EXPECT_EQ(value.find("z")->as_int(), 1);
  EXPECT_EQ(value.members()[2].value.count("x"), 2U);
  EXPECT_EQ(value.find("missing"), nullptr);
  EXPECT_EQ(to_json(value), R"({"z": 1, "a": 2, "z": {"x": 3, "x": 4}})");
}

TEST(Json, KeepsIntegersAndFloatsApart) {
  struct Case {
    const char* text;
    Kind kind;
    const char* written;
  };
  const Case cases[] = {
      {"1", Kind::kInt, "1"},
      {"1.0", Kind::kFloat, "1.0"},
      {"-0", Kind::kInt, "0"},
      {"-0.0", Kind::kFloat, "-0.0"},
      {"1e2", Kind::kFloat, "100.0"},
      {"9223372036854775807", Kind::kInt, "9223372036854775807"},
      {"-9223372036854775808", Kind::kInt, "-9223372036854775808"},
      {"9223372036854775808", Kind::kUInt, "9223372036854775808"},
      {"18446744073709551615", Kind::kUInt, "18446744073709551615"},
      {"true", Kind::kBool, "true"},
      {"null", Kind::kNull, "null"},
      {"\"\"", Kind::kString, "\"\""},
      {"[]", Kind::kArray, "[]"},
      {"{}", Kind::kObject, "{}"},
  };
  for (const Case& each : cases) {
    const JsonValue value = parse_json(each.text);
    EXPECT_EQ(value.kind(), each.kind) << each.text;
    EXPECT_EQ(to_json(value), each.written) << each.text;
  }
}

// Texts that Python's json.dumps gives for these numbers.
TEST(Json, PrintsFloatsAsPythonDoes) {
  struct Case {
    double value;
    const char* text;
  };
  const Case cases[] = {
      {0.01, "0.01"},
      {1.0, "1.0"},
      {1e-07, "1e-07"},
      {0.0001, "0.0001"},
      {0.00001, "1e-05"},
      {1.5e-5, "1.5e-05"},
      {123456789.125, "123456789.125"},
      {1e15, "1000000000000000.0"},
      {9999999999999998.0, "9999999999999998.0"},
      {1e16, "1e+16"},
      {1.2345e+22, "1.2345e+22"},
      {-2.5, "-2.5"},
      {0.1 + 0.2, "0.30000000000000004"},
      {5e-324, "5e-324"},
      {std::numeric_limits<double>::max(), "1.7976931348623157e+308"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN"},
      {std::numeric_limits<double>::infinity(), "Infinity"},
      {-std::numeric_limits<double>::infinity(), "-Infinity"},
  };
  for (const Case& each : cases) EXPECT_EQ(to_json(each.value), each.text);
  EXPECT_EQ(to_json(0.1F), "0.1");
}

TEST(Json, AcceptsTheNumbersThatOnlyPythonWrites) {
  const JsonValue value =
      parse_json(R"({"NaN": "NaN \" Infinity", "a": NaN, "b": [Infinity,-Infinity, 0.0, 0.000000, -0.000000]})");
  EXPECT_EQ(value.find("NaN")->as_string(), "NaN \" Infinity");
  EXPECT_TRUE(std::isnan(value.find("a")->as_double()));
  EXPECT_EQ(to_json(*value.find("b")), "[Infinity, -Infinity, 0.0, 0.0, -0.0]");
  EXPECT_TRUE(std::isnan(parse_json("NaN").as_double()));
  EXPECT_EQ(parse_json(" -Infinity ").as_double(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(to_json(parse_json("[0.0, NaN, 0.0,NaN]")), "[0.0, NaN, 0.0, NaN]");
}

TEST(Json, EscapesAllButPrintableAscii) {
  const std::string text = "a\"b\\c/\n\r\t\f\b\x01\x7f \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80";
  const std::string written = R"("a\"b\\c/\n\r\t\f\b\u0001\u007f \u00e9 \u20ac \ud83d\ude00")";
  EXPECT_EQ(to_json(text), written);
  EXPECT_EQ(parse_json(written).as_string(), text);
}

TEST(Json, RefusesToWriteTextThatIsNotUtf8) {
  for (const char* text : {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xe2\x82"}) {
    EXPECT_THROW(static_cast<void>(to_json(text)), InvalidArgument) << text;
  }
}

TEST(Json, IsBuiltAsItReads) {
  JsonValue value = JsonValue::object({
      {"module", "keras.layers"},
      {"config", JsonValue::object({{"units", 128}, {"use_bias", true}, {"name", std::string("d")}})},
      {"shape", JsonValue::array({nullptr, 10, 0.5})},
      {"registered_name", nullptr},
  });
  value.set("module", "keras");
  value.set("extra", std::uint64_t{7});
  value.add("extra", 8U);
  value.find("shape")->push_back("x");
  EXPECT_EQ(to_json(value), R"({"module": "keras", "config": {"units": 128, "use_bias": true, "name": "d"}, )"
                            R"("shape": [null, 10, 0.5, "x"], "registered_name": null, "extra": 7, "extra": 8})");
  value.erase("extra");
  EXPECT_EQ(value.count("extra"), 0U);
}

TEST(Json, PrettyPrintsAsPythonDoesWithAnIndent) {
  const JsonValue value = parse_json(R"({"a": [1, {}], "b": [], "c": {"d": null}})");
  EXPECT_EQ(to_json(value, {.indent = 2}),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": [],\n  \"c\": {\n    \"d\": null\n  }\n}");
  EXPECT_EQ(to_json(value, {.tight = true}), R"({"a":[1,{}],"b":[],"c":{"d":null}})");
}

TEST(Json, ComparesKindsContentsAndOrder) {
  EXPECT_EQ(parse_json(R"({"a": [1, NaN]})"), parse_json(R"({ "a" : [1,NaN] })"));
  EXPECT_NE(parse_json("1"), parse_json("1.0"));
  EXPECT_NE(parse_json(R"({"a": 1, "b": 2})"), parse_json(R"({"b": 2, "a": 1})"));
}

TEST(Json, TellsWhereATextIsNoJson) {
  struct Case {
    const char* text;
    std::uint64_t offset;
    const char* inner;
  };
  const Case cases[] = {
      {"", 0, "config.json"},
      {"{\"a\": 1", 7, "config.json: a"},
      {"{\"a\": [1, x]}", 10, "config.json: a[0]"},
      {"{\"a\": {\"b c\": [1, 2}}", 19, "config.json: a[\"b c\"][1]"},
      {"[1] 2", 4, "config.json"},
      {"[NaN, Nan]", 6, "config.json: [0]"},
      {"[\"\xff\"]", 2, "config.json"},
      {"[\"a\nb\"]", 3, "config.json"},
      {"[01]", 2, "config.json: [0]"},
      {"{\"a\" 1}", 5, "config.json: a"},
      {"[123456789012345678901234]", 1, "config.json"},
      {"[1e999]", 5, "config.json"},
  };
  for (const Case& each : cases) {
    try {
      static_cast<void>(parse_json(each.text, {.file = "m.keras", .inner = "config.json"}));
      ADD_FAILURE() << each.text << " was accepted";
    } catch (const FormatError& error) {
      EXPECT_EQ(error.file(), "m.keras");
      EXPECT_EQ(error.inner(), each.inner) << each.text;
      EXPECT_EQ(error.offset(), each.offset) << each.text << "\n" << error.what();
    }
  }
}

TEST(Json, BoundsNestingAndSize) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_json(nested(500)).is_array());
  EXPECT_THROW(static_cast<void>(parse_json(nested(501))), FormatError);
  EXPECT_THROW(static_cast<void>(parse_json(std::string(10'000'000, '['))), FormatError);
  EXPECT_THROW(static_cast<void>(parse_json("[1, 2]", {}, {.max_bytes = 5})), FormatError);
  EXPECT_EQ(parse_json("[1, [2]]", {}, {.max_values = 4}).items().size(), 2U);
  EXPECT_THROW(static_cast<void>(parse_json("[1, [2]]", {}, {.max_values = 3})), FormatError);
}

TEST(Json, RefusesEveryBeginningOfAText) {
  const std::string text = R"({"a": [1, -2.5e3, NaN, "x\u00e9"], "b": {"c": null, "d": true}})";
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_THROW(static_cast<void>(parse_json(text.substr(0, length))), FormatError) << length;
  }
}

TEST(JsonView, ReadsAndNamesThePlaceOfWhatIsWrong) {
  const JsonValue document =
      parse_json(R"({"config": {"layers": [{"name": "a"}, {"name": 7, "units": -1, "odd key": []}]}})");
  const JsonView layers = JsonView(document, "m.keras").at("config").at("layers");
  EXPECT_EQ(layers.at(0).at("name").as_string(), "a");
  EXPECT_EQ(layers.items().size(), 2U);
  EXPECT_EQ(layers.at(1).path(), "config.layers[1]");
  EXPECT_FALSE(layers.at(1).find("missing"));
  EXPECT_EQ(layers.at(1).find("units")->as_int(), -1);

  const JsonView second = layers.at(1);
  struct Case {
    std::function<void()> call;
    const char* inner;
    const char* said;
  };
  const Case cases[] = {
      {[&] { static_cast<void>(second.at("name").as_string()); }, "config.layers[1].name", "an integer, 7"},
      {[&] { static_cast<void>(second.at("units").as_uint()); }, "config.layers[1].units", "not negative"},
      {[&] { static_cast<void>(second.at("odd key").as_bool()); }, "config.layers[1][\"odd key\"]", "a list"},
      {[&] { static_cast<void>(second.at("shape")); }, "config.layers[1]", "\"shape\" is missing"},
      {[&] { static_cast<void>(layers.at(2)); }, "config.layers", "at least 3 items"},
      {[&] { static_cast<void>(layers.at("name")); }, "config.layers", "an object with a member"},
      {[&] { static_cast<void>(layers.as_object()); }, "config.layers", "an object"},
      {[&] { static_cast<void>(second.as_double()); }, "config.layers[1]", "a number"},
  };
  for (const Case& each : cases) {
    try {
      each.call();
      ADD_FAILURE() << each.said;
    } catch (const FormatError& error) {
      EXPECT_EQ(error.file(), "m.keras");
      EXPECT_EQ(error.inner(), each.inner);
      EXPECT_THAT(error.what(), HasSubstr(each.said));
    }
  }
}

TEST(Json, AccessorsOfABareValueNameThePlaceTheyAreGiven) {
  try {
    static_cast<void>(JsonValue("x").as_int("config.units"));
    ADD_FAILURE() << "a string was read as an integer";
  } catch (const FormatError& error) {
    EXPECT_EQ(error.inner(), "config.units");
    EXPECT_THAT(error.what(), HasSubstr("a string, \"x\""));
  }
}

}  // namespace
}  // namespace namesake::formats
