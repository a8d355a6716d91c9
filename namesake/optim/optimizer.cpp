#include "namesake/optim/optimizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "namesake/base/error.h"
#include "namesake/naming/path.h"
#include "namesake/naming/snake_case.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/update.h"
#include "namesake/optim/keras_object.h"

namespace namesake {
namespace {

std::string names_of(std::span<const Variable> variables) {
  std::string names;
  for (const Variable& v : variables) {
    fmt::format_to(std::back_inserter(names), "{}\"{}\" {} of {}", names.empty() ? "" : ", ", v.name(), to_string(v.shape()), to_string(v.site()));
  }
  return names;
}

void check_settings(const std::string& class_name, const OptimizerSettings& settings) {
  const int kinds = settings.clipnorm.has_value() + settings.clipvalue.has_value() + settings.global_clipnorm.has_value();
  if (kinds > 1) {
    const auto show = [](const std::optional<double>& value) { return value ? fmt::format("{}", *value) : "unset"; };
    throw InvalidArgument({.subject = class_name,
                           .what = fmt::format("{} got more than one kind of clipping.", class_name),
                           .expected = "at most one of clipnorm, clipvalue and global_clipnorm",
                           .received = fmt::format("clipnorm = {}, clipvalue = {}, global_clipnorm = {}", show(settings.clipnorm),
                                                   show(settings.clipvalue), show(settings.global_clipnorm))});
  }
  if (!std::isfinite(settings.learning_rate)) {
    throw InvalidArgument({.subject = class_name,
                           .what = fmt::format("The learning rate of {} is no number.", class_name),
                           .received = fmt::format("{}", settings.learning_rate)});
  }
}

/// 0 clips nothing, as in Keras.
bool is_set(const std::optional<double>& limit) { return limit && *limit > 0; }

std::vector<std::string> flat_names(std::span<const std::string> paths) {
  std::vector<std::string> flat(paths.begin(), paths.end());
  for (std::string& name : flat) std::replace(name.begin(), name.end(), '/', '_');
  std::vector<std::string> sorted = flat;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end()) return flat;
  std::transform(paths.begin(), paths.end(), flat.begin(), [](const std::string& path) { return naming::join_flat(path); });
  return flat;
}

}  // namespace

OptimizerBase::OptimizerBase(std::string class_name, OptimizerSettings settings)
    : class_name_(std::move(class_name)), settings_(std::move(settings)) {
  check_settings(class_name_, settings_);
  if (settings_.name.empty()) settings_.name = naming::to_snake_case(class_name_);
  iterations_ = Variable(Tensor(std::int64_t{0}), {.name = "iteration", .trainable = false});
  learning_rate_ = Variable(Tensor(static_cast<float>(settings_.learning_rate)), {.name = "learning_rate", .trainable = false});
}

OptimizerBase::~OptimizerBase() = default;

void OptimizerBase::build(std::span<const Variable> variables, std::span<const std::string> paths) {
  if (built_) {
    throw InvalidArgument({.subject = name(),
                           .what = fmt::format("The optimizer \"{}\" was built already.", name()),
                           .received = names_of(variables),
                           .fix = "make a new optimizer for other variables"});
  }
  for (const Variable& variable : variables) {
    if (variable.dtype() == DType::kFloat32) continue;
    throw Unsupported({.subject = variable.name(),
                       .what = fmt::format("The optimizer \"{}\" cannot change the variable \"{}\".", name(), variable.name()),
                       .expected = "float32",
                       .received = std::string(to_string(variable.dtype()))});
  }
  targets_.assign(variables.begin(), variables.end());
  create_slots();
  built_ = true;
  if (!paths.empty()) name_variables(paths);
}

void OptimizerBase::add_slots(std::initializer_list<std::string_view> names) {
  for (const std::string_view slot_name : names) {
    Slot slot{std::string(slot_name), groups_, {}};
    slot.variables.reserve(targets_.size());
    for (const Variable& target : targets_) {
      Tensor zeros = Tensor::empty(DType::kFloat32, target.shape());
      std::fill_n(zeros.raw_as<float>(), zeros.size(), 0.0F);
      slot.variables.emplace_back(zeros, VariableOptions{.name = fmt::format("{}_{}", target.name(), slot_name), .trainable = false});
    }
    slots_.push_back(std::move(slot));
  }
  ++groups_;
}

void OptimizerBase::name_variables(std::span<const std::string> paths) {
  if (paths.size() != targets_.size()) {
    throw InvalidArgument({.subject = name(),
                           .what = fmt::format("The paths do not fit the variables of the optimizer \"{}\".", name()),
                           .expected = fmt::format("{} paths", targets_.size()),
                           .received = fmt::format("{}", paths.size())});
  }
  const std::vector<std::string> flat = flat_names(paths);
  for (const Slot& slot : slots_) {
    for (std::size_t i = 0; i < flat.size(); ++i) slot.variables[i].rename(fmt::format("{}_{}", flat[i], slot.name));
  }
}

