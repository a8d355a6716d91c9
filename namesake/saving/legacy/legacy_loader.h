// Matches the weights of a legacy `.h5` file with those of a model: the k-th layer with weights takes the k-th group with
// weights, as in Keras, with the names checked (formats/name_match); or each layer takes the group of its name.
#pragma once

#include "namesake/formats/legacy_h5.h"
#include "namesake/nn/model.h"
#include "namesake/saving/legacy/legacy_layout.h"
#include "namesake/saving/name_rules.h"
#include "namesake/saving/weight_matches.h"

namespace namesake::saving {

class LegacyLoader {
 public:
  /// All must outlive it.
  LegacyLoader(const formats::LegacyWeights& stored, WeightMatches& matches, const NameMap& names)
      : stored_(stored), matches_(matches), names_(names) {}

  /// Throws ShapeMismatch if the file has another number of layers with weights, or of weights of a layer.
  void match_by_position(const LegacyLayout& layout);
  /// Only layers directly below the model have names in the file.
  void match_by_name(const LegacyLayout& layout);
  /// The state as Keras 3 keeps it or, without the learning rate, as Keras 2 does. The report notes a state in another layout.
  void match_optimizer(const Model& model);

 private:
  void match_layer(const formats::LegacyGroup& group, const LegacyLayer& layer);
  void match_top_level(const LegacyLayout& layout);
  void check_order(const formats::LegacyGroup& group, const LegacyLayer& layer);
  void check_names(const std::vector<const formats::LegacyGroup*>& groups, const std::vector<const LegacyLayer*>& layers);

  const formats::LegacyWeights& stored_;
  WeightMatches& matches_;
  const NameMap& names_;
};

}  // namespace namesake::saving
