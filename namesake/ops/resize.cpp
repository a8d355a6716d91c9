#include "namesake/ops/resize.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/base/pool.h"
#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/records.h"
#include "namesake/ops/resize_rules.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"

namespace namesake::ops {
namespace {

/// Height and width that input `i` asks for; open if they are not known.
std::array<std::int64_t, 2> wanted_size(const InferContext& c, std::size_t i) {
  const HostInts ints = host_ints(c.op, c.inputs[i]);
  if (ints.size >= 0 && ints.size != 2) throw_mismatch(c.op, c.inputs, fmt::format("{} needs two sizes: height and width.", c.op.name));
  if (!ints.known) return {Shape::kOpen, Shape::kOpen};
  if (ints[0] <= 0 || ints[1] <= 0) {
    throw_invalid(c.op, fmt::format("{} makes images of one pixel or more.", c.op.name), "positive sizes", fmt::format("({}, {})", ints[0], ints[1]));
  }
  return {ints[0], ints[1]};
}
void check_options(const InferContext& c) {
  if (c.attrs.boolean(0) && c.attrs.boolean(1))
    throw_invalid(c.op, fmt::format("{} cannot align both corners and half pixels.", c.op.name), "align_corners or half_pixel_centers");
}
Shape resized(const Shape& images, const std::array<std::int64_t, 2>& size) {
  return images.known_rank() ? Shape{images[0], size[0], size[1], images[3]} : Shape{Shape::kOpen, size[0], size[1], Shape::kOpen};
}
}  // namespace

void infer_resized_images(const InferContext& c) {
  check_rank(c, 0, 4);
  const Shape& images = c.inputs[0].shape();
  if (images.known_rank() && (images[1] == 0 || images[2] == 0)) throw_mismatch(c.op, c.inputs, fmt::format("{} needs images of one pixel or more.", c.op.name));
  c.outputs[0] = {c.inputs[0].dtype(), resized(images, wanted_size(c, 1))};
}
void infer_resize_gradient(const InferContext& c) {
  check_rank(c, 0, 4);
  check_rank(c, 1, 4);
  check_floating(c, 1);
  const Shape &grads = c.inputs[0].shape(), &images = c.inputs[1].shape();
  const bool fits = !grads.known_rank() || !images.known_rank() ||
                    (Shape{grads[0], grads[3]}.compatible_with({images[0], images[3]}));
  if (!fits || c.inputs[0].dtype() != DType::kFloat32)
    throw_mismatch(c.op, c.inputs, fmt::format("{} needs float32 gradients of these images in another size.", c.op.name));
  c.outputs[0] = {c.inputs[1].dtype(), images};
}
float resize_factor(std::int64_t from, std::int64_t to, bool align_corners) {
  return align_corners && to > 1 ? static_cast<float>(from - 1) / static_cast<float>(to - 1) : static_cast<float>(from) / static_cast<float>(to);
}
Tensor size_of_images(const Tensor& images) { return slice_axis(shape_of(images), 0, 1, 3); }

namespace {

void infer_resize(const InferContext& c) {
  check_options(c);
  infer_resized_images(c);
}
void infer_bilinear(const InferContext& c) {
  infer_resize(c);
  c.outputs[0].dtype = DType::kFloat32;
}
void infer_bilinear_grad(const InferContext& c) {
  check_options(c);
  infer_resize_gradient(c);
}

/// Where pixel `at` of the new images lies along an axis of the old ones, in pixels, as TensorFlow has it in float32.
struct Scale {
  float factor;
  bool align_corners, half_pixel_centers;
  std::int64_t in;

