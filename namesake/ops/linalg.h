// Matrix products.
#pragma once

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// The matrix product, as keras.ops.matmul: leading axes are a batch and broadcast; a vector is a row on the left, a
/// column on the right. Throws ShapeMismatch unless the inner sizes are equal.
NAMESAKE_API Tensor matmul(const Tensor& x1, const Tensor& x2);
/// The product of two matrices, each transposed first if so said.
NAMESAKE_API Tensor matmul(const Tensor& x1, const Tensor& x2, bool transpose_a, bool transpose_b);

}  // namespace namesake
