#include "namesake/saving/checkpoint/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <system_error>

#include "namesake/base/error.h"
#include "namesake/formats/tensor_bundle.h"
#include "namesake/nn/random_seed.h"
#include "namesake/ops/recorder.h"
#include "namesake/saving/checkpoint/checkpoint_loader.h"
#include "namesake/saving/checkpoint/checkpoint_objects.h"
#include "namesake/saving/checkpoint/checkpoint_state.h"
#include "namesake/saving/keras_layout.h"
#include "namesake/saving/object_rules.h"
#include "namesake/saving/save_parts.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCounter = "save_counter";
constexpr std::string_view kSeedSource = "namesake/random_seed";  // as seed_key's

// Keys of ours that no object leads to: TensorFlow passes over them.
std::string seed_key(const std::string& object, std::size_t i) { return fmt::format("namesake/seeds/{}/{}", object, i); }

std::vector<Variable> seeds_below(const LayerBase& layer) {
  std::vector<Variable> seeds = layer.seed_states();
  for (const ChildLayer& child : layer.children()) {
    const std::vector<Variable> more = seeds_below(*child.layer);
    seeds.insert(seeds.end(), more.begin(), more.end());
  }
  return seeds;
}

void check_name(const std::string& name) {
  const bool legal = !name.empty() && name != kCounter && name.find('/') == std::string::npos;
  if (legal) return;
  throw InvalidName({.subject = name,
                     .what = fmt::format("\"{}\" is no name for an object of a checkpoint.", name),
                     .expected = fmt::format("a name without /, other than {}", kCounter)});
}

}  // namespace

Checkpoint::Checkpoint(std::initializer_list<Entry> objects)
    : objects_(objects), save_counter_(Tensor(std::int64_t{0}), {.name = std::string(kCounter), .trainable = false}) {
  for (std::size_t i = 0; i < objects_.size(); ++i) {
    check_name(objects_[i].name);
    for (std::size_t k = 0; k < i; ++k) {
      if (objects_[k].name == objects_[i].name) {
        throw NameCollision({.subject = objects_[i].name,
                             .what = fmt::format("Two objects of a checkpoint are called \"{}\".", objects_[i].name),
                             .fix = "give each its own name"});
      }
    }
  }
}

std::int64_t Checkpoint::save_counter() const { return save_counter_.value().item<std::int64_t>(); }

// The order in which a file has the state: that of the model whose weights these are, or that in which the optimizer was built.
std::vector<Variable> Checkpoint::order_of(const Optimizer& optimizer) const {
  const std::vector<Variable>& targets = optimizer.trainable_variables();
  for (const Entry& entry : objects_) {
    const Model* model = std::get_if<Model>(&entry.object);
    if (model == nullptr) continue;
    std::vector<Variable> order = model->trainable_variables();
    const bool same = order.size() == targets.size() && std::all_of(order.begin(), order.end(), [&](const Variable& variable) {
      return std::find(targets.begin(), targets.end(), variable) != targets.end();
    });
    if (same) return order;
  }
  return targets;
}

void Checkpoint::build_optimizers() const {
  std::vector<const Model*> models;
  for (const Entry& entry : objects_) {
    if (const Model* model = std::get_if<Model>(&entry.object)) models.push_back(model);
  }
  for (const Entry& entry : objects_) {
    const Optimizer* optimizer = std::get_if<Optimizer>(&entry.object);
    if (optimizer == nullptr || optimizer->built()) continue;
    if (models.size() != 1) {
      throw InvalidArgument({.subject = entry.name,
                             .what = fmt::format("The optimizer \"{}\" made no step yet: it cannot be said whose state it keeps.", entry.name),
                             .fix = "build it before: optimizer.build(model.trainable_variables())"});
    }
    std::vector<Variable> targets;
    std::vector<std::string> paths;
    for (NamedWeight& weight : models[0]->named_weights()) {
      if (!weight.variable.trainable()) continue;
      targets.push_back(weight.variable);
      paths.push_back(std::move(weight.path));
    }
    optimizer->build(targets, paths);
  }
}

void Checkpoint::write_with(const fs::path& prefix, bool counted) const {
  const ops::StopRecording quiet;
  saving::CheckpointObjects objects;
  std::vector<formats::BundleTensor> seeds;
  for (const Entry& entry : objects_) {
    if (const Model* model = std::get_if<Model>(&entry.object)) {
      saving::check_built(*model);
      objects.add(entry.name, *model, true);
      const std::vector<Variable> states = seeds_below(*model->ptr());
      for (std::size_t i = 0; i < states.size(); ++i) {
        formats::ArrayContent array = saving::array_of(seed_key(entry.name, i), states[i]);
        seeds.push_back({std::move(array.path), array.dtype, array.shape, std::move(array.bytes), {}});
      }
    }
  }
  for (const Entry& entry : objects_) {
    if (const auto* optimizer = std::get_if<Optimizer>(&entry.object)) objects.add(entry.name, *optimizer, order_of(*optimizer));
    if (const auto* variable = std::get_if<Variable>(&entry.object)) objects.add(entry.name, *variable);
  }
  if (counted) {
    objects.add(std::string(kCounter), save_counter_);
    auto state = std::make_shared<const Tensor>(static_cast<std::int64_t>(random_seed_state()));
    const auto bytes = state->bytes();
    seeds.push_back({std::string(kSeedSource), DType::kInt64, Shape::scalar(), {bytes, std::move(state)}, {}});
  }
  std::vector<formats::BundleTensor> tensors = std::move(objects).tensors();
  std::move(seeds.begin(), seeds.end(), std::back_inserter(tensors));
  formats::write_tensor_bundle(prefix.string(), std::move(tensors));
}

