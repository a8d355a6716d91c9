// Parts of a tensor. Names are keras.ops'.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// The block of `sizes` that begins at `begin`; a size of -1: to the end of the axis.
NAMESAKE_API Tensor slice(const Tensor& x, std::initializer_list<std::int64_t> begin,
                          std::initializer_list<std::int64_t> sizes);
/// Elements [begin, end) of one axis.
NAMESAKE_API Tensor slice_axis(const Tensor& x, int axis, std::int64_t begin, std::int64_t end);
/// Element `index` of one axis, which goes; a negative index counts from the end.
NAMESAKE_API Tensor take_one(const Tensor& x, int axis, std::int64_t index);
/// The elements of `axis` that the integers `indices` name, in their order and shape. Throws InvalidArgument for one
/// outside.
NAMESAKE_API Tensor take(const Tensor& x, const Tensor& indices, int axis = 0);

/// x's elements at the places along `axis` that `indices` has, which has x's rank; the other axes broadcast.
NAMESAKE_API Tensor take_along_axis(const Tensor& x, const Tensor& indices, int axis = -1);

}  // namespace namesake
