// The config of a functional model, as Keras 3 writes it: its layers in order, each with the calls that lead to it (`inbound_nodes`), and
// the tensors it begins and ends with. A tensor is named by its layer, the number of the layer's call, and the output's.
#pragma once

#include <string_view>

#include "namesake/base/json.h"
#include "namesake/nn/functional.h"

namespace namesake::nn {

/// Throws Unsupported for an op that Keras has no class for.
[[nodiscard]] JsonValue functional_config(const FunctionalBody& model, std::string_view name);

/// Makes the model of such a config; the calls may also stand as Keras 2's lists. Throws FormatError, with the place, for calls that cannot
/// be followed (an unknown layer, a loop), Unsupported for what is not done here.
[[nodiscard]] Layer functional_from_config(const JsonView& config);

}  // namespace namesake::nn