  Scale(const Attrs& attrs, std::int64_t from, std::int64_t to)
      : align_corners(attrs.boolean(0)), half_pixel_centers(attrs.boolean(1)), in(from) {
    factor = resize_factor(from, to, align_corners);
  }
  [[nodiscard]] std::int64_t nearest(std::int64_t at) const {
    const float place = (static_cast<float>(at) + (half_pixel_centers ? 0.5f : 0.0f)) * factor;
    const float whole = align_corners ? std::round(place) : std::floor(place);
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(whole), 0, in - 1);
  }
  struct Between {
    std::int64_t lower, upper;
    float share;  // of the upper one
  };
  [[nodiscard]] Between between(std::int64_t at) const {
    const float half = half_pixel_centers ? 0.5f : 0.0f;
    const float place = (static_cast<float>(at) + half) * factor - half, whole = std::floor(place);
    return {std::max<std::int64_t>(static_cast<std::int64_t>(whole), 0), std::min<std::int64_t>(static_cast<std::int64_t>(std::ceil(place)), in - 1),
            place - whole};
  }
};

/// Calls visit(offset in the small or large images, offset in the resized ones) for every pixel, channels to follow.
template <class Visit>
void each_nearest(const Attrs& attrs, const Shape& from, const Shape& to, Visit visit) {
  const Scale rows(attrs, from[1], to[1]), columns(attrs, from[2], to[2]);
  std::int64_t at = 0;
  for (std::int64_t n = 0; n < to[0]; ++n) {
    for (std::int64_t y = 0; y < to[1]; ++y) {
      const std::int64_t row = (n * from[1] + rows.nearest(y)) * from[2];
      for (std::int64_t x = 0; x < to[2]; ++x, at += to[3]) visit((row + columns.nearest(x)) * to[3], at);
    }
  }
}
void nearest_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  if (out.size() == 0) return;
  const std::size_t run = static_cast<std::size_t>(out.shape()[3]);
  with_width(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_nearest(c.attrs, in.shape(), out.shape(),
                 [&](std::int64_t from, std::int64_t to) { std::copy_n(in.raw_as<T>() + from, run, out.raw_as<T>() + to); });
  });
}
void nearest_grad_kernel(const KernelContext& c) {
  const Tensor &grads = c.inputs[0], &out = c.outputs[0];
  with_number(c.op, grads.dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::fill_n(out.raw_as<T>(), out.size(), T(0));
    if (grads.size() == 0) return;
    each_nearest(c.attrs, out.shape(), grads.shape(), [&](std::int64_t to, std::int64_t from) {
      for (std::int64_t k = 0; k < out.shape()[3]; ++k)
        out.raw_as<T>()[to + k] = static_cast<T>(out.raw_as<T>()[to + k] + grads.raw_as<T>()[from + k]);
    });
  });
}

/// The four pixels of the old images around one of the new ones.
struct Corners {
  std::int64_t top_left, top_right, bottom_left, bottom_right;
  float right, bottom;  // shares
};
template <class Visit>
void each_bilinear(const Attrs& attrs, const Shape& from, const Shape& to, Visit visit) {
  const Scale rows(attrs, from[1], to[1]), columns(attrs, from[2], to[2]);
  std::vector<Scale::Between, base::PoolAllocator<Scale::Between>> across;
  for (std::int64_t x = 0; x < to[2]; ++x) across.push_back(columns.between(x));
  std::int64_t at = 0;
  for (std::int64_t n = 0; n < to[0]; ++n) {
    for (std::int64_t y = 0; y < to[1]; ++y) {
      const Scale::Between down = rows.between(y);
      const std::int64_t top = (n * from[1] + down.lower) * from[2], bottom = (n * from[1] + down.upper) * from[2];
      for (const Scale::Between& side : across) {
        visit(Corners{(top + side.lower) * to[3], (top + side.upper) * to[3], (bottom + side.lower) * to[3],
                      (bottom + side.upper) * to[3], side.share, down.share},
              at);
        at += to[3];
      }
    }
  }
}
void bilinear_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  if (out.size() == 0) return;
  with_number(c.op, in.dtype(), [&](auto zero) {
    const auto* from = in.raw_as<decltype(zero)>();
    float* to = out.raw_as<float>();
    each_bilinear(c.attrs, in.shape(), out.shape(), [&](const Corners& p, std::int64_t at) {
      for (std::int64_t k = 0; k < out.shape()[3]; ++k) {
        const auto number = [&](std::int64_t offset) { return static_cast<float>(from[offset + k]); };
        const float top = number(p.top_left) + (number(p.top_right) - number(p.top_left)) * p.right;
        const float bottom = number(p.bottom_left) + (number(p.bottom_right) - number(p.bottom_left)) * p.right;
        to[at + k] = top + (bottom - top) * p.bottom;
      }
    });
  });
}
void bilinear_grad_kernel(const KernelContext& c) {
  const Tensor &grads = c.inputs[0], &out = c.outputs[0];
  with_floating(c.op, out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* to = out.raw_as<T>();
    std::fill_n(to, out.size(), T(0));
    if (grads.size() == 0) return;
    each_bilinear(c.attrs, out.shape(), grads.shape(), [&](const Corners& p, std::int64_t at) {
      for (std::int64_t k = 0; k < out.shape()[3]; ++k) {
        const T g = static_cast<T>(grads.raw_as<float>()[at + k]), right = static_cast<T>(p.right), bottom = static_cast<T>(p.bottom);
        to[p.top_left + k] += g * (1 - bottom) * (1 - right);
        to[p.top_right + k] += g * (1 - bottom) * right;
        to[p.bottom_left + k] += g * bottom * (1 - right);
        to[p.bottom_right + k] += g * bottom * right;
      }
    });
  });
}

