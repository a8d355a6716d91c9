// The classes of Keras's operations, a list a family. Internal to nn.
#pragma once

#include <span>

#include "namesake/nn/keras_ops/op_arguments.h"

namespace namesake::nn {

[[nodiscard]] std::span<const OpClass> arithmetic_ops();
[[nodiscard]] std::span<const OpClass> unary_ops();
[[nodiscard]] std::span<const OpClass> activation_ops();
[[nodiscard]] std::span<const OpClass> neural_ops();
[[nodiscard]] std::span<const OpClass> reduction_ops();
[[nodiscard]] std::span<const OpClass> shaping_ops();
[[nodiscard]] std::span<const OpClass> arranging_ops();
[[nodiscard]] std::span<const OpClass> indexing_ops();
[[nodiscard]] std::span<const OpClass> product_ops();
[[nodiscard]] std::span<const OpClass> image_ops();

}  // namespace namesake::nn
