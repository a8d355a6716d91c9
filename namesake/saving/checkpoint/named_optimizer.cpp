#include "namesake/saving/checkpoint/named_optimizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>

#include "namesake/naming/path.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/optim/optimizers/adam.h"
#include "namesake/saving/keras_layout.h"
#include "namesake/saving/checkpoint/optimizer_objects.h"
#include "namesake/saving/save_parts.h"

namespace namesake::saving {
namespace {

using formats::BundleTensor;
using formats::WeightEntry;

// As TensorFlow 2's tf.compat.v1.train names them: an optimizer's slots take its name, and numbers in the order in which they are made.
struct NamedSlot {
  std::string_view class_name, slot, name;
};
constexpr NamedSlot kSlots[] = {
    {"Adam", "m", "Adam"},           {"Adam", "v", "Adam_1"},           {"AdamW", "m", "AdamW"},
    {"AdamW", "v", "AdamW_1"},       {"SGD", "momentum", "Momentum"},   {"RMSprop", "rms", "RMSProp"},
    {"RMSprop", "mg", "RMSProp_1"},
    {"Adagrad", "accumulator", "Adagrad"}, {"Adadelta", "accum_grad", "Adadelta"}, {"Adadelta", "accum_var", "Adadelta_1"},
    {"Ftrl", "accumulator", "Ftrl"}, {"Ftrl", "linear", "Ftrl_1"},
};
constexpr std::string_view kOurs = "optimizer/";

struct NamedState {
  Variable variable;               // undefined: we have no such state; zeros are written
  std::size_t target = OptimizerValue::kNone;
  std::vector<std::string> names;  // behind the trained variable's key; without a target whole keys; the first is the one that is written
  bool per_rate = false;           // in the file: divided by minus the learning rate
  bool only_ours = false;
  enum { kState, kStep, kRate } kind = kState;
};

// "" if TensorFlow 1 has none.
std::string slot_name(const Optimizer& optimizer, const OptimizerValue& value, bool centered) {
  if (value.places[0].starts_with("_model_variables_moving_average")) return "ExponentialMovingAverage";
  if (optimizer.class_name() == "RMSprop" && value.slot == "momentum") return centered ? "RMSProp_2" : "RMSProp_1";
  for (const NamedSlot& slot : kSlots) {
    if (slot.class_name == optimizer.class_name() && slot.slot == value.slot) return std::string(slot.name);
  }
  return {};
}

std::vector<NamedState> states_of(const Optimizer& optimizer, std::span<const Variable> order) {
  const Optimizer inner = inner_of(optimizer);
  const std::string prefix = inner.defined() ? fmt::format("{}loss_scale/", kOurs) : std::string(kOurs);
  const std::vector<OptimizerValue> values = optimizer_values(optimizer, order);
  const auto keeps = [&](std::string_view slot) { return std::any_of(values.begin(), values.end(), [&](const OptimizerValue& value) { return value.slot == slot; }); };
  const bool centered = keeps("mg");
  std::vector<NamedState> states;
  for (const OptimizerValue& value : values) {
    NamedState state{value.variable, value.target, {}};
    if (value.target != OptimizerValue::kNone) {
      const std::string name = slot_name(optimizer, value, centered);
      for (const std::string& each : {name, value.slot}) {
        if (!each.empty()) state.names.push_back(each);
      }
      state.per_rate = name == "Momentum";
      state.only_ours = name.empty();
    }
    if (state.names.empty()) {
      state.target = OptimizerValue::kNone;
      if (!inner.defined() && value.slot == "iter") state.kind = NamedState::kStep;
      if (!inner.defined() && value.slot == "learning_rate") state.kind = NamedState::kRate;
      state.only_ours = state.kind == NamedState::kState;
      state.names = {prefix + (state.only_ours ? value.places[0] : value.variable.name())};
    }
    states.push_back(std::move(state));
  }
  if (optimizer.class_name() == "RMSprop" && !keeps("momentum")) {  // TensorFlow 1's has one even where none is wanted
    for (std::size_t i = 0; i < order.size(); ++i) states.push_back({{}, i, {centered ? "RMSProp_2" : "RMSProp_1"}});
  }
  if (inner.defined()) {
    std::vector<NamedState> more = states_of(inner, order);
    std::move(more.begin(), more.end(), std::back_inserter(states));
  }
  return states;
}

Optimizer innermost(const Optimizer& optimizer) {
  const Optimizer inner = inner_of(optimizer);
  return inner.defined() ? innermost(inner) : optimizer;
}

BundleTensor tensor_of(std::string key, const Variable& variable) {
  formats::ArrayContent array = array_of(std::move(key), variable);
  return {std::move(array.path), array.dtype, array.shape, std::move(array.bytes), {}};
}

BundleTensor tensor_of(std::string key, const Tensor& value) {
  return tensor_of(std::move(key), Variable(value, {.name = "value", .trainable = false}));
}

// Times `factor`, in the tensor's own dtype.
Tensor scaled(const Tensor& value, double factor) { return value * cast(Tensor::of<double>(std::span<const double>(&factor, 1), Shape::scalar()), value.dtype()); }

// The number of steps after which Adam's power of `beta` is what the file has: beta to the steps plus one. Nothing if it has vanished.
std::optional<double> steps_by_power(const WeightEntry* power, double beta) {
  if (power == nullptr || !power->unsupported.empty() || power->shape != Shape::scalar() || !is_floating(power->dtype)) return std::nullopt;
  const double value = static_cast<double>(cast(power->to_tensor(), DType::kFloat32).item<float>());
  if (!(value > static_cast<double>(std::numeric_limits<float>::min())) || !(value < 1) || !(beta > 0 && beta < 1)) return std::nullopt;
  return std::max(0.0, std::log(value) / std::log(beta) - 1);
}

/// The file's entries by the ends of their keys: scopes around an optimizer of TensorFlow 1 stand before all of its names.
class KeyEnds {
 public:
  explicit KeyEnds(const formats::ModelFile& file) {
    constexpr int kMostParts = 16;
    for (const WeightEntry& entry : file.weights) {
      const std::string_view key = entry.path;
      exact_.emplace(key, &entry);
      std::size_t slash = key.size();
      for (int part = 0; part < kMostParts && slash != std::string_view::npos && slash > 0; ++part) {
        slash = key.rfind('/', slash - 1);
        if (slash == std::string_view::npos) break;
        const auto [found, fresh] = ends_.emplace(key.substr(slash + 1), &entry);
        if (!fresh) found->second = nullptr;  // several
      }
    }
  }
  /// The entry of that key, or the only one whose key ends in it; nullptr if there is none, or several.
  [[nodiscard]] const WeightEntry* find(const std::string& key) const {
    const auto exact = exact_.find(key);
    if (exact != exact_.end()) return exact->second;
    const auto end = ends_.find(key);
    return end == ends_.end() ? nullptr : end->second;
  }

