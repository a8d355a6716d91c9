#include "namesake/formats/legacy_h5.h"

#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

#include "namesake/base/error.h"
#include "namesake/formats/container/json.h"
#include "namesake/naming/path.h"

namespace namesake::formats {
namespace {

constexpr std::string_view kModelWeights = "model_weights";
constexpr std::string_view kTopLevel = "top_level_model_weights";
constexpr std::string_view kOptimizer = "optimizer_weights";

const JsonValue* attribute(const GroupEntry* group, std::string_view name) {
  return group != nullptr ? group->attributes.find(name) : nullptr;
}

bool has_list(const GroupEntry* group, std::string_view name) {
  return attribute(group, name) != nullptr || attribute(group, fmt::format("{}0", name)) != nullptr;
}

// A text attribute of the root; Keras 2.2 stored them as arrays of one, too.
const std::string* text_of(const ModelFile& file, std::string_view name) {
  const JsonValue* value = attribute(file.find_group(""), name);
  if (value != nullptr && value->is_array() && value->items().size() == 1) value = value->items().data();
  return value != nullptr && value->is_string() ? &value->as_string() : nullptr;
}

JsonValue json_attribute(const ModelFile& file, std::string_view name) {
  const std::string* text = text_of(file, name);
  if (text == nullptr) {
    if (attribute(file.find_group(""), name) == nullptr) return {};
    throw FormatError(file.file, std::string(name), {.what = "The attribute is no text.", .expected = "a JSON document"});
  }
  return parse_json(*text, {.file = file.file, .inner = name});
}

class Reader {
 public:
  explicit Reader(const ModelFile& file) : file_(file) {
    for (const GroupEntry& group : file.groups) groups_.emplace(group.path, &group);
    for (const WeightEntry& weight : file.weights) weights_.emplace(weight.path, &weight);
  }

  LegacyWeights read() {
    const std::string base(groups_.contains(kModelWeights) ? kModelWeights : "");
    const GroupEntry* top = groups_.at(base);
    LegacyWeights found;
    std::unordered_set<std::string> seen;
    for (std::string& name : list(*top, "layer_names")) {
      const std::string path = naming::join_path(base, name);
      if (!seen.insert(name).second) twice(*top, "layer_names", name);
      found.layers.push_back(group(std::move(name), path, *top, "layer_names"));
    }
    const std::string own = naming::join_path(base, kTopLevel);
    if (find_group(own) != nullptr && !seen.contains(std::string(kTopLevel))) found.top_level = group(std::string(kTopLevel), own, *top, "");
    const GroupEntry* optimizer = find_group(std::string(kOptimizer));
    if (optimizer != nullptr && has_list(optimizer, "weight_names") && !base.empty()) {
      found.optimizer = group(std::string(kOptimizer), std::string(kOptimizer), *top, "");
    }
    return found;
  }

 private:
  [[noreturn]] void fail(const std::string& place, ErrorParts parts) const { throw FormatError(file_.file, place, std::move(parts)); }

  [[noreturn]] void twice(const GroupEntry& group, std::string_view list_name, const std::string& name) const {
    fail(fmt::format("{}: {}", group.path.empty() ? "/" : group.path, list_name),
         {.what = fmt::format("The list names \"{}\" twice: it cannot be said which one is meant.", name), .expected = "names that differ"});
  }

  // Through hard links: an alias has no attributes of its own here.
  const GroupEntry* find_group(const std::string& path) const {
    const auto found = groups_.find(path);
    if (found == groups_.end()) return nullptr;
    if (found->second->alias_of.empty()) return found->second;
    const auto original = groups_.find(found->second->alias_of);
    return original == groups_.end() ? nullptr : original->second;
  }

  // An attribute, or the pieces name0, name1, ... of one that was too long.
  std::vector<std::string> list(const GroupEntry& group, std::string_view name) const {
    std::vector<std::string> texts;
    if (const JsonValue* whole = attribute(&group, name)) {
      append(group, name, *whole, texts);
      return texts;
    }
    for (std::size_t piece = 0;; ++piece) {
      const std::string key = fmt::format("{}{}", name, piece);
      const JsonValue* part = attribute(&group, key);
      if (part == nullptr && piece == 0) {
        fail(group.path.empty() ? "/" : group.path, {.what = "A group of a legacy Keras file lacks its list of names.", .expected = fmt::format("an attribute {}", name)});
      }
      if (part == nullptr) return texts;
      append(group, key, *part, texts);
    }
  }

  void append(const GroupEntry& group, std::string_view name, const JsonValue& value, std::vector<std::string>& texts) const {
    const auto wrong = [&] {
      fail(fmt::format("{}: {}", group.path.empty() ? "/" : group.path, name), {.what = "The attribute is no list of names.", .expected = "strings"});
    };
    if (!value.is_array()) wrong();
    for (const JsonValue& item : value.items()) {
      if (!item.is_string()) wrong();
      texts.push_back(item.as_string());
    }
  }

  LegacyGroup group(std::string name, const std::string& path, const GroupEntry& lister, std::string_view listed_in) const {
    const GroupEntry* entry = find_group(path);
    if (entry == nullptr) {
      fail(fmt::format("{}: {}", lister.path.empty() ? "/" : lister.path, listed_in),
           {.what = fmt::format("The list names \"{}\", and no such group is there.", name), .expected = fmt::format("a group {}", path)});
    }
    LegacyGroup group{std::move(name), path, {}};
    std::unordered_set<std::string> seen;
    for (std::string& weight : list(*entry, "weight_names")) {
      const auto found = weights_.find(naming::join_path(entry->path, weight));
      if (found == weights_.end()) {
        fail(fmt::format("{}: weight_names", path),
             {.what = fmt::format("The list names \"{}\", and no such weight is there.", weight), .expected = fmt::format("a dataset {}", naming::join_path(path, weight))});
      }
      if (!seen.insert(weight).second) twice(*entry, "weight_names", weight);
      group.weights.push_back({std::move(weight), found->second});
    }
    return group;
  }

  const ModelFile& file_;
  std::unordered_map<std::string_view, const GroupEntry*> groups_;
  std::unordered_map<std::string_view, const WeightEntry*> weights_;
};

}  // namespace

bool looks_legacy(const ModelFile& file) {
  const GroupEntry* root = file.find_group("");
  return attribute(root, "model_config") != nullptr || has_list(root, "layer_names") || file.find_group(kModelWeights) != nullptr;
}

void read_legacy_attributes(ModelFile& file) {
  file.config = json_attribute(file, "model_config");
  file.metadata = JsonValue::object();
  for (const char* name : {"keras_version", "backend"}) {
    if (const std::string* text = text_of(file, name)) file.metadata.add(name, *text);
  }
  JsonValue training = json_attribute(file, "training_config");
  if (!training.is_null()) file.metadata.add("training_config", std::move(training));
}

LegacyWeights legacy_weights(const ModelFile& file) {
  if (file.find_group(kModelWeights) == nullptr && !has_list(file.find_group(""), "layer_names")) {
    throw FormatError(file.file, "/", {.what = "The file has no weights.", .expected = "a group model_weights, or an attribute layer_names"});
  }
  return Reader(file).read();
}

std::string_view legacy_leaf_name(std::string_view weight_name) noexcept {
  const std::size_t colon = weight_name.rfind(':');
  if (colon != std::string_view::npos && weight_name.find('/', colon) == std::string_view::npos) weight_name = weight_name.substr(0, colon);
  const std::size_t slash = weight_name.rfind('/');
  return slash == std::string_view::npos ? weight_name : weight_name.substr(slash + 1);
}

}  // namespace namesake::formats
