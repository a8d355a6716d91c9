// The records of convolutions. The three ops of a kind are each other's gradients, so that any order of them works.
#include "namesake/ops/conv.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/ops/conv_bias.h"
#include "namesake/ops/conv_shape.h"
#include "namesake/ops/onednn_conv.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"

namespace namesake::ops {
namespace {

enum Slot : std::size_t { kStridesSlot, kPaddingSlot, kPaddingsSlot, kFormatSlot, kDilationsSlot };

void check_images_and_filter(const InferContext& c, std::size_t images, std::size_t filter) {
  check_same_dtype(c, images, filter);
  check_floating(c, images);
  check_rank(c, images, 4);
  check_rank(c, filter, 4);
}

template <bool kDepthwise>
void infer_conv(const InferContext& c) {
  check_images_and_filter(c, 0, 1);
  const ConvShape s = conv_shape(c.op, c.inputs, c.attrs, c.inputs[0].shape(), c.inputs[1].shape(), kDepthwise);
  c.outputs[0] = {c.inputs[0].dtype(), s.outputs()};
}

/// Throws unless the outputs of convolution `s` may have this shape.
void check_out_backprop(const InferContext& c, const ConvShape& s) {
  const Shape& given = c.inputs[2].shape();
  if (given.compatible_with(s.outputs())) return;
  throw_mismatch(c.op, c.inputs,
                 fmt::format("{}: the convolution of these images with this filter gives {}, not {}.", c.op.name,
                             to_string(s.outputs()), to_string(given)));
}

/// The images' shape, of which input_sizes may give height and width only, as in TensorFlow.
Shape image_sizes(const OpRecord& op, std::span<const Tensor> inputs, const Attrs& attrs) {
  const Shape sizes = shape_of_input(op, inputs[0]);
  if (!sizes.known_rank()) return {Shape::kOpen, Shape::kOpen, Shape::kOpen, Shape::kOpen};
  if (sizes.rank() == 4) return sizes;
  if (sizes.rank() != 2) throw_mismatch(op, inputs, fmt::format("{} needs the four sizes of the images.", op.name));
  const Shape &filter = inputs[1].shape(), &outputs = inputs[2].shape();
  return image_shape(attrs.integer(kFormatSlot), outputs.known_rank() ? outputs[0] : Shape::kOpen, sizes[0], sizes[1],
                     filter.known_rank() ? filter[2] : Shape::kOpen);
}

template <bool kDepthwise>
void infer_backprop_input(const InferContext& c) {
  check_images_and_filter(c, 2, 1);
  const Shape images = image_sizes(c.op, c.inputs, c.attrs);
  ConvShape s = conv_shape(c.op, c.inputs, c.attrs, images, c.inputs[1].shape(), kDepthwise);
  check_out_backprop(c, s);
  if (s.batch < 0 && c.inputs[2].shape().known_rank()) s.batch = c.inputs[2].shape()[0];
  c.outputs[0] = {c.inputs[2].dtype(), s.images()};
}

template <bool kDepthwise>
void infer_backprop_filter(const InferContext& c) {
  check_images_and_filter(c, 0, 2);
  Shape filter = shape_of_input(c.op, c.inputs[1]);
  if (!filter.known_rank()) filter = {Shape::kOpen, Shape::kOpen, Shape::kOpen, Shape::kOpen};
  if (filter.rank() != 4) throw_mismatch(c.op, c.inputs, fmt::format("{} needs the four sizes of the filter.", c.op.name));
  check_out_backprop(c, conv_shape(c.op, c.inputs, c.attrs, c.inputs[0].shape(), filter, kDepthwise));
  c.outputs[0] = {c.inputs[0].dtype(), filter};
}

template <bool kDepthwise>
void conv_kernel(const KernelContext& c) {
  const Tensor &images = c.inputs[0], &filter = c.inputs[1], &out = c.outputs[0];
  const ConvShape s = conv_shape(c.op, c.inputs, c.attrs, images.shape(), filter.shape(), kDepthwise);
  if (out.dtype() == DType::kFloat32)
    return convolve(s, images.raw_as<float>(), filter.raw_as<float>(), out.raw_as<float>(), Recorder::innermost() == nullptr ? &filter : nullptr);
  if (out.dtype() != DType::kFloat64) throw_unsupported_dtype(c.op, out.dtype());
  convolve_plainly(s, images.raw_as<double>(), filter.raw_as<double>(), out.raw_as<double>());
}
template <bool kDepthwise>
void backprop_input_kernel(const KernelContext& c) {
  const Tensor &filter = c.inputs[1], &g = c.inputs[2], &out = c.outputs[0];
  const ConvShape s = conv_shape(c.op, c.inputs, c.attrs, out.shape(), filter.shape(), kDepthwise);
  if (out.dtype() == DType::kFloat32)
    return convolve_images_back(s, filter.raw_as<float>(), g.raw_as<float>(), out.raw_as<float>());
  if (out.dtype() != DType::kFloat64) throw_unsupported_dtype(c.op, out.dtype());
  convolve_images_back_plainly(s, filter.raw_as<double>(), g.raw_as<double>(), out.raw_as<double>());
}
template <bool kDepthwise>
void backprop_filter_kernel(const KernelContext& c) {
  const Tensor &images = c.inputs[0], &g = c.inputs[2], &out = c.outputs[0];
  const ConvShape s = conv_shape(c.op, c.inputs, c.attrs, images.shape(), out.shape(), kDepthwise);
  if (out.dtype() == DType::kFloat32)
    return convolve_filter_back(s, images.raw_as<float>(), g.raw_as<float>(), out.raw_as<float>());
  if (out.dtype() != DType::kFloat64) throw_unsupported_dtype(c.op, out.dtype());
  convolve_filter_back_plainly(s, images.raw_as<double>(), g.raw_as<double>(), out.raw_as<double>());
}

/// The three ops of a kind.
struct Kind {
  const OpRecord &forward, &backprop_input, &backprop_filter;
};
template <bool kDepthwise>
Kind kind() {
  if constexpr (kDepthwise)
    return {kDepthwiseConv2dNative, kDepthwiseConv2dNativeBackpropInput, kDepthwiseConv2dNativeBackpropFilter};
  else
    return {kConv2D, kConv2DBackpropInput, kConv2DBackpropFilter};
}

template <bool kDepthwise>
void gradient_conv(const GradientContext& c) {
  const Kind k = kind<kDepthwise>();
  const Tensor &images = c.inputs[0], &filter = c.inputs[1], &g = c.output_gradients[0];
  if (c.needs[0]) c.input_gradients[0] = apply(k.backprop_input, shape_of(images), filter, g, c.attrs);
  if (c.needs[1]) c.input_gradients[1] = apply(k.backprop_filter, images, shape_of(filter), g, c.attrs);
}
template <bool kDepthwise>
void gradient_backprop_input(const GradientContext& c) {
  const Kind k = kind<kDepthwise>();
  const Tensor &filter = c.inputs[1], &outputs = c.inputs[2], &g = c.output_gradients[0];
  if (c.needs[1]) c.input_gradients[1] = apply(k.backprop_filter, g, shape_of(filter), outputs, c.attrs);
  if (c.needs[2]) c.input_gradients[2] = apply(k.forward, g, filter, c.attrs);
}
template <bool kDepthwise>
void gradient_backprop_filter(const GradientContext& c) {
  const Kind k = kind<kDepthwise>();
  const Tensor &images = c.inputs[0], &outputs = c.inputs[2], &g = c.output_gradients[0];
  if (c.needs[0]) c.input_gradients[0] = apply(k.backprop_input, shape_of(images), g, outputs, c.attrs);
  if (c.needs[2]) c.input_gradients[2] = apply(k.forward, images, g, c.attrs);
}

// TensorFlow's use_cudnn_on_gpu says nothing here.
constexpr AttrDef kAttrsConv[] = {
    {.name = "strides", .kind = AttrKind::kInts},
    {.name = "padding", .kind = AttrKind::kWord, .fallback = kValid, .words = kPaddingWords},
    {.name = "explicit_paddings", .kind = AttrKind::kInts},
    {.name = "data_format", .kind = AttrKind::kWord, .fallback = kNhwc, .words = kFormatWords},
    {.name = "dilations", .kind = AttrKind::kInts, .fallback = list_slot({1, 1, 1, 1})}};
constexpr std::string_view kNamesConv[] = {"input", "filter"};
constexpr std::string_view kNamesBackpropInput[] = {"input_sizes", "filter", "out_backprop"};
constexpr std::string_view kNamesBackpropFilter[] = {"input", "filter_sizes", "out_backprop"};
constexpr TypeAttr kTypeOfFilter[] = {{"T", 1}};

}  // namespace

constinit const OpRecord kConv2D = {.name = "Conv2D",
                                    .input_names = kNamesConv,
                                    .output_names = kNamesOutput,
                                    .attrs = kAttrsConv,
                                    .types = kTypeT,
                                    .infer = infer_conv<false>,
                                    .kernel = conv_kernel<false>,
                                    .gradient = gradient_conv<false>};
constinit const OpRecord kConv2DBackpropInput = {.name = "Conv2DBackpropInput",
                                                 .input_names = kNamesBackpropInput,
                                                 .output_names = kNamesOutput,
                                                 .attrs = kAttrsConv,
                                                 .types = kTypeOfFilter,
                                                 .infer = infer_backprop_input<false>,
                                                 .kernel = backprop_input_kernel<false>,
                                                 .gradient = gradient_backprop_input<false>};
constinit const OpRecord kConv2DBackpropFilter = {.name = "Conv2DBackpropFilter",
                                                  .input_names = kNamesBackpropFilter,
                                                  .output_names = kNamesOutput,
                                                  .attrs = kAttrsConv,
                                                  .types = kTypeT,
                                                  .infer = infer_backprop_filter<false>,
                                                  .kernel = backprop_filter_kernel<false>,
                                                  .gradient = gradient_backprop_filter<false>};
constinit const OpRecord kDepthwiseConv2dNative = {.name = "DepthwiseConv2dNative",
                                                   .input_names = kNamesConv,
                                                   .output_names = kNamesOutput,
                                                   .attrs = kAttrsConv,
                                                   .types = kTypeT,
                                                   .infer = infer_conv<true>,
                                                   .kernel = conv_kernel<true>,
                                                   .gradient = gradient_conv<true>};
constinit const OpRecord kDepthwiseConv2dNativeBackpropInput = {.name = "DepthwiseConv2dNativeBackpropInput",
                                                                .input_names = kNamesBackpropInput,
                                                                .output_names = kNamesOutput,
                                                                .attrs = kAttrsConv,
                                                                .types = kTypeOfFilter,
                                                                .infer = infer_backprop_input<true>,
                                                                .kernel = backprop_input_kernel<true>,
                                                                .gradient = gradient_backprop_input<true>};
constinit const OpRecord kDepthwiseConv2dNativeBackpropFilter = {.name = "DepthwiseConv2dNativeBackpropFilter",
                                                                 .input_names = kNamesBackpropFilter,
                                                                 .output_names = kNamesOutput,
                                                                 .attrs = kAttrsConv,
                                                                 .types = kTypeT,
                                                                 .infer = infer_backprop_filter<true>,
                                                                 .kernel = backprop_filter_kernel<true>,
                                                                 .gradient = gradient_backprop_filter<true>};

std::int64_t padding_word(std::string_view keras_word) {
  if (keras_word == "valid") return kValid;
  if (keras_word == "same") return kSame;
  throw InvalidArgument({.subject = "padding",
                         .what = fmt::format("\"{}\" is no padding.", keras_word),
                         .expected = "\"valid\" or \"same\"",
                         .received = std::string(keras_word)});
}

std::int64_t format_word(std::string_view keras_word) {
  if (keras_word == "channels_last") return kNhwc;
  if (keras_word == "channels_first") return kNchw;
  throw InvalidArgument({.subject = "data_format",
                         .what = fmt::format("\"{}\" is no data format.", keras_word),
                         .expected = "\"channels_last\" or \"channels_first\"",
                         .received = std::string(keras_word)});
}

namespace {

void set_spatial(Attrs& attrs, std::size_t slot, std::int64_t format, const Sizes2D& sizes) {
  const Shape list = image_shape(format, 1, sizes[0], sizes[1], 1);
  attrs.set_list(slot, list.sizes());
}

}  // namespace

Attrs conv_attrs(const ConvOptions& options) {
  const std::int64_t format = format_word(options.data_format);
  Attrs attrs;
  attrs.set(kPaddingSlot, padding_word(options.padding));
  attrs.set(kFormatSlot, format);
  set_spatial(attrs, kStridesSlot, format, options.strides);
  set_spatial(attrs, kDilationsSlot, format, options.dilation_rate);
  return attrs;
}

}  // namespace namesake::ops

namespace namesake {

Tensor conv(const Tensor& images, const Tensor& kernel, const ConvOptions& options) {
  return ops::apply(ops::kConv2D, images, kernel, ops::conv_attrs(options));
}
Tensor depthwise_conv(const Tensor& images, const Tensor& kernel, const ConvOptions& options) {
  return ops::apply(ops::kDepthwiseConv2dNative, images, kernel, ops::conv_attrs(options));
}
Tensor conv_backprop_input(const Tensor& input_sizes, const Tensor& kernel, const Tensor& x, const ConvOptions& options) {
  return ops::apply(ops::kConv2DBackpropInput, input_sizes, kernel, x, ops::conv_attrs(options));
}

}  // namespace namesake