 private:
  std::unordered_map<std::string_view, const WeightEntry*> exact_, ends_;
};

std::optional<std::int64_t> whole_number(const WeightEntry* entry) {
  if (entry == nullptr || !entry->unsupported.empty() || entry->shape != Shape::scalar() || !is_integer(entry->dtype)) return std::nullopt;
  return cast(entry->to_tensor(), DType::kInt64).item<std::int64_t>();
}

// The steps that the state of TensorFlow 1 was made in: nowhere said as such.
// `ours`: the iteration, if the file is one of ours.
void match_steps(const Optimizer& optimizer, const Variable& iteration, const WeightEntry* ours, const KeyEnds& keys, WeightMatches& matches) {
  const WeightEntry *first = keys.find("beta1_power"), *second = keys.find("beta2_power");
  const WeightEntry* global = keys.find("global_step");
  if (global == nullptr) global = keys.find("iter");
  std::optional<std::int64_t> steps = whole_number(global);
  if (const auto* adam = dynamic_cast<const AdamBody*>(innermost(optimizer).body().get())) {
    // The power of beta_1 changes most from step to step, but vanishes first. Each product was rounded: after many steps it is an estimate.
    auto estimate = steps_by_power(first, adam->beta_1());
    if (!estimate) estimate = steps_by_power(second, adam->beta_2());
    const bool agrees = estimate && steps && std::abs(*estimate - static_cast<double>(*steps)) <= 0.5 + 1e-3 * *estimate;
    if (estimate && !agrees) steps = std::llround(*estimate);
    for (const WeightEntry* power : {first, second}) {
      if (power != nullptr) matches.claim(*power);
    }
  }
  if (global != nullptr && (ours != nullptr || steps)) matches.claim(*global);
  if (ours != nullptr) return matches.add(ours, "optimizer/" + iteration.name(), iteration);
  if (!steps) {
    matches.report().notes.emplace_back("the file does not say how many steps the optimizer made: it counts from 0");
    return;
  }
  matches.set(iteration, cast(Tensor(*steps), iteration.dtype()));
  matches.report().loaded.push_back("optimizer/" + iteration.name());
}

using Paths = std::unordered_map<const void*, std::string>;

Paths paths_of(const Model& model) {
  Paths paths;
  for (NamedWeight& weight : model.named_weights()) paths.emplace(weight.variable.id(), std::move(weight.path));
  return paths;
}

}  // namespace

std::vector<BundleTensor> named_state(const Model& model, SaveReport& report) {
  build_optimizer(model);
  const Paths paths = paths_of(model);
  const Optimizer optimizer = model.optimizer();
  const std::vector<Variable> order = model.trainable_variables();
  const double rate = optimizer.learning_rate();
  std::vector<BundleTensor> tensors;
  std::size_t only_ours = 0;
  for (const NamedState& state : states_of(optimizer, order)) {
    std::string key = state.target == OptimizerValue::kNone ? state.names[0] : naming::join_path(paths.at(order[state.target].id()), state.names[0]);
    only_ours += state.only_ours ? 1 : 0;
    if (!state.variable.defined()) {
      tensors.push_back(tensor_of(std::move(key), zeros_like(order[state.target].value())));
    } else if (!state.per_rate) {
      tensors.push_back(tensor_of(std::move(key), state.variable));
    } else if (rate != 0) {
      tensors.push_back(tensor_of(std::move(key), scaled(state.variable.value(), -1 / rate)));
    } else {
      report.dropped.push_back(fmt::format("{}: TensorFlow 1 divides it by the learning rate, which is 0", key));
    }
  }
  const Optimizer inner = innermost(optimizer);
  const std::int64_t steps = inner.iterations();
  tensors.push_back(tensor_of("global_step", Tensor(steps)));
  if (const auto* adam = dynamic_cast<const AdamBody*>(inner.body().get())) {
    const auto power = [&](double beta) { return Tensor(static_cast<float>(std::pow(beta, static_cast<double>(steps + 1)))); };
    tensors.push_back(tensor_of("beta1_power", power(adam->beta_1())));
    tensors.push_back(tensor_of("beta2_power", power(adam->beta_2())));
  }
  if (only_ours > 0) {
    report.notes.push_back(fmt::format("TensorFlow 1 has no names for {} values of the optimizer {}: only Namesake reads them", only_ours, optimizer.class_name()));
  }
  return tensors;
}

void match_named_state(const Model& model, const std::vector<KeyedWeight>& weights, WeightMatches& matches) {
  build_optimizer(model);
  const std::vector<Variable> order = model.trainable_variables();
  std::unordered_map<const void*, std::string_view> keys_of_weights;
  for (const KeyedWeight& weight : weights) keys_of_weights.emplace(weight.variable.id(), weight.key);
  const KeyEnds keys(matches.file());
  const std::vector<NamedState> states = states_of(model.optimizer(), order);
  std::vector<const WeightEntry*> found(states.size());
  bool any = false, any_slot = false;
  for (std::size_t i = 0; i < states.size(); ++i) {
    const NamedState& state = states[i];
    const bool slot = state.target != OptimizerValue::kNone;
    const auto owner = slot ? keys_of_weights.find(order[state.target].id()) : keys_of_weights.end();
    if (slot && owner == keys_of_weights.end()) continue;
    for (const std::string& name : state.names) {
      if (found[i] == nullptr) found[i] = keys.find(slot ? naming::join_path(std::string(owner->second), name) : name);
    }
    any_slot = any_slot || slot;
    any = any || (found[i] != nullptr && (slot || state.kind == NamedState::kStep));
  }
  LoadReport& report = matches.report();
  const bool steps_known = keys.find("global_step") != nullptr || keys.find("iter") != nullptr;
  if (!any && (any_slot || !steps_known)) {
    report.notes.emplace_back("the file keeps no optimizer state: training starts anew");
    return;
  }
  const double rate = model.optimizer().learning_rate();
  for (std::size_t i = 0; i < states.size(); ++i) {
    const NamedState& state = states[i];
    if (!state.variable.defined()) {
      if (found[i] != nullptr) matches.claim(*found[i]);
      continue;
    }
    const std::string shown = "optimizer/" + state.variable.name();
    if (state.kind == NamedState::kStep) {
      match_steps(model.optimizer(), state.variable, found[i], keys, matches);
    } else if (found[i] == nullptr && (state.kind == NamedState::kRate || state.names[0].starts_with("optimizer/loss_scale/"))) {
      continue;  // TensorFlow 1 keeps neither
    } else if (state.per_rate && found[i] != nullptr && found[i]->path.ends_with("/Momentum")) {
      matches.add(found[i], shown, state.variable, [rate](const Tensor& value) { return scaled(value, -rate); });
    } else {
      matches.add(found[i], shown, state.variable);
    }
  }
}

}  // namespace namesake::saving
