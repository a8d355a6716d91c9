#include "namesake/optim/optimizers/adafactor.h"

#include <algorithm>
#include <cmath>

#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/unary.h"
#include "namesake/ops/update.h"

namespace namesake {
namespace {

/// Zeros of the variable's shape without the axis `left_out` (from the end). A variable without two axes has an integer in
/// that place, as in Keras.
Tensor zeros_without_axis(const Variable& variable, int left_out) {
  const int rank = variable.shape().rank();
  if (rank < 2) return Tensor(std::int32_t{0});
  Shape shape = Shape::scalar();
  for (int axis = 0; axis < rank; ++axis) {
    if (axis != rank - left_out) shape.push_back(variable.shape()[axis]);
  }
  return zeros(shape, variable.dtype());
}

float root_mean_square(std::span<const float> values) { return std::sqrt(ops::sum_of_squares(values) / static_cast<float>(values.size())); }

}  // namespace

AdafactorBody::AdafactorBody(const Options& options) : OptimizerBase(kClassName, optim::settings_of(options)), options_(options) {}

void AdafactorBody::config(Options& options, ConfigFields& fields) {
  fields("beta_2_decay", options.beta_2_decay);
  fields("epsilon_1", options.epsilon_1);
  fields("epsilon_2", options.epsilon_2);
  fields("clip_threshold", options.clip_threshold);
  fields("relative_step", options.relative_step);
}

void AdafactorBody::create_slots() {
  add_slots({{"", 0, [](const Variable& variable) { return zeros_without_axis(variable, 1); }},
             {"", 0, [](const Variable& variable) { return zeros_without_axis(variable, 2); }},
             {"velocity"}});
}

void AdafactorBody::move_velocity(const Step& step) const {
  const float keep = 1.0F - std::pow(static_cast<float>(step.iteration), static_cast<float>(options_.beta_2_decay)), take = 1.0F - keep;
  const auto epsilon = static_cast<float>(options_.epsilon_1);
  const std::span<float> velocity = slot(2, step.index);
  const Shape& shape = trainable_variables()[step.index].shape();
  const auto square = [&](std::size_t i) { return step.gradient[i] * step.gradient[i] + epsilon; };
  if (shape.rank() < 2) {
    for (std::size_t i = 0; i < velocity.size(); ++i) velocity[i] = keep * velocity[i] + take * square(i);
    return;
  }
  const auto rows = static_cast<std::size_t>(shape[shape.rank() - 2]), columns = static_cast<std::size_t>(shape[shape.rank() - 1]);
  if (velocity.empty()) return;
  for (std::size_t matrix = 0; matrix < velocity.size() / (rows * columns); ++matrix) {
    const std::size_t first = matrix * rows * columns;
    const std::span<float> by_row = slot(0, step.index).subspan(matrix * rows, rows), by_column = slot(1, step.index).subspan(matrix * columns, columns);
    float mean_of_rows = 0;
    for (std::size_t r = 0; r < rows; ++r) {
      float sum = 0;
      for (std::size_t c = 0; c < columns; ++c) sum += square(first + r * columns + c);
      by_row[r] = keep * by_row[r] + take * (sum / static_cast<float>(columns));
      mean_of_rows += by_row[r] / static_cast<float>(rows);
    }
    for (std::size_t c = 0; c < columns; ++c) {
      float sum = 0;
      for (std::size_t r = 0; r < rows; ++r) sum += square(first + r * columns + c);
      by_column[c] = keep * by_column[c] + take * (sum / static_cast<float>(rows));
    }
    for (std::size_t i = 0; i < rows * columns; ++i) velocity[first + i] = by_row[i / columns] / mean_of_rows * by_column[i % columns];
  }
}

void AdafactorBody::update_step(const Step& step) {
  if (step.variable.empty()) return;
  move_velocity(step);
  const std::span<const float> velocity = slot(2, step.index);
  const Tensor update = Tensor::empty(DType::kFloat32, trainable_variables()[step.index].shape());
  const std::span<float> numbers(update.raw_as<float>(), velocity.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = step.gradient[i] / std::sqrt(velocity[i]);
  const float most = 1.0F / std::sqrt(static_cast<float>(step.iteration));  // of the learning rate, relative_step or not
  const float alpha = std::max(static_cast<float>(options_.epsilon_2), root_mean_square(step.variable)) * std::min(step.learning_rate, most);
  const float clip = std::max(1.0F, root_mean_square(numbers) / static_cast<float>(options_.clip_threshold));
  ops::add_scaled(step.variable, numbers, -alpha / clip);
}

void AdafactorBody::update_tensors(const TensorStep& step) {
  const Variable &r = slot_variable(0, step.index), &c = slot_variable(1, step.index), &v = slot_variable(2, step.index);
  const auto rms = [](const Tensor& x) { return sqrt(mean(square(x))); };
  const Tensor rate = minimum(step.learning_rate, 1 / sqrt(step.count));
  const Tensor alpha = maximum(rms(step.variable), TensorStep::cast_option(options_.epsilon_2)) * rate;
  const Tensor squares = square(step.gradient) + options_.epsilon_1;
  const Tensor keep = 1 - power(step.count, options_.beta_2_decay);
  if (step.variable.shape().rank() >= 2) {
    r.assign(keep * r + (1 - keep) * mean(squares, -1));
    c.assign(keep * c + (1 - keep) * mean(squares, -2));
    v.assign(expand_dims(r / mean(r, -1, true), -1) * expand_dims(c, -2));
  } else {
    v.assign(keep * v + (1 - keep) * squares);
  }
  const Tensor update = step.gradient / sqrt(v);
  step.variable.assign_sub(alpha * (update / maximum(rms(update) / options_.clip_threshold, 1)));
}

}  // namespace namesake
