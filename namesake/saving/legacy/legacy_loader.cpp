#include "namesake/saving/legacy/legacy_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "namesake/base/error.h"
#include "namesake/formats/name_match.h"
#include "namesake/naming/path.h"
#include "namesake/saving/keras2/keras2_optimizer.h"
#include "namesake/saving/keras_layout.h"

namespace namesake::saving {
namespace {

using formats::LegacyGroup;

// The last two components, `a/kernel`: what names of Keras 2 and 3 have in common, below nested models too.
std::string tail(std::string_view path) {
  const std::string leaf(formats::legacy_leaf_name(path));
  const std::string_view parent = naming::parent_path(path);
  return parent.empty() ? leaf : naming::join_path(naming::leaf_name(parent), leaf);
}

// Whether `file` has the names of `model`, and some of them elsewhere, where a shape of another stands.
bool is_shuffled(std::vector<std::string> file, std::vector<std::string> model) {
  if (file == model) return false;
  std::sort(file.begin(), file.end());
  std::sort(model.begin(), model.end());
  return file == model;
}

template <class Item>
std::string names_of(const std::vector<const Item*>& items) {
  std::vector<std::string> names;
  for (const Item* item : items) {
    if (names.size() < 6) names.push_back(item->name);
  }
  if (names.size() < items.size()) names.emplace_back("...");
  return fmt::format("{} ({})", items.size(), fmt::join(names, ", "));
}

}  // namespace

void LegacyLoader::match_by_position(const LegacyLayout& layout) {
  std::vector<const LegacyGroup*> groups;
  std::vector<const LegacyLayer*> layers;
  for (const LegacyGroup& group : stored_.layers) {
    if (!group.weights.empty()) groups.push_back(&group);
  }
  for (const LegacyLayer& layer : layout.layers) {
    if (!layer.weights.empty()) layers.push_back(&layer);
  }
  if (groups.size() != layers.size()) {
    throw ShapeMismatch({.subject = matches_.file().file,
                         .what = fmt::format("{}: The file has weights for another number of layers than the model has.", matches_.file().file),
                         .expected = names_of(layers),
                         .received = names_of(groups),
                         .fix = "load_weights with by_name = true takes the layers that both have"});
  }
  check_names(groups, layers);
  for (std::size_t i = 0; i < groups.size(); ++i) match_layer(*groups[i], *layers[i]);
  match_top_level(layout);
}

void LegacyLoader::match_by_name(const LegacyLayout& layout) {
  std::unordered_map<std::string_view, const LegacyLayer*> by_name;
  for (const LegacyLayer& layer : layout.layers) by_name.emplace(layer.name, &layer);
  std::unordered_map<const LegacyLayer*, const LegacyGroup*> taken;
  for (const LegacyGroup& group : stored_.layers) {
    if (group.weights.empty()) continue;
    const std::string name = names_(group.name);
    const auto found = by_name.find(name);
    if (found == by_name.end() || found->second->weights.empty()) {
      for (const formats::LegacyWeight& weight : group.weights) matches_.report().unused.push_back(naming::join_path(group.name, weight.name));
      continue;
    }
    const auto [other, fresh] = taken.emplace(found->second, &group);
    if (!fresh) {
      matches_.report().ambiguous.push_back(fmt::format("\"{}\" and \"{}\" are both for the layer \"{}\"", other->second->name, group.name, name));
      continue;
    }
    match_layer(group, *found->second);
  }
  for (const LegacyLayer& layer : layout.layers) {
    if (taken.contains(&layer)) continue;
    for (const LegacyLayerWeight& weight : layer.weights) matches_.report().missing.push_back(weight.path);
  }
}

void LegacyLoader::match_layer(const LegacyGroup& group, const LegacyLayer& layer) {
  if (group.weights.size() != layer.weights.size()) {
    if (matches_.rules().skip_mismatch) {
      matches_.report().notes.push_back(fmt::format("{} stays as it is: the file has {} weights for it, the model {}", layer.name, group.weights.size(),
                                                    layer.weights.size()));
      return;
    }
    throw ShapeMismatch({.subject = layer.name,
                         .what = fmt::format("{}: {} has another number of weights than the layer {}.", matches_.file().file, group.path, layer.name),
                         .expected = std::to_string(layer.weights.size()),
                         .received = std::to_string(group.weights.size())});
  }
  check_order(group, layer);
  for (std::size_t i = 0; i < layer.weights.size(); ++i) matches_.add(group.weights[i].entry, layer.weights[i].path, layer.weights[i].variable);
}

void LegacyLoader::match_top_level(const LegacyLayout& layout) {
  const std::size_t stored = stored_.top_level ? stored_.top_level->weights.size() : 0;
  for (std::size_t i = 0; i < std::max(stored, layout.top_level.size()); ++i) {
    if (i >= layout.top_level.size()) {
      matches_.report().unused.push_back(naming::join_path(stored_.top_level->path, stored_.top_level->weights[i].name));
    } else {
      matches_.add(i < stored ? stored_.top_level->weights[i].entry : nullptr, layout.top_level[i].path, layout.top_level[i].variable);
    }
  }
}

// Within a group, too, only the order counts: the same names in another order are weights at another's place.
void LegacyLoader::check_order(const LegacyGroup& group, const LegacyLayer& layer) {
  std::vector<std::string> in_file, in_model, file_leaves, model_leaves;
  for (std::size_t i = 0; i < layer.weights.size(); ++i) {
    in_file.push_back(tail(group.weights[i].name));
    in_model.push_back(tail(naming::join_path(layer.name, layer.weights[i].inner)));
    file_leaves.push_back(std::string(naming::leaf_name(in_file.back())));
    model_leaves.push_back(std::string(naming::leaf_name(in_model.back())));
  }
  if (!is_shuffled(in_file, in_model) && !is_shuffled(file_leaves, model_leaves)) return;
  for (std::size_t i = 0; i < in_file.size(); ++i) {
    if (in_file[i] == in_model[i]) continue;
    matches_.report().ambiguous.push_back(fmt::format("{}: weight {} is \"{}\" in the file, \"{}\" in the model", group.path, i, in_file[i], in_model[i]));
    return;
  }
}

void LegacyLoader::check_names(const std::vector<const LegacyGroup*>& groups, const std::vector<const LegacyLayer*>& layers) {
  std::vector<formats::LayerSlot> in_file, in_model;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    in_model.push_back({layers[i]->class_name, layers[i]->shapes(), layers[i]->name});
    in_file.push_back({layers[i]->class_name, in_model.back().shapes, names_(groups[i]->name)});
  }
  const auto found = formats::match_slots(in_file, in_model);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] == formats::SlotMatch::kEqual) continue;
    std::string text = fmt::format("{}: the file says \"{}\", the model \"{}\" ({})", groups[i]->path, in_file[i].name, in_model[i].name,
                                   formats::to_string(found[i]));
    (formats::is_error(found[i]) ? matches_.report().ambiguous : matches_.report().notes).push_back(std::move(text));
  }
}

