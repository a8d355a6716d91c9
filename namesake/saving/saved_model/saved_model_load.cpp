#include "namesake/saving/saved_model/saved_model_load.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/formats/container/json.h"
#include "namesake/formats/object_graph.h"
#include "namesake/formats/saved_model.h"
#include "namesake/formats/tensor_bundle.h"
#include "namesake/saving/saved_model/saved_model.h"

namespace namesake::saving {
namespace {

// Keras 2 says in this file which lists are tuples and shapes: {"class_name": "__tuple__", "items": [...]}.
JsonValue with_plain_lists(const JsonValue& value, int depth = 0) {
  constexpr int kDeepest = 200;
  if (depth > kDeepest) return value;
  if (value.is_array()) {
    JsonValue list = JsonValue::array();
    for (const JsonValue& item : value.items()) list.push_back(with_plain_lists(item, depth + 1));
    return list;
  }
  if (!value.is_object()) return value;
  const JsonValue* class_name = value.find("class_name");
  const JsonValue* items = value.find("items");
  const bool is_list = class_name != nullptr && class_name->is_string() && items != nullptr && items->is_array() && value.members().size() == 2 &&
                       (class_name->as_string() == "__tuple__" || class_name->as_string() == "TensorShape");
  if (is_list) return with_plain_lists(*items, depth + 1);
  JsonValue object = JsonValue::object();
  for (const JsonMember& member : value.members()) object.add(member.key, with_plain_lists(member.value, depth + 1));
  return object;
}

}  // namespace

bool is_graph_path(const std::filesystem::path& path) { return path.extension() == ".pb" || formats::is_saved_model(path.string()); }

formats::ModelFile read_saved_model_weights(const std::filesystem::path& directory) {
  const formats::SavedModelFile saved = formats::read_saved_model(directory.string());
  const std::string prefix = formats::variables_prefix(directory.string());
  formats::ModelFile file;
  if (formats::is_bundle(prefix)) file = formats::read_tensor_bundle(prefix);
  file.format = "checkpoint";
  file.file = directory.string();
  if (const formats::WeightEntry* config = file.find_weight(formats::kModelConfigKey)) {  // ours
    if (config->dtype != DType::kString || config->shape != Shape::scalar()) {
      throw FormatError(file.file, std::string(formats::kModelConfigKey), {.what = "The model's config is damaged.", .expected = "one string"});
    }
    file.config = formats::parse_json(config->source->read_strings().at(0), {.file = file.file, .inner = std::string(formats::kModelConfigKey)});
    return file;
  }
  const auto root = std::find_if(saved.keras.begin(), saved.keras.end(), [](const formats::KerasMetadata& entry) { return entry.node == 0; });
  if (root == saved.keras.end() || !root->metadata.is_object()) return file;
  const JsonValue* class_name = root->metadata.find("class_name");
  const JsonValue* config = root->metadata.find("config");
  if (class_name == nullptr || config == nullptr) return file;
  file.config = JsonValue::object({{"class_name", *class_name}, {"config", with_plain_lists(*config)}});
  if (const JsonValue* training = root->metadata.find("training_config"); training != nullptr && !training->is_null()) file.metadata = JsonValue::object({{"training_config", with_plain_lists(*training)}});
  return file;
}

Model load_graph_model(const std::filesystem::path& path, LoadReport& report, const std::string& why, const std::string& signature) {
  const SavedModel loaded(path, {}, Site{});  // no line of a program made it
  Model model = loaded.model(signature.empty() ? "serving_default" : signature);
  for (const NamedWeight& weight : model.named_weights()) report.loaded.push_back(weight.path);
  report.notes.push_back(fmt::format("the model runs the graph of the file{}", why.empty() ? "" : ": " + why));
  return model;
}

}  // namespace namesake::saving
