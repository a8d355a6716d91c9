#include "namesake/saving/keras2/keras2_optimizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/base/json.h"

namespace namesake::saving {
namespace {

using formats::WeightEntry;
// The variables of ours that one of Keras 2's goes to; none for what only Keras 2 keeps.
using Place = std::vector<Variable>;

// A built optimizer, or what a LossScaleOptimizer is around: Keras 2 keeps the state of that alone.
struct Parts {
  std::string class_name;
  JsonValue config;
  Place iteration;
  std::vector<Variable> averages, slots;
  std::size_t targets = 0;
  [[nodiscard]] bool says(std::string_view key) const {
    const JsonValue* value = config.find(key);
    return value != nullptr && !value->is_null() && *value != JsonValue(false) && *value != JsonValue(0) && *value != JsonValue(0.0);
  }
};

// None of one that no file made: with a plain function as its learning rate.
std::optional<JsonValue> settings_of(const Optimizer& optimizer) {
  try {
    return optimizer.serialize();
  } catch (const Unsupported&) {
    return std::nullopt;
  }
}

Parts parts_of(const Optimizer& optimizer, JsonValue object) {
  constexpr std::size_t kScaling = 4;  // iteration, learning_rate, step_counter, dynamic_scale
  const std::vector<Variable> all = optimizer.variables();
  Parts parts;
  std::size_t next = 0;
  if (optimizer.class_name() == "LossScaleOptimizer") {
    parts.iteration.push_back(all[0]);
    next = kScaling;
    JsonValue inner = *object.find("config")->find("inner_optimizer");
    object = std::move(inner);
  }
  parts.class_name = object.find("class_name")->as_string();
  parts.config = *object.find("config");
  parts.targets = optimizer.trainable_variables().size();
  parts.iteration.push_back(all[next++]);
  const JsonValue* rate = parts.config.find("learning_rate");
  if (rate != nullptr && !rate->is_object()) ++next;
  for (; parts.says("use_ema") && parts.averages.size() < parts.targets && next < all.size(); ++next) parts.averages.push_back(all[next]);
  parts.slots.assign(all.begin() + static_cast<std::ptrdiff_t>(next), all.end());
  return parts;
}

void append(std::vector<Place>& places, std::span<const Variable> variables) {
  for (const Variable& variable : variables) places.push_back({variable});
}

std::vector<Place> current_places(const Parts& parts) {
  std::vector<Place> places{parts.iteration};
  append(places, parts.averages);
  if (parts.class_name == "SGD" && parts.slots.empty()) {
    places.resize(places.size() + parts.targets);
  } else if (parts.class_name == "Nadam") {
    append(places, std::span(parts.slots).first(parts.slots.size() - 1));
  } else if (parts.class_name == "Adafactor") {
    for (const Variable& slot : parts.slots) {
      if (slot.dtype() != DType::kInt32) places.push_back({slot});  // placeholders where nothing is factored
    }
  } else {
    append(places, parts.slots);
  }
  return places;
}

std::vector<Place> legacy_places(const Parts& parts) {
  const std::string& name = parts.class_name;
  std::vector<Place> places{parts.iteration};
  const bool nadam = name == "Nadam";
  if (nadam) places.push_back({parts.slots.back()});
  if (name != "Adam" && name != "Adamax" && name != "Adadelta" && !nadam) {
    append(places, parts.slots);
    return places;
  }
  const std::size_t pairs = std::min(parts.targets, parts.slots.size() / 2);
  for (const std::size_t first : {0U, 1U}) {
    for (std::size_t i = 0; i < pairs; ++i) places.push_back({parts.slots[2 * i + first]});
  }
  append(places, std::span(parts.slots).subspan(2 * pairs, parts.slots.size() - 2 * pairs - (nadam ? 1 : 0)));
  return places;
}

bool fits(std::span<const WeightEntry* const> stored, const std::vector<Place>& places) {
  return std::equal(stored.begin(), stored.end(), places.begin(), places.end(), [](const WeightEntry* entry, const Place& place) {
    return std::ranges::all_of(place, [&](const Variable& variable) { return entry->shape == variable.shape() && entry->dtype == variable.dtype(); });
  });
}

// The orders of an era: the usual one, and those of versions that kept more or less.
std::vector<std::vector<Place>> orders_of(const Parts& parts, Keras2Era era) {
  if (era == Keras2Era::kCurrent) return {current_places(parts)};
  std::vector<std::vector<Place>> orders{legacy_places(parts)};
  if (parts.class_name == "SGD" || parts.class_name == "Adam") {  // until Keras 2.3 momenta that are not used, and stand-ins for amsgrad's
    orders.push_back(orders[0]);
    orders.back().resize(orders[0].size() + parts.targets);
  }
  orders.emplace_back(orders[0].begin() + 1, orders[0].end());  // and in some classes no count of steps
  if (orders.back().empty()) orders.pop_back();
  return orders;
}

// The product of what Nadam multiplies its momentum by in each step, which Keras 2 forgets: beta_1 (1 - 0.96^t / 2) for t = 1, 2, ...
void imply_product(const Parts& parts, const WeightEntry& iteration, WeightMatches& matches) {
  const JsonValue* beta = parts.config.find("beta_1");
  if (parts.class_name != "Nadam" || beta == nullptr || !beta->is_number()) return;
  constexpr std::int64_t kAll = 10000;  // nothing is left of it then
  const std::int64_t steps = std::min(iteration.to_tensor().item<std::int64_t>(), kAll);
  double product = 1;
  for (std::int64_t t = 1; t <= steps; ++t) product *= beta->as_double() * (1 - 0.5 * std::pow(0.96, static_cast<double>(t)));
  matches.set(parts.slots.back(), Tensor(static_cast<float>(product)));
}

}  // namespace

bool match_keras2_state(const Optimizer& optimizer, std::span<const WeightEntry* const> stored, Keras2Era era, WeightMatches& matches) {
  std::optional<JsonValue> object = settings_of(optimizer);
  if (!object) return false;
  const Parts parts = parts_of(optimizer, std::move(*object));
  if (parts.class_name == "Nadam" && parts.slots.empty()) return false;
  for (const std::vector<Place>& places : orders_of(parts, era)) {
    if (!fits(stored, places)) continue;
    for (std::size_t i = 0; i < places.size(); ++i) {
      matches.claim(*stored[i]);
      for (const Variable& variable : places[i]) matches.add(stored[i], fmt::format("optimizer/{}", variable.name()), variable);
    }
    if (era == Keras2Era::kCurrent) imply_product(parts, *stored[0], matches);
    if (era == Keras2Era::kLegacy && parts.class_name == "Nadam") {
      matches.report().notes.push_back("Nadam of Keras before 2.11 let its momentum decay otherwise: its steps are not the same here");
    }
    if (optimizer.class_name() == "LossScaleOptimizer") matches.report().notes.push_back("Keras 2 keeps no loss scale: it starts anew");
    return true;
  }
  return false;
}

bool fits_keras3_state(const Optimizer& optimizer, std::span<const WeightEntry* const> stored) {
  std::vector<Place> places;
  append(places, optimizer.variables());
  return fits(stored, places);
}

}  // namespace namesake::saving
