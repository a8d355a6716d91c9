// ResizeBicubic, ResizeArea and ScaleAndTranslate: resizes whose pixels are sums of old ones, weighed by their row and by their column.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "namesake/base/pool.h"
#include "namesake/ops/cast.h"
#include "namesake/ops/records.h"
#include "namesake/ops/resize_rules.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

/// For each new place along an axis the old ones it is made of, and how much of each.
class AxisWeights {
 public:
  struct Share {
    std::int64_t from;
    float weight;
  };
  void add(std::int64_t from, float weight) { shares_.push_back({from, weight}); }
  /// Ends a place; if `to_one`, its weights are made to add up to 1 (unless they add up to nothing).
  void end_place(bool to_one) {
    const auto begin = shares_.begin() + static_cast<std::ptrdiff_t>(ends_.empty() ? 0 : ends_.back());
    float total = 0;
    for (auto s = begin; s != shares_.end(); ++s) total += s->weight;
    constexpr float kNothing = 1000 * std::numeric_limits<float>::min();
    if (to_one && std::abs(total) >= kNothing) {
      for (auto s = begin; s != shares_.end(); ++s) s->weight /= total;
    }
    ends_.push_back(shares_.size());
  }
  [[nodiscard]] std::int64_t places() const { return static_cast<std::int64_t>(ends_.size()); }
  [[nodiscard]] std::span<const Share> of(std::int64_t place) const {
    const auto i = static_cast<std::size_t>(place);
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::span<const Share>(shares_).subspan(begin, ends_[i] - begin);
  }

 private:
  std::vector<Share, base::PoolAllocator<Share>> shares_;
  std::vector<std::size_t, base::PoolAllocator<std::size_t>> ends_;
};

// R. G. Keys, "Cubic convolution interpolation for digital image processing": the kernel of parameter `a` at `x` >= 0.
float cubic(float a, float x) {
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}
/// With half_pixel_centers Keys' own -0.5, and what lies outside counts for nothing; else -0.75, and the border is repeated.
AxisWeights bicubic_weights(const Attrs& attrs, std::int64_t in, std::int64_t out) {
  constexpr float kSteps = 1024;  // TensorFlow takes the weights from a table
  const bool half_pixels = attrs.boolean(1);
  const float factor = resize_factor(in, out, attrs.boolean(0)), a = half_pixels ? -0.5f : -0.75f;
  AxisWeights weights;
  for (std::int64_t at = 0; at < out; ++at) {
    const float place = half_pixels ? (static_cast<float>(at) + 0.5f) * factor - 0.5f : static_cast<float>(at) * factor;
    const float whole = std::floor(place), between = std::nearbyint((place - whole) * kSteps) / kSteps;
    const auto left = static_cast<std::int64_t>(whole);
    for (const int k : {-1, 0, 1, 2}) {
      const std::int64_t from = std::clamp<std::int64_t>(left + k, 0, in - 1);
      const float distance = k <= 0 ? between - static_cast<float>(k) : static_cast<float>(k) - between;
      weights.add(from, half_pixels && from != left + k ? 0 : cubic(a, distance));
    }
    weights.end_place(half_pixels);
  }
  return weights;
}

AxisWeights area_weights(const Attrs& attrs, std::int64_t in, std::int64_t out) {
  const float factor = resize_factor(in, out, attrs.boolean(0));
  AxisWeights weights;
  for (std::int64_t at = 0; at < out; ++at) {
    const float begin = static_cast<float>(at) * factor, end = static_cast<float>(at + 1) * factor;
    const auto last = static_cast<std::int64_t>(std::ceil(end));
    for (auto i = static_cast<std::int64_t>(std::floor(begin)); i < last; ++i) {
      const float covered = std::min(static_cast<float>(i + 1), end) - std::max(static_cast<float>(i), begin);
      weights.add(std::clamp<std::int64_t>(i, 0, in - 1), covered / factor);
    }
    weights.end_place(false);
  }
  return weights;
}

// The kernels of ScaleAndTranslate, by the place of their word.
enum KernelWord : std::int64_t { kLanczos1, kLanczos3, kLanczos5, kGaussian, kBox, kTriangle, kKeysCubic, kMitchellCubic };
constexpr std::string_view kKernelWords = "lanczos1,lanczos3,lanczos5,gaussian,box,triangle,keyscubic,mitchellcubic";

