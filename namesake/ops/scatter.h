// Reading and writing at places that a tensor of indices names. Names are TensorFlow's, where keras.ops has none.
#pragma once

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

// The last axis of `indices` holds places in the first axes of the other tensor: (..., k) names slices of rank - k
// axes. A place outside throws InvalidArgument.

/// params at each place: (the other axes of indices, the other axes of params).
NAMESAKE_API Tensor gather_nd(const Tensor& params, const Tensor& indices);
/// Zeros of shape `shape`, with `values` added at the places.
NAMESAKE_API Tensor scatter(const Tensor& indices, const Tensor& values, const Shape& shape);
/// `inputs` with `updates` at the places; of several for one place the last one counts.
NAMESAKE_API Tensor scatter_update(const Tensor& inputs, const Tensor& indices, const Tensor& updates);
NAMESAKE_API Tensor scatter_add(const Tensor& inputs, const Tensor& indices, const Tensor& updates);
NAMESAKE_API Tensor scatter_sub(const Tensor& inputs, const Tensor& indices, const Tensor& updates);
NAMESAKE_API Tensor scatter_max(const Tensor& inputs, const Tensor& indices, const Tensor& updates);
NAMESAKE_API Tensor scatter_min(const Tensor& inputs, const Tensor& indices, const Tensor& updates);

}  // namespace namesake
