// One step of an optimizer: what is the same for all of them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/update.h"
#include "namesake/optim/optimizer.h"

namespace namesake {
namespace {

/// 0 clips nothing, as in Keras.
bool is_set(const std::optional<double>& limit) { return limit && *limit > 0; }

bool all_float32(std::span<const Variable> variables) {
  return std::ranges::all_of(variables, [](const Variable& variable) { return variable.dtype() == DType::kFloat32; });
}

void clear(const Variable& variable) {
  if (variable.dtype() == DType::kFloat32) {
    std::ranges::fill(variable.update<float>(), 0.0F);
  } else {
    variable.assign(zeros_like(variable));
  }
}

}  // namespace

float OptimizerBase::global_scale(std::span<const Tensor> gradients) const {
  if (!is_set(settings_.global_clipnorm)) return 1.0F;
  float squares = 0;
  for (const Tensor& gradient : gradients) {
    if (gradient.defined()) squares += ops::sum_of_squares(gradient.data<float>());
  }
  const float norm = std::sqrt(squares);
  const auto limit = static_cast<float>(*settings_.global_clipnorm);
  return limit * std::min(1.0F / norm, 1.0F / limit) + (norm - norm);  // NaN if the norm is not finite
}

Tensor OptimizerBase::clipped(const Tensor& gradient, float global_scale) const {
  const auto numbers = gradient.data<float>();
  const auto fill = [&gradient, numbers](auto clip) {
    Tensor out = Tensor::empty(DType::kFloat32, gradient.shape());
    float* to = out.raw_as<float>();
    for (std::size_t i = 0; i < numbers.size(); ++i) to[i] = clip(numbers[i]);
    return out;
  };
  if (is_set(settings_.clipnorm)) {
    const auto limit = static_cast<float>(*settings_.clipnorm);
    const float norm = std::sqrt(ops::sum_of_squares(numbers));
    const float bound = norm > limit ? norm : (std::isnan(norm) ? norm : limit);
    return fill([limit, bound](float g) { return g * limit / bound; });
  }
  if (is_set(settings_.global_clipnorm)) return fill([global_scale](float g) { return g * global_scale; });
  if (is_set(settings_.clipvalue)) {
    const auto limit = static_cast<float>(*settings_.clipvalue);
    return fill([limit](float g) { return g < -limit ? -limit : (g > limit ? limit : g); });
  }
  return gradient;
}

void OptimizerBase::start_step(std::int64_t, float) {}

std::optional<double> OptimizerBase::weight_decay_of(std::size_t) const { return settings_.weight_decay; }

bool OptimizerBase::prepare(std::span<const Tensor> gradients, std::span<const Variable> variables) {
  const auto calls = iterations_.value().data<std::int64_t>()[0];
  const std::int64_t every = settings_.gradient_accumulation_steps.value_or(0);
  const bool steps_now = every == 0 || (calls + 1) % every == 0;
  const float loss_scale = static_cast<float>(settings_.loss_scale_factor.value_or(1.0));
  const std::size_t accumulator = settings_.use_ema ? 1 : 0;
  prepared_.assign(gradients.begin(), gradients.end());
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (!gradients[i].defined()) continue;
    if (variables[i].dtype() != DType::kFloat32) {
      prepare_tensors(i, index_of(variables[i], i), steps_now);
      continue;
    }
    const auto from = gradients[i].data<float>();
    std::span<float> sum;
    if (every != 0) sum = slots_[accumulator].variables[index_of(variables[i], i)].update<float>();
    if (!steps_now) {
      for (std::size_t k = 0; k < from.size(); ++k) sum[k] = from[k] / loss_scale + sum[k];
      continue;
    }
    prepared_[i] = Tensor::empty(DType::kFloat32, gradients[i].shape());
    float* to = prepared_[i].raw_as<float>();
    for (std::size_t k = 0; k < from.size(); ++k) {
      to[k] = from[k] / loss_scale;
      if (every != 0) to[k] = (to[k] + sum[k]) / static_cast<float>(every);
    }
  }
  if (every != 0 && steps_now) {
    for (const Variable& sum : slots_[accumulator].variables) clear(sum);
  }
  return steps_now;
}

void OptimizerBase::step(std::span<const Tensor> gradients, std::span<const Variable> variables) {
  const bool plain = all_float32(targets_);
  const float scale = plain ? global_scale(gradients) : 1.0F;
  const Tensor tensor_scale = plain ? Tensor() : global_scale_tensor(gradients);
  const auto rate = static_cast<float>(learning_rate());
  const std::int64_t iteration = iterations() + 1;
  start_step(iteration, rate);
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (!gradients[i].defined()) continue;
    const std::size_t index = index_of(variables[i], i);
    if (variables[i].dtype() != DType::kFloat32) {
      step_tensors(index, gradients[i], tensor_scale, rate, iteration);
      continue;
    }
    const Tensor gradient = plain ? clipped(gradients[i], scale) : clipped_tensor(gradients[i], tensor_scale);
    const auto numbers = variables[i].update<float>();
    const std::optional<double> decay = weight_decay_of(index);
    if (decay && decays_[index]) ops::scale_in_place(numbers, 1.0 - *decay * static_cast<double>(rate));
    update_step({index, numbers, gradient.data<float>(), rate, iteration});
  }
}

void OptimizerBase::move_averages() {
  const std::int64_t done = iterations(), frequency = settings_.ema_overwrite_frequency.value_or(0);
  const auto momentum = done == 0 ? 0.0F : static_cast<float>(settings_.ema_momentum);
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const Variable& average = slots_[0].variables[i];
    if (targets_[i].dtype() == DType::kFloat32) {
      ops::blend(average.update<float>(), targets_[i].value().data<float>(), momentum);
    } else {
      const double keep = done == 0 ? 0.0 : settings_.ema_momentum;
      average.assign(keep * average + (1 - keep) * targets_[i]);
    }
  }
  if (frequency != 0 && (done + 1) % frequency == 0) finalize_variable_values();
}

void OptimizerBase::finalize_variable_values() {
  if (!settings_.use_ema || !built_) return;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    if (targets_[i].dtype() == DType::kFloat32) {
      std::ranges::copy(slots_[0].variables[i].value().data<float>(), targets_[i].update<float>().begin());
    } else {
      targets_[i].assign(slots_[0].variables[i].value().copy());
    }
  }
}

Tensor OptimizerBase::scale_loss(const Tensor& loss) const {
  return settings_.loss_scale_factor ? multiply(loss, *settings_.loss_scale_factor) : loss;
}

void OptimizerBase::apply(std::span<const Tensor> gradients, std::span<const Variable> variables) {
  if (gradients.size() != variables.size()) {
    throw InvalidArgument({.subject = name(),
                           .what = "There are not as many gradients as variables.",
                           .expected = fmt::format("{} gradients", variables.size()),
                           .received = fmt::format("{}", gradients.size())});
  }
  if (gradients.empty()) return;
  if (!built_) build(variables, {});
  check_all(gradients, variables);
  const ops::StopRecording quiet;
  if (!accumulates() && !settings_.loss_scale_factor) {
    step(gradients, variables);
  } else if (prepare(gradients, variables)) {
    step(prepared_, variables);
  }
  prepared_.clear();
  if (settings_.use_ema) move_averages();
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (gradients[i].defined()) variables[i].apply_constraint();
  }
  ++iterations_.update<std::int64_t>()[0];
}

}  // namespace namesake
