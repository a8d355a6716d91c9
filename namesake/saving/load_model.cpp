// Loading: the config makes the model, then each weight is found at its place (saving/keras_layout), checked and copied.
// Everything is checked before a value is set.
#include "namesake/saving/load_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_set>

#include "namesake/base/error.h"
#include "namesake/formats/keras_archive.h"
#include "namesake/formats/name_match.h"
#include "namesake/naming/path.h"
#include "namesake/saving/keras_config.h"
#include "namesake/saving/keras_layout.h"

namespace namesake {
namespace {

using formats::ModelFile;
using formats::WeightEntry;

// A variable and the entry that it will be filled from.
struct Match {
  const WeightEntry* entry;
  Variable variable;
};

class Loader {
 public:
  Loader(const ModelFile& file, LoadReport& report) : file_(file), report_(report) {}

  void match_weights(const saving::KerasLayout& layout) {
    for (const saving::StoredWeight& weight : layout.weights) match(weight.path, weight.owner, weight.variable);
    match_names(layout);
    for (const saving::StoredLayer& layer : layout.layers) match_count(layer);
  }

  void match_optimizer(const Model& model) {
    const Optimizer& optimizer = model.optimizer();
    saving::build_optimizer(model);
    const std::vector<Variable> state = optimizer.variables();
    std::size_t stored = 0;
    while (file_.find_weight(fmt::format("optimizer/vars/{}", stored)) != nullptr) ++stored;
    if (stored == 0) {
      report_.notes.push_back("the file keeps no optimizer state: training starts anew");
      return;
    }
    const bool untrained = stored == counters(optimizer) && state.size() > stored && took_no_step();
    if (stored != state.size() && !untrained) {
      report_.missing.push_back(fmt::format("optimizer state ({} has {} variables, the file {})", optimizer.class_name(), state.size(), stored));
      for (std::size_t i = 0; i < stored; ++i) claimed_.insert(file_.find_weight(fmt::format("optimizer/vars/{}", i)));
      return;
    }
    for (std::size_t i = 0; i < stored; ++i) {
      match(fmt::format("optimizer/vars/{}", i), fmt::format("optimizer/{}", state[i].name()), state[i]);
    }
    if (untrained) report_.notes.push_back("the file was saved before the first training step: the optimizer starts fresh");
  }

  // What nobody asked for. Keras's own metrics and seed generators have no place in a model here.
  void find_unused(bool with_optimizer) {
    for (const WeightEntry& entry : file_.weights) {
      const bool passed_over = entry.path.starts_with("optimizer/inner_optimizer/") ||  // what optimizer/vars holds too
                               entry.path.starts_with("metrics/") || entry.path.find("seed_generator") != std::string::npos ||
                               (!with_optimizer && entry.path.starts_with("optimizer/"));
      if (!passed_over && !claimed_.contains(&entry)) report_.unused.push_back(entry.path);
    }
  }

  void fill() {
    for (const Match& match : matches_) {
      match.variable.assign(match.entry->to_tensor());
    }
  }

 private:
  // What an optimizer has that was compiled and never built: iteration, learning_rate unless that is a schedule.
  static std::size_t counters(const Optimizer& optimizer) { return optimizer.learning_rate_schedule().defined() ? 1 : 2; }

  // Keras builds an optimizer at its first step: a file from before that has no slots, and lacks nothing.
  bool took_no_step() const {
    const WeightEntry* iteration = file_.find_weight("optimizer/vars/0");
    return iteration->unsupported.empty() && iteration->dtype == DType::kInt64 && iteration->shape == Shape::scalar() &&
           iteration->to_tensor().item<std::int64_t>() == 0;
  }

  void match(const std::string& path, const std::string& owner, const Variable& variable) {
    const WeightEntry* entry = file_.find_weight(path);
    if (entry == nullptr) {
      report_.missing.push_back(owner);
      return;
    }
    claimed_.insert(entry);
    if (!entry->unsupported.empty()) {
      throw Unsupported({.subject = path, .what = fmt::format("{}: {}: {}.", file_.file, path, entry->unsupported)});
    }
    if (!(entry->shape == variable.shape()) || entry->dtype != variable.dtype()) {
      throw ShapeMismatch({.subject = owner,
                           .what = fmt::format("{}: {} does not fit the weight {}.", file_.file, path, owner),
                           .expected = fmt::format("{} {}", to_string(variable.dtype()), to_string(variable.shape())),
                           .received = fmt::format("{} {}", to_string(entry->dtype), to_string(entry->shape))});
    }
    matches_.push_back({entry, variable});
    report_.loaded.push_back(owner);
  }

