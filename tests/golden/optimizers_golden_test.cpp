// Optimizers and learning rate schedules against real Keras: ten steps of each on given gradients, and the state that they
// leave, name by name. tools/golden/optimizers.py describes the files.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "namesake/formats/npz.h"
#include "namesake/ops/activations.h"
#include "namesake/ops/math.h"
#include "namesake/optim/optimizers.h"
#include "namesake/optim/schedules.h"
#include "tests/support/golden.h"

namespace namesake {
namespace {

const std::string kFolder = NAMESAKE_SOURCE_DIR "/tests/golden/optimizers/";
constexpr std::array<const char*, 4> kNames = {"kernel", "bias", "matrix", "scalar"};
constexpr std::int64_t kSteps = 10;

std::vector<Variable> variables_of(const formats::NpzFile& arrays, bool constrained) {
  std::vector<Variable> variables;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    VariableOptions options{.name = kNames[i]};
    if (constrained && i == 0) options.constraint = [](const Tensor& value) { return relu(value); };
    variables.emplace_back(arrays.read("initial/" + std::to_string(i)).copy(), options);
  }
  return variables;
}

/// Row `step` of the gradients of each variable, none for those that miss one.
Tensors gradients_of(const formats::NpzFile& arrays, std::int64_t step, const JsonValue* missing) {
  Tensors gradients;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const Tensor all = arrays.read("gradients/" + std::to_string(i));
    Shape shape = Shape::scalar();
    for (int axis = 1; axis < all.shape().rank(); ++axis) shape.push_back(all.shape()[axis]);
    const auto size = static_cast<std::size_t>(all.size() / kSteps);
    gradients.push_back(Tensor::of<float>(all.data<float>().subspan(static_cast<std::size_t>(step) * size, size), shape));
  }
  for (const JsonValue& pair : missing != nullptr ? missing->items() : JsonArray{}) {
    if (pair.items()[0].as_int() == step) gradients[static_cast<std::size_t>(pair.items()[1].as_int())] = Tensor();
  }
  return gradients;
}

/// Near by 1e-5, measured against numbers above 1; bitwise equal ones that are not finite pass.
void expect_near(std::span<const float> ours, std::span<const float> theirs, const std::string& where) {
  ASSERT_EQ(ours.size(), theirs.size()) << where;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const double a = ours[i], b = theirs[i];
    ASSERT_LE(std::fabs(a - b), 1e-5 * std::max(1.0, std::fabs(b))) << where << ", number " << i << ": " << a << ", Keras " << b;
  }
}

std::vector<float> numbers_of(const std::vector<Variable>& variables) {
  std::vector<float> numbers;
  for (const Variable& variable : variables) {
    const Tensor value = variable.value();
    for (std::int64_t i = 0; i < value.size(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      numbers.push_back(value.dtype() == DType::kFloat32   ? value.data<float>()[at]
                        : value.dtype() == DType::kInt32 ? static_cast<float>(value.data<std::int32_t>()[at])
                                                         : static_cast<float>(value.data<std::int64_t>()[at]));
    }
  }
  return numbers;
}

void expect_state(const Optimizer& optimizer, const JsonValue& row, const formats::NpzFile& arrays, const std::string& name) {
  const std::vector<Variable> state = optimizer.variables();
  const JsonArray& theirs = row.find("state")->items();
  ASSERT_EQ(state.size(), theirs.size());
  for (std::size_t i = 0; i < state.size(); ++i) {
    const JsonArray& expected = theirs[i].items();
    const std::string& their_name = expected[0].as_string();
    const bool nameless = their_name.starts_with("variable");  // a number that counts all variables
    EXPECT_EQ(state[i].name(), nameless ? "variable" : their_name);
    EXPECT_EQ(to_string(state[i].dtype()), expected[1].as_string()) << their_name;
    Shape shape = Shape::scalar();
    for (const JsonValue& size : expected[2].items()) shape.push_back(size.as_int());
    EXPECT_EQ(state[i].shape(), shape) << their_name;
  }
  expect_near(numbers_of(state), arrays.read(name + "/state").data<float>(), "state");
}

void run_case(const JsonValue& row, const formats::NpzFile& arrays) {
  const std::string name = row.find("case")->as_string();
  const std::vector<Variable> variables = variables_of(arrays, row.has("constraint"));
  const Optimizer optimizer = Optimizer::deserialize(*row.find("optimizer"));
  EXPECT_EQ(to_json(optimizer.serialize()), to_json(*row.find("optimizer")));
  if (const JsonValue* excluded = row.find("exclude")) {
    std::vector<std::string> names;
    for (const JsonValue& part : excluded->items()) names.push_back(part.as_string());
    optimizer.exclude_from_weight_decay({}, names);
  }
  const JsonValue* averaged = row.find("averaged");
  const Tensor after = arrays.read(name + "/after");
  const auto width = static_cast<std::size_t>(after.shape()[1]);
  for (std::int64_t step = 0; step < kSteps; ++step) {
    Tensors gradients = gradients_of(arrays, step, row.find("missing"));
    if (const JsonValue* infinite = row.find("infinite"); infinite != nullptr && std::ranges::count(infinite->items(), JsonValue(step)) != 0) {
      gradients[0] = divide(gradients[0], Tensor(0.0F));
    }
    optimizer.apply_gradients(gradients, variables);
    if (step == kSteps - 1 && averaged != nullptr && averaged->as_bool()) optimizer.finalize_variable_values();
    expect_near(numbers_of(variables), after.data<float>().subspan(static_cast<std::size_t>(step) * width, width), "step " + std::to_string(step + 1));
    if (::testing::Test::HasFatalFailure()) return;
  }
  expect_state(optimizer, row, arrays, name);
}

TEST(OptimizersGolden, TenStepsAndTheStateAreThoseOfKeras) {
  const JsonValue file = testing::read_golden_json(kFolder + "optimizers.json");
  const formats::NpzFile arrays(kFolder + "optimizers.npz");
  const JsonArray& rows = file.find("cases")->items();
  ASSERT_GE(rows.size(), 50U);
  for (const JsonValue& row : rows) {
    SCOPED_TRACE(row.find("case")->as_string());
    run_case(row, arrays);
  }
}

TEST(OptimizersGolden, SchedulesHaveTheValuesOfKeras) {
  const JsonValue file = testing::read_golden_json(kFolder + "schedules.json");
  const JsonArray& rows = file.find("cases")->items();
  ASSERT_GE(rows.size(), 16U);
  for (const JsonValue& row : rows) {
    SCOPED_TRACE(row.find("case")->as_string());
    const LearningRateSchedule schedule = LearningRateSchedule::deserialize(*row.find("schedule"));
    EXPECT_EQ(to_json(schedule.serialize()), to_json(*row.find("schedule")));
    const JsonArray& steps = row.find("steps")->items();
    const JsonArray& values = row.find("values")->items();
    ASSERT_EQ(steps.size(), values.size());
    for (std::size_t i = 0; i < steps.size(); ++i) EXPECT_NEAR(schedule(steps[i].as_int()), values[i].as_double(), 1e-7) << "step " << steps[i].as_int();
  }
}

}  // namespace
}  // namespace namesake
