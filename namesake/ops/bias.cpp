#include "namesake/ops/bias.h"

#include <fmt/format.h>

#include "namesake/ops/conv.h"
#include "namesake/ops/create.h"
#include "namesake/ops/kernels/table.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"

namespace namesake::ops {
namespace {

constexpr std::int64_t kNhwc = 0, kNchw = 1;
constexpr AttrDef kAttrsBias[] = {
    {.name = "data_format", .kind = AttrKind::kWord, .fallback = kNhwc, .words = "NHWC,NCHW"}};
constexpr std::string_view kNamesBias[] = {"value", "bias"};
constexpr std::string_view kNamesBiasGrad[] = {"out_backprop"};

/// The tensor as (outer, channels, inner).
struct Channels {
  std::int64_t outer = 1, channels = 1, inner = 1;
  Channels(const Shape& shape, std::int64_t format) {
    const int axis = channel_axis(shape, format);
    for (int i = 0; i < shape.rank(); ++i) (i < axis ? outer : i == axis ? channels : inner) *= shape[i];
  }
  static int channel_axis(const Shape& shape, std::int64_t format) { return format == kNchw ? 1 : shape.rank() - 1; }
};

void infer_bias_add(const InferContext& c) {
  check_same_dtype(c, 0, 1);
  check_rank(c, 1, 1);
  const Shape &x = c.inputs[0].shape(), &bias = c.inputs[1].shape();
  c.outputs[0] = {c.inputs[0].dtype(), x};
  if (!x.known_rank() || !bias.known_rank()) return;
  if (x.rank() < 2) throw_mismatch(c.op, c.inputs, "BiasAdd needs a tensor of rank 2 or more.");
  const int axis = Channels::channel_axis(x, c.attrs.integer(0));
  if (x[axis] == Shape::kOpen) {
    c.outputs[0].shape.set(axis, bias[0]);
  } else if (bias[0] != x[axis] && bias[0] != Shape::kOpen) {
    throw_mismatch(c.op, c.inputs,
                   fmt::format("BiasAdd cannot add a bias of {} numbers to {}: it has {} channels.", bias[0],
                               to_string(x), x[axis]));
  }
}
void bias_add_kernel(const KernelContext& c) {
  const Tensor &x = c.inputs[0], &bias = c.inputs[1], &out = c.outputs[0];
  if (out.size() == 0) return;
  const Channels size(x.shape(), c.attrs.integer(0));
  if (x.dtype() == DType::kFloat32 && size.inner == 1) {
    return kernels::table().bias_add(out.raw_as<float>(), x.raw_as<float>(), bias.raw_as<float>(), size.outer,
                                     size.channels);
  }
  with_number(c.op, x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *in = x.raw_as<T>(), *b = bias.raw_as<T>();
    T* to = out.raw_as<T>();
    for (std::int64_t i = 0, n = x.size(); i < n; ++i) {
      const T value = b[i / size.inner % size.channels];
      if constexpr (std::is_floating_point_v<T>)
        to[i] = in[i] + value;
      else
        to[i] =
            static_cast<T>(static_cast<std::make_unsigned_t<T>>(in[i]) + static_cast<std::make_unsigned_t<T>>(value));
    }
  });
}
void gradient_bias_add(const GradientContext& c) {
  const Tensor& g = c.output_gradients[0];
  if (c.needs[0]) c.input_gradients[0] = g;
  if (c.needs[1]) c.input_gradients[1] = apply(kBiasAddGrad, g, c.attrs);
}

void infer_bias_add_grad(const InferContext& c) {
  const Shape& g = c.inputs[0].shape();
  c.outputs[0].dtype = c.inputs[0].dtype();
  if (g.known_rank() && g.rank() < 2) throw_mismatch(c.op, c.inputs, "BiasAddGrad needs a tensor of rank 2 or more.");
  c.outputs[0].shape = {g.known_rank() ? g[Channels::channel_axis(g, c.attrs.integer(0))] : Shape::kOpen};
}
void bias_add_grad_kernel(const KernelContext& c) {
  const Tensor &g = c.inputs[0], &out = c.outputs[0];
  if (out.size() == 0) return;
  const Channels size(g.shape(), c.attrs.integer(0));
  if (g.dtype() == DType::kFloat32 && size.inner == 1) {
    return kernels::table().sum_rows(out.raw_as<float>(), g.raw_as<float>(), size.outer, size.channels);
  }
  with_floating(c.op, g.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* to = out.raw_as<T>();
    for (std::int64_t k = 0; k < size.channels; ++k) to[k] = 0;
    for (std::int64_t i = 0, n = g.size(); i < n; ++i) to[i / size.inner % size.channels] += g.raw_as<T>()[i];
  });
}
void gradient_bias_add_grad(const GradientContext& c) {
  if (!c.needs[0]) return;
  Tensor g = c.output_gradients[0];
  if (c.attrs.integer(0) == kNchw) {
    Shape shape = {g.shape()[0]};
    for (int i = 2; i < c.inputs[0].rank(); ++i) shape.push_back(1);
    g = reshape(g, shape);
  }
  c.input_gradients[0] = broadcast_like(g, c.inputs[0]);
}

}  // namespace

constinit const OpRecord kBiasAdd = {.name = "BiasAdd",
                                     .input_names = kNamesBias,
                                     .output_names = kNamesOutput,
                                     .attrs = kAttrsBias,
                                     .types = kTypeT,
                                     .infer = infer_bias_add,
                                     .kernel = bias_add_kernel,
                                     .gradient = gradient_bias_add};
constinit const OpRecord kBiasAddGrad = {.name = "BiasAddGrad",
                                         .input_names = kNamesBiasGrad,
                                         .output_names = kNamesOutput,
                                         .attrs = kAttrsBias,
                                         .types = kTypeT,
                                         .infer = infer_bias_add_grad,
                                         .kernel = bias_add_grad_kernel,
                                         .gradient = gradient_bias_add_grad};

}  // namespace namesake::ops

namespace namesake {

Tensor bias_add(const Tensor& x, const Tensor& bias, std::string_view data_format) {
  return ops::apply(ops::kBiasAdd, x, bias, ops::Attrs::of(ops::format_word(data_format)));
}

}  // namespace namesake
