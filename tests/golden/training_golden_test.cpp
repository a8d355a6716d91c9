// Training against real Keras: ten steps for each optimizer option and loss, with all gradients. The numbers were written by tools/make_golden.py; tools/golden/*.py describe the files.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/formats/npz.h"
#include "namesake/nn/activations.h"
#include "namesake/nn/losses.h"
#include "namesake/ops/bias.h"
#include "namesake/ops/linalg.h"
#include "namesake/optim/optimizers.h"
#include "tests/support/golden.h"

namespace namesake {
namespace {

const std::string kFolder = NAMESAKE_SOURCE_DIR "/tests/golden/training/";

JsonValue read_json(const std::string& name) { return testing::read_golden_json(kFolder + name); }

using testing::difference;

/// Dense layers of plain ops, with the weights that a setup starts from.
class DenseModel {
 public:
  DenseModel(const JsonValue& setup, const formats::NpzFile& arrays) {
    for (const JsonValue& layer : setup.find("layers")->items()) {
      const std::string name = layer.find("name")->as_string();
      activations_.emplace_back(layer.find("activation")->as_string());
      for (const std::string weight : {"kernel", "bias"}) {
        paths_.push_back(name + "/" + weight);
        variables_.emplace_back(arrays.read("initial/" + paths_.back()), VariableOptions{.name = weight});
      }
    }
  }
  [[nodiscard]] Tensor operator()(Tensor x) const {
    for (std::size_t i = 0; i < activations_.size(); ++i) {
      x = activations_[i](bias_add(matmul(x, variables_[2 * i]), variables_[2 * i + 1]));
    }
    return x;
  }
  [[nodiscard]] const std::vector<Variable>& variables() const { return variables_; }
  [[nodiscard]] const std::vector<std::string>& paths() const { return paths_; }

 private:
  std::vector<ActivationFunction> activations_;
  std::vector<Variable> variables_;
  std::vector<std::string> paths_;
};

void expect_weights(const DenseModel& model, const formats::NpzFile& golden, const std::string& prefix, double tolerance) {
  for (std::size_t i = 0; i < model.paths().size(); ++i) {
    EXPECT_LE(difference(model.variables()[i].value(), golden.read(prefix + model.paths()[i])), tolerance) << prefix << model.paths()[i];
  }
}

void run_case(const JsonValue& row, const JsonValue& setups) {
  const std::string setup = row.find("setup")->as_string();
  const formats::NpzFile start(kFolder + "setup_" + setup + ".npz");
  const formats::NpzFile golden(kFolder + row.find("case")->as_string() + ".npz");
  const double tolerance = row.find("tolerance")->as_double();
  const DenseModel model(*setups.find(setup), start);
  const Loss loss = Loss::deserialize(*row.find("loss"));
  const Optimizer optimizer = Optimizer::deserialize(*row.find("optimizer"));
  const Tensor x = start.read("x"), y = start.read(row.find("target")->as_string()), losses = golden.read("losses");
  ASSERT_EQ(losses.size(), 10);
  for (int step = 1; step <= 10; ++step) {
    GradientTape tape;
    const Tensor value = loss(y, model(x));
    const Gradients gradients = tape.gradient(value, model.variables());
    const float expected = losses.data<float>()[static_cast<std::size_t>(step - 1)];
    EXPECT_NEAR(value.item<float>(), expected, tolerance * std::max(1.0F, std::fabs(expected))) << "step " << step;
    for (std::size_t i = 0; i < gradients.size() && step == 1; ++i) {
      EXPECT_LE(difference(gradients[i], golden.read("gradient/" + model.paths()[i])), tolerance) << "gradient " << model.paths()[i];
    }
    optimizer.apply_gradients(gradients);
    if (step == 1) expect_weights(model, golden, "after1/", tolerance);
  }
  expect_weights(model, golden, "after10/", tolerance);
}

TEST(TrainingGolden, TenStepsAreThoseOfKeras) {
  const JsonValue file = read_json("cases.json");
  const JsonArray& rows = file.find("cases")->items();
  ASSERT_GE(rows.size(), 26U);
  for (const JsonValue& row : rows) {
    SCOPED_TRACE(row.find("case")->as_string());
    run_case(row, *file.find("setups"));
  }
}

}  // namespace
}  // namespace namesake
