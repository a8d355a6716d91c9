#include "namesake/ops/conv_bias.h"

#include <algorithm>
#include <array>
#include <vector>

#include "namesake/base/parallel_for.h"
#include "namesake/base/pool.h"
#include "namesake/ops/conv_shape.h"
#include "namesake/ops/create.h"
#include "namesake/ops/kernels/table.h"
#include "namesake/ops/math.h"
#include "namesake/ops/onednn_conv.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"

namespace namesake::ops {
namespace {

void infer_conv_bias(const InferContext& c) {
  check_floating(c, 0);
  check_same_dtype(c, 0, 1);
  check_same_dtype(c, 0, 2);
  check_rank(c, 0, 4);
  check_rank(c, 1, 4);
  check_rank(c, 2, 1);
  const ConvShape s = conv_shape(c.op, c.inputs, c.attrs, c.inputs[0].shape(), c.inputs[1].shape(), false);
  if (s.format != kNhwc) throw_invalid(c.op, "A convolution with its bias in one op needs channels last.");
  if (!c.inputs[2].shape().compatible_with({s.out_channels})) throw_mismatch(c.op, c.inputs, "A convolution needs a bias for each of its filters.");
  c.outputs[0] = {c.inputs[0].dtype(), s.outputs()};
}
template <bool kRelu>
void conv_bias_kernel(const KernelContext& c) {
  const Tensor &images = c.inputs[0], &filter = c.inputs[1], &bias = c.inputs[2], &out = c.outputs[0];
  const ConvShape s = conv_shape(c.op, c.inputs, c.attrs, images.shape(), filter.shape(), false);
  if (out.dtype() == DType::kFloat32)
    return convolve_with_bias(s, images.raw_as<float>(), filter.raw_as<float>(), bias.raw_as<float>(), kRelu, out.raw_as<float>(),
                              Recorder::innermost() == nullptr ? &filter : nullptr);
  if (out.dtype() != DType::kFloat64) throw_unsupported_dtype(c.op, out.dtype());
  convolve_plainly(s, images.raw_as<double>(), filter.raw_as<double>(), out.raw_as<double>());
  for (std::int64_t i = 0, n = out.size(); i < n; ++i) {
    double& y = out.raw_as<double>()[i];
    y += bias.raw_as<double>()[i % s.out_channels];
    if (kRelu && y < 0) y = 0;
  }
}
template <bool kRelu>
void gradient_conv_bias(const GradientContext& c) {
  const Tensor &images = c.inputs[0], &filter = c.inputs[1];
  Tensor g = c.output_gradients[0];
  if constexpr (kRelu) {
    std::array<Tensor, 2> both;
    apply_into(kReluBiasGrad, BorrowedTensors<2>(g, c.outputs[0]).view(), {}, both);
    g = both[0];
    if (c.needs[2]) c.input_gradients[2] = both[1];
  } else if (c.needs[2]) {
    c.input_gradients[2] = apply(kBiasAddGrad, g, Attrs::of(std::int64_t{kNhwc}));
  }
  if (c.needs[0]) c.input_gradients[0] = apply(kConv2DBackpropInput, shape_of(images), filter, g, c.attrs);
  if (c.needs[1]) c.input_gradients[1] = apply(kConv2DBackpropFilter, images, shape_of(filter), g, c.attrs);
}

// dy, y: dx, and the sum of its rows.
void infer_relu_bias_grad(const InferContext& c) {
  infer_gradient_pair(c);
  if (c.inputs[0].rank() < 1) throw_mismatch(c.op, c.inputs, "The gradient of a bias needs a tensor of rank 1 or more.");
  c.outputs[1] = {c.inputs[0].dtype(), {c.inputs[0].shape().back()}};
}
void relu_bias_grad_floats(const KernelContext& c, std::int64_t rows, std::int64_t cols) {
  const float *dy = c.inputs[0].raw_as<float>(), *y = c.inputs[1].raw_as<float>();
  float *dx = c.outputs[0].raw_as<float>(), *total = c.outputs[1].raw_as<float>();
  constexpr std::int64_t kSmall = 1 << 15;  // numbers: below, a second thread gains nothing
  const std::int64_t wanted = rows * cols < kSmall ? 1 : base::thread_count();
  const std::int64_t length = (rows + wanted - 1) / wanted, pieces = (rows + length - 1) / length;
  std::vector<float, base::PoolAllocator<float>> totals(static_cast<std::size_t>(pieces * cols));
  base::parallel_for(pieces, [&](std::int64_t i) {
    const std::int64_t first = i * length, at = first * cols;
    kernels::table().relu_bias_grad(dx + at, totals.data() + i * cols, dy + at, y + at, std::min(length, rows - first), cols);
  });
  kernels::table().sum_rows(total, totals.data(), pieces, cols);
}
void relu_bias_grad_kernel(const KernelContext& c) {
  const Tensor &dy = c.inputs[0], &y = c.inputs[1], &total = c.outputs[1];
  if (dy.size() == 0) {
    with_floating(c.op, dy.dtype(), [&](auto zero) { std::fill_n(total.raw_as<decltype(zero)>(), total.size(), zero); });
    return;
  }
  if (dy.dtype() == DType::kFloat32) return relu_bias_grad_floats(c, dy.size() / total.size(), total.size());
  if (dy.dtype() != DType::kFloat64) throw_unsupported_dtype(c.op, dy.dtype());
  std::fill_n(total.raw_as<double>(), total.size(), 0.0);
  for (std::int64_t i = 0; i < dy.size(); ++i) {
    const double g = y.raw_as<double>()[i] > 0 ? dy.raw_as<double>()[i] : 0;
    c.outputs[0].raw_as<double>()[i] = g;
    total.raw_as<double>()[i % total.size()] += g;
  }
}
void gradient_relu_bias_grad(const GradientContext& c) {
  if (c.needs[1]) c.input_gradients[1] = zeros_like(c.inputs[1]);
  if (!c.needs[0]) return;
  const Tensor &of_dx = c.output_gradients[0], &of_total = c.output_gradients[1];
  Tensor g = of_dx;
  if (of_total.defined()) g = of_dx.defined() ? of_dx + of_total : broadcast_to(of_total, c.inputs[0].shape());
  c.input_gradients[0] = apply(kReluGrad, g, c.inputs[1]);
}

// As Conv2D's.
constexpr AttrDef kAttrsConv[] = {{.name = "strides", .kind = AttrKind::kInts},
                                  {.name = "padding", .kind = AttrKind::kWord, .fallback = kValid, .words = kPaddingWords},
                                  {.name = "explicit_paddings", .kind = AttrKind::kInts},
                                  {.name = "data_format", .kind = AttrKind::kWord, .fallback = kNhwc, .words = kFormatWords},
                                  {.name = "dilations", .kind = AttrKind::kInts, .fallback = list_slot({1, 1, 1, 1})}};
constexpr std::string_view kNamesConvBias[] = {"input", "filter", "bias"};
constexpr std::string_view kNamesReluBias[] = {"dy", "y"};
constexpr std::string_view kNamesReluBiasGrad[] = {"dx", "bias_gradient"};

template <bool kRelu>
constexpr OpRecord conv_bias_record(std::string_view name) {
  return {.name = name,
          .input_names = kNamesConvBias,
          .output_names = kNamesOutput,
          .attrs = kAttrsConv,
          .types = kTypeT,
          .infer = infer_conv_bias,
          .kernel = conv_bias_kernel<kRelu>,
          .gradient = gradient_conv_bias<kRelu>};
}

}  // namespace

constinit const OpRecord kConvBias = conv_bias_record<false>("_ConvBias");
constinit const OpRecord kConvBiasRelu = conv_bias_record<true>("_ConvBiasRelu");
constinit const OpRecord kReluBiasGrad = {.name = "_ReluBiasGrad",
                                          .input_names = kNamesReluBias,
                                          .output_names = kNamesReluBiasGrad,
                                          .types = kTypeT,
                                          .infer = infer_relu_bias_grad,
                                          .kernel = relu_bias_grad_kernel,
                                          .gradient = gradient_relu_bias_grad};

Tensor conv_bias(const Tensor& images, const Tensor& kernel, const Tensor& bias, const ConvOptions& options, bool relu) {
  return apply(relu ? kConvBiasRelu : kConvBias, images, kernel, bias, conv_attrs(options));
}

}  // namespace namesake::ops
