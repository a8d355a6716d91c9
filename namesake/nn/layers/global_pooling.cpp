#include "namesake/nn/layers/global_pooling.h"

#include "namesake/nn/layers/spatial.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shaping.h"

namespace namesake::nn {

template <PoolKind kKind, int N>
void GlobalPoolingBody<kKind, N>::config(Options& o, ConfigFields& f) {
  f("data_format", o.data_format);
  f("keepdims", o.keepdims);
}

template <PoolKind kKind, int N>
GlobalPoolingBody<kKind, N>::GlobalPoolingBody(Options options) : options_(std::move(options)) {
  check_data_format(*this, options_.data_format);
  if constexpr (kKind == PoolKind::kAverage && N == 1) {
    set_supports_masking(true);
    set_takes_mask(true);
  }
}

namespace {

/// The mean of the steps that the mask keeps.
Tensor masked_mean(const Tensor& x, int steps, bool keepdims) {
  const Tensor kept = cast(expand_dims(x.mask(), steps == 1 ? 2 : 1), x.dtype());
  return sum(x * kept, steps, keepdims) / sum(kept, steps, keepdims);
}

}  // namespace

template <PoolKind kKind, int N>
Tensor GlobalPoolingBody<kKind, N>::call(const Tensor& x, CallContext&) {
  check_spatial_rank(*this, x.shape(), N);
  const int first = first_spatial_axis(options_.data_format);
  if (kKind == PoolKind::kAverage && N == 1 && x.has_mask()) return masked_mean(x, first, options_.keepdims);
  const Axes axes = N == 1 ? Axes({first}) : Axes({first, first + 1});
  return kKind == PoolKind::kMax ? max(x, axes, options_.keepdims) : mean(x, axes, options_.keepdims);
}

template class GlobalPoolingBody<PoolKind::kMax, 1>;
template class GlobalPoolingBody<PoolKind::kMax, 2>;
template class GlobalPoolingBody<PoolKind::kAverage, 1>;
template class GlobalPoolingBody<PoolKind::kAverage, 2>;

}  // namespace namesake::nn
