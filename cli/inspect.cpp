// namesake inspect FILE: the tree of scopes, layers and weights.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/inspect_rows.h"
#include "cli/output.h"
#include "namesake/view/graph_inventory.h"
#include "namesake/view/inventory.h"
#include "namesake/view/name_tree.h"
#include "namesake/view/open_file.h"

namespace namesake::cli {
namespace {

// What says whole models: the tree shows them.
bool is_config(std::string_view key) { return key == "model_config" || key == "training_config"; }

/// Versions, dates and the like that the file has of itself.
JsonValue metadata_of(const formats::ModelFile& file) {
  JsonValue found = JsonValue::object();
  if (!file.metadata.is_object()) return found;
  for (const JsonMember& member : file.metadata.members()) {
    if (!is_config(member.key)) found.add(member.key, member.value);
  }
  return found;
}

/// The attributes of groups and arrays: {"path", "attributes"} of each that has some.
JsonValue attributes_of(const formats::ModelFile& file) {
  JsonValue rows = JsonValue::array();
  const auto add = [&rows](const std::string& path, const JsonValue& attributes) {
    JsonValue shown = JsonValue::object();
    for (const JsonMember& member : attributes.members()) {
      if (!is_config(member.key)) shown.add(member.key, member.value);
    }
    if (!shown.members().empty()) rows.push_back(JsonValue::object({{"path", path}, {"attributes", std::move(shown)}}));
  };
  for (const formats::GroupEntry& group : file.groups) add(group.path, group.attributes);
  for (const formats::WeightEntry& weight : file.weights) add(weight.path, weight.attributes);
  return rows;
}

/// Groups of two names, and links that are not followed: {"path", "kind", "target"} of each.
JsonValue links_of(const formats::ModelFile& file) {
  JsonValue rows = JsonValue::array();
  for (const formats::GroupEntry& group : file.groups) {
    if (!group.alias_of.empty()) rows.push_back(JsonValue::object({{"path", group.path}, {"kind", "hard"}, {"target", group.alias_of}}));
  }
  for (const formats::LinkEntry& link : file.links) rows.push_back(JsonValue::object({{"path", link.path}, {"kind", link.external ? "external" : "soft"}, {"target", link.target}}));
  return rows;
}

/// A line for each.
std::string links_text(const formats::ModelFile& file) {
  std::string text;
  const JsonValue rows = links_of(file);
  for (const JsonValue& row : rows.items()) {
    const std::string &path = row.find("path")->as_string(), &kind = row.find("kind")->as_string(), &target = row.find("target")->as_string();
    text += kind == "hard" ? fmt::format("group {} = {}\n", path, target) : fmt::format("{} -> {} ({}, not followed)\n", path, target, kind == "external" ? "in another file" : "a soft link");
  }
  return text;
}

JsonValue json_of(const view::Inventory& inventory, const formats::ModelFile& file) {
  return JsonValue::object({{"file", inventory.file},
                            {"format", inventory.format},
                            {"bytes", file.size},
                            {"metadata", metadata_of(file)},
                            {"weights", weights_json(inventory.weights)},
                            {"layers", layers_json(inventory.layers)},
                            {"optimizer", weights_json(inventory.optimizer)},
                            {"links", links_of(file)},
                            {"attributes", attributes_of(file)}});
}

/// `12.3 KB, keras_version 3.15.1, ...`, then a line for each group or array with attributes.
std::string attributes_text(const formats::ModelFile& file) {
  std::string text = fmt::format("file of {}", size_text(file.size));
  const auto value_text = [](const JsonValue& value) { return value.is_string() ? value.as_string() : to_json(value); };
  const JsonValue metadata = metadata_of(file), rows = attributes_of(file);
  for (const JsonMember& member : metadata.members()) text += fmt::format(", {} {}", member.key, value_text(member.value));
  text += "\n";
  for (const JsonValue& row : rows.items()) {
    const std::string& path = row.find("path")->as_string();
    for (const JsonMember& member : row.find("attributes")->members()) {
      text += fmt::format("{}@{} = {}\n", path.empty() ? "/" : path + " ", member.key, value_text(member.value));
    }
  }
  return text;
}

}  // namespace

void inspect(const InspectOptions& options) {
  if (const auto graph = view::open_graph_file(options.file)) return inspect_graph(*graph, options);
  const formats::ModelFile file = view::open_model_file(options.file);
  const view::Inventory inventory = view::inventory_of(file);
  if (options.json) return print_json(json_of(inventory, file));
  std::string text = view::name_tree(inventory, heading(inventory), {.ascii = options.ascii, .optimizer = true});
  text += totals_text(inventory) + links_text(file);
  if (options.attributes) text += attributes_text(file);
  print(text);
}

}  // namespace namesake::cli
