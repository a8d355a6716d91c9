#include "namesake/nn/layers/separable_conv.h"

#include "namesake/nn/layers/kernel_bias.h"
#include "namesake/nn/layers/spatial.h"
#include "namesake/ops/bias.h"
#include "namesake/ops/conv.h"
#include "namesake/ops/create.h"

namespace namesake::nn {

template <int N>
void SeparableConvBody<N>::config(Options& o, ConfigFields& f) {
  f("depth_multiplier", o.depth_multiplier);
  f("filters", o.filters);
  f("kernel_size", o.kernel_size);
  f("strides", o.strides);
  f("padding", o.padding);
  f("data_format", o.data_format);
  f("dilation_rate", o.dilation_rate);
  f("activation", o.activation);
  f("use_bias", o.use_bias);
  f("depthwise_initializer", o.depthwise_initializer);
  f("pointwise_initializer", o.pointwise_initializer);
  f("bias_initializer", o.bias_initializer);
  f("depthwise_regularizer", o.depthwise_regularizer);
  f("pointwise_regularizer", o.pointwise_regularizer);
  f("bias_regularizer", o.bias_regularizer);
  f("depthwise_constraint", o.depthwise_constraint);
  f("pointwise_constraint", o.pointwise_constraint);
  f("bias_constraint", o.bias_constraint);
}

template <int N>
SeparableConvBody<N>::SeparableConvBody(Options options) : options_(std::move(options)) {
  check_sizes(*this, "filters", Sizes1D(options_.filters));
  check_sizes(*this, "depth_multiplier", Sizes1D(options_.depth_multiplier));
  check_windows(*this, options_.kernel_size, options_.strides, options_.dilation_rate);
  check_padding(*this, options_.padding);
  check_data_format(*this, options_.data_format);
}

template <int N>
void SeparableConvBody<N>::build(const Shape& input) {
  const Options& o = options_;
  const std::int64_t channels = channels_of(*this, input, o.data_format, N);
  depthwise_kernel_ = add_weight({.name = "depthwise_kernel",
                                  .shape = kernel_shape(o.kernel_size, channels, o.depth_multiplier),
                                  .initializer = o.depthwise_initializer,
                                  .regularizer = o.depthwise_regularizer,
                                  .constraint = o.depthwise_constraint});
  pointwise_kernel_ = add_weight({.name = "pointwise_kernel",
                                  .shape = kernel_shape(Sizes<N>(1), channels * o.depth_multiplier, o.filters),
                                  .initializer = o.pointwise_initializer,
                                  .regularizer = o.pointwise_regularizer,
                                  .constraint = o.pointwise_constraint});
  if (!o.use_bias) return;
  bias_ = add_weight(bias_of(o, {o.filters}));
}

template <int N>
Tensor SeparableConvBody<N>::call(const Tensor& x, CallContext&) {
  const Options& o = options_;
  check_channels(*this, x.shape(), o.data_format, N, depthwise_kernel_.shape()[N]);
  const Tensor images = as_images(is_floating(x.dtype()) ? x : cast(x, compute_dtype()), o.data_format, N);
  const Tensor deep = depthwise_conv(images, as_image_kernel(depthwise_kernel_, N),
                                     {.strides = as_image_sizes(o.strides),
                                      .padding = o.padding,
                                      .data_format = o.data_format,
                                      .dilation_rate = as_image_sizes(o.dilation_rate)});
  Tensor y = conv(deep, as_image_kernel(pointwise_kernel_, N), {.data_format = o.data_format});
  if (o.use_bias) y = bias_add(y, bias_, o.data_format);
  return o.activation(with_places(*this, x.shape(), from_images(y, o.data_format, N)));
}

template class SeparableConvBody<1>;
template class SeparableConvBody<2>;

}  // namespace namesake::nn
