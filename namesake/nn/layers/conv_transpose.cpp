#include "namesake/nn/layers/conv_transpose.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/nn/layers/kernel_bias.h"
#include "namesake/nn/layers/spatial.h"
#include "namesake/ops/bias.h"
#include "namesake/ops/conv.h"
#include "namesake/ops/create.h"

namespace namesake::nn {

template <int N>
void ConvTransposeBody<N>::config(Options& o, ConfigFields& f) {
  f("filters", o.filters);
  f("kernel_size", o.kernel_size);
  f("strides", o.strides);
  f("padding", o.padding);
  f("output_padding", o.output_padding);
  f("data_format", o.data_format);
  f("dilation_rate", o.dilation_rate);
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
ConvTransposeBody<N>::ConvTransposeBody(Options options) : options_(std::move(options)) {
  const Options& o = options_;
  check_sizes(*this, "filters", Sizes1D(o.filters));
  check_windows(*this, o.kernel_size, o.strides, o.dilation_rate);
  check_padding(*this, o.padding);
  check_data_format(*this, o.data_format);
  if (!o.output_padding.given()) return;
  for (int axis = 0; axis < N; ++axis) {
    if (o.output_padding[axis] >= 0 && o.output_padding[axis] < o.strides[axis]) continue;
    throw_option(*this, "output_padding", "An output padding is not below its stride.", "0 <= output_padding < strides",
                 fmt::format("output_padding {}, stride {}", o.output_padding[axis], o.strides[axis]));
  }
}

template <int N>
void ConvTransposeBody<N>::build(const Shape& input) {
  const Options& o = options_;
  kernel_ = add_weight(kernel_of(o, kernel_shape(o.kernel_size, o.filters, channels_of(*this, input, o.data_format, N))));
  if (!o.use_bias) return;
  bias_ = add_weight(bias_of(o, {o.filters}));
}

template <int N>
std::int64_t ConvTransposeBody<N>::added(int axis) const {
  const Options& o = options_;
  const std::int64_t stride = o.strides[axis], reach = (o.kernel_size[axis] - 1) * o.dilation_rate[axis] + 1;
  const bool valid = o.padding == "valid";
  if (!o.output_padding.given()) return valid ? std::max(reach, stride) - stride : 0;
  return (valid ? reach : reach % 2) + o.output_padding[axis] - stride;
}

template <int N>
Tensor ConvTransposeBody<N>::call(const Tensor& x, CallContext&) {
  const Options& o = options_;
  check_channels(*this, x.shape(), o.data_format, N, kernel_.shape()[N + 1]);
  const Tensor images = as_images(is_floating(x.dtype()) ? x : cast(x, compute_dtype()), o.data_format, N);
  const Sizes2D more(N == 1 ? 0 : added(0), added(N - 1));
  const Tensor sizes = scaled_sizes(images, o.data_format, as_image_sizes(o.strides), more);
  Tensor y = conv_backprop_input(sizes, as_image_kernel(kernel_, N), images,
                                 {.strides = as_image_sizes(o.strides),
                                  .padding = o.padding,
                                  .data_format = o.data_format,
                                  .dilation_rate = as_image_sizes(o.dilation_rate)});
  if (o.use_bias) y = bias_add(y, bias_, o.data_format);
  return o.activation(from_images(y, o.data_format, N));
}

template class ConvTransposeBody<1>;
template class ConvTransposeBody<2>;

}  // namespace namesake::nn