  // A `vars` group with more datasets than the layer has weights is another layer's.
  void match_count(const saving::StoredLayer& layer) {
    const std::string extra = fmt::format("{}/{}", naming::join_path(layer.path, "vars"), layer.shapes.size());
    if (file_.find_weight(extra) != nullptr) {
      report_.notes.push_back(fmt::format("the file has more weights for layer \"{}\" than the model", layer.name));
    }
  }

  // Names beside weights, layer by layer among those of one parent.
  void match_names(const saving::KerasLayout& layout) {
    std::map<std::string, std::vector<const saving::StoredLayer*>> siblings;
    for (const saving::StoredLayer& layer : layout.layers) {
      if (!layer.path.empty()) siblings[layer.parent].push_back(&layer);
    }
    for (const auto& [parent, layers] : siblings) {
      std::vector<formats::LayerSlot> in_file, in_model;
      for (const saving::StoredLayer* layer : layers) {
        in_model.push_back({layer->class_name, layer->shapes, layer->name});
        const formats::GroupEntry* group = file_.find_group(naming::join_path(layer->path, "vars"));
        in_file.push_back({layer->class_name, layer->shapes, group == nullptr ? "" : group->stored_name().value_or("")});
      }
      const auto matches = formats::match_slots(in_file, in_model);
      for (std::size_t i = 0; i < matches.size(); ++i) {
        if (matches[i] == formats::SlotMatch::kEqual || layers[i]->shapes.empty()) continue;
        if (matches[i] == formats::SlotMatch::kNotStored) continue;
        std::string text = fmt::format("{}: the file says \"{}\", the model \"{}\" ({})", layers[i]->path, in_file[i].name, in_model[i].name,
                                       formats::to_string(matches[i]));
        (formats::is_error(matches[i]) ? report_.ambiguous : report_.notes).push_back(std::move(text));
      }
    }
  }

  const ModelFile& file_;
  LoadReport& report_;
  std::vector<Match> matches_;
  std::unordered_set<const WeightEntry*> claimed_;
};

constexpr std::size_t kMostListed = 8;

std::string listing(const std::vector<std::string>& items) {
  std::string text = fmt::format("{}", fmt::join(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(std::min(items.size(), kMostListed)), ", "));
  if (items.size() > kMostListed) text += fmt::format(" and {} more", items.size() - kMostListed);
  return text;
}

void refuse_if_any(const std::string& file, const std::vector<std::string>& items, std::string_view what, std::string_view fix) {
  if (items.empty()) return;
  throw FormatError(file, "model.weights.h5", {.what = fmt::format("{}: {}.", what, listing(items)), .fix = std::string(fix)});
}

ModelFile read_archive(const std::filesystem::path& path) {
  ModelFile file = formats::read_keras_archive(path.string());
  for (const char* name : {"config.json", "model.weights.h5"}) {
    const auto count = std::count_if(file.entries.begin(), file.entries.end(), [&](const formats::ArchiveEntry& e) { return e.name == name; });
    if (count > 1) {
      throw FormatError(file.file, name, {.what = fmt::format("The archive has {} entries of this name: it cannot be said which one is meant.", count),
                                          .expected = "one"});
    }
  }
  return file;
}

}  // namespace

namespace {

// Matches everything, checks, then fills.
void load_into(const Model& model, const ModelFile& file, bool strict, LoadReport& report) {
  report = {};
  const saving::KerasLayout layout = saving::keras_layout(model, saving::model_name_in_config(model));
  Loader loader(file, report);
  loader.match_weights(layout);
  const bool compiled = model.is_compiled();
  if (compiled) loader.match_optimizer(model);
  loader.find_unused(compiled);
  if (strict) {
    refuse_if_any(file.file, report.missing, "The file lacks what the model has", "LoadOptions{.strict = false} loads the rest");
    refuse_if_any(file.file, report.ambiguous, "Weights may stand at another layer's place", "LoadOptions{.strict = false} goes by position");
    refuse_if_any(file.file, report.unused, "The file has weights that the model has not", "LoadOptions{.strict = false} passes them over");
  }
  loader.fill();
}

}  // namespace

Model load_model(const std::filesystem::path& path, const LoadOptions& options) {
  LoadReport own_report;
  const ModelFile file = read_archive(path);
  Model model = saving::model_from_config(JsonView(file.config, file.file), options.compile);
  load_into(model, file, options.strict, options.report != nullptr ? *options.report : own_report);
  return model;
}

void load_weights(const Model& model, const std::filesystem::path& path, const LoadOptions& options) {
  LoadReport own_report;
  load_into(model, read_archive(path), options.strict, options.report != nullptr ? *options.report : own_report);
}

Model load_architecture(const std::filesystem::path& path) {
  const ModelFile file = read_archive(path);
  return saving::model_from_config(JsonView(file.config, file.file), true);
}

}  // namespace namesake
