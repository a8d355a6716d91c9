#include "namesake/optim/optimizers/muon.h"

#include <algorithm>
#include <cmath>
#include <regex>

#include "namesake/base/error.h"
#include "namesake/naming/snake_case.h"
#include "namesake/ops/create.h"
#include "namesake/ops/linalg.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/unary.h"
#include "namesake/ops/update.h"

namespace namesake {
namespace {

/// The matrix with its singular values brought near 1, by `ns_steps` Newton-Schulz steps.
Tensor orthogonalised(const Tensor& matrix, const MuonOptions& o) {
  const bool tall = matrix.shape()[0] > matrix.shape()[1];
  Tensor x = divide(tall ? transpose(matrix) : matrix, sqrt(sum(square(matrix))) + 1e-7);
  for (std::int64_t i = 0; i < o.ns_steps; ++i) {
    const Tensor a = matmul(x, x, false, true);
    const Tensor b = add(multiply(a, o.muon_b), matmul(multiply(a, o.muon_c), a));
    x = add(multiply(x, o.muon_a), matmul(b, x));
  }
  return tall ? transpose(x) : x;
}

void check_patterns(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    try {
      (void)std::regex(pattern);
    } catch (const std::regex_error&) {
      throw InvalidArgument({.subject = "exclude_layers",
                             .what = "An entry of exclude_layers is no regular expression.",
                             .expected = "a part of a path, such as \"dense\"",
                             .received = pattern});
    }
  }
}

}  // namespace

MuonBody::MuonBody(const Options& options) : OptimizerBase(kClassName, optim::settings_of(options)), options_(options) {
  check_patterns(options.exclude_layers);
}

void MuonBody::config(Options& options, ConfigFields& fields) {
  fields("adam_beta_1", options.adam_beta_1);
  fields("adam_beta_2", options.adam_beta_2);
  fields("epsilon", options.epsilon);
  fields("exclude_layers", options.exclude_layers);
  fields("muon_a", options.muon_a);
  fields("muon_b", options.muon_b);
  fields("muon_c", options.muon_c);
  if (!fields.reading() && options.adam_lr_ratio == 1) {
    fields.always("adam_lr_ratio", 1);  // an integer, as Keras's default is
  } else {
    fields("adam_lr_ratio", options.adam_lr_ratio);
  }
  fields("momentum", options.momentum);
  fields("ns_steps", options.ns_steps);
  fields("nesterov", options.nesterov);
  fields("exclude_embeddings", options.exclude_embeddings);
  fields("adam_weight_decay", options.adam_weight_decay);
  fields("rms_rate", options.rms_rate);
}

bool MuonBody::decide_adam(std::size_t index) const {
  if (trainable_variables()[index].shape().rank() != 2) return true;
  const std::string& path = path_of(index);
  if (options_.exclude_embeddings && naming::to_lower(path).find("embedding") != std::string::npos) return true;
  return std::any_of(options_.exclude_layers.begin(), options_.exclude_layers.end(),
                     [&](const std::string& pattern) { return std::regex_search(path, std::regex(pattern)); });
}

void MuonBody::create_slots() {
  adam_.clear();
  for (std::size_t i = 0; i < trainable_variables().size(); ++i) adam_.push_back(decide_adam(i));
  const auto adams_only = [this](const Variable& variable) {
    if (!adam_[index_of(variable)]) return Tensor();
    return zeros_like(variable);
  };
  add_slots({{"momentum"}, {"velocity", 0, adams_only}});
}

std::optional<double> MuonBody::weight_decay_of(std::size_t index) const {
  return adam_[index] ? options_.adam_weight_decay : options_.weight_decay;
}

void MuonBody::update_step(const Step& step) { adam_[step.index] ? adam_step(step) : muon_step(step); }

void MuonBody::adam_step(const Step& step) const {
  const auto count = static_cast<float>(step.iteration);
  const float power_1 = std::pow(static_cast<float>(options_.adam_beta_1), count);
  const float power_2 = std::pow(static_cast<float>(options_.adam_beta_2), count);
  const float rate = step.learning_rate * static_cast<float>(options_.adam_lr_ratio);
  ops::adam_update(step.variable, slot(0, step.index), slot(1, step.index), step.gradient,
                   {.alpha = rate * std::sqrt(1.0F - power_2) / (1.0F - power_1),
                    .one_minus_beta_1 = static_cast<float>(1 - options_.adam_beta_1),
                    .one_minus_beta_2 = static_cast<float>(1 - options_.adam_beta_2),
                    .epsilon = static_cast<float>(options_.epsilon)});
}

void MuonBody::muon_step(const Step& step) const {
  const Shape& shape = trainable_variables()[step.index].shape();
  const std::span<float> m = slot(0, step.index);
  const auto momentum = static_cast<float>(options_.momentum);
  const Tensor direction = Tensor::empty(DType::kFloat32, shape);
  float* to = direction.raw_as<float>();
  for (std::size_t i = 0; i < m.size(); ++i) {
    m[i] += step.gradient[i] + m[i] * (momentum - 1.0F);
    to[i] = options_.nesterov ? step.gradient[i] + momentum * m[i] : m[i];
  }
  float rate = step.learning_rate;
  if (options_.rms_rate) rate *= std::sqrt(static_cast<float>(std::max(shape[0], shape[1]))) * static_cast<float>(*options_.rms_rate);
  ops::add_scaled(step.variable, orthogonalised(direction, options_).data<float>(), -rate);
}

void MuonBody::update_tensors(const TensorStep& step) {
  const Variable& m = slot_variable(0, step.index);
  if (adam_[step.index]) {
    const Variable& v = slot_variable(1, step.index);
    const Tensor power_1 = power(TensorStep::cast_option(options_.adam_beta_1), step.count);
    const Tensor power_2 = power(TensorStep::cast_option(options_.adam_beta_2), step.count);
    const Tensor alpha = step.learning_rate * options_.adam_lr_ratio * sqrt(1 - power_2) / (1 - power_1);
    m.assign_add((step.gradient - m) * (1 - options_.adam_beta_1));
    v.assign_add((square(step.gradient) - v) * (1 - options_.adam_beta_2));
    return step.variable.assign_sub(m * alpha / (sqrt(v) + options_.epsilon));
  }
  m.assign_add(step.gradient + m * (options_.momentum - 1));
  const Tensor direction = options_.nesterov ? step.gradient + options_.momentum * m : m.value();
  Tensor update = step.learning_rate * orthogonalised(direction, options_);
  const Shape& shape = step.variable.shape();
  if (options_.rms_rate) update = update * std::sqrt(static_cast<double>(std::max(shape[0], shape[1]))) * *options_.rms_rate;
  step.variable.assign_sub(update);
}

}  // namespace namesake