float radius_of(std::int64_t kernel) {
  switch (kernel) {
    case kLanczos3: return 3;
    case kLanczos5: return 5;
    case kGaussian: return 1.5f;
    case kKeysCubic:
    case kMitchellCubic: return 2;
    default: return 1;
  }
}
float lanczos(float radius, float x) {
  constexpr float kPi = 3.14159265f;
  if (x > radius) return 0;
  return x <= 1e-3f ? 1 : radius * std::sin(kPi * x) * std::sin(kPi * x / radius) / (kPi * kPi * x * x);
}
float mitchell(float x) {
  if (x >= 2) return 0;
  return x >= 1 ? (((-7.0f / 18) * x + 2) * x - 10.0f / 3) * x + 16.0f / 9 : (((7.0f / 6) * x - 2) * x) * x + 8.0f / 9;
}
float weight_of(std::int64_t kernel, float x) {
  switch (kernel) {
    case kGaussian: return x >= 1.5f ? 0 : std::exp(-2 * x * x);  // a deviation of a third of the radius
    case kBox: return x < 0.5f ? 1 : x == 0.5f ? 0.5f : 0;
    case kTriangle: return std::max(0.0f, 1 - x);
    case kKeysCubic: return cubic(-0.5f, x);
    case kMitchellCubic: return mitchell(x);
    default: return lanczos(radius_of(kernel), x);
  }
}
/// New place x is old place (x - translation) / scale.
AxisWeights span_weights(const Attrs& attrs, float scale, float translation, std::int64_t in, std::int64_t out) {
  const std::int64_t kernel = attrs.integer(0);
  const float inverse = 1 / scale, moved = -inverse * translation;
  const float stretch = attrs.boolean(1) ? std::max(inverse, 1.0f) : 1;
  const float reach = std::min(radius_of(kernel) * stretch, static_cast<float>(in) + 1);
  AxisWeights weights;
  for (std::int64_t at = 0; at < out; ++at) {
    const float place = (static_cast<float>(at) + 0.5f) * inverse + moved;
    if (place >= 0 && place <= static_cast<float>(in)) {
      const auto begin = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(place - reach - 0.5f)), 0, in - 1);
      const auto end = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(place + reach - 0.5f)), 0, in - 1) + 1;
      for (std::int64_t i = begin; i < end; ++i) weights.add(i, weight_of(kernel, std::abs(static_cast<float>(i) + 0.5f - place) / stretch));
    }
    weights.end_place(true);
  }
  return weights;
}

struct Weights {
  AxisWeights rows, columns;
};
Weights bicubic(const KernelContext& c, const Shape& in, const Shape& out) {
  return {bicubic_weights(c.attrs, in[1], out[1]), bicubic_weights(c.attrs, in[2], out[2])};
}
Weights area(const KernelContext& c, const Shape& in, const Shape& out) {
  return {area_weights(c.attrs, in[1], out[1]), area_weights(c.attrs, in[2], out[2])};
}
Weights spans(const KernelContext& c, const Shape& in, const Shape& out) {
  const float *scale = c.inputs[2].raw_as<float>(), *translation = c.inputs[3].raw_as<float>();
  return {span_weights(c.attrs, scale[0], translation[0], in[1], out[1]), span_weights(c.attrs, scale[1], translation[1], in[2], out[2])};
}

Tensor as_floats(const OpRecord& op, const Tensor& x) {
  if (x.dtype() == DType::kFloat32) return x;
  Tensor out = Tensor::empty(DType::kFloat32, x.shape());
  if (!cast_numbers(DType::kFloat32, out.raw(), x.dtype(), x.raw(), x.size())) throw_unsupported_dtype(op, x.dtype());
  return out;
}

/// (outer, axis, inner): what stands at the old places, weighed, at each new one; or, back, spread over the old ones.
void along_axis(const AxisWeights& weights, bool back, std::int64_t outer, std::int64_t old_size, std::int64_t inner, const float* from, float* to) {
  const std::int64_t places = weights.places();
  std::fill_n(to, outer * (back ? old_size : places) * inner, 0.0f);
  for (std::int64_t n = 0; n < outer; ++n) {
    for (std::int64_t place = 0; place < places; ++place) {
      for (const AxisWeights::Share& share : weights.of(place)) {
        const std::int64_t large = (n * places + place) * inner, small = (n * old_size + share.from) * inner;
        const float* source = from + (back ? large : small);
        float* target = to + (back ? small : large);
        for (std::int64_t k = 0; k < inner; ++k) target[k] += share.weight * source[k];
      }
    }
  }
}

using MakeWeights = Weights (*)(const KernelContext& c, const Shape& in, const Shape& out);
template <MakeWeights kMake>
void weighed_kernel(const KernelContext& c) {
  const Tensor& out = c.outputs[0];
  if (out.size() == 0) return;
  const Tensor in = as_floats(c.op, c.inputs[0]);
  const Shape &from = in.shape(), &to = out.shape();
  const Weights w = kMake(c, from, to);
  const Tensor middle = Tensor::empty(DType::kFloat32, {from[0], from[1], to[2], from[3]});
  along_axis(w.columns, false, from[0] * from[1], from[2], from[3], in.raw_as<float>(), middle.raw_as<float>());
  along_axis(w.rows, false, from[0], from[1], to[2] * from[3], middle.raw_as<float>(), out.raw_as<float>());
}
template <MakeWeights kMake>
void weighed_grad_kernel(const KernelContext& c) {
  const Tensor &g = c.inputs[0], &out = c.outputs[0];
  if (out.size() == 0) return;
  const Shape &to = g.shape(), &from = out.shape();
  const Weights w = kMake(c, from, to);
  const Tensor middle = Tensor::empty(DType::kFloat32, {from[0], from[1], to[2], from[3]});
  const Tensor floats = out.dtype() == DType::kFloat32 ? out : Tensor::empty(DType::kFloat32, from);
  along_axis(w.rows, true, from[0], from[1], to[2] * from[3], g.raw_as<float>(), middle.raw_as<float>());
  along_axis(w.columns, true, from[0] * from[1], from[2], from[3], middle.raw_as<float>(), floats.raw_as<float>());
  if (out.dtype() != DType::kFloat32 && !cast_numbers(out.dtype(), out.raw(), DType::kFloat32, floats.raw(), floats.size())) throw_unsupported_dtype(c.op, out.dtype());
}

