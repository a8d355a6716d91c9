// The state of an optimizer under names alone, as TensorFlow 1's optimizers call it in a checkpoint of tf.compat.v1.train.Saver:
//   dense_1/kernel/Adam, dense_1/kernel/Adam_1       beside the trained variable; beta1_power, beta2_power, global_step once
//   training/Adam/dense_1/kernel/m, training/Adam/iter   what Keras's optimizers of TensorFlow 1 make of it; read, not written
// What TensorFlow 1 has no name for stands below `optimizer/`, and only we read it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "namesake/formats/tensor_bundle.h"
#include "namesake/nn/model.h"
#include "namesake/saving/weight_matches.h"

namespace namesake::saving {

/// A weight and the key under which it stands in the file.
struct KeyedWeight {
  Variable variable;
  std::string key;
};

/// The state of the model's optimizer, which is built if it is not. Notes what TensorFlow 1 has no name for.
[[nodiscard]] std::vector<formats::BundleTensor> named_state(const Model& model, SaveReport& report);
/// Matches it with that of the file, whose weights have the given keys. What the file lacks is missing if it has some of it, else noted.
void match_named_state(const Model& model, const std::vector<KeyedWeight>& weights, WeightMatches& matches);

}  // namespace namesake::saving
