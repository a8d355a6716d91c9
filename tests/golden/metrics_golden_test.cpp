// Keras's metrics, streamed over three batches: results after each, and names, order and shapes of the variables. The numbers were
// written by tools/make_golden.py; tools/golden/metrics.py describes the files.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "namesake/formats/npz.h"
#include "namesake/nn/metrics.h"
#include "namesake/ops/create.h"
#include "tests/support/golden.h"

namespace namesake {
namespace {

const std::string kFolder = NAMESAKE_SOURCE_DIR "/tests/golden/training/";

JsonValue read_json(const std::string& name) { return testing::read_golden_json(kFolder + name); }

class MetricCase {
 public:
  MetricCase(const JsonValue& row, const formats::NpzFile& arrays)
      : row_(row), arrays_(arrays), metric_(Metric::deserialize(JsonValue::object({{"class_name", *row.find("class_name")}, {"config", *row.find("config")}}))) {}

  void run() const {
    const JsonArray& results = row_.find("results")->items();
    ASSERT_FALSE(results.empty());
    for (std::size_t batch = 0; batch < results.size(); ++batch) {
      const Tensor y_pred = part("y_pred", batch);
      if (const Tensor mask = part("mask", batch); mask.defined()) y_pred.set_mask(mask);
      metric_.update_state(part("y_true", batch), y_pred, part("sample_weight", batch));
      expect(results[batch], batch);
    }
    expect_variables();
    const std::string written = to_json(metric_.serialize());
    EXPECT_EQ(to_json(Metric::deserialize(metric_.serialize()).serialize()), written);
    metric_.reset_state();
    for (const Variable& variable : metric_.variables()) {
      for (const double number : variable.value().data<double>()) EXPECT_EQ(number, 0);
    }
  }

 private:
  [[nodiscard]] Tensor part(const char* which, std::size_t batch) const {
    const JsonValue* name = row_.find(which);
    return name == nullptr ? Tensor() : arrays_.read(name->as_string() + "/" + std::to_string(batch));
  }
  void expect(const JsonValue& expected, std::size_t batch) const {
    const Tensor result = metric_.result();
    EXPECT_EQ(result.dtype(), DType::kFloat32);
    const JsonArray numbers = expected.is_array() ? expected.items() : JsonArray{expected};
    ASSERT_EQ(result.rank(), expected.is_array() ? 1 : 0);
    ASSERT_EQ(result.size(), static_cast<std::int64_t>(numbers.size()));
    double mean = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const double wanted = numbers[i].as_double();
      mean += wanted / static_cast<double>(numbers.size());
      EXPECT_NEAR(result.data<float>()[i], wanted, tolerance(wanted)) << "batch " << batch << ", number " << i;
    }
    EXPECT_NEAR(metric_.value(), mean, tolerance(mean));
  }
  [[nodiscard]] double tolerance(double wanted) const { return row_.find("tolerance")->as_double() * std::max(1.0, std::fabs(wanted)); }
  void expect_variables() const {
    const JsonArray& wanted = row_.find("variables")->items();
    ASSERT_EQ(metric_.variables().size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_EQ(metric_.variables()[i].name(), wanted[i].items()[0].as_string());
      EXPECT_EQ(metric_.variables()[i].shape(), shape_from_json(JsonView(wanted[i].items()[1])));
    }
  }

  const JsonValue& row_;
  const formats::NpzFile& arrays_;
  Metric metric_;
};

TEST(MetricsGolden, MetricsOverBatchesAreThoseOfKeras) {
  const JsonValue file = read_json("metrics.json");
  const formats::NpzFile arrays(kFolder + "metrics.npz");
  std::set<std::string> classes;
  for (const JsonValue& row : file.find("cases")->items()) {
    SCOPED_TRACE(row.find("case")->as_string());
    classes.insert(row.find("class_name")->as_string());
    MetricCase(row, arrays).run();
  }
  EXPECT_EQ(classes.size(), 39U);  // every class of Keras 3.15.1 but the wrapper and those of segmentation
}

}  // namespace
}  // namespace namesake
