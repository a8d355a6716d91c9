// Activations by name, with their gradients, against keras.activations: tests/golden/ops/activations.*.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/error.h"
#include "namesake/formats/npz.h"
#include "namesake/nn/activations.h"
#include "tests/support/golden.h"

namespace namesake {
namespace {

const std::string kFolder = NAMESAKE_SOURCE_DIR "/tests/golden/ops/";

void compare(const JsonValue& row, const formats::NpzFile& arrays, const ActivationFunction& activation) {
  const std::string name = row.find("case")->as_string();
  const double tolerance = row.find("tolerance")->as_double();
  const Tensor x = arrays.read("x"), expected = arrays.read(name + "/out0");
  GradientTape tape;
  tape.watch(x);
  const Tensor y = activation(x);
  EXPECT_LE(testing::difference(y, expected), tolerance) << to_string(y) << "\n" << to_string(expected);
  const Tensor gradient = tape.gradient(y, Tensors{x}, arrays.read(name + "/cotangent0")).at(0);
  EXPECT_LE(testing::difference(gradient, arrays.read(name + "/grad0")), tolerance)
      << to_string(gradient) << "\n" << to_string(arrays.read(name + "/grad0"));
}

TEST(ActivationsGolden, EveryNameGivesKerasesNumbersAndGradients) {
  const JsonValue file = testing::read_golden_json(kFolder + "activations.json");
  const formats::NpzFile arrays(kFolder + "activations.npz");
  std::vector<std::string> unknown;
  int compared = 0;
  for (const JsonValue& row : file.find("cases")->items()) {
    if (!row.find("arguments")->members().empty()) continue;  // a name has no arguments; layers of these names do
    const std::string function = row.find("function")->as_string();
    SCOPED_TRACE(function);
    try {
      const ActivationFunction activation(function);
      compare(row, arrays, activation);
      ++compared;
    } catch (const InvalidArgument&) {
      unknown.push_back(function);
    }
  }
  EXPECT_GE(compared, 25);
  EXPECT_THAT(unknown, ::testing::IsEmpty());
}

}  // namespace
}  // namespace namesake
