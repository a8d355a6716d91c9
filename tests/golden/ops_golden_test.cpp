// Every op against what TensorFlow computed: tests/golden/ops holds calls of ops by name, with attributes, results and
// gradients (tools/golden/ops.py says how).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

#include "namesake/formats/container/json.h"
#include "namesake/formats/npz.h"
#include "namesake/ops/create.h"
#include "namesake/ops/op.h"

namespace namesake {
namespace {

const std::string kFolder = std::string(NAMESAKE_SOURCE_DIR) + "/tests/golden/ops/";

JsonValue read_cases(const std::string& name) {
  std::ifstream file(kFolder + name);
  std::stringstream text;
  text << file.rdbuf();
  return formats::parse_json(text.str(), {.file = name});
}

// Attributes that say how TensorFlow should run or check an op, not what it computes.
bool says_nothing(const std::string& name) {
  static const std::set<std::string> names = {"Truncate", "use_cudnn_on_gpu", "grad_a", "grad_b", "grad_x", "grad_y", "incompatible_shape_error"};
  return names.contains(name);
}

std::int64_t place_of_word(std::string_view words, std::string_view word) {
  std::int64_t place = 0;
  for (std::size_t at = 0; at <= words.size(); ++place) {
    const std::size_t end = std::min(words.find(',', at), words.size());
    if (words.substr(at, end - at) == word) return place;
    at = end + 1;
  }
  throw std::out_of_range("no such word: " + std::string(word));
}

void set_attr(ops::Attrs& attrs, std::size_t i, const ops::AttrDef& def, const JsonValue& value) {
  switch (def.kind) {
    case ops::AttrKind::kBool: return attrs.set(i, value.as_bool());
    case ops::AttrKind::kInt: return attrs.set(i, value.as_int());
    case ops::AttrKind::kFloat: return attrs.set(i, value.as_double());
    case ops::AttrKind::kType: return attrs.set(i, dtype_from_string(value.as_string()).value());
    case ops::AttrKind::kText: return attrs.set_text(i, value.as_string());
    case ops::AttrKind::kWord: return attrs.set(i, place_of_word(def.words, value.as_string()));
    case ops::AttrKind::kInts: {
      std::vector<std::int64_t> items;
      for (const JsonValue& item : value.items()) items.push_back(item.as_int());
      return attrs.set_list(i, items);
    }
  }
}

ops::Attrs read_attrs(const ops::OpRecord& op, const JsonValue& values) {
  ops::Attrs attrs;
  for (const JsonMember& member : values.members()) {
    if (says_nothing(member.key)) continue;
    const auto def = std::find_if(op.attrs.begin(), op.attrs.end(), [&](const auto& d) { return d.name == member.key; });
    if (def == op.attrs.end()) {
      ADD_FAILURE() << op.name << " has no attribute " << member.key;
      continue;
    }
    set_attr(attrs, static_cast<std::size_t>(def - op.attrs.begin()), *def, member.value);
  }
  return attrs;
}


void expect_close(const Tensor& ours, const Tensor& theirs, double tolerance, const std::string& what) {
  ASSERT_TRUE(ours.defined()) << what;
  ASSERT_EQ(ours.dtype(), theirs.dtype()) << what;
  ASSERT_EQ(ours.shape(), theirs.shape()) << what << ": " << to_string(ours.shape()) << " and " << to_string(theirs.shape());
  if (is_integer(ours.dtype())) {  // of 64 bits, doubles would lose some
    EXPECT_TRUE(std::ranges::equal(ours.bytes(), theirs.bytes())) << what;
    return;
  }
  const Tensor a = cast(ours, DType::kFloat64), b = cast(theirs, DType::kFloat64);
  for (std::size_t i = 0; i < a.data<double>().size(); ++i) {
    const double x = a.data<double>()[i], y = b.data<double>()[i];
    if (std::isnan(x) && std::isnan(y)) continue;
    if (x == y) continue;
    EXPECT_LE(std::abs(x - y), tolerance * std::max(1.0, std::abs(y))) << what << " element " << i << ": " << x << " against " << y;
  }
}

struct Case {
  const JsonValue& row;
  const formats::NpzFile& arrays;
  std::string name;

