#include "namesake/nn/layers/causal_mask.h"

#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/math.h"
#include "namesake/ops/scan.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/unary.h"

namespace namesake::nn {
namespace {

// 0, 1, 2, ... along `axis` of x, as (1, length, 1). An open length is counted when the numbers are there.
Tensor places(const Tensor& x, int axis) {
  const int along = axis < 0 ? axis + x.rank() : axis;
  if (const std::int64_t length = x.shape()[along]; length >= 0) return reshape(arange(length), {1, length, 1});
  Tensor one = x;
  for (int i = x.rank() - 1; i >= 0; --i) {
    if (i != along) one = slice_axis(one, i, 0, 1);
  }
  const Tensor counted = cumsum(cast(ones_like(one), DType::kInt32), along, true);
  return reshape(counted, {1, -1, 1});
}

Tensor as_columns(const Tensor& x) { return transpose(x, {0, 2, 1}); }

}  // namespace

Tensor causal_mask(const Tensor& query, const Tensor& value, int axis) { return places(query, axis) >= as_columns(places(value, axis)); }

Tensor band_mask(const Tensor& query, const Tensor& value, std::int64_t width) {
  return abs(places(query, 1) - as_columns(places(value, 1))) < width;
}

}  // namespace namesake::nn