void LegacyLoader::match_optimizer(const Model& model) {
  LoadReport& report = matches_.report();
  if (!stored_.optimizer || stored_.optimizer->weights.empty()) {
    report.notes.push_back("the file keeps no optimizer state: training starts anew");
    return;
  }
  const Optimizer& optimizer = model.optimizer();
  build_optimizer(model);
  std::vector<const formats::WeightEntry*> stored;
  for (const formats::LegacyWeight& weight : stored_.optimizer->weights) stored.push_back(weight.entry);
  // Since Keras 2.11 the first is called `iteration`, before `Adam/iter:0` and the like.
  const bool legacy = formats::legacy_leaf_name(stored_.optimizer->weights[0].name) != "iteration";
  if (legacy && match_keras2_state(optimizer, stored, Keras2Era::kLegacy, matches_)) return;
  const std::vector<Variable> variables = optimizer.variables();
  if (fits_keras3_state(optimizer, stored)) {
    for (std::size_t i = 0; i < stored.size(); ++i) matches_.add(stored[i], fmt::format("optimizer/{}", variables[i].name()), variables[i]);
    return;
  }
  if (match_keras2_state(optimizer, stored, Keras2Era::kCurrent, matches_)) return;
  report.notes.push_back(fmt::format("the optimizer state is not loaded: {} has {} variables, the file {}, or of other shapes; training starts anew",
                                     optimizer.class_name(), variables.size(), stored.size()));
}

}  // namespace namesake::saving