  [[nodiscard]] Tensor array(const std::string& which) const { return arrays.read(name + "/" + which); }
  [[nodiscard]] bool lists(const char* what, const std::string& which) const {
    for (const JsonValue& item : row.find(what)->items()) {
      if (item.as_string() == which) return true;
    }
    return false;
  }
};

void check_types(const Case& c, const ops::OpRecord& op, std::span<const Tensor> inputs) {
  for (const JsonMember& type : c.row.find("types")->members()) {
    if (!type.value.is_string()) continue;  // N
    const auto def = std::find_if(op.types.begin(), op.types.end(), [&](const auto& d) { return d.name == type.key; });
    if (def == op.types.end()) {
      ADD_FAILURE() << c.name << ": " << op.name << " has no type attribute " << type.key;
      continue;
    }
    EXPECT_EQ(to_string(inputs[op.input_at(def->input, inputs.size())].dtype()), type.value.as_string()) << c.name << " " << type.key;
  }
}

void check_gradients(const Case& c, const ops::OpRecord& op, std::span<const Tensor> inputs, const ops::Attrs& attrs,
                     std::span<const Tensor> outputs, double tolerance) {
  if (c.row.find("gradients")->items().empty()) return;
  ASSERT_NE(op.gradient, nullptr) << c.name;
  Tensors cotangents(outputs.size()), gradients(inputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::string which = "cotangent" + std::to_string(i);
    if (c.lists("cotangents", which)) cotangents[i] = c.array(which);
  }
  const std::unique_ptr<bool[]> needs(new bool[inputs.size()]);
  for (std::size_t i = 0; i < inputs.size(); ++i) needs[i] = c.lists("gradients", "grad" + std::to_string(i));
  op.gradient({op, inputs, attrs, outputs, cotangents, {needs.get(), inputs.size()}, gradients});
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string which = "grad" + std::to_string(i);
    if (needs[i]) expect_close(gradients[i], c.array(which), tolerance, c.name + " " + which);
  }
}

void check(const Case& c) {
  const ops::OpRecord* op = ops::find_op(c.row.find("op")->as_string());
  ASSERT_NE(op, nullptr) << c.row.find("op")->as_string();
  Tensors inputs;
  for (const JsonValue& input : c.row.find("inputs")->items()) inputs.push_back(c.array(input.as_string()));
  ops::Attrs attrs = read_attrs(*op, *c.row.find("attrs"));
  if (const JsonValue* count = c.row.find("types")->find("N"); count != nullptr && !op->attrs.empty() && op->attrs[0].name == "N") attrs.set(0, count->as_int());
  check_types(c, *op, inputs);
  const double tolerance = c.row.find("tolerance")->as_double();
  Tensors outputs(op->outputs(attrs));
  ops::apply_into(*op, inputs, attrs, outputs);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::string which = "out" + std::to_string(i);
    expect_close(outputs[i], c.array(which), tolerance, c.name + " " + which);
  }
  check_gradients(c, *op, inputs, attrs, outputs, tolerance);
}

void check_all(const std::string& file, std::size_t least) {
  const JsonValue cases = read_cases(file);
  const formats::NpzFile arrays(kFolder + cases.find("arrays")->as_string());
  ASSERT_GT(cases.find("cases")->items().size(), least);
  for (const JsonValue& row : cases.find("cases")->items()) {
    const std::string& name = row.find("case")->as_string();
    try {
      check({row, arrays, name});
    } catch (const std::exception& error) {
      ADD_FAILURE() << name << ": " << error.what();
    }
  }
}

TEST(OpsGolden, EveryOpAndGradientIsTensorFlows) { check_all("cases.json", 300); }
TEST(OpsGolden, SoAreThoseOfPartsAndPlaces) { check_all("parts.json", 150); }
TEST(OpsGolden, SoAreThoseOfImages) { check_all("images.json", 50); }
TEST(OpsGolden, SoAreThoseThatOnlyGraphsHave) { check_all("graphs.json", 90); }

}  // namespace
}  // namespace namesake
