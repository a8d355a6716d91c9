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
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/optim/optimizers.h"
#include "namesake/optim/schedules.h"
#include "tests/support/golden.h"

namespace namesake {
namespace {

const std::string kFolder = NAMESAKE_SOURCE_DIR "/tests/golden/optimizers/";
constexpr std::array<const char*, 4> kNames = {"kernel", "bias", "matrix", "scalar"};
constexpr std::int64_t kSteps = 10;

std::vector<Variable> variables_of(const formats::NpzFile& arrays, bool constrained, DType dtype) {
  std::vector<Variable> variables;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    VariableOptions options{.name = kNames[i]};
    if (constrained && i == 0) options.constraint = [](const Tensor& value) { return relu(value); };
    variables.emplace_back(cast(arrays.read("initial/" + std::to_string(i)).copy(), dtype), options);
  }
  return variables;
}

/// Row `step` of the gradients of each variable, none for those that miss one.
Tensors gradients_of(const formats::NpzFile& arrays, std::int64_t step, const JsonValue* missing, DType dtype) {
  Tensors gradients;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const Tensor all = arrays.read("gradients/" + std::to_string(i));
    Shape shape = Shape::scalar();
    for (int axis = 1; axis < all.shape().rank(); ++axis) shape.push_back(all.shape()[axis]);
    const auto size = static_cast<std::size_t>(all.size() / kSteps);
    gradients.push_back(cast(Tensor::of<float>(all.data<float>().subspan(static_cast<std::size_t>(step) * size, size), shape), dtype));
  }
  for (const JsonValue& pair : missing != nullptr ? missing->items() : JsonArray{}) {
    if (pair.items()[0].as_int() == step) gradients[static_cast<std::size_t>(pair.items()[1].as_int())] = Tensor();
  }
  return gradients;
}

/// Near by `tolerance`, measured against numbers above 1.
void expect_near(std::span<const double> ours, std::span<const double> theirs, const std::string& where, double tolerance = 1e-5) {
  ASSERT_EQ(ours.size(), theirs.size()) << where;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const double a = ours[i], b = theirs[i];
    ASSERT_LE(std::fabs(a - b), tolerance * std::max(1.0, std::fabs(b))) << where << ", number " << i << ": " << a << ", Keras " << b;
  }
}

std::vector<double> numbers_of(const std::vector<Variable>& variables) {
  std::vector<double> numbers;
  for (const Variable& variable : variables) {
    const Tensor value = cast(variable, DType::kFloat64);
    numbers.insert(numbers.end(), value.data<double>().begin(), value.data<double>().end());
  }
  return numbers;
}

std::vector<double> doubles_of(const Tensor& tensor) { return cast(tensor, DType::kFloat64).to_vector<double>(); }

void expect_state(const Optimizer& optimizer, const JsonValue& row, const Tensor& numbers, double tolerance = 1e-5) {
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
  expect_near(numbers_of(state), doubles_of(numbers), "state", tolerance);
}

/// Trains on the arrays' gradients; `after` is told of each step.
template <class After>
Optimizer train(const JsonValue& row, const formats::NpzFile& arrays, const std::vector<Variable>& variables, std::int64_t steps, const After& after) {
  const Optimizer optimizer = Optimizer::deserialize(*row.find("optimizer"));
  EXPECT_EQ(to_json(optimizer.serialize()), to_json(*row.find("optimizer")));
  if (const JsonValue* excluded = row.find("exclude")) {
    std::vector<std::string> names;
    for (const JsonValue& part : excluded->items()) names.push_back(part.as_string());
    optimizer.exclude_from_weight_decay({}, names);
  }
  const JsonValue* averaged = row.find("averaged");
  for (std::int64_t step = 0; step < steps; ++step) {
    Tensors gradients = gradients_of(arrays, step, row.find("missing"), variables[0].dtype());
    if (const JsonValue* infinite = row.find("infinite"); infinite != nullptr && std::ranges::count(infinite->items(), JsonValue(step)) != 0) {
      gradients[0] = divide(gradients[0], 0.0);
    }
    optimizer.apply_gradients(gradients, variables);
    if (step == steps - 1 && averaged != nullptr && averaged->as_bool()) optimizer.finalize_variable_values();
    after(static_cast<std::size_t>(step));
    if (::testing::Test::HasFatalFailure()) break;
  }
  return optimizer;
}

void run_case(const JsonValue& row, const formats::NpzFile& arrays) {
  const std::string name = row.find("case")->as_string();
  const std::vector<Variable> variables = variables_of(arrays, row.has("constraint"), DType::kFloat32);
  const Tensor after = arrays.read(name + "/after");
  const auto width = static_cast<std::size_t>(after.shape()[1]);
  const std::vector<double> theirs = doubles_of(after);
  const Optimizer optimizer = train(row, arrays, variables, kSteps, [&](std::size_t step) {
    expect_near(numbers_of(variables), std::span(theirs).subspan(step * width, width), "step " + std::to_string(step + 1));
  });
  if (!::testing::Test::HasFatalFailure()) expect_state(optimizer, row, arrays.read(name + "/state"));
}

/// One unit in the last place is 2^-10 of a float16 and 2^-7 of a bfloat16; reductions may round elsewhere.
double tolerance_of(DType dtype) { return dtype == DType::kFloat64 ? 1e-9 : dtype == DType::kFloat16 ? 2e-3 : 1.6e-2; }

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

TEST(OptimizersGolden, VariablesOfOtherDtypesAndTheirStateAreThoseOfKeras) {
  const JsonValue file = testing::read_golden_json(kFolder + "dtypes.json");
  const formats::NpzFile arrays(kFolder + "optimizers.npz"), expected(kFolder + "dtypes.npz");
  const JsonArray& rows = file.find("cases")->items();
  ASSERT_GE(rows.size(), 80U);
  for (const JsonValue& row : rows) {
    const std::string name = row.find("case")->as_string();
    SCOPED_TRACE(name);
    const DType dtype = *dtype_from_string(row.find("dtype")->as_string());
    const std::vector<Variable> variables = variables_of(arrays, row.has("constraint"), dtype);
    const Optimizer optimizer = train(row, arrays, variables, row.find("steps")->as_int(), [](std::size_t) {});
    expect_near(numbers_of(variables), doubles_of(expected.read(name + "/after")), "variables", tolerance_of(dtype));
    if (!::testing::Test::HasFatalFailure()) expect_state(optimizer, row, expected.read(name + "/state"), tolerance_of(dtype));
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
