// The records of poolings. float32 images with channels last run in the kernels of the machine's level, all else by plain
// loops.
#include "namesake/ops/pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "namesake/base/parallel_for.h"
#include "namesake/ops/conv.h"
#include "namesake/ops/create.h"
#include "namesake/ops/kernels/table.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/window.h"

namespace namesake::ops {
namespace {

struct PoolShape {
  std::int64_t format, batch, channels;
  WindowAxis height, width;

  PoolShape(const OpRecord& op, std::span<const Tensor> inputs, const Attrs& attrs, const Shape& images) {
    const WindowAttrs window(op, attrs);
    const ImageAxes axes(window.format);
    const auto size = [&](int axis) { return images.known_rank() ? images[axis] : Shape::kOpen; };
    format = window.format;
    batch = size(0);
    channels = size(axes.channels);
    height = window_axis(op, inputs, window, 0, size(axes.height), window.kernel[0]);
    width = window_axis(op, inputs, window, 1, size(axes.width), window.kernel[1]);
    for (const WindowAxis& axis : {height, width}) {  // or a window would lie on padding alone
      if (axis.before < axis.kernel && axis.after < axis.kernel) continue;
      throw_invalid(op, fmt::format("{} got a padding that is not smaller than its window.", op.name), "paddings below the window's size",
                    fmt::format("paddings {} and {}, window {}", axis.before, axis.after, axis.kernel));
    }
  }
  [[nodiscard]] Shape images() const { return image_shape(format, batch, height.in, width.in, channels); }
  [[nodiscard]] Shape outputs() const { return image_shape(format, batch, height.out, width.out, channels); }
};

void check_images(const InferContext& c, std::size_t i) { check_rank(c, i, 4); }
void check_outputs(const InferContext& c, const PoolShape& s, std::size_t i) {
  check_rank(c, i, 4);
  const Shape& given = c.inputs[i].shape();
  if (given.compatible_with(s.outputs())) return;
  throw_mismatch(c.op, c.inputs, fmt::format("{}: pooling these images gives {}, not {}.", c.op.name, to_string(s.outputs()), to_string(given)));
}

void infer_max_pool(const InferContext& c) {
  check_images(c, 0);
  const PoolShape s(c.op, c.inputs, c.attrs, c.inputs[0].shape());
  c.outputs[0] = {c.inputs[0].dtype(), s.outputs()};
}
void infer_avg_pool(const InferContext& c) {
  check_floating(c, 0);
  infer_max_pool(c);
}
void infer_max_pool_grad(const InferContext& c) {
  check_images(c, 0);
  check_same_dtype(c, 0, 1);
  check_same_dtype(c, 0, 2);
  const PoolShape s(c.op, c.inputs, c.attrs, c.inputs[0].shape());
  check_outputs(c, s, 1);
  check_outputs(c, s, 2);
  c.outputs[0] = {c.inputs[0].dtype(), c.inputs[0].shape()};
}
void infer_max_pool_grad_grad(const InferContext& c) {
  check_images(c, 0);
  check_same_dtype(c, 0, 1);
  check_same_dtype(c, 0, 2);
  const PoolShape s(c.op, c.inputs, c.attrs, c.inputs[0].shape());
  check_outputs(c, s, 1);
  if (!c.inputs[2].shape().compatible_with(s.images()))
    throw_mismatch(c.op, c.inputs, fmt::format("{} needs a gradient of the images' shape.", c.op.name));
  c.outputs[0] = {c.inputs[0].dtype(), s.outputs()};
}
void infer_avg_pool_grad(const InferContext& c) {
  check_floating(c, 1);
  Shape images = shape_of_input(c.op, c.inputs[0]);
  if (!images.known_rank()) images = {Shape::kOpen, Shape::kOpen, Shape::kOpen, Shape::kOpen};
  if (images.rank() != 4) throw_mismatch(c.op, c.inputs, fmt::format("{} needs the four sizes of the images.", c.op.name));
  const PoolShape s(c.op, c.inputs, c.attrs, images);
  check_outputs(c, s, 1);
  c.outputs[0] = {c.inputs[1].dtype(), images};
}

// Plain loops. Calls visit(offset of the output, offset of the place, first and last time of this output) in any format.
template <class Window>
void each_output(const PoolShape& s, Window window) {
  const bool last = s.format == kNhwc;
  const std::int64_t places_in = s.height.in * s.width.in, places_out = s.height.out * s.width.out;
  for (std::int64_t n = 0; n < s.batch; ++n) {
    for (std::int64_t c = 0; c < s.channels; ++c) {
      const std::int64_t in = last ? n * places_in * s.channels + c : (n * s.channels + c) * places_in;
      const std::int64_t out = last ? n * places_out * s.channels + c : (n * s.channels + c) * places_out;
      const std::int64_t step = last ? s.channels : 1;
      for (std::int64_t y = 0; y < s.height.out; ++y) {
        for (std::int64_t x = 0; x < s.width.out; ++x) {
          const std::int64_t top = y * s.height.stride - s.height.before, left = x * s.width.stride - s.width.before;
          const auto places = [&](auto visit) {
            for (std::int64_t iy = std::max<std::int64_t>(top, 0); iy < std::min(top + s.height.kernel, s.height.in); ++iy) {
              for (std::int64_t ix = std::max<std::int64_t>(left, 0); ix < std::min(left + s.width.kernel, s.width.in); ++ix)
                visit(in + (iy * s.width.in + ix) * step);
            }
          };
          window(out + (y * s.width.out + x) * step, places);
        }
      }
    }
  }
}
/// The place of the first of the greatest numbers of each window.
template <class T, class Visit>
void each_greatest(const PoolShape& s, const T* in, Visit visit) {
  each_output(s, [&](std::int64_t out, const auto& places) {
    std::int64_t best = -1;
    places([&](std::int64_t at) {
      if (best < 0 || in[at] > in[best]) best = at;
    });
    visit(out, best);
  });
}

/// True if the kernels of the level do it: then `run(window, first image)` was called for pieces of the batch, on our threads.
template <class Run>
bool in_kernels(const PoolShape& s, DType dtype, Run run) {
  if (dtype != DType::kFloat32 || s.format != kNhwc) return false;
  constexpr std::int64_t kSmall = 1 << 15;  // numbers: below, a second thread gains nothing
  const std::int64_t image = s.height.in * s.width.in * s.channels;
  const std::int64_t pieces = s.batch * image < kSmall ? 1 : std::min<std::int64_t>(base::thread_count(), s.batch);
  if (s.batch == 0) return true;
  const std::int64_t length = (s.batch + pieces - 1) / pieces;
  base::parallel_for((s.batch + length - 1) / length, [&](std::int64_t i) {
    const std::int64_t first = i * length, count = std::min(length, s.batch - first);
    run(kernels::PoolWindow{count, s.height.in, s.width.in, s.height.out, s.width.out, s.channels, s.height.kernel, s.width.kernel,
                            s.height.stride, s.width.stride, s.height.before, s.width.before},
        first * image, first * s.height.out * s.width.out * s.channels);
  });
  return true;
}

void max_pool_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  const PoolShape s(c.op, c.inputs, c.attrs, in.shape());
  const auto run = [&](const kernels::PoolWindow& w, std::int64_t image, std::int64_t output) {
    kernels::table().max_pool(out.raw_as<float>() + output, in.raw_as<float>() + image, w);
  };
  if (in_kernels(s, in.dtype(), run)) return;
  with_number(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* from = in.raw_as<T>();
    each_greatest(s, from, [&](std::int64_t to, std::int64_t best) { out.raw_as<T>()[to] = from[best]; });
  });
}
void max_pool_grad_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &pooled = c.inputs[1], &grad = c.inputs[2], &out = c.outputs[0];
  const PoolShape s(c.op, c.inputs, c.attrs, in.shape());
  const auto run = [&](const kernels::PoolWindow& w, std::int64_t image, std::int64_t output) {
    kernels::table().max_pool_grad(out.raw_as<float>() + image, in.raw_as<float>() + image, pooled.raw_as<float>() + output,
                                   grad.raw_as<float>() + output, w);
  };
  if (in_kernels(s, in.dtype(), run)) return;
  with_floating(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::fill_n(out.raw_as<T>(), out.size(), T(0));
    each_greatest(s, in.raw_as<T>(), [&](std::int64_t from, std::int64_t best) { out.raw_as<T>()[best] += grad.raw_as<T>()[from]; });
  });
}
void max_pool_grad_grad_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &grad = c.inputs[2], &out = c.outputs[0];
  const PoolShape s(c.op, c.inputs, c.attrs, in.shape());
  with_floating(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_greatest(s, in.raw_as<T>(), [&](std::int64_t to, std::int64_t best) { out.raw_as<T>()[to] = grad.raw_as<T>()[best]; });
  });
}
void avg_pool_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  const PoolShape s(c.op, c.inputs, c.attrs, in.shape());
  const auto run = [&](const kernels::PoolWindow& w, std::int64_t image, std::int64_t output) {
    kernels::table().average_pool(out.raw_as<float>() + output, in.raw_as<float>() + image, w);
  };
  if (in_kernels(s, in.dtype(), run)) return;
  with_floating(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_output(s, [&](std::int64_t to, const auto& places) {
      T total = 0, count = 0;
      places([&](std::int64_t at) {
        total += in.raw_as<T>()[at];
        count += 1;
      });
      out.raw_as<T>()[to] = total / count;
    });
  });
}
void avg_pool_grad_kernel(const KernelContext& c) {
  const Tensor &grad = c.inputs[1], &out = c.outputs[0];
  const PoolShape s(c.op, c.inputs, c.attrs, out.shape());
  const auto run = [&](const kernels::PoolWindow& w, std::int64_t image, std::int64_t output) {
    kernels::table().average_pool_grad(out.raw_as<float>() + image, grad.raw_as<float>() + output, w);
  };
  if (in_kernels(s, grad.dtype(), run)) return;
  with_floating(c.op, grad.dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::fill_n(out.raw_as<T>(), out.size(), T(0));
    each_output(s, [&](std::int64_t from, const auto& places) {
      T count = 0;
      places([&](std::int64_t) { count += 1; });
      places([&](std::int64_t at) { out.raw_as<T>()[at] += grad.raw_as<T>()[from] / count; });
    });
  });
}

