// Keras's losses: values, and gradients with respect to the predictions. The numbers were written by tools/make_golden.py;
// tools/golden/losses.py describes the files.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/formats/npz.h"
#include "namesake/nn/losses.h"
#include "namesake/ops/create.h"
#include "tests/support/golden.h"

namespace namesake {
namespace {

const std::string kFolder = NAMESAKE_SOURCE_DIR "/tests/golden/training/";

JsonValue read_json(const std::string& name) { return testing::read_golden_json(kFolder + name); }

/// The largest difference of two tensors, measured against numbers above 1.
double difference(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return std::numeric_limits<double>::infinity();
  const Tensor left = cast(a, DType::kFloat64), right = cast(b, DType::kFloat64);
  const auto x = left.data<double>(), y = right.data<double>();
  double most = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) && std::isnan(y[i])) continue;
    const double apart = std::fabs(x[i] - y[i]);
    most = std::max(most, std::isnan(apart) ? std::numeric_limits<double>::infinity() : apart / std::max(1.0, std::fabs(y[i])));
  }
  return most;
}

class LossCase {
 public:
  LossCase(const JsonValue& row, const formats::NpzFile& arrays) : row_(row), inputs_(*row.find("inputs")), arrays_(arrays) {}

  [[nodiscard]] std::string name() const { return row_.find("case")->as_string(); }
  [[nodiscard]] Loss loss() const {
    return Loss::deserialize(JsonValue::object({{"class_name", *row_.find("class_name")}, {"config", *row_.find("config")}}));
  }
  [[nodiscard]] Tensor input(const char* which) const {
    const JsonValue* array = inputs_.find(which);
    return array == nullptr ? Tensor() : arrays_.read(array->as_string());
  }
  void run() const {
    const Tensor y_pred = input("y_pred");
    if (const Tensor mask = input("mask"); mask.defined()) y_pred.set_mask(mask);
    GradientTape tape;
    tape.watch(y_pred);
    const Tensor value = loss()(input("y_true"), y_pred, input("sample_weight"));
    const Tensor gradient = tape.gradient(value, y_pred);
    expect(value, "/value");
    expect(gradient, "/gradient");
  }

 private:
  void expect(const Tensor& value, const char* which) const {
    const Tensor expected = arrays_.read(name() + which);
    EXPECT_LE(difference(value, expected), row_.find("tolerance")->as_double()) << which << "\n" << to_string(value) << "\n" << to_string(expected);
  }
  const JsonValue &row_, &inputs_;
  const formats::NpzFile& arrays_;
};

TEST(LossesGolden, LossesAndTheirGradientsAreThoseOfKeras) {
  const JsonValue file = read_json("losses.json");
  const formats::NpzFile arrays(kFolder + "losses.npz");
  std::set<std::string> classes;
  for (const JsonValue& row : file.find("cases")->items()) {
    SCOPED_TRACE(row.find("case")->as_string());
    classes.insert(row.find("class_name")->as_string());
    LossCase(row, arrays).run();
  }
  EXPECT_EQ(classes.size(), 22U);  // every class of Keras 3.15.1
}

}  // namespace
}  // namespace namesake
