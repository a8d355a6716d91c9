// Matches the weights of a file in Keras 3's layout (model.weights.h5 of an archive, `.weights.h5`) with those of a model: by
// Keras's positions (keras_layout), with the names that the file keeps checked (formats/name_match).
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "namesake/nn/model.h"
#include "namesake/saving/keras_layout.h"
#include "namesake/saving/name_rules.h"
#include "namesake/saving/weight_matches.h"

namespace namesake::saving {

class KerasLoader {
 public:
  /// Both must outlive it.
  KerasLoader(WeightMatches& matches, const NameMap& names);

  void match_weights(const KerasLayout& layout);
  /// Each layer of the model takes what stands under its name in the file, and the layers within it follow by position.
  /// Throws Unsupported if the file keeps no names.
  void match_by_name(const KerasLayout& layout);
  /// `needed`: a state of another size counts as missing; otherwise the report notes it.
  void match_optimizer(const Model& model, bool needed);
  /// What nobody asked for. Keras's own metrics and seed generators have no place in a model here.
  void find_unused(bool with_optimizer);

 private:
  [[nodiscard]] const formats::WeightEntry* find(const std::string& path) const;
  [[nodiscard]] const formats::WeightEntry* state(std::size_t i) const;
  [[nodiscard]] bool took_no_step() const;
  /// Where the layers of the file's model are, by their names as NameMap gives them.
  [[nodiscard]] std::unordered_map<std::string, std::string> paths_by_name();
  [[nodiscard]] bool is_of_keras_2() const;
  void match_count(const StoredLayer& layer);
  void match_names(const KerasLayout& layout);

  WeightMatches& matches_;
  const NameMap& names_;
  std::unordered_map<std::string, const formats::WeightEntry*> by_path_;
  std::unordered_map<std::string, const formats::WeightEntry*> by_old_path_;  // null: two entries have this one
};

}  // namespace namesake::saving
