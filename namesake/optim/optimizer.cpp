#include "namesake/optim/optimizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <regex>

#include "namesake/base/error.h"
#include "namesake/naming/path.h"
#include "namesake/naming/snake_case.h"
#include "namesake/ops/create.h"

namespace namesake {
namespace {

std::string names_of(std::span<const Variable> variables) {
  std::string names;
  for (const Variable& v : variables) {
    fmt::format_to(std::back_inserter(names), "{}\"{}\" {} of {}", names.empty() ? "" : ", ", v.name(), to_string(v.shape()), to_string(v.site()));
  }
  return names;
}

void check_range(bool within, std::string_view argument, std::string_view expected, double received) {
  if (within) return;
  throw InvalidArgument({.subject = std::string(argument),
                         .what = fmt::format("The {} of an optimizer lies outside its range.", argument),
                         .expected = std::string(expected),
                         .received = fmt::format("{}", received)});
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
  if (!std::isfinite(settings.learning_rate.number())) {
    throw InvalidArgument({.subject = class_name,
                           .what = fmt::format("The learning rate of {} is no number.", class_name),
                           .received = fmt::format("{}", settings.learning_rate.number())});
  }
  const std::int64_t steps = settings.gradient_accumulation_steps.value_or(0);  // 0 is off, as in Keras
  if (steps != 0) check_range(steps >= 2, "gradient_accumulation_steps", "an integer >= 2", static_cast<double>(steps));
  if (!settings.use_ema) return;
  check_range(settings.ema_momentum >= 0 && settings.ema_momentum <= 1, "ema_momentum", "a number in [0, 1]", settings.ema_momentum);
  const std::int64_t frequency = settings.ema_overwrite_frequency.value_or(0);
  check_range(frequency >= 0, "ema_overwrite_frequency", "an integer >= 1", static_cast<double>(frequency));
}

std::vector<std::regex> patterns_of(std::span<const std::string> names) {
  std::vector<std::regex> patterns;
  for (const std::string& pattern : names) {
    try {
      patterns.emplace_back(pattern);
    } catch (const std::regex_error&) {
      throw InvalidArgument({.subject = pattern,
                             .what = "A name to exclude from weight decay is no regular expression.",
                             .expected = "a part of a path, such as \"bias\"",
                             .received = pattern});
    }
  }
  return patterns;
}

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

OptimizerBase::OptimizerBase(std::string_view class_name, OptimizerSettings settings)
    : class_name_(class_name), settings_(std::move(settings)) {
  check_settings(class_name_, settings_);
  if (settings_.name.empty()) settings_.name = naming::to_snake_case(class_name_);
  iterations_ = Variable(Tensor(std::int64_t{0}), {.name = "iteration", .trainable = false});
  if (settings_.learning_rate.is_schedule()) return;
  learning_rate_ = Variable(Tensor(static_cast<float>(settings_.learning_rate.number())), {.name = "learning_rate", .trainable = false});
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
    if (is_floating(variable.dtype())) continue;
    throw Unsupported({.subject = variable.name(),
                       .what = fmt::format("The optimizer \"{}\" cannot change the variable \"{}\".", name(), variable.name()),
                       .expected = "a floating dtype",
                       .received = std::string(to_string(variable.dtype())),
                       .fix = "set_trainable(false) for it"});
  }
  targets_.assign(variables.begin(), variables.end());
  paths_.clear();
  for (const Variable& variable : variables) paths_.push_back(variable.name());
  if (!paths.empty()) check_paths(paths);
  if (settings_.use_ema) add_slots({{"average"}});
  if (accumulates()) add_slots({{"gradient_accumulator"}});
  own_slots_ = slots_.size();
  create_slots();
  decide_weight_decay();
  built_ = true;
  if (!paths.empty()) name_variables(paths);
}

void OptimizerBase::add_slots(std::initializer_list<SlotOptions> slots) {
  for (const SlotOptions& options : slots) {
    Slot slot{options.name, groups_, {}};
    slot.variables.reserve(targets_.size());
    for (const Variable& target : targets_) {
      Tensor initial;
      if (options.make) {
        initial = options.make(target);
      } else {
        initial = full(target.shape(), TensorStep::cast_option(options.initial), target.dtype());
      }
      const std::string name = options.name.empty() ? target.name() : fmt::format("{}_{}", target.name(), options.name);
      slot.variables.push_back(initial.defined() ? Variable(initial, VariableOptions{.name = name, .trainable = false}) : Variable());
    }
    slots_.push_back(std::move(slot));
  }
  ++groups_;
}

Variable OptimizerBase::add_state(std::string name, const Tensor& initial) {
  Variable state(initial, VariableOptions{.name = name, .trainable = false});
  slots_.push_back({std::move(name), groups_++, {state}, true});
  return state;
}

void OptimizerBase::check_paths(std::span<const std::string> paths) {
  if (paths.size() != targets_.size()) {
    throw InvalidArgument({.subject = name(),
                           .what = fmt::format("The paths do not fit the variables of the optimizer \"{}\".", name()),
                           .expected = fmt::format("{} paths", targets_.size()),
                           .received = fmt::format("{}", paths.size())});
  }
  paths_.assign(paths.begin(), paths.end());
}

void OptimizerBase::name_variables(std::span<const std::string> paths) {
  check_paths(paths);
  decide_weight_decay();
  const std::vector<std::string> flat = flat_names(paths);
  for (const Slot& slot : slots_) {
    if (slot.alone || slot.name.empty()) continue;
    for (std::size_t i = 0; i < flat.size(); ++i) {
      if (slot.variables[i].defined()) slot.variables[i].rename(fmt::format("{}_{}", flat[i], slot.name));
    }
  }
}

std::vector<Variable> OptimizerBase::variables(std::span<const Variable> order) const {
  if (order.size() != targets_.size()) {
    throw InvalidArgument({.subject = name(),
                           .what = fmt::format("The optimizer \"{}\" was built with other variables.", name()),
                           .expected = names_of(targets_),
                           .received = names_of(order)});
  }
  std::vector<Variable> out{iterations_};
  if (learning_rate_.defined()) out.push_back(learning_rate_);
  for (std::size_t begin = 0; begin < slots_.size();) {
    std::size_t end = begin;
    while (end < slots_.size() && slots_[end].group == slots_[begin].group) ++end;
    if (slots_[begin].alone) out.push_back(slots_[begin].variables[0]);
    for (std::size_t i = 0; i < order.size() && !slots_[begin].alone; ++i) {
      const std::size_t index = index_of(order[i], i);
      for (std::size_t s = begin; s < end; ++s) {
        if (slots_[s].variables[index].defined()) out.push_back(slots_[s].variables[index]);
      }
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
  const bool kind = variable.dtype() == DType::kFloat32 ? gradient.dtype() == DType::kFloat32 : is_floating(gradient.dtype());
  const bool fits = kind && gradient.shape() == variable.shape() && !gradient.is_symbolic();
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

std::int64_t OptimizerBase::iterations() const {
  const std::int64_t calls = iterations_.value().data<std::int64_t>()[0];
  return accumulates() ? calls / *settings_.gradient_accumulation_steps : calls;
}

double OptimizerBase::learning_rate() const {
  if (learning_rate_.defined()) return static_cast<double>(learning_rate_.value().data<float>()[0]);
  return static_cast<double>(static_cast<float>(learning_rate_schedule()(iterations_.value().data<std::int64_t>()[0])));
}

void OptimizerBase::set_learning_rate(LearningRate learning_rate) {
  if (learning_rate.is_schedule()) {
    learning_rate_ = Variable();
  } else if (learning_rate_.defined()) {
    learning_rate_.assign(Tensor(static_cast<float>(learning_rate.number())));
  } else {
    throw InvalidArgument({.subject = name(),
                           .what = fmt::format("The learning rate of the optimizer \"{}\" is a schedule: no number can be set.", name()),
                           .expected = "another schedule",
                           .received = fmt::format("{}", learning_rate.number()),
                           .fix = "make the optimizer with a number for its learning rate"});
  }
  settings_.learning_rate = std::move(learning_rate);
}

void OptimizerBase::exclude_from_weight_decay(std::span<const Variable> variables, std::span<const std::string> names) {
  (void)patterns_of(names);
  excluded_.assign(variables.begin(), variables.end());
  excluded_names_.assign(names.begin(), names.end());
  decide_weight_decay();
}

void OptimizerBase::decide_weight_decay() {
  const std::vector<std::regex> patterns = patterns_of(excluded_names_);
  decays_.resize(targets_.size());
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const auto is_in = [&](const std::regex& pattern) { return std::regex_search(paths_[i], pattern); };
    decays_[i] = std::find(excluded_.begin(), excluded_.end(), targets_[i]) == excluded_.end() &&
                 std::none_of(patterns.begin(), patterns.end(), is_in);
  }
}

void OptimizerBase::write_config(ConfigFields&) const {}

JsonValue OptimizerBase::serialize() const { return optim::optimizer_object(class_name_, config()); }

JsonValue OptimizerBase::config() const {
  OptimizerSettings settings = settings_;
  if (!settings.learning_rate.is_schedule()) settings.learning_rate = learning_rate();
  ConfigFields fields;
  optim::settings_config(settings, fields);
  write_config(fields);
  return std::move(fields).take_written();
}

}  // namespace namesake