void gradient_max_pool(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kMaxPoolGrad, c.inputs[0], c.outputs[0], c.output_gradients[0], c.attrs);
}
// Which number is the greatest does not change with a small change of the numbers.
void gradient_max_pool_grad(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = zeros_like(c.inputs[0]);
  if (c.needs[1]) c.input_gradients[1] = zeros_like(c.inputs[1]);
  if (c.needs[2]) c.input_gradients[2] = apply(kMaxPoolGradGrad, c.inputs[0], c.inputs[1], c.output_gradients[0], c.attrs);
}
void gradient_max_pool_grad_grad(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = zeros_like(c.inputs[0]);
  if (c.needs[1]) c.input_gradients[1] = zeros_like(c.inputs[1]);
  if (c.needs[2]) c.input_gradients[2] = apply(kMaxPoolGrad, c.inputs[0], c.inputs[1], c.output_gradients[0], c.attrs);
}
void gradient_avg_pool(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kAvgPoolGrad, shape_of(c.inputs[0]), c.output_gradients[0], c.attrs);
}
void gradient_avg_pool_grad(const GradientContext& c) {
  if (c.needs[1]) c.input_gradients[1] = apply(kAvgPool, c.output_gradients[0], c.attrs);
}

// Only MaxPool and its gradient may have explicit paddings; the first four slots are the same.
enum Slot : std::size_t { kSizeSlot, kStridesSlot, kPaddingSlot, kFormatSlot };
constexpr AttrDef kAttrsMaxPool[] = {
    {.name = "ksize", .kind = AttrKind::kInts},
    {.name = "strides", .kind = AttrKind::kInts},
    {.name = "padding", .kind = AttrKind::kWord, .fallback = kValid, .words = kPaddingWords},
    {.name = "data_format", .kind = AttrKind::kWord, .fallback = kNhwc, .words = kFormatWords},
    {.name = "explicit_paddings", .kind = AttrKind::kInts}};
