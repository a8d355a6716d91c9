// Files that Keras saved, opened here: the same names, weights and predictions, and the losses of the next five steps. And
// Keras's own training run on the digits, followed batch by batch. tools/golden/{models,digits}.py describe the files.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "namesake/formats/npz.h"
#include "namesake/nn/registry.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/linalg.h"
#include "namesake/ops/math.h"
#include "namesake/saving/load_model.h"
#include "namesake/train/data.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace namesake {
namespace {

const std::string kRoot = NAMESAKE_SOURCE_DIR;
const std::string kModels = kRoot + "/tests/golden/models/";
const std::string kDigits = kRoot + "/tests/golden/digits/";

class CustomDenseBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "CustomDense";
  struct Options {
    std::int64_t units = 1;
    std::string name = "";
  };
  static void config(Options& o, ConfigFields& f) { f("units", o.units); }
  explicit CustomDenseBody(const Options& options) : units_(options.units) {}
  void build(const Shape& input) override {
    w_ = add_weight({.name = "weight", .shape = {input.back(), units_}, .initializer = "random_normal"});
    b_ = add_weight({.name = "bias", .shape = {units_}, .initializer = "zeros"});
  }
  Tensor call(const Tensor& x, CallContext&) override { return add(matmul(x, w_), b_); }

 private:
  std::int64_t units_;
  Variable w_, b_;
};
using CustomDense = LayerOf<CustomDenseBody>;

void expect_names(const JsonValue& row, const Model& model) {
  EXPECT_EQ(model.name(), row.find("name")->as_string());
  const std::vector<NamedWeight> weights = model.named_weights();
  const JsonArray& expected = row.find("weights")->items();
  ASSERT_EQ(weights.size(), expected.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::string path = expected[i].find("path")->as_string();
    EXPECT_TRUE(weights[i].path == path || weights[i].path.ends_with("/" + path)) << weights[i].path << " and " << path;
    EXPECT_EQ(to_string(weights[i].variable.dtype()), expected[i].find("dtype")->as_string()) << path;
  }
}

void expect_numbers(const Model& model, const formats::NpzFile& arrays) {
  const std::vector<NamedWeight> weights = model.named_weights();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    EXPECT_EQ(testing::difference(weights[i].variable.value(), arrays.read("weight/" + std::to_string(i))), 0) << weights[i].path;
  }
  EXPECT_LE(testing::difference(model.predict(arrays.read("x"), {.verbose = Verbose::kSilent}), arrays.read("y")), 1e-5);
}

double loss_of(const Logs& logs) {
  for (const auto& [name, value] : logs) {
    if (name == "loss") return value;
  }
  ADD_FAILURE() << "no loss";
  return 0;
}

void expect_next_losses(const Model& model, const formats::NpzFile& arrays) {
  const Tensor x = arrays.read("train_x"), y = arrays.read("train_y"), losses = arrays.read("next_losses");
  ASSERT_EQ(losses.size(), 5);
  for (const float expected : losses.data<float>()) EXPECT_NEAR(loss_of(model.train_on_batch(x, y)), expected, 1e-5);
}

void run_case(const JsonValue& row) {
  const std::string name = row.find("case")->as_string();
  const formats::NpzFile arrays(kModels + name + ".npz");
  LoadReport report;
  const Model model = load_model(kModels + row.find("file")->as_string(), {.report = &report});
  EXPECT_TRUE(report.missing.empty() && report.unused.empty() && report.ambiguous.empty());
  expect_names(row, model);
  expect_numbers(model, arrays);
  ASSERT_EQ(model.is_compiled(), row.find("compiled")->as_bool());

  const testing::TempFolder folder;  // before the steps that change it
  model.save(folder / "again.keras");
  const Model again = load_model(folder / "again.keras");
  expect_names(row, again);
  expect_numbers(again, arrays);
  if (!row.find("next_losses")->as_bool()) return;
  for (const Model& each : {model, again}) {
    EXPECT_EQ(each.optimizer().iterations(), row.find("iterations")->as_int());
    expect_next_losses(each, arrays);
  }
}

TEST(ModelsGolden, KerasesFilesOpenWithTheirNamesNumbersAndStateAndComeThroughASave) {
  register_layer<CustomDense>();
  const JsonValue file = testing::read_golden_json(kModels + "models.json");
  const JsonArray& rows = file.find("cases")->items();
  ASSERT_GE(rows.size(), 10U);
  for (const JsonValue& row : rows) {
    SCOPED_TRACE(row.find("case")->as_string());
    run_case(row);
  }
}

class DigitsGolden : public ::testing::Test {
 protected:
  [[nodiscard]] std::int64_t number(const char* key) const { return run_.find(key)->as_int(); }
  [[nodiscard]] Tensor train_x() const { return data_.x.rows(0, number("train_rows")); }
  [[nodiscard]] Tensor train_y() const { return data_.y.rows(0, number("train_rows")); }

  JsonValue run_ = testing::read_golden_json(kDigits + "run.json");
  formats::NpzFile arrays_ = formats::NpzFile(kDigits + "run.npz");
  Dataset data_ = load_data(kRoot + "/data/digits.npz");
};

TEST_F(DigitsGolden, EveryBatchOfAnEpochHasKerasesLoss) {
  const Model model = load_model(kDigits + "start.keras");
  const Tensor losses = arrays_.read("batch_losses"), x = train_x(), y = train_y();
  std::int64_t row = 0;
  for (const float expected : losses.data<float>()) {
    const std::int64_t end = std::min(row + number("batch_size"), number("train_rows"));
    ASSERT_NEAR(loss_of(model.train_on_batch(x.rows(row, end), y.rows(row, end))), expected, 1e-4) << "row " << row;
    row = end;
  }
  EXPECT_EQ(row, number("train_rows"));
}

TEST_F(DigitsGolden, FitGoesThroughKerasesHistory) {
  const Model model = load_model(kDigits + "start.keras");
  const Tensor held_out = data_.x.rows(number("train_rows"), data_.rows());
  const History history = model.fit(train_x(), train_y(),
                                    {.batch_size = number("batch_size"),
                                     .epochs = 3,
                                     .verbose = Verbose::kSilent,
                                     .validation_data = {{held_out, data_.y.rows(number("train_rows"), data_.rows())}},
                                     .shuffle = false});
  for (const JsonMember& member : run_.find("history")->members()) {
    const std::vector<double> ours = history[member.key];
    const JsonArray& theirs = member.value.items();
    ASSERT_EQ(ours.size(), theirs.size()) << member.key;
    const double tolerance = member.key.ends_with("accuracy") ? 0.003 : 1e-3;  // a row on the edge may fall to either side
    for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_NEAR(ours[i], theirs[i].as_double(), tolerance) << member.key << " " << i;
  }
  const Tensor y = model.predict(held_out.rows(0, 10), {.verbose = Verbose::kSilent});
  EXPECT_LE(testing::difference(y, arrays_.read("y")), 1e-3);
}

}  // namespace
}  // namespace namesake
