#include "namesake/saving/saved_model/saved_model_name.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "namesake/naming/path.h"
#include "namesake/naming/unique_names.h"

namespace namesake::saving {
namespace {

std::string name_in_metadata(const formats::SavedModelFile& file) {
  for (const formats::KerasMetadata& entry : file.keras) {
    const JsonValue* name = entry.node == 0 && entry.metadata.is_object() ? entry.metadata.find("name") : nullptr;
    if (name != nullptr && name->is_string()) return name->as_string();
  }
  return {};
}

}  // namespace

std::string model_name_of(const formats::SavedModelFile& file, const formats::MetaGraph& graph, const std::vector<FileVariable>& variables) {
  if (std::string name = name_in_metadata(file); !name.empty()) return name;
  std::set<std::string, std::less<>> layers, names;
  for (const FileVariable& variable : variables) {
    if (const std::size_t slash = variable.name.find('/'); slash != std::string::npos) layers.insert(variable.name.substr(0, slash));
  }
  bool numbered = false;
  for (const formats::FunctionDef& function : graph.graph.functions) {
    for (const formats::NodeDef& node : function.nodes) {
      if (node.op != "ReadVariableOp") continue;
      const std::vector<std::string> scopes = naming::split_path(node.name);
      if (scopes.size() < 3) continue;
      const bool plain = layers.contains(scopes[1]);  // `hidden_1` is `hidden`, called in a graph that had such a scope before
      if (!plain && !layers.contains(naming::without_number(scopes[1]))) continue;
      numbered = numbered || !plain;
      names.insert(scopes[0]);
    }
  }
  if (names.size() != 1) return {};
  return numbered ? std::string(naming::without_number(*names.begin())) : *names.begin();
}

}  // namespace namesake::saving
