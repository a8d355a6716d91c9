// What keras.ops.nn has beside activations: encodings, normalizations, losses, convolutions and pools; and images.
#include <array>

#include "namesake/nn/keras_ops/op_families.h"
#include "namesake/nn/losses/crossentropy_functions.h"
#include "namesake/ops/conv.h"
#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/math.h"
#include "namesake/ops/padding.h"
#include "namesake/ops/pool.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/statistics.h"
#include "namesake/ops/unary.h"

namespace namesake::nn {
namespace {

using Ints = std::vector<std::int64_t>;
constexpr double kEpsilon = 1e-7;  // keras.config.epsilon()

Compute make_one_hot(OpArguments& a) {
  if (a.boolean("sparse")) a.unsupported("sparse tensors are not done here.");
  const std::int64_t classes = a.integer("num_classes", 0);
  const DType dtype = a.dtype().value_or(DType::kFloat32);
  return one([x = a.operand(0, "x"), classes, axis = a.axis(), dtype](const Tensors& in) { return one_hot(x(in), classes, axis, dtype); });
}
// 1 where any of a row's integers points.
Compute make_multi_hot(OpArguments& a) {
  if (a.boolean("sparse")) a.unsupported("sparse tensors are not done here.");
  const std::int64_t classes = a.integer("num_classes", 0);
  const DType dtype = a.dtype().value_or(DType::kFloat32);
  return one([x = a.operand(0, "inputs"), classes, axis = a.axis(), dtype](const Tensors& in) {
    const Tensor value = x(in);
    return max(one_hot(value, classes, axis, dtype), value.rank() > 1 ? 1 : 0);
  });
}

Compute make_normalize(OpArguments& a) {
  const std::int64_t order = a.integer("order", 2);
  if (order < 1 || order > 100) a.fail("\"order\" is no order of a norm.", "1 or more", std::to_string(order));
  return one([x = a.operand(0, "x"), axis = a.axis(), order, epsilon = a.number("epsilon", kEpsilon)](const Tensors& in) {
    return normalize(x(in), axis, static_cast<int>(order), epsilon);
  });
}
Compute make_moments(OpArguments& a) {
  if (a.boolean("synchronized")) a.unsupported("synchronized moments need several devices.");
  return [x = a.operand(0, "x"), axes = a.axes("axes"), keepdims = a.boolean("keepdims")](const Tensors& in) {
    const Moments both = moments(x(in), axes, keepdims);
    return Tensors{both.mean, both.variance};
  };
}

Compute make_rms_norm(OpArguments& a) {
  const auto scale = a.maybe_operand(1, "scale");
  const Axes axes = a.value("axis").is_null() ? Axes(-1) : a.axes();
  return one([x = a.operand(0, "x"), scale, axes, epsilon = a.number("epsilon", kEpsilon)](const Tensors& in) {
    const Tensor value = x(in), y = value * rsqrt(mean(square(value), axes, true) + epsilon);
    return scale ? y * (*scale)(in) : y;
  });
}

// `v`, whose sizes are x's along `axes`, with ones in the other places.
Tensor spread(const Tensor& v, const Tensor& x, const Axes& axes) {
  if (v.rank() == x.rank()) return v;
  Ints sizes(static_cast<std::size_t>(x.rank()), 1);
  for (const std::int64_t axis : axes.values()) sizes[static_cast<std::size_t>(axis_of(x, axis))] = known_size(x, axis_of(x, axis));
  return reshape(v, Shape(std::span<const std::int64_t>(sizes)));
}
Compute make_layer_norm(OpArguments& a) {
  if (a.boolean("rms_scaling")) a.unsupported("rms_scaling; rms_normalization() does that.");
  const auto gamma = a.maybe_operand(1, "gamma"), beta = a.maybe_operand(2, "beta");
  const Axes axes = a.value("axis").is_null() ? Axes(-1) : a.axes();
  return one([x = a.operand(0, "x"), gamma, beta, axes, epsilon = a.number("epsilon", kEpsilon)](const Tensors& in) {
    const Tensor value = x(in);
    const Moments both = moments(value, axes, true);
    Tensor y = (value - both.mean) * rsqrt(both.variance + epsilon);
    if (gamma) y = y * spread((*gamma)(in), value, axes);
    return beta ? y + spread((*beta)(in), value, axes) : y;
  });
}
Compute make_batch_norm(OpArguments& a) {
  const auto offset = a.maybe_operand(3, "offset"), scale = a.maybe_operand(4, "scale");
  return one([x = a.operand(0, "x"), middle = a.operand(1, "mean"), variance = a.operand(2, "variance"), offset, scale, axes = Axes(a.axis()),
              epsilon = a.number("epsilon", 1e-3)](const Tensors& in) {
    const Tensor value = x(in);
    Tensor y = (value - spread(middle(in), value, axes)) * rsqrt(spread(variance(in), value, axes) + epsilon);
    if (scale) y = y * spread((*scale)(in), value, axes);
    return offset ? y + spread((*offset)(in), value, axes) : y;
  });
}

// As Keras, the logits that a probability was made of are used if it still knows them.
Compute make_binary_crossentropy(OpArguments& a) {
  return one([target = a.operand(0, "target"), output = a.operand(1, "output"), logits = a.boolean("from_logits")](const Tensors& in) {
    const Tensor y = target(in), probabilities = output(in), given = probabilities.logits().defined() ? probabilities.logits() : probabilities;
    if (logits || given.id() != probabilities.id()) return maximum(given, 0.0) - given * y + log1p(exp(negative(abs(given))));
    const Tensor p = clip(given, kEpsilon, 1 - kEpsilon);
    return negative(y * log(p) + (1.0 - y) * log(1.0 - p));
  });
}
Compute make_categorical_crossentropy(OpArguments& a) {
  return one([target = a.operand(0, "target"), output = a.operand(1, "output"),
              settings = CrossentropySettings{.from_logits = a.boolean("from_logits"), .axis = a.axis()}](const Tensors& in) {
    return categorical_crossentropy(target(in), output(in), settings);
  });
}
Compute make_sparse_crossentropy(OpArguments& a) {
  if (a.axis() != -1) a.unsupported("along another axis than the last.");
  return one([target = a.operand(0, "target"), output = a.operand(1, "output"), from_logits = a.boolean("from_logits")](const Tensors& in) {
    return sparse_categorical_crossentropy(target(in), output(in), from_logits, std::nullopt);
  });
}

// Sizes of images; other ranks are layers' work.
Sizes2D sizes_of(OpArguments& a, std::string_view key) {
  const auto values = a.maybe_integers(key);
  if (!values) return {};
  if (values->size() == 1) return Sizes2D((*values)[0]);
  if (values->size() != 2) a.unsupported("only of images, with two sizes.");
  return {(*values)[0], (*values)[1]};
}
std::string format_of(OpArguments& a) { return a.word("data_format", "channels_last"); }

Compute pooling(OpArguments& a, Tensor (*function)(const Tensor&, const Sizes2D&, const PoolOptions&)) {
  const Sizes2D size = sizes_of(a, "pool_size"), strides = sizes_of(a, "strides");
  return one([x = a.operand(0, "inputs"), size, strides, padding = a.word("padding", "valid"), format = format_of(a), function](const Tensors& in) {
    return function(x(in), size, {.strides = strides, .padding = padding, .data_format = format});
  });
}
Compute convolution(OpArguments& a, Tensor (*function)(const Tensor&, const Tensor&, const ConvOptions&)) {
  const Sizes2D strides = sizes_of(a, "strides"), dilation = sizes_of(a, "dilation_rate");
  return one([x = a.operand(0, "inputs"), kernel = a.operand(1, "kernel"), strides, dilation, padding = a.word("padding", "valid"), format = format_of(a),
              function](const Tensors& in) {
    return function(x(in), kernel(in),
                    {.strides = strides.given() ? strides : Sizes2D(1), .padding = padding, .data_format = format, .dilation_rate = dilation.given() ? dilation : Sizes2D(1)});
  });
}

// Blocks of an image as channels, and back. (batch, rows, columns, channels)
std::int64_t block_of(OpArguments& a) {
  const std::int64_t block = a.integer("block_size", 2);
  if (block < 1 || block > 1024) a.fail("\"block_size\" is no size.", "1 or more", std::to_string(block));
  if (format_of(a) != "channels_last") a.unsupported("only of channels_last images.");
  return block;
}
Compute make_space_to_depth(OpArguments& a) {
  return one([x = a.operand(0, "x"), b = block_of(a)](const Tensors& in) {
    const Tensor v = x(in);
    const std::int64_t rows = known_size(v, 1) / b, columns = known_size(v, 2) / b, channels = known_size(v, 3);
    return reshape(transpose(reshape(v, {-1, rows, b, columns, b, channels}), {0, 1, 3, 2, 4, 5}), {-1, rows, columns, b * b * channels});
  });
}
Compute make_depth_to_space(OpArguments& a) {
  return one([x = a.operand(0, "x"), b = block_of(a)](const Tensors& in) {
    const Tensor v = x(in);
    const std::int64_t rows = known_size(v, 1), columns = known_size(v, 2), channels = known_size(v, 3) / (b * b);
    return reshape(transpose(reshape(v, {-1, rows, columns, b, b, channels}), {0, 1, 3, 2, 4, 5}), {-1, rows * b, columns * b, channels});
  });
}

constexpr auto kClasses = std::to_array<OpClass>({
    {"AveragePool", kNnOps, [](OpArguments& a) { return pooling(a, average_pool); }},
    {"BatchNorm", kNnOps, make_batch_norm},
    {"BinaryCrossentropy", kNnOps, make_binary_crossentropy},
    {"CategoricalCrossentropy", kNnOps, make_categorical_crossentropy},
    {"Conv", kNnOps, [](OpArguments& a) { return convolution(a, conv); }},
    {"DepthToSpace", kNnOps, make_depth_to_space},
    {"DepthwiseConv", kNnOps, [](OpArguments& a) { return convolution(a, depthwise_conv); }},
    {"LayerNorm", kNnOps, make_layer_norm},
    {"MaxPool", kNnOps, [](OpArguments& a) { return pooling(a, max_pool); }},
    {"Moments", kNnOps, make_moments},
    {"MultiHot", kNnOps, make_multi_hot},
    {"Normalize", kNnOps, make_normalize},
    {"OneHot", kNnOps, make_one_hot},
    {"RMSNorm", kNnOps, make_rms_norm},
    {"SpaceToDepth", kNnOps, make_space_to_depth},
    {"SparseCategoricalCrossentropy", kNnOps, make_sparse_crossentropy},
});

}  // namespace

std::span<const OpClass> neural_ops() { return kClasses; }

}  // namespace namesake::nn
