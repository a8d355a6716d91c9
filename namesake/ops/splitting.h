// Taking a tensor apart along an axis. Names are keras.ops'.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// The tensors along `axis`, which goes.
NAMESAKE_API Tensors unstack(const Tensor& x, int axis = 0);
/// `sections` equal parts along `axis`. Throws ShapeMismatch if it cannot be divided so.
NAMESAKE_API Tensors split(const Tensor& x, std::int64_t sections, int axis = 0);
/// Parts that end before each of `indices`, and the rest.
NAMESAKE_API Tensors split(const Tensor& x, std::span<const std::int64_t> indices, int axis = 0);
inline Tensors split(const Tensor& x, std::initializer_list<std::int64_t> indices, int axis = 0) {
  return split(x, std::span<const std::int64_t>(indices.begin(), indices.size()), axis);
}
/// Parts of these sizes; one of them may be -1: what is left over.
NAMESAKE_API Tensors split_sizes(const Tensor& x, std::span<const std::int64_t> sizes, int axis = 0);

}  // namespace namesake