constexpr AttrDef kAttrsAvgPool[] = {kAttrsMaxPool[0], kAttrsMaxPool[1],
                                     {.name = "padding", .kind = AttrKind::kWord, .fallback = kValid, .words = "SAME,VALID"},
                                     kAttrsMaxPool[3]};
constexpr std::span<const AttrDef> kAttrsMaxPoolGradGrad = kAttrsAvgPool;
constexpr std::string_view kNamesValue[] = {"value"};
constexpr std::string_view kNamesMaxGrad[] = {"orig_input", "orig_output", "grad"};
constexpr std::string_view kNamesAvgGrad[] = {"orig_input_shape", "grad"};
constexpr TypeAttr kTypeOfGrad[] = {{"T", 1}};

}  // namespace

constinit const OpRecord kMaxPool = {.name = "MaxPool",
                                     .input_names = kNamesInput,
                                     .output_names = kNamesOutput,
                                     .attrs = kAttrsMaxPool,
                                     .types = kTypeT,
                                     .infer = infer_max_pool,
                                     .kernel = max_pool_kernel,
                                     .gradient = gradient_max_pool};
constinit const OpRecord kMaxPoolGrad = {.name = "MaxPoolGrad",
                                         .input_names = kNamesMaxGrad,
                                         .output_names = kNamesOutput,
                                         .attrs = kAttrsMaxPool,
                                         .types = kTypeT,
                                         .infer = infer_max_pool_grad,
                                         .kernel = max_pool_grad_kernel,
                                         .gradient = gradient_max_pool_grad};
