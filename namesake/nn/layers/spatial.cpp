#include "namesake/nn/layers/spatial.h"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "namesake/base/error.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/math.h"
#include "namesake/ops/padding.h"
#include "namesake/ops/shaping.h"

namespace namesake::nn {
namespace {

std::string wanted_input(std::string_view data_format, int spatial, std::string_view channels) {
  const std::string_view sizes = spatial == 1 ? "steps" : "height, width";
  return data_format == "channels_first" ? fmt::format("a shape (batch, {}, {})", channels, sizes)
                                         : fmt::format("a shape (batch, {}, {})", sizes, channels);
}

}  // namespace

int channels_axis(std::string_view data_format, int spatial) { return data_format == "channels_first" ? 1 : spatial + 1; }
int first_spatial_axis(std::string_view data_format) { return data_format == "channels_first" ? 2 : 1; }

void check_spatial_rank(const LayerBase& layer, const Shape& x, int spatial) {
  if (x.known_rank() && x.rank() != spatial + 2) layer.refuse_input(wanted_input("channels_last", spatial, "channels"), to_string(x));
}

std::int64_t channels_of(const LayerBase& layer, const Shape& input, std::string_view data_format, int spatial) {
  const bool known = input.rank() == spatial + 2 && input[channels_axis(data_format, spatial)] > 0;
  if (!known) layer.refuse_input(wanted_input(data_format, spatial, "channels") + " whose channels are known", to_string(input));
  return input[channels_axis(data_format, spatial)];
}

void check_channels(const LayerBase& layer, const Shape& x, std::string_view data_format, int spatial, std::int64_t channels) {
  check_spatial_rank(layer, x, spatial);
  if (!x.known_rank()) return;
  const std::int64_t size = x[channels_axis(data_format, spatial)];
  if (size >= 0 && size != channels) layer.refuse_input(wanted_input(data_format, spatial, fmt::format("{}", channels)), to_string(x));
}

Tensor with_places(const LayerBase& layer, const Shape& input, Tensor y) {
  for (int axis = 1; axis < y.rank(); ++axis) {  // channels are never 0
    if (y.shape()[axis] == 0) layer.refuse_input("an input that the window fits into, or padding = \"same\"", to_string(input));
  }
  return y;
}

void throw_option(const LayerBase& layer, std::string_view option, std::string what, std::string expected, std::string received) {
  throw InvalidArgument({.subject = std::string(option),
                         .what = std::move(what),
                         .expected = std::move(expected),
                         .received = std::move(received),
                         .places = {{"here", layer.site(), {}, {}}}});
}

template <int N>
void check_sizes(const LayerBase& layer, std::string_view option, const Sizes<N>& sizes, std::int64_t least) {
  if (sizes.given() && sizes.least() >= least) return;
  throw_option(layer, option, fmt::format("{} needs {} of {} or more in \"{}\".", layer.class_name(), N == 1 ? "a number" : "numbers", least, option),
               fmt::format("{} >= {}", option, least), sizes.given() ? to_json(sizes.serialize()) : "nothing");
}
template void check_sizes(const LayerBase&, std::string_view, const Sizes1D&, std::int64_t);
template void check_sizes(const LayerBase&, std::string_view, const Sizes2D&, std::int64_t);

template <int N>
void check_windows(const LayerBase& layer, const Sizes<N>& kernel_size, const Sizes<N>& strides, const Sizes<N>& dilation_rate) {
  check_sizes(layer, "kernel_size", kernel_size);
  check_sizes(layer, "strides", strides);
  check_sizes(layer, "dilation_rate", dilation_rate);
  if (strides.greatest() > 1 && dilation_rate.greatest() > 1) {
    throw_option(layer, "dilation_rate", "Strides and a dilation do not go together.", "strides of 1, or a dilation_rate of 1");
  }
}
template void check_windows(const LayerBase&, const Sizes1D&, const Sizes1D&, const Sizes1D&);
template void check_windows(const LayerBase&, const Sizes2D&, const Sizes2D&, const Sizes2D&);

template <int N>
Shape kernel_shape(const Sizes<N>& kernel_size, std::int64_t in, std::int64_t out) {
  Shape shape = Shape::scalar();
  for (int axis = 0; axis < N; ++axis) shape.push_back(kernel_size[axis]);
  shape.push_back(in);
  shape.push_back(out);
  return shape;
}
template Shape kernel_shape(const Sizes1D&, std::int64_t, std::int64_t);
template Shape kernel_shape(const Sizes2D&, std::int64_t, std::int64_t);

void check_data_format(const LayerBase& layer, std::string_view data_format) {
  if (data_format == "channels_last" || data_format == "channels_first") return;
  throw_option(layer, "data_format", fmt::format("\"{}\" is no data format.", data_format), "\"channels_last\" or \"channels_first\"");
}

void check_padding(const LayerBase& layer, std::string_view padding, bool allow_causal) {
  if (padding == "valid" || padding == "same" || (allow_causal && padding == "causal")) return;
  throw_option(layer, "padding", fmt::format("\"{}\" is no padding of {}.", padding, layer.class_name()),
               allow_causal ? "\"valid\", \"same\" or \"causal\"" : "\"valid\" or \"same\"");
}

Tensor as_images(const Tensor& x, std::string_view data_format, int spatial) {
  return spatial == 2 ? x : expand_dims(x, first_spatial_axis(data_format));
}
Tensor from_images(const Tensor& x, std::string_view data_format, int spatial) {
  return spatial == 2 ? x : squeeze(x, {first_spatial_axis(data_format)});
}
Tensor padded_causally(const Tensor& images, std::string_view data_format, std::int64_t steps) {
  std::array<std::array<std::int64_t, 2>, 4> paddings{};
  paddings[static_cast<std::size_t>(first_spatial_axis(data_format)) + 1][0] = steps;
  return pad(images, paddings);
}
Tensor slice_to(const Tensor& x, int axis, std::int64_t before, std::int64_t after) {
  // A negative end counts from the end of the axis, whose size may be open.
  return slice_axis(x, axis, before, after == 0 ? std::numeric_limits<std::int32_t>::max() : -after);
}
Tensor scaled_sizes(const Tensor& images, std::string_view data_format, const Sizes2D& factors, const Sizes2D& more) {
  const auto pair = [](const Sizes2D& sizes) {
    return Tensor::of<std::int32_t>({static_cast<std::int32_t>(sizes[0]), static_cast<std::int32_t>(sizes[1])}, {2});
  };
  const int first = first_spatial_axis(data_format);
  const Shape& shape = images.shape();
  if (shape.known_rank() && shape[first] >= 0 && shape[first + 1] >= 0)
    return pair({shape[first] * factors[0] + more[0], shape[first + 1] * factors[1] + more[1]});
  return add(multiply(slice_axis(shape_of(images), 0, first, first + 2), pair(factors)), pair(more));
}
Tensor as_image_kernel(const Tensor& kernel, int spatial) { return spatial == 2 ? kernel : expand_dims(kernel, 0); }

}  // namespace namesake::nn
