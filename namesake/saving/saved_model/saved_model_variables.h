// The variables that the files of a SavedModel have: what they are called, where their values stand in the bundle, and which node of the
// graph and which object is which variable.
//   TensorFlow 2: both object graphs are walked side by side, edge by edge; a node of the main graph is known by the calls it is passed to
//   TensorFlow 1: nodes of the main graph; the keys are those that the graph's own restore op says, else the variables' names
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "namesake/formats/model_file.h"
#include "namesake/formats/saved_model.h"

namespace namesake::saving {

struct FileVariable {
  std::string name;  // "dense_1/kernel"
  DType dtype = DType::kInvalid;
  Shape shape;
  bool trainable = true;
  const formats::WeightEntry* value = nullptr;  // null: the bundle has none
};

class FileVariables {
 public:
  /// `bundle` may be null; both must outlive it. Throws FormatError for objects that make no sense.
  FileVariables(const formats::MetaGraph& graph, const std::string& file, const formats::ModelFile* bundle);

  [[nodiscard]] const std::vector<FileVariable>& list() const noexcept { return list_; }
  /// Places in list().
  [[nodiscard]] std::optional<std::size_t> of_object(std::size_t node) const;
  [[nodiscard]] std::optional<std::size_t> of_node(std::string_view name) const;

 private:
  void take_objects(const formats::MetaGraph& graph);
  void take_nodes(const formats::MetaGraph& graph);
  void match_nodes(const formats::MetaGraph& graph);
  [[nodiscard]] const formats::WeightEntry* entry(const std::string& key) const;

  const std::string& file_;
  const formats::ModelFile* bundle_;
  std::unordered_map<std::string_view, const formats::WeightEntry*> entries_;
  std::vector<FileVariable> list_;
  std::unordered_map<std::size_t, std::size_t> by_object_;
  std::unordered_map<std::string, std::size_t> by_node_;
};

/// The bytes of both are the same, or both are missing.
[[nodiscard]] bool same_value(const formats::WeightEntry* a, const formats::WeightEntry* b);

}  // namespace namesake::saving
