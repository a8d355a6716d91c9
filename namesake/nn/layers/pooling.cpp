#include "namesake/nn/layers/pooling.h"

#include "namesake/nn/layers/spatial.h"
#include "namesake/ops/pool.h"

namespace namesake::nn {

template <PoolKind kKind, int N>
void PoolingBody<kKind, N>::config(Options& o, ConfigFields& f) {
  if (!f.reading() && !o.strides.given()) o.strides = o.pool_size;  // as Keras writes it
  f("pool_size", o.pool_size);
  f("padding", o.padding);
  f("strides", o.strides);
  f("data_format", o.data_format);
}

template <PoolKind kKind, int N>
PoolingBody<kKind, N>::PoolingBody(Options options) : options_(std::move(options)) {
  if (!options_.strides.given()) options_.strides = options_.pool_size;
  check_sizes(*this, "pool_size", options_.pool_size);
  check_sizes(*this, "strides", options_.strides);
  check_padding(*this, options_.padding);
  check_data_format(*this, options_.data_format);
}

template <PoolKind kKind, int N>
Tensor PoolingBody<kKind, N>::call(const Tensor& x, CallContext&) {
  const Options& o = options_;
  check_spatial_rank(*this, x.shape(), N);
  const Tensor images = as_images(x, o.data_format, N);
  const Sizes2D size = as_image_sizes(o.pool_size);
  const PoolOptions how{.strides = as_image_sizes(o.strides), .padding = o.padding, .data_format = o.data_format};
  const Tensor y = kKind == PoolKind::kMax ? max_pool(images, size, how) : average_pool(images, size, how);
  return with_places(*this, x.shape(), from_images(y, o.data_format, N));
}

template class PoolingBody<PoolKind::kMax, 1>;
template class PoolingBody<PoolKind::kMax, 2>;
template class PoolingBody<PoolKind::kAverage, 1>;
template class PoolingBody<PoolKind::kAverage, 2>;

}  // namespace namesake::nn