constinit const OpRecord kMaxPoolGradGrad = {.name = "MaxPoolGradGrad",
                                             .input_names = kNamesMaxGrad,
                                             .output_names = kNamesOutput,
                                             .attrs = kAttrsMaxPoolGradGrad,
                                             .types = kTypeT,
                                             .infer = infer_max_pool_grad_grad,
                                             .kernel = max_pool_grad_grad_kernel,
                                             .gradient = gradient_max_pool_grad_grad};
constinit const OpRecord kAvgPool = {.name = "AvgPool",
                                     .input_names = kNamesValue,
                                     .output_names = kNamesOutput,
                                     .attrs = kAttrsAvgPool,
                                     .types = kTypeT,
                                     .infer = infer_avg_pool,
                                     .kernel = avg_pool_kernel,
                                     .gradient = gradient_avg_pool};
constinit const OpRecord kAvgPoolGrad = {.name = "AvgPoolGrad",
                                         .input_names = kNamesAvgGrad,
                                         .output_names = kNamesOutput,
                                         .attrs = kAttrsAvgPool,
                                         .types = kTypeOfGrad,
                                         .infer = infer_avg_pool_grad,
                                         .kernel = avg_pool_grad_kernel,
                                         .gradient = gradient_avg_pool_grad};

namespace {

Tensor pool(const OpRecord& op, const Tensor& images, const Sizes2D& size, const PoolOptions& options) {
  const std::int64_t format = format_word(options.data_format);
  const Sizes2D strides = options.strides.given() ? options.strides : size;
  Attrs attrs;
  attrs.set_list(kSizeSlot, image_shape(format, 1, size[0], size[1], 1).sizes());
  attrs.set_list(kStridesSlot, image_shape(format, 1, strides[0], strides[1], 1).sizes());
  attrs.set(kPaddingSlot, padding_word(options.padding));
  attrs.set(kFormatSlot, format);
  return apply(op, images, attrs);
}

}  // namespace
}  // namespace namesake::ops

namespace namesake {

Tensor max_pool(const Tensor& images, const Sizes2D& pool_size, const PoolOptions& options) {
  return ops::pool(ops::kMaxPool, images, pool_size, options);
}
Tensor average_pool(const Tensor& images, const Sizes2D& pool_size, const PoolOptions& options) {
  return ops::pool(ops::kAvgPool, images, pool_size, options);
}

}  // namespace namesake
