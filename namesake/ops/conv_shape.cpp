#include "namesake/ops/conv_shape.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

// Channels and groups. `filter_in`, `filter_out` are the last two sizes of the filter.
void settle_channels(ConvShape& s, const OpRecord& op, std::span<const Tensor> inputs, std::int64_t filter_in,
                     std::int64_t filter_out, bool depthwise) {
  if (depthwise) {
    if (s.in_channels >= 0 && filter_in >= 0 && s.in_channels != filter_in) {
      throw_mismatch(op, inputs, fmt::format("{}: the images have {} channels, and the filter is for {}.", op.name, s.in_channels, filter_in),
                     "a filter (height, width, channels of the images, multiplier)");
    }
    if (s.in_channels < 0) s.in_channels = filter_in;
    s.groups = s.in_channels;
    s.out_channels = s.in_channels < 0 || filter_out < 0 ? Shape::kOpen : s.in_channels * filter_out;
    return;
  }
  s.out_channels = filter_out;
  if (s.in_channels < 0 || filter_in < 0) return;
  if (filter_in == 0 || s.in_channels % filter_in != 0) {
    throw_mismatch(op, inputs,
                   fmt::format("{}: the images have {} channels, which the {} channels of the filter do not divide.", op.name, s.in_channels,
                               filter_in),
                   "a filter (height, width, channels of the images / groups, filters)");
  }
  s.groups = s.in_channels / filter_in;
  if (filter_out >= 0 && s.groups > 0 && filter_out % s.groups != 0) {
    throw_mismatch(op, inputs, fmt::format("{}: {} filters cannot be shared out among {} groups.", op.name, filter_out, s.groups),
                   "a number of filters that the number of groups divides");
  }
}

}  // namespace

ConvShape conv_shape(const OpRecord& op, std::span<const Tensor> inputs, const Attrs& attrs, const Shape& images,
                     const Shape& filter, bool depthwise) {
  const WindowAttrs window(op, attrs);
  const ImageAxes axes(window.format);
  const auto size = [](const Shape& shape, int axis) { return shape.known_rank() ? shape[axis] : Shape::kOpen; };
  ConvShape s;
  s.format = window.format;
  s.batch = size(images, 0);
  s.in_channels = size(images, axes.channels);
  settle_channels(s, op, inputs, size(filter, 2), size(filter, 3), depthwise);
  s.height = window_axis(op, inputs, window, 0, size(images, axes.height), size(filter, 0));
  s.width = window_axis(op, inputs, window, 1, size(images, axes.width), size(filter, 1));
  return s;
}

namespace {

// Distances of neighbours in memory, in elements.
struct Steps {
  std::int64_t batch, row, column, channel;
  Steps(std::int64_t format, std::int64_t height, std::int64_t width, std::int64_t channels)
      : batch(height * width * channels),
        row(format == kNchw ? width : width * channels),
        column(format == kNchw ? 1 : channels),
        channel(format == kNchw ? height * width : 1) {}
};

// Calls visit(image offset, output offset, filter offset) for each place of the filter at each place of the outputs that
// falls on the images and not on padding.
template <class Visit>
void each_tap(const ConvShape& s, const Steps& in, const Steps& out, Visit visit) {
  const std::int64_t tap = s.group_in() * s.out_channels;
  for (std::int64_t n = 0; n < s.batch; ++n) {
    for (std::int64_t y = 0; y < s.height.out; ++y) {
      for (std::int64_t x = 0; x < s.width.out; ++x) {
        for (std::int64_t ky = 0; ky < s.height.kernel; ++ky) {
          const std::int64_t iy = y * s.height.stride - s.height.before + ky * s.height.dilation;
          if (iy < 0 || iy >= s.height.in) continue;
          for (std::int64_t kx = 0; kx < s.width.kernel; ++kx) {
            const std::int64_t ix = x * s.width.stride - s.width.before + kx * s.width.dilation;
            if (ix < 0 || ix >= s.width.in) continue;
            visit(n * in.batch + iy * in.row + ix * in.column, n * out.batch + y * out.row + x * out.column,
                  (ky * s.width.kernel + kx) * tap);
          }
        }
      }
    }
  }
}

// Calls multiply(image element, output element, filter element) for every product of the convolution.
template <class Multiply>
void each_product(const ConvShape& s, Multiply multiply) {
  const Steps in(s.format, s.height.in, s.width.in, s.in_channels), out(s.format, s.height.out, s.width.out, s.out_channels);
  const std::int64_t group_in = s.group_in(), group_out = s.group_out();
  each_tap(s, in, out, [&](std::int64_t image, std::int64_t output, std::int64_t filter) {
    for (std::int64_t g = 0; g < s.groups; ++g) {
      for (std::int64_t i = 0; i < group_in; ++i) {
        for (std::int64_t o = g * group_out; o < (g + 1) * group_out; ++o) {
          multiply(image + (g * group_in + i) * in.channel, output + o * out.channel, filter + i * s.out_channels + o);
        }
      }
    }
  });
}

}  // namespace

template <class T>
void convolve_plainly(const ConvShape& s, const T* images, const T* filter, T* outputs) {
  std::fill_n(outputs, s.batch * s.output_count(), T(0));
  each_product(s, [&](std::int64_t i, std::int64_t o, std::int64_t f) { outputs[o] += images[i] * filter[f]; });
}
template <class T>
void convolve_images_back_plainly(const ConvShape& s, const T* filter, const T* outputs, T* images) {
  std::fill_n(images, s.batch * s.image_count(), T(0));
  each_product(s, [&](std::int64_t i, std::int64_t o, std::int64_t f) { images[i] += outputs[o] * filter[f]; });
}
template <class T>
void convolve_filter_back_plainly(const ConvShape& s, const T* images, const T* outputs, T* filter) {
  std::fill_n(filter, s.filter_count(), T(0));
  each_product(s, [&](std::int64_t i, std::int64_t o, std::int64_t f) { filter[f] += images[i] * outputs[o]; });
}

template void convolve_plainly(const ConvShape&, const double*, const double*, double*);
template void convolve_images_back_plainly(const ConvShape&, const double*, const double*, double*);
template void convolve_filter_back_plainly(const ConvShape&, const double*, const double*, double*);
template void convolve_plainly(const ConvShape&, const float*, const float*, float*);
template void convolve_images_back_plainly(const ConvShape&, const float*, const float*, float*);
template void convolve_filter_back_plainly(const ConvShape&, const float*, const float*, float*);

}  // namespace namesake::ops