std::vector<Variable> OptimizerBase::variables() const { return variables(targets_); }

std::vector<Variable> OptimizerBase::variables(std::span<const Variable> order) const {
  if (order.size() != targets_.size()) {
    throw InvalidArgument({.subject = name(),
                           .what = fmt::format("The optimizer \"{}\" was built with other variables.", name()),
                           .expected = names_of(targets_),
                           .received = names_of(order)});
  }
  std::vector<Variable> out{iterations_, learning_rate_};
  for (std::size_t begin = 0; begin < slots_.size();) {
    std::size_t end = begin;
    while (end < slots_.size() && slots_[end].group == slots_[begin].group) ++end;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::size_t index = index_of(order[i], i);
      for (std::size_t s = begin; s < end; ++s) out.push_back(slots_[s].variables[index]);
    }
    begin = end;
  }
  return out;
}

std::size_t OptimizerBase::index_of(const Variable& variable, std::size_t guess) const {
  if (guess < targets_.size() && targets_[guess] == variable) return guess;
  const auto found = std::find(targets_.begin(), targets_.end(), variable);
  if (found != targets_.end()) return static_cast<std::size_t>(found - targets_.begin());
  throw InvalidArgument({.subject = variable.name(),
                         .what = fmt::format("The optimizer \"{}\" does not know the variable \"{}\".", name(), variable.name()),
                         .expected = fmt::format("one of those it was built with: {}", names_of(targets_)),
                         .received = names_of({&variable, 1}),
                         .fix = "make a new optimizer for other variables"});
}

void OptimizerBase::check_gradient(const Tensor& gradient, const Variable& variable) const {
  const bool fits = gradient.dtype() == DType::kFloat32 && gradient.shape() == variable.shape() && !gradient.is_symbolic();
  if (fits) return;
  throw ShapeMismatch({.subject = variable.name(),
                       .what = fmt::format("The gradient does not fit the variable \"{}\".", variable.name()),
                       .expected = fmt::format("{} {}, with numbers", to_string(variable.dtype()), to_string(variable.shape())),
                       .received = fmt::format("{} {}{}", to_string(gradient.dtype()), to_string(gradient.shape()),
                                               gradient.is_symbolic() ? ", symbolic" : "")});
}

void OptimizerBase::check_all(std::span<const Tensor> gradients, std::span<const Variable> variables) const {
  bool any = false;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    (void)index_of(variables[i], i);
    if (!gradients[i].defined()) continue;
    check_gradient(gradients[i], variables[i]);
    any = true;
  }
  if (any) return;
  throw InvalidArgument({.subject = name(),
                         .what = "No variable has a gradient.",
                         .expected = "a loss that depends on at least one of them",
                         .received = names_of(variables),
                         .fix = "compute the loss from the model's output while the tape records"});
}

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
  const float scale = global_scale(gradients);
  const auto rate = learning_rate_.value().data<float>()[0];
  const auto count = iterations_.update<std::int64_t>();
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (!gradients[i].defined()) continue;
    const Tensor gradient = clipped(gradients[i], scale);
    const auto numbers = variables[i].update<float>();
    if (settings_.weight_decay) ops::scale_in_place(numbers, 1.0 - *settings_.weight_decay * static_cast<double>(rate));
    update_step({index_of(variables[i], i), numbers, gradient.data<float>(), rate, count[0] + 1});
  }
  ++count[0];
}

std::int64_t OptimizerBase::iterations() const { return iterations_.value().data<std::int64_t>()[0]; }

double OptimizerBase::learning_rate() const { return static_cast<double>(learning_rate_.value().data<float>()[0]); }

void OptimizerBase::set_learning_rate(double learning_rate) { learning_rate_.assign(Tensor(static_cast<float>(learning_rate))); }

JsonValue OptimizerBase::serialize() const {
  const auto number = [](const std::optional<double>& value) { return value ? JsonValue(*value) : JsonValue(); };
  JsonValue config = JsonValue::object({{"name", name()},
                                        {"learning_rate", learning_rate()},
                                        {"weight_decay", number(settings_.weight_decay)},
                                        {"clipnorm", number(settings_.clipnorm)},
                                        {"global_clipnorm", number(settings_.global_clipnorm)},
                                        {"clipvalue", number(settings_.clipvalue)},
                                        {"use_ema", false},
                                        {"ema_momentum", 0.99},
                                        {"ema_overwrite_frequency", nullptr},
                                        {"loss_scale_factor", nullptr},
                                        {"gradient_accumulation_steps", nullptr}});
  extend_config(config);
  return optim::keras_object("keras.optimizers", class_name_, std::move(config));
}

}  // namespace namesake