void gradient_nearest(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kResizeNearestNeighborGrad, c.output_gradients[0], size_of_images(c.inputs[0]), c.attrs);
}
void gradient_nearest_grad(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kResizeNearestNeighbor, c.output_gradients[0], size_of_images(c.inputs[0]), c.attrs);
}
void gradient_bilinear(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kResizeBilinearGrad, c.output_gradients[0], c.inputs[0], c.attrs);
}
void gradient_bilinear_grad(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kResizeBilinear, c.output_gradients[0], size_of_images(c.inputs[0]), c.attrs);
}

constexpr AttrDef kAttrsResize[] = {{"align_corners", AttrKind::kBool}, {"half_pixel_centers", AttrKind::kBool}};
constexpr std::string_view kNamesResize[] = {"images", "size"};
constexpr std::string_view kNamesResized[] = {"resized_images"};
constexpr std::string_view kNamesNearestGrad[] = {"grads", "size"};
constexpr std::string_view kNamesBilinearGrad[] = {"grads", "original_image"};
constexpr TypeAttr kTypeOfOriginal[] = {{"T", 1}};

}  // namespace

constinit const OpRecord kResizeNearestNeighbor = {.name = "ResizeNearestNeighbor",
                                                   .input_names = kNamesResize,
                                                   .output_names = kNamesResized,
                                                   .attrs = kAttrsResize,
                                                   .types = kTypeT,
                                                   .infer = infer_resize,
                                                   .kernel = nearest_kernel,
                                                   .gradient = gradient_nearest};
constinit const OpRecord kResizeNearestNeighborGrad = {.name = "ResizeNearestNeighborGrad",
                                                       .input_names = kNamesNearestGrad,
                                                       .output_names = kNamesOutput,
                                                       .attrs = kAttrsResize,
                                                       .types = kTypeT,
                                                       .infer = infer_resize,
                                                       .kernel = nearest_grad_kernel,
                                                       .gradient = gradient_nearest_grad};
constinit const OpRecord kResizeBilinear = {.name = "ResizeBilinear",
                                            .input_names = kNamesResize,
                                            .output_names = kNamesResized,
                                            .attrs = kAttrsResize,
                                            .types = kTypeT,
                                            .infer = infer_bilinear,
                                            .kernel = bilinear_kernel,
                                            .gradient = gradient_bilinear};
constinit const OpRecord kResizeBilinearGrad = {.name = "ResizeBilinearGrad",
                                                .input_names = kNamesBilinearGrad,
                                                .output_names = kNamesOutput,
                                                .attrs = kAttrsResize,
                                                .types = kTypeOfOriginal,
                                                .infer = infer_bilinear_grad,
                                                .kernel = bilinear_grad_kernel,
                                                .gradient = gradient_bilinear_grad};

}  // namespace namesake::ops

namespace namesake {

Tensor resize_images(const Tensor& images, const Tensor& size, std::string_view interpolation) {
  const ops::Attrs attrs = ops::Attrs::of(false, true);
  if (interpolation == "nearest") return ops::apply(ops::kResizeNearestNeighbor, images, size, attrs);
  if (interpolation == "bilinear") return ops::apply(ops::kResizeBilinear, images, size, attrs);
  throw InvalidArgument({.subject = "interpolation",
                         .what = fmt::format("\"{}\" is no interpolation that is done here.", interpolation),
                         .expected = "\"nearest\" or \"bilinear\""});
}
Tensor resize_images(const Tensor& images, const Sizes2D& size, std::string_view interpolation) {
  const std::array<std::int64_t, 2> sizes = {size[0], size[1]};
  return resize_images(images, ops::int_tensor(sizes), interpolation);
}

}  // namespace namesake
