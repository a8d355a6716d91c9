// Diagonals and triangles of matrices. Names are keras.ops'.
#pragma once

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// Of a vector a matrix with it on diagonal k (above the main one if positive), of a matrix that diagonal.
NAMESAKE_API Tensor diag(const Tensor& x, int k = 0);
/// Diagonal `offset` of the matrices that lie in two axes; it becomes the last axis.
NAMESAKE_API Tensor diagonal(const Tensor& x, int offset = 0, int axis1 = 0, int axis2 = 1);
/// Its sum.
NAMESAKE_API Tensor trace(const Tensor& x, int offset = 0, int axis1 = 0, int axis2 = 1);
/// The matrices of the last two axes, with zeros above (below) diagonal k.
NAMESAKE_API Tensor tril(const Tensor& x, int k = 0);
NAMESAKE_API Tensor triu(const Tensor& x, int k = 0);

}  // namespace namesake
