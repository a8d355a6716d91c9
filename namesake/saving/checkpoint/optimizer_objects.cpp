#include "namesake/saving/checkpoint/optimizer_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "namesake/optim/optimizers/loss_scale.h"

namespace namesake::saving {
namespace {

struct SlotPlace {
  std::string_view classes;  // separated by spaces; "" all
  std::string_view state;    // what the names of such variables end in
  std::string_view list;     // the attribute of Keras 2 and 3
  std::string_view also;     // another one, of one of the two
  std::string_view slot;     // until Keras 2.10
};

// As the optimizers of Keras 2.15 and 3 hold them. The first that fits counts.
constexpr SlotPlace kSlots[] = {
    {"", "_gradient_accumulator", "_accumulated_gradients", "", ""},
    {"RMSprop", "_average_gradient", "_average_gradients", "", "mg"},
    {"", "_average", "_model_variables_moving_average", "", ""},
    {"SGD", "_momentum", "momentums", "", "momentum"},
    {"Lion", "_momentum", "_momentums", "momentums", ""},
    {"Adam AdamW Nadam Lamb", "_momentum", "_momentums", "", "m"},
    {"Adam AdamW Nadam Lamb", "_velocity", "_velocities", "", "v"},
    {"Adam AdamW", "_velocity_hat", "_velocity_hats", "", "vhat"},
    {"Adamax", "_momentum", "_m", "", "m"},
    {"Adamax", "_norm", "_u", "", "v"},
    {"RMSprop", "_velocity", "_velocities", "", "rms"},
    {"RMSprop", "_momentum", "_momentums", "", "momentum"},
    {"Adagrad Ftrl", "_accumulator", "_accumulators", "", "accumulator"},
    {"Ftrl", "_linear", "_linears", "", "linear"},
    {"Adadelta", "_accumulated_grad", "_accumulated_grads", "", "accum_grad"},
    {"Adadelta", "_accumulated_delta_var", "_accumulated_delta_vars", "", "accum_var"},
};

bool is_among(std::string_view word, std::string_view words) {
  return words.empty() || fmt::format(" {} ", words).find(fmt::format(" {} ", word)) != std::string::npos;
}

const SlotPlace* place_of(std::string_view class_name, std::string_view variable) {
  const auto found = std::find_if(std::begin(kSlots), std::end(kSlots),
                                  [&](const SlotPlace& slot) { return variable.ends_with(slot.state) && is_among(class_name, slot.classes); });
  return found == std::end(kSlots) ? nullptr : found;
}

}  // namespace

Optimizer inner_of(const Optimizer& optimizer) {
  const auto* scaled = dynamic_cast<const LossScaleOptimizerBody*>(optimizer.body().get());
  return scaled == nullptr ? Optimizer() : scaled->inner_optimizer();
}

Variable as_inner_has_it(const OptimizerValue& value, const Optimizer& inner, std::span<const Variable> order) {
  for (const OptimizerValue& held : optimizer_values(inner, order)) {
    const bool same = held.target == OptimizerValue::kNone && held.places[0] == value.places[0];
    if (same) return Variable(held.variable.value(), {.name = value.variable.name(), .trainable = false});
  }
  return value.variable;
}

std::vector<OptimizerValue> optimizer_values(const Optimizer& optimizer, std::span<const Variable> order) {
  const Optimizer inner = inner_of(optimizer);
  std::vector<Variable> variables = optimizer.variables(order);
  if (inner.defined()) variables.resize(variables.size() - inner.variables(order).size());
  const bool scheduled = !inner.defined() && optimizer.learning_rate_schedule().defined();
  std::map<std::string_view, std::size_t> counts;  // of each list
  std::vector<OptimizerValue> values;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    OptimizerValue value{variables[i], {}, OptimizerValue::kNone, {}};
    const std::string& name = variables[i].name();
    if (i == 0) {
      value.places = {"_iterations"};
      value.slot = "iter";
    } else if (i == 1 && !scheduled) {
      value.places = {"_learning_rate"};
      value.slot = "learning_rate";
    } else if (inner.defined()) {
      value.places = {name, name == "dynamic_scale" ? "loss_scale/current_loss_scale" : "loss_scale/good_steps"};  // of Keras 3, of Keras 2
    } else if (optimizer.class_name() == "Nadam" && name == "variable") {
      value.places = {"_u_product"};
    } else if (const SlotPlace* slot = place_of(optimizer.class_name(), name)) {
      value.target = counts[slot->list]++;
      value.slot = slot->slot;
      for (const std::string_view list : {slot->list, slot->also}) {
        if (!list.empty()) value.places.push_back(fmt::format("{}/{}", list, value.target));
      }
    } else {
      value.places = {fmt::format("_variables/{}", i)};  // by number, as Keras 3 counts
    }
    values.push_back(std::move(value));
  }
  const bool numbered = std::any_of(values.begin(), values.end(), [](const OptimizerValue& value) { return value.places[0].starts_with("_variables/"); });
  for (std::size_t i = 0; numbered && i < values.size(); ++i) {
    if (!values[i].places[0].starts_with("_variables/")) values[i].places.push_back(fmt::format("_variables/{}", i));  // so that the numbers have no gap
  }
  return values;
}

}  // namespace namesake::saving
