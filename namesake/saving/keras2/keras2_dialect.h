// Models in the words of Keras 2 (2.2 to 2.15), and in words that both Kerases know.
//   Keras 2: batch_input_shape, inbound_nodes as lists, TFOpLambda, LeakyReLU's alpha, ...     keras3_config: what we read
//   ours:    batch_shape, inbound_nodes with args and kwargs, keras.ops operations, ...       common_dialect_config: what both open
// Each difference is one row of a table or one rule; keras2_layers.cpp, keras2_graph.cpp, keras2_ops.cpp, keras2_compile.cpp,
// keras2_common.cpp and keras2_common_compile.cpp hold them.
#pragma once

#include <string>
#include <vector>

#include "namesake/base/json.h"

namespace namesake {

class LayerBase;

namespace saving {

/// True if the object of a model ({"class_name", "config", ...}) is in Keras 2's words: the first thing in it that only one of the two
/// writes decides. False if there is none.
[[nodiscard]] NAMESAKE_API bool is_keras2_config(const JsonValue& config);

/// The object of a whole model in Keras 3's words, as nn/serialization reads it: {"class_name", "config"}, with compile_config (of a
/// `.keras` file) or training_config (of a `.h5` file, which becomes compile_config) beside them if they are there. One that is not in
/// Keras 2's words comes back as it is. Throws Unsupported for what Keras 3 no longer has, naming layer, class and the way out; FormatError,
/// with the place, for what is no such object.
[[nodiscard]] NAMESAKE_API JsonValue keras3_config(const JsonView& config);

/// A training_config of a `.h5` file, or a compile_config, as a compile_config in Keras 3's words. Throws as keras3_config does.
[[nodiscard]] NAMESAKE_API JsonValue keras3_compile_config(const JsonView& config);

/// What keeps the one or the other from opening a config, a line each: `the layer "n": Keras 2 has no RMSNormalization`.
struct DialectObstacles {
  std::vector<std::string> keras2;
  std::vector<std::string> keras3;
};

/// The object of a model in our words ({"module", "class_name", "config", ...}; compile_config stays as it is) in words that Keras 2.15 and
/// Keras 3 both open. What Keras 2 has no words for is added to `obstacles.keras2`: operations between the layers, Keras 2's hard_sigmoid,
/// and options that it has not; the result is of no use then. What Keras 3 does not find in Keras 2's words is added to
/// `obstacles.keras3`: arguments that are tensors (initial_state, attention_mask); the result is for Keras 2 alone then. `layer`: what the
/// config is of, if it is at hand: masks that come along with the tensors are left out then, with the operations that compute them.
[[nodiscard]] NAMESAKE_API JsonValue common_dialect_config(const JsonValue& config, DialectObstacles& obstacles, const LayerBase* layer = nullptr);

/// A compile_config likewise, but for the optimizer's state, which each drops of the other's.
[[nodiscard]] NAMESAKE_API JsonValue common_compile_config(const JsonValue& config, std::vector<std::string>& obstacles);

}  // namespace saving
}  // namespace namesake
