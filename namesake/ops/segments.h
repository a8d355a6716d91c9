// Sums, products and extremes of segments: rows of a tensor that share a number. Names are keras.ops'.
#pragma once

#include <cstdint>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// `segment_ids` has the shape of data's first axes; the result (num_segments, data's other axes). A negative number is
/// left out. A segment without rows has 0, 1 (of a product), or the lowest (largest) number of the dtype.
NAMESAKE_API Tensor segment_sum(const Tensor& data, const Tensor& segment_ids, std::int64_t num_segments);
NAMESAKE_API Tensor segment_prod(const Tensor& data, const Tensor& segment_ids, std::int64_t num_segments);
NAMESAKE_API Tensor segment_max(const Tensor& data, const Tensor& segment_ids, std::int64_t num_segments);
NAMESAKE_API Tensor segment_min(const Tensor& data, const Tensor& segment_ids, std::int64_t num_segments);
/// The same for numbers in ascending order: the last one says how many segments there are; one without rows has 0, or 1
/// of a product. Throws InvalidArgument for another order.
NAMESAKE_API Tensor sorted_segment_sum(const Tensor& data, const Tensor& segment_ids);
NAMESAKE_API Tensor sorted_segment_mean(const Tensor& data, const Tensor& segment_ids);
NAMESAKE_API Tensor sorted_segment_prod(const Tensor& data, const Tensor& segment_ids);
NAMESAKE_API Tensor sorted_segment_max(const Tensor& data, const Tensor& segment_ids);
NAMESAKE_API Tensor sorted_segment_min(const Tensor& data, const Tensor& segment_ids);

}  // namespace namesake
