// namesake inspect FILE: the tree of scopes, layers and weights.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "namesake/view/inventory.h"
#include "namesake/view/name_tree.h"
#include "namesake/view/open_file.h"

namespace namesake::cli {
namespace {

JsonValue json_of(const view::WeightRow& weight) {
  JsonValue shape = JsonValue::array();
  for (const std::int64_t size : weight.shape.sizes()) shape.push_back(size);
  return JsonValue::object({{"path", weight.path}, {"shape", std::move(shape)}, {"dtype", to_string(weight.dtype)}, {"bytes", weight.bytes}, {"stored_as", weight.stored_as}});
}

JsonValue json_of(const std::vector<view::WeightRow>& weights) {
  JsonValue rows = JsonValue::array();
  for (const view::WeightRow& weight : weights) rows.push_back(json_of(weight));
  return rows;
}

JsonValue json_of(const view::Inventory& inventory) {
  JsonValue layers = JsonValue::array();
  for (const view::LayerRow& layer : inventory.layers) {
    layers.push_back(JsonValue::object({{"name", layer.name}, {"class", layer.class_name}, {"path", layer.path}}));
  }
  return JsonValue::object({{"file", inventory.file},
                            {"format", inventory.format},
                            {"weights", json_of(inventory.weights)},
                            {"layers", std::move(layers)},
                            {"optimizer", json_of(inventory.optimizer)}});
}

/// `model.keras (keras: Sequential "model_0")`.
std::string heading(const view::Inventory& inventory) {
  std::string what = inventory.format;
  if (!inventory.class_name.empty()) what += fmt::format(": {} \"{}\"", inventory.class_name, inventory.name);
  return fmt::format("{} ({})", inventory.file, what);
}

/// `4 weights: 1,418 numbers, 5.5 KB`.
std::string total(std::string_view what, const std::vector<view::WeightRow>& weights) {
  std::int64_t numbers = 0;
  std::uint64_t bytes = 0;
  for (const view::WeightRow& weight : weights) {
    if (weight.shape.known_rank()) numbers += weight.shape.count();
    bytes += weight.bytes;
  }
  return fmt::format("{} {}: {} {}, {}", weights.size(), what, numbers, numbers == 1 ? "number" : "numbers", size_text(bytes));
}

}  // namespace

void inspect(const InspectOptions& options) {
  const view::Inventory inventory = view::inventory_of(view::open_model_file(options.file));
  if (options.json) return print_json(json_of(inventory));
  std::string text = view::name_tree(inventory, heading(inventory), {.ascii = options.ascii, .optimizer = true});
  text += total(inventory.weights.size() == 1 ? "weight" : "weights", inventory.weights) + "\n";
  if (!inventory.optimizer.empty()) text += total("variables of the optimizer", inventory.optimizer) + "\n";
  print(text);
}

}  // namespace namesake::cli