void infer_to_floats(const InferContext& c) {
  infer_resized_images(c);
  c.outputs[0].dtype = DType::kFloat32;
}
void check_spans(const InferContext& c) {
  for (const std::size_t i : {2, 3}) {
    if (c.inputs[i].dtype() != DType::kFloat32 || !c.inputs[i].shape().compatible_with({2}))
      throw_mismatch(c.op, c.inputs, fmt::format("{} needs two numbers to scale by, and two to move by.", c.op.name), "float32 of shape (2,)");
    if (c.inputs[i].is_symbolic()) continue;
    for (const float number : c.inputs[i].data<float>()) {
      if (!std::isfinite(number) || (i == 2 && number <= 0)) throw_invalid(c.op, fmt::format("{} needs finite numbers, and scales above 0.", c.op.name));
    }
  }
}
void infer_spans(const InferContext& c) {
  check_spans(c);
  infer_to_floats(c);
}
void infer_spans_grad(const InferContext& c) {
  check_spans(c);
  infer_resize_gradient(c);
}
void gradient_bicubic(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kResizeBicubicGrad, c.output_gradients[0], c.inputs[0], c.attrs);
}
void gradient_bicubic_grad(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kResizeBicubic, c.output_gradients[0], size_of_images(c.inputs[0]), c.attrs);
}
void gradient_spans(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kScaleAndTranslateGrad, {c.output_gradients[0], c.inputs[0], c.inputs[2], c.inputs[3]}, c.attrs);
}

constexpr std::string_view kNamesResize[] = {"images", "size", "scale", "translation"};
constexpr std::string_view kNamesResized[] = {"resized_images"};
constexpr std::string_view kNamesGrad[] = {"grads", "original_image", "scale", "translation"};
constexpr AttrDef kAttrsResize[] = {{"align_corners", AttrKind::kBool}, {"half_pixel_centers", AttrKind::kBool}};
constexpr AttrDef kAttrsSpans[] = {{.name = "kernel_type", .kind = AttrKind::kWord, .fallback = kLanczos3, .words = kKernelWords},
                                   {.name = "antialias", .kind = AttrKind::kBool, .fallback = 1}};
constexpr TypeAttr kTypeOfOriginal[] = {{"T", 1}};

}  // namespace

constinit const OpRecord kResizeBicubic = {.name = "ResizeBicubic",
                                           .input_names = std::span(kNamesResize).first(2),
                                           .output_names = kNamesResized,
                                           .attrs = kAttrsResize,
                                           .types = kTypeT,
                                           .infer = infer_to_floats,
                                           .kernel = weighed_kernel<bicubic>,
                                           .gradient = gradient_bicubic};
constinit const OpRecord kResizeBicubicGrad = {.name = "ResizeBicubicGrad",
                                               .input_names = std::span(kNamesGrad).first(2),
                                               .output_names = kNamesOutput,
                                               .attrs = kAttrsResize,
                                               .types = kTypeOfOriginal,
                                               .infer = infer_resize_gradient,
                                               .kernel = weighed_grad_kernel<bicubic>,
                                               .gradient = gradient_bicubic_grad};
constinit const OpRecord kResizeArea = {.name = "ResizeArea",
                                        .input_names = std::span(kNamesResize).first(2),
                                        .output_names = kNamesResized,
                                        .attrs = std::span(kAttrsResize).first(1),
                                        .types = kTypeT,
                                        .infer = infer_to_floats,
                                        .kernel = weighed_kernel<area>};
constinit const OpRecord kScaleAndTranslate = {.name = "ScaleAndTranslate",
                                               .input_names = kNamesResize,
                                               .output_names = kNamesResized,
                                               .attrs = kAttrsSpans,
                                               .types = kTypeT,
                                               .infer = infer_spans,
                                               .kernel = weighed_kernel<spans>,
                                               .gradient = gradient_spans};
constinit const OpRecord kScaleAndTranslateGrad = {.name = "ScaleAndTranslateGrad",
                                                   .input_names = kNamesGrad,
                                                   .output_names = kNamesOutput,
                                                   .attrs = kAttrsSpans,
                                                   .types = kTypeOfOriginal,
                                                   .infer = infer_spans_grad,
                                                   .kernel = weighed_grad_kernel<spans>};

}  // namespace namesake::ops
