#include "namesake/saving/keras_loader.h"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/formats/name_match.h"
#include "namesake/naming/path.h"
#include "namesake/saving/keras2/keras2_optimizer.h"

namespace namesake::saving {
namespace {

using formats::WeightEntry;

// What Keras 2 wrote otherwise: the list of a model's layers as `_layer_checkpoint_dependencies`, and sub-layers under private
// attributes (`_query_dense`).
std::string old_path(std::string_view path) {
  std::vector<std::string> names = naming::split_path(path);
  for (std::string& name : names) {
    if (name == "_layer_checkpoint_dependencies") name = "layers";
    if (name.size() > 1 && name[0] == '_') name.erase(0, 1);
  }
  return naming::join_path(names);
}

// The path of a layer of the model itself, if `path` is one: "layers/dense", or the attribute of a subclassed model.
bool is_top_level(std::string_view path) {
  if (path.starts_with("layers/")) path.remove_prefix(std::string_view("layers/").size());
  return !path.empty() && path != "layers" && path.find('/') == std::string_view::npos;
}

// What an optimizer has that was compiled and never built: iteration, learning_rate unless that is a schedule.
std::size_t counters(const Optimizer& optimizer) { return optimizer.learning_rate_schedule().defined() ? 1 : 2; }

}  // namespace

KerasLoader::KerasLoader(WeightMatches& matches, const NameMap& names) : matches_(matches), names_(names) {
  for (const WeightEntry& entry : matches.file().weights) {
    by_path_.emplace(entry.path, &entry);
    const auto [old, fresh] = by_old_path_.emplace(old_path(entry.path), &entry);
    if (!fresh) old->second = nullptr;
  }
}

const WeightEntry* KerasLoader::find(const std::string& path) const {
  if (const auto found = by_path_.find(path); found != by_path_.end()) return found->second;
  const auto found = by_old_path_.find(old_path(path));
  return found == by_old_path_.end() ? nullptr : found->second;
}

void KerasLoader::match_weights(const KerasLayout& layout) {
  for (const StoredWeight& weight : layout.weights) matches_.add(find(weight.path), weight.owner, weight.variable);
  match_names(layout);
  for (const StoredLayer& layer : layout.layers) match_count(layer);
}

std::unordered_map<std::string, std::string> KerasLoader::paths_by_name() {
  std::unordered_map<std::string, std::string> paths;
  for (const formats::GroupEntry& group : matches_.file().groups) {
    const std::string path = std::string(naming::parent_path(group.path));
    if (naming::leaf_name(group.path) != "vars" || !is_top_level(path) || path == "optimizer") continue;
    const std::string stored = group.stored_name().value_or("");
    if (stored.empty()) continue;
    const std::string name = names_(stored);
    const auto [other, fresh] = paths.emplace(name, path);
    if (!fresh) matches_.report().ambiguous.push_back(fmt::format("\"{}\" and \"{}\" are both for the layer \"{}\"", other->second, path, name));
  }
  if (!paths.empty()) return paths;
  throw Unsupported({.subject = matches_.file().file,
                     .what = fmt::format("{}: The file keeps no names of layers: Keras writes them since 3.6.", matches_.file().file),
                     .expected = "an attribute `name` beside the weights of each layer",
                     .fix = "by_name = false, with skip_mismatch and strict = false if only some layers fit"});
}

void KerasLoader::match_by_name(const KerasLayout& layout) {
  const std::unordered_map<std::string, std::string> in_file = paths_by_name();
  std::unordered_map<std::string, std::string> moves;  // path in the model's own file -> path in this one
  for (const StoredLayer& layer : layout.layers) {
    if (!is_top_level(layer.path)) continue;
    const auto found = in_file.find(naming::unflatten_scoped(layer.name).value_or(layer.name));
    if (found != in_file.end()) moves.emplace(layer.path, found->second);
  }
  for (const StoredWeight& weight : layout.weights) {
    const std::size_t end = weight.path.find('/', weight.path.starts_with("layers/") ? std::string_view("layers/").size() : 0);
    const auto move = moves.find(weight.path.substr(0, end));
    const WeightEntry* entry = move == moves.end() ? nullptr : find(move->second + weight.path.substr(end));
    entry == nullptr ? matches_.report().missing.push_back(weight.owner) : matches_.add(entry, weight.owner, weight.variable);
  }
}

const WeightEntry* KerasLoader::state(std::size_t i) const { return find(fmt::format("optimizer/vars/{}", i)); }

// Keras builds an optimizer at its first step: a file from before that has no slots, and lacks nothing.
bool KerasLoader::took_no_step() const {
  const WeightEntry* iteration = state(0);
  return iteration->unsupported.empty() && iteration->dtype == DType::kInt64 && iteration->shape == Shape::scalar() &&
         iteration->to_tensor().item<std::int64_t>() == 0;
}

void KerasLoader::match_optimizer(const Model& model, bool needed) {
  const Optimizer& optimizer = model.optimizer();
  build_optimizer(model);
  const std::vector<Variable> variables = optimizer.variables();
  std::vector<const WeightEntry*> entries;
  while (const WeightEntry* entry = state(entries.size())) entries.push_back(entry);
  const std::size_t stored = entries.size();
  LoadReport& report = matches_.report();
  if (stored == 0) {
    report.notes.push_back("the file keeps no optimizer state: training starts anew");
    return;
  }
  if (!fits_keras3_state(optimizer, entries) && match_keras2_state(optimizer, entries, Keras2Era::kCurrent, matches_)) return;
  const bool untrained = (stored == counters(optimizer) || stored == 1) && variables.size() > stored && took_no_step();
  if (stored != variables.size() && !untrained) {
    std::string text = fmt::format("optimizer state ({} has {} variables, the file {})", optimizer.class_name(), variables.size(), stored);
    needed && !is_of_keras_2() ? report.missing.push_back(std::move(text)) : report.notes.push_back("not loaded: " + std::move(text));
    for (const WeightEntry* entry : entries) matches_.claim(*entry);
    return;
  }
  for (std::size_t i = 0; i < stored; ++i) matches_.add(entries[i], fmt::format("optimizer/{}", variables[i].name()), variables[i]);
  if (untrained) report.notes.push_back("the file was saved before the first training step: the optimizer starts fresh");
}

bool KerasLoader::is_of_keras_2() const {
  const JsonValue* version = matches_.file().metadata.is_object() ? matches_.file().metadata.find("keras_version") : nullptr;
  return version != nullptr && version->is_string() && version->as_string().starts_with("2.");
}

void KerasLoader::find_unused(bool with_optimizer) {
  for (const WeightEntry& entry : matches_.file().weights) {
    const bool passed_over = entry.path.starts_with("optimizer/inner_optimizer/") ||  // what optimizer/vars holds too
                             entry.path.starts_with("metrics/") || entry.path.find("seed_generator") != std::string::npos ||
                             (!with_optimizer && entry.path.starts_with("optimizer/"));
    if (!passed_over && !matches_.is_claimed(entry)) matches_.report().unused.push_back(entry.path);
  }
}

// A `vars` group with more datasets than the layer has weights is another layer's.
void KerasLoader::match_count(const StoredLayer& layer) {
  const std::string extra = fmt::format("{}/{}", naming::join_path(layer.path, "vars"), layer.shapes.size());
  if (find(extra) != nullptr) {
    matches_.report().notes.push_back(fmt::format("the file has more weights for layer \"{}\" than the model", layer.name));
  }
}

// Names beside weights, layer by layer among those of one parent.
void KerasLoader::match_names(const KerasLayout& layout) {
  std::map<std::string, std::vector<const StoredLayer*>> siblings;
  for (const StoredLayer& layer : layout.layers) {
    if (!layer.path.empty()) siblings[layer.parent].push_back(&layer);
  }
  std::unordered_map<std::string_view, const formats::GroupEntry*> groups;
  for (const formats::GroupEntry& group : matches_.file().groups) groups.emplace(group.path, &group);
  LoadReport& report = matches_.report();
  for (const auto& [parent, layers] : siblings) {
    std::vector<formats::LayerSlot> in_file, in_model;
    for (const StoredLayer* layer : layers) {
      in_model.push_back({layer->class_name, layer->shapes, naming::unflatten_scoped(layer->name).value_or(layer->name)});
      const auto group = groups.find(naming::join_path(layer->path, "vars"));
      const std::string stored = group == groups.end() ? "" : group->second->stored_name().value_or("");
      in_file.push_back({layer->class_name, layer->shapes, stored.empty() ? "" : names_(stored)});
    }
    const auto found = formats::match_slots(in_file, in_model);
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i] == formats::SlotMatch::kEqual || layers[i]->shapes.empty()) continue;
      if (found[i] == formats::SlotMatch::kNotStored) continue;
      std::string text = fmt::format("{}: the file says \"{}\", the model \"{}\" ({})", layers[i]->path, in_file[i].name, in_model[i].name,
                                     formats::to_string(found[i]));
      (formats::is_error(found[i]) ? report.ambiguous : report.notes).push_back(std::move(text));
    }
  }
}

}  // namespace namesake::saving
