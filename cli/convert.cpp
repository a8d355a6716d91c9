// namesake convert IN OUT: a model in another file. The new file is written beside its place, read back and compared, and only then
// takes its place.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <unordered_map>

#include "cli/checks.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "namesake/base/draft.h"
#include "namesake/base/error.h"
#include "namesake/formats/keras_archive.h"
#include "namesake/formats/tensor_bundle.h"
#include "namesake/formats/weights_h5.h"
#include "namesake/nn/serialization.h"
#include "namesake/saving/load_model.h"
#include "namesake/saving/save_parts.h"

namespace namesake::cli {
namespace {

struct Outcome {
  std::size_t weights = 0;
  std::uint64_t bytes = 0;
  std::vector<std::pair<std::string, std::string>> renamed;
  std::vector<std::string> dropped;
  std::vector<std::string> opened_by;
  std::vector<std::string> notes;
};

/// Loads with everything allowed, and says what is not all right. `architecture`: the file of the model, if `file` has weights alone.
Model load(const std::string& file, const std::string& architecture, const std::string& signature, Outcome& outcome) {
  LoadReport report;
  const auto with_weights = [&] {
    Model model = load_architecture(architecture);
    model.load_weights(file, {.strict = false, .report = &report});
    return model;
  };
  Model model = architecture.empty() ? load_model(file, {.strict = false, .report = &report, .signature = signature}) : with_weights();
  for (const std::string& missing : report.missing) {
    if (!missing.starts_with("optimizer")) {
      throw FormatError(file, "", {.what = fmt::format("The file lacks the weight {}: it cannot be converted.", missing)});
    }
    outcome.dropped.push_back(missing);
  }
  for (const std::string& doubt : report.ambiguous) outcome.notes.push_back("weights matched by position: " + doubt);
  for (const std::string& unused : report.unused) outcome.dropped.push_back(unused);
  outcome.notes.insert(outcome.notes.end(), report.notes.begin(), report.notes.end());
  return model;
}

bool is_checkpoint_name(const std::string& path) { return path.ends_with(".ckpt"); }
bool is_folder_name(const std::string& path) { return !std::filesystem::path(without_slash(path)).has_extension(); }
bool is_h5_of_weights(const std::string& path) {
  std::error_code error;
  return formats::is_h5_name(path) && std::filesystem::exists(path, error) && formats::read_h5(path).config.is_null();
}
bool holds_weights_alone(const std::string& path) { return ending_of(path) == ".weights.h5" || is_checkpoint_name(path); }

/// Messages name the file that was asked for, not the draft.
SaveReport write_draft(const Model& model, const ConvertOptions& options, const std::filesystem::path& draft) {
  try {
    return holds_weights_alone(options.output) ? model.save_weights(draft) : model.save(draft, {.keras2 = options.keras2});
  } catch (const IoError& error) {
    throw IoError(options.output, "writing", error.error_number());
  }
}

/// The model of the new file; of one with weights alone, a fresh model that takes them.
Model read_back(const ConvertOptions& options, const std::filesystem::path& draft) {
  Outcome again;
  if (!holds_weights_alone(options.output)) return load(draft.string(), "", "", again);
  Model model = options.signature.empty() ? load_architecture(options.model.empty() ? options.input : options.model) : load_model(options.input, {.signature = options.signature});
  static_cast<void>(model.load_weights(draft));
  return model;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  return a.bytes().size() == b.bytes().size() && std::memcmp(a.bytes().data(), b.bytes().data(), a.bytes().size()) == 0;
}

[[noreturn]] void fail_comparison(const std::string& file, const std::string& weight) {
  throw FormatError(file, "", {.what = fmt::format("Read back, {} differs from the original: nothing was written.", weight)});
}

void compare(const Model& before, const Model& after, const std::string& file, Outcome& outcome) {
  const std::vector<NamedWeight> old_weights = before.named_weights(), new_weights = after.named_weights();
  if (old_weights.size() != new_weights.size()) fail_comparison(file, "the number of weights");
  std::unordered_map<std::string_view, std::size_t> places;  // a graph's variables may come back in another order
  for (std::size_t i = 0; i < new_weights.size(); ++i) places.emplace(new_weights[i].path, i);
  const bool same_paths = std::all_of(old_weights.begin(), old_weights.end(), [&](const NamedWeight& weight) { return places.contains(weight.path); });
  for (std::size_t i = 0; i < old_weights.size(); ++i) {
    const Tensor value = old_weights[i].variable.value();
    const NamedWeight& again = new_weights[same_paths ? places.at(old_weights[i].path) : i];
    if (!same_bits(value, again.variable.value())) fail_comparison(file, old_weights[i].path);
    if (old_weights[i].path != again.path) outcome.renamed.emplace_back(old_weights[i].path, again.path);
    outcome.bytes += value.bytes().size();
  }
  outcome.weights = old_weights.size();
  if (!before.is_compiled()) return;
  if (!after.is_compiled()) {
    outcome.dropped.push_back("the compile settings");
    return;
  }
  const auto said = [](const std::string& item) { return item.find("the optimizer's state") != std::string::npos; };
  if (!saving::has_state(before) || std::any_of(outcome.dropped.begin(), outcome.dropped.end(), said)) return;
  const std::vector<Variable> old_state = before.optimizer().variables(), new_state = after.optimizer().variables();
  if (old_state.size() != new_state.size()) {
    outcome.dropped.push_back("the optimizer's state");
    return;
  }
  for (std::size_t i = 0; i < old_state.size(); ++i) {
    if (!same_bits(old_state[i].value(), new_state[i].value())) fail_comparison(file, "optimizer/" + old_state[i].name());
  }
}

/// What the save said. It knows the draft's name only.
void take_report(const SaveReport& saved, const std::string& output, Outcome& outcome) {
  outcome.opened_by = saved.opened_by;
  outcome.dropped.insert(outcome.dropped.end(), saved.dropped.begin(), saved.dropped.end());
  const auto with_output = [&](std::string line) {
    if (const std::size_t at = line.find(saved.file.string()); at != std::string::npos) line.replace(at, saved.file.string().size(), output);
    return line;
  };
  for (const std::string& line : saved.python) outcome.notes.push_back("in Python: " + with_output(line));
  for (const std::string& line : saved.notes) outcome.notes.push_back(with_output(line));
}

/// Layers whose names have scopes: a config has another word for `block/dense`.
void note_scoped_names(const LayerBase& owner, Outcome& outcome) {
  for (const ChildLayer& child : owner.children()) {
    const std::string path = owner.child_path(*child.layer);
    if (path.find('/') != std::string::npos) outcome.renamed.emplace_back(path, nn::name_in_config(owner, *child.layer));
    if (child.layer->is_model()) note_scoped_names(*child.layer, outcome);
  }
}

/// The Python line that opens a file with Keras 2's hard_sigmoid, which is another function in Keras 3.
void note_old_functions(const std::string& file, Outcome& outcome) {
  if (to_json(formats::read_keras_archive(file).config).find("keras2_hard_sigmoid") == std::string::npos) return;
  outcome.notes.emplace_back(
      "hard_sigmoid is another function in Keras 3; in Python: "
      "load_model(file, custom_objects={\"keras2_hard_sigmoid\": lambda x: keras.ops.clip(x / 5 + 0.5, 0, 1)})");
}

/// A file of weights without any would look like a success.
void refuse_nothing(const Model& model, const ConvertOptions& options) {
  if (!holds_weights_alone(options.output) || !model.named_weights().empty()) return;
  throw InvalidArgument({.subject = options.input,
                         .what = fmt::format("{}: the model has no weights: {} would be empty.", options.input, options.output),
                         .expected = "a model with variables, to write them alone",
                         .received = options.input.ends_with(".pb") ? "a frozen graph, whose numbers are constants" : "none"});
}

JsonValue json_of(const ConvertOptions& options, const Outcome& outcome) {
  JsonValue renamed = JsonValue::array(), dropped = JsonValue::array(), notes = JsonValue::array(), opened_by = JsonValue::array();
  for (const std::string& item : outcome.opened_by) opened_by.push_back(item);
  for (const auto& [from, to] : outcome.renamed) renamed.push_back(JsonValue::object({{"from", from}, {"to", to}}));
  for (const std::string& item : outcome.dropped) dropped.push_back(item);
  for (const std::string& item : outcome.notes) notes.push_back(item);
  return JsonValue::object({{"from", options.input},
                            {"to", options.output},
                            {"weights", outcome.weights},
                            {"bytes", outcome.bytes},
                            {"equal", true},
                            {"opened_by", std::move(opened_by)},
                            {"renamed", std::move(renamed)},
                            {"dropped", std::move(dropped)},
                            {"notes", std::move(notes)}});
}

void print_text(const ConvertOptions& options, const Outcome& outcome) {
  print(fmt::format("{} -> {}: {} weights ({}), equal bit by bit when read back\n", options.input, options.output, outcome.weights, size_text(outcome.bytes)));
  if (!outcome.opened_by.empty()) print(fmt::format("  opened by {}\n", fmt::join(outcome.opened_by, " and ")));
  for (const auto& [from, to] : outcome.renamed) print(fmt::format("  renamed  {} -> {}\n", from, to));
  for (const std::string& item : outcome.dropped) print(fmt::format("  dropped  {}\n", item));
  for (const std::string& item : outcome.notes) print(fmt::format("  note     {}\n", item));
}

}  // namespace

void convert(const ConvertOptions& options) {
  const std::filesystem::path target(options.output);
  const bool to_folder = is_folder_name(options.output);
  check_target(options.output, {".keras", ".h5", ".weights.h5", ".ckpt", ""}, "a model");
  const bool is_checkpoint = formats::is_bundle(options.input);
  if (options.model.empty() && (is_checkpoint || is_h5_of_weights(options.input))) {
    throw InvalidArgument({.subject = options.input,
                           .what = fmt::format("{}: {} has weights, but no model.", options.input, is_checkpoint ? "a checkpoint" : "such a file"),
                           .fix = fmt::format("namesake convert {} {} --model MODEL.keras", options.input, options.output)});
  }
  Outcome outcome;
  const Model model = load(options.input, options.model, options.signature, outcome);
  refuse_nothing(model, options);
  base::Draft draft(to_folder ? without_slash(options.output) + ".draft" : options.output);  // a folder is not replaced by a file
  take_report(write_draft(model, options, draft.path()), options.output, outcome);
  compare(model, read_back(options, draft.path()), options.output, outcome);
  if (target.extension() == ".keras") note_old_functions(draft.path(), outcome);
  if (to_folder) {
    model.save(target);
  } else if (is_checkpoint_name(options.output)) {
    model.save_weights(target);  // two files take their places together
  } else {
    draft.commit();
  }
  note_scoped_names(*model.ptr(), outcome);
  if (options.json) {
    print_json(json_of(options, outcome));
  } else {
    print_text(options, outcome);
  }
}

}  // namespace namesake::cli
