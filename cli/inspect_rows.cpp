#include "cli/inspect_rows.h"

#include <fmt/format.h>

#include "cli/output.h"

namespace namesake::cli {
namespace {

JsonValue json_of(const view::WeightRow& weight) {
  JsonValue row = JsonValue::object({{"path", weight.path}, {"shape", shape_json(weight.shape)}, {"dtype", to_string(weight.dtype)}, {"bytes", weight.bytes}, {"stored_as", weight.stored_as}});
  if (!weight.unsupported.empty()) row.add("unsupported", weight.unsupported);
  if (!weight.alias_of.empty()) row.add("alias_of", weight.alias_of);
  return row;
}

/// `4 weights: 1,418 numbers, 5.5 KB`; what has two names counts once.
std::string total(std::string_view one, std::string_view several, const std::vector<view::WeightRow>& weights) {
  std::uint64_t numbers = 0, bytes = 0;
  std::size_t aliases = 0;
  for (const view::WeightRow& weight : weights) {
    if (!weight.alias_of.empty()) {
      ++aliases;
      continue;
    }
    numbers += static_cast<std::uint64_t>(weight.shape.elements().value_or(0));
    bytes += weight.bytes;
  }
  const std::size_t count = weights.size() - aliases;
  const std::string more = aliases == 0 ? "" : fmt::format(" and {} more name{} for what is there already", aliases, aliases == 1 ? "" : "s");
  return fmt::format("{} {}{}: {} {}, {}\n", count, count == 1 ? one : several, more, numbers, numbers == 1 ? "number" : "numbers", size_text(bytes));
}

}  // namespace

JsonValue shape_json(const Shape& shape) {
  JsonValue sizes = JsonValue::array();
  for (const std::int64_t size : shape.sizes()) sizes.push_back(size);
  return sizes;
}

JsonValue weights_json(const std::vector<view::WeightRow>& weights) {
  JsonValue rows = JsonValue::array();
  for (const view::WeightRow& weight : weights) rows.push_back(json_of(weight));
  return rows;
}

JsonValue layers_json(const std::vector<view::LayerRow>& layers) {
  JsonValue rows = JsonValue::array();
  for (const view::LayerRow& layer : layers) rows.push_back(JsonValue::object({{"name", layer.name}, {"class", layer.class_name}, {"path", layer.path}}));
  return rows;
}

std::string heading(const view::Inventory& inventory) {
  std::string what = inventory.format;
  if (!inventory.class_name.empty()) what += fmt::format(": {} \"{}\"", inventory.class_name, inventory.name);
  return fmt::format("{} ({})", inventory.file, what);
}

std::string totals_text(const view::Inventory& inventory) {
  std::string text = total("weight", "weights", inventory.weights);
  if (!inventory.optimizer.empty()) text += total("variable of the optimizer", "variables of the optimizer", inventory.optimizer);
  return text;
}

}  // namespace namesake::cli