void Checkpoint::write(const fs::path& prefix) const { write_with(prefix, false); }

fs::path Checkpoint::save_as(const fs::path& prefix, std::optional<std::int64_t> number) {
  const std::int64_t count = save_counter() + 1;
  save_counter_.assign(Tensor(count));
  const fs::path path = fmt::format("{}-{}", prefix.string(), number.value_or(count));
  try {
    write_with(path, true);
  } catch (...) {
    save_counter_.assign(Tensor(count - 1));
    throw;
  }
  return path;
}

fs::path Checkpoint::save(const fs::path& prefix) {
  const fs::path path = save_as(prefix, std::nullopt);
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  saving::write_checkpoint_state(folder, {path, {path}});
  return path;
}

LoadReport Checkpoint::read_with(const fs::path& prefix, const CheckpointReadOptions& options, bool counted) const {
  const ops::StopRecording quiet;
  LoadReport own_report;
  LoadReport& report = options.report != nullptr ? *options.report : own_report;
  report = {};
  const formats::ModelFile file = formats::read_tensor_bundle(prefix.string());
  const auto stored = formats::read_object_graph(file);
  if (!stored) {
    throw FormatError(file.file, "", {.what = "The checkpoint has variables by names alone, and no objects.", .fix = "model.load_weights(\"...\") takes them by their names"});
  }
  build_optimizers();
  const saving::NameMap names(options.names);
  const formats::ObjectGraph graph = saving::with_rules(*stored, names, report.ambiguous);
  saving::WeightMatches matches(file, report, {.strict = options.strict, .cast = options.cast});
  saving::CheckpointLoader loader(graph, matches, names);
  const auto node_of = [&](const std::string& name) {
    const auto node = loader.follow(0, name);
    if (!node) report.missing.push_back(name);
    return node;
  };
  for (const Entry& entry : objects_) {
    const Model* model = std::get_if<Model>(&entry.object);
    const auto node = model == nullptr ? std::nullopt : node_of(entry.name);
    if (!node) continue;
    saving::check_built(*model);
    loader.match_model(*model, *node);
    if (model->is_compiled()) {
      saving::build_optimizer(*model);
      if (const auto own = loader.follow(*node, "optimizer")) loader.match_optimizer(model->optimizer(), model->trainable_variables(), *own, true);
      else report.notes.push_back(fmt::format("the file keeps no state of the optimizer of \"{}\"", entry.name));
    }
    loader.find_unused(*node);
    const std::vector<Variable> states = seeds_below(*model->ptr());
    for (std::size_t i = 0; i < states.size(); ++i) {
      if (const auto* seed = file.find_weight(seed_key(entry.name, i))) matches.add(seed, seed->path, states[i]);
    }
  }
  for (const Entry& entry : objects_) {
    if (std::holds_alternative<Model>(entry.object)) continue;
    const auto node = node_of(entry.name);
    if (!node) continue;
    if (const auto* optimizer = std::get_if<Optimizer>(&entry.object)) loader.match_optimizer(*optimizer, order_of(*optimizer), *node, true);
    if (const auto* variable = std::get_if<Variable>(&entry.object)) loader.match_variable(entry.name, *variable, *node);
  }
  if (counted) {
    if (const auto node = loader.follow(0, kCounter)) loader.match_variable(std::string(kCounter), save_counter_, *node);
  }
  loader.note_others();
  matches.refuse("", false);
  const auto* source = counted ? file.find_weight(kSeedSource) : nullptr;
  const bool known = source != nullptr && source->dtype == DType::kInt64 && source->shape == Shape::scalar();
  const auto state = known ? std::optional(source->to_tensor().to_vector<std::int64_t>()[0]) : std::nullopt;  // item() would round
  matches.fill();
  if (state) set_random_seed_state(static_cast<std::uint64_t>(*state));
  return report;
}

LoadReport Checkpoint::read(const fs::path& prefix, const CheckpointReadOptions& options) const { return read_with(prefix, options, false); }

LoadReport Checkpoint::restore(const fs::path& prefix, const CheckpointReadOptions& options) { return read_with(prefix, options, true); }

}  // namespace namesake
