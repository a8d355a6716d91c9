#include "namesake/nn/layers/depthwise_conv.h"

#include "namesake/nn/layers/kernel_bias.h"
#include "namesake/nn/layers/spatial.h"
#include "namesake/ops/bias.h"
#include "namesake/ops/conv.h"
#include "namesake/ops/create.h"

namespace namesake::nn {

template <int N>
void DepthwiseConvBody<N>::config(Options& o, ConfigFields& f) {
  f("depth_multiplier", o.depth_multiplier);
  f("kernel_size", o.kernel_size);
  f("strides", o.strides);
  f("padding", o.padding);
  f("data_format", o.data_format);
  f("dilation_rate", o.dilation_rate);
  f("activation", o.activation);
  f("use_bias", o.use_bias);
  f("depthwise_initializer", o.depthwise_initializer);
  f("bias_initializer", o.bias_initializer);
  f("depthwise_regularizer", o.depthwise_regularizer);
  f("bias_regularizer", o.bias_regularizer);
  f("depthwise_constraint", o.depthwise_constraint);
  f("bias_constraint", o.bias_constraint);
}

template <int N>
DepthwiseConvBody<N>::DepthwiseConvBody(Options options) : options_(std::move(options)) {
  check_sizes(*this, "depth_multiplier", Sizes1D(options_.depth_multiplier));
  check_windows(*this, options_.kernel_size, options_.strides, options_.dilation_rate);
  check_padding(*this, options_.padding);
  check_data_format(*this, options_.data_format);
}

template <int N>
void DepthwiseConvBody<N>::build(const Shape& input) {
  const Options& o = options_;
  const std::int64_t channels = channels_of(*this, input, o.data_format, N);
  kernel_ = add_weight({.name = "kernel",
                        .shape = kernel_shape(o.kernel_size, channels, o.depth_multiplier),
                        .initializer = o.depthwise_initializer,
                        .regularizer = o.depthwise_regularizer,
                        .constraint = o.depthwise_constraint});
  if (!o.use_bias) return;
  bias_ = add_weight(bias_of(o, {channels * o.depth_multiplier}));
}

template <int N>
Tensor DepthwiseConvBody<N>::call(const Tensor& x, CallContext&) {
  const Options& o = options_;
  check_channels(*this, x.shape(), o.data_format, N, kernel_.shape()[N]);
  const Tensor images = as_images(is_floating(x.dtype()) ? x : cast(x, compute_dtype()), o.data_format, N);
  Tensor y = depthwise_conv(images, as_image_kernel(kernel_, N),
                            {.strides = as_image_sizes(o.strides),
                             .padding = o.padding,
                             .data_format = o.data_format,
                             .dilation_rate = as_image_sizes(o.dilation_rate)});
  if (o.use_bias) y = bias_add(y, bias_, o.data_format);
  return o.activation(with_places(*this, x.shape(), from_images(y, o.data_format, N)));
}

template class DepthwiseConvBody<1>;
template class DepthwiseConvBody<2>;

}  // namespace namesake::nn
