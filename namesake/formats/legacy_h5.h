// The legacy `.h5` file of Keras, in use since Keras 1 and still written by Keras 3: a whole model, or weights only.
//   attributes of the root       model_config {"class_name", "config"}, training_config (if compiled), keras_version, backend
//   model_weights/               of a whole model; in a file of weights only, the root is what this group is
//     attributes                 layer_names (the order that counts), keras_version, backend
//     <layer>/                   attribute weight_names: the order, and paths below this group: dense_1/kernel:0 (Keras 2),
//                                sequential/dense_1/kernel (Keras 3); of a nested model all weights, trainable ones first
//     top_level_model_weights/   the model's own
//   optimizer_weights/           attribute weight_names; iteration, learning_rate (not in Keras 2), then the slots
// A list longer than the 64,512 bytes that HDF5 lets an attribute have is cut: layer_names0, layer_names1, ...
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/formats/hdf5_content.h"
#include "namesake/formats/model_file.h"

namespace namesake::formats {

/// Whether the file has one of the attributes or groups that only legacy files have.
[[nodiscard]] NAMESAKE_API bool looks_legacy(const ModelFile& file);

/// Fills `config` with model_config, and `metadata` with {"keras_version", "backend", "training_config"} as far as they are
/// there. Throws FormatError if one is no JSON.
NAMESAKE_API void read_legacy_attributes(ModelFile& file);

struct LegacyWeight {
  std::string name;  // as the file has it: "dense_1/kernel:0"
  const WeightEntry* entry = nullptr;
};

/// A layer's group, or that of the optimizer.
struct LegacyGroup {
  std::string name;  // of the layer; it may have slashes
  std::string path;  // in the file: "model_weights/dense_1"
  std::vector<LegacyWeight> weights;
};

/// The lists of a legacy file, resolved; the entries are those of the ModelFile.
struct LegacyWeights {
  std::vector<LegacyGroup> layers;  // all, those without weights too
  std::optional<LegacyGroup> top_level;
  std::optional<LegacyGroup> optimizer;
};

/// Throws FormatError, with the inner place, for a list that is missing or broken, names something twice, or names what is not
/// there.
[[nodiscard]] NAMESAKE_API LegacyWeights legacy_weights(const ModelFile& file);

/// "kernel" of "dense_1/kernel:0".
[[nodiscard]] NAMESAKE_API std::string_view legacy_leaf_name(std::string_view weight_name) noexcept;

/// What a legacy file shall hold.
struct LegacyArray {
  std::string name;  // below its group
  ArrayContent array;  // its path is not looked at
};
struct LegacyContentGroup {
  std::string name;
  std::vector<LegacyArray> weights;
};
struct LegacyContent {
  JsonValue model_config;     // null: weights only
  JsonValue training_config;  // null: not compiled
  std::string keras_version = "3.15.1";
  std::vector<LegacyContentGroup> layers;
  std::vector<LegacyArray> top_level;
  std::vector<LegacyArray> optimizer;  // empty: no such group
};

/// The groups and arrays of such a file. Throws NameCollision for two layers, or two weights of a layer, of one name;
/// InvalidName for a layer called top_level_model_weights.
[[nodiscard]] NAMESAKE_API Hdf5Content legacy_content(const LegacyContent& content);

}  // namespace namesake::formats
