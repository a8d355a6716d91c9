#include "namesake/nn/layers/conv.h"

#include <fmt/format.h>

#include "namesake/nn/layers/kernel_bias.h"
#include "namesake/nn/layers/spatial.h"
#include "namesake/ops/bias.h"
#include "namesake/ops/conv.h"
#include "namesake/ops/conv_bias.h"
#include "namesake/ops/create.h"
#include "namesake/ops/normalize.h"
#include "namesake/ops/padding.h"

namespace namesake::nn {

template <int N>
void ConvBody<N>::config(Options& o, ConfigFields& f) {
  f("filters", o.filters);
  f("kernel_size", o.kernel_size);
  f("strides", o.strides);
  f("padding", o.padding);
  f("data_format", o.data_format);
  f("dilation_rate", o.dilation_rate);
  f("groups", o.groups);
  f("activation", o.activation);
  f("use_bias", o.use_bias);
  f("kernel_initializer", o.kernel_initializer);
  f("bias_initializer", o.bias_initializer);
  f("kernel_regularizer", o.kernel_regularizer);
  f("bias_regularizer", o.bias_regularizer);
  f("kernel_constraint", o.kernel_constraint);
  f("bias_constraint", o.bias_constraint);
}

template <int N>
ConvBody<N>::ConvBody(Options options) : options_(std::move(options)) {
  const Options& o = options_;
  check_sizes(*this, "filters", Sizes1D(o.filters));
  check_windows(*this, o.kernel_size, o.strides, o.dilation_rate);
  check_sizes(*this, "groups", Sizes1D(o.groups));
  check_padding(*this, o.padding, N == 1);
  check_data_format(*this, o.data_format);
  if (o.filters % o.groups != 0) {
    throw_option(*this, "groups", fmt::format("{} filters cannot be shared out among {} groups.", o.filters, o.groups),
                 "a number of filters that the number of groups divides");
  }
}

template <int N>
void ConvBody<N>::build(const Shape& input) {
  const std::int64_t channels = channels_of(*this, input, options_.data_format, N);
  if (channels % options_.groups != 0) {
    throw_option(*this, "groups", fmt::format("{} channels cannot be shared out among {} groups.", channels, options_.groups),
                 "a number of channels that the number of groups divides", to_string(input));
  }
  kernel_ = add_weight(kernel_of(options_, kernel_shape(options_.kernel_size, channels / options_.groups, options_.filters)));
  if (!options_.use_bias) return;
  bias_ = add_weight(bias_of(options_, {options_.filters}));
}

template <int N>
Tensor ConvBody<N>::call(const Tensor& x, CallContext&) {
  const Options& o = options_;
  check_channels(*this, x.shape(), o.data_format, N, kernel_.shape()[N] * o.groups);
  Tensor images = as_images(is_floating(x.dtype()) ? x : cast(x, compute_dtype()), o.data_format, N);
  const bool causal = o.padding == "causal";
  if (causal) images = padded_causally(images, o.data_format, o.dilation_rate[0] * (o.kernel_size[0] - 1));
  const ConvOptions options = {.strides = as_image_sizes(o.strides),
                               .padding = causal ? std::string_view("valid") : o.padding,
                               .data_format = o.data_format,
                               .dilation_rate = as_image_sizes(o.dilation_rate)};
  if (o.use_bias && o.data_format == "channels_last" && ops::may_fuse(images)) {
    const bool relu = o.activation.name() == "relu";
    const Tensor y = from_images(ops::conv_bias(images, as_image_kernel(kernel_, N), bias_, options, relu), o.data_format, N);
    return relu ? with_places(*this, x.shape(), y) : o.activation(with_places(*this, x.shape(), y));
  }
  Tensor y = conv(images, as_image_kernel(kernel_, N), options);
  if (o.use_bias) y = bias_add(y, bias_, o.data_format);
  return o.activation(with_places(*this, x.shape(), from_images(y, o.data_format, N)));
}

template class ConvBody<1>;
template class ConvBody<2>;

}  // namespace namesake::nn
