// RGBToHSV, HSVToRGB, AdjustHue, AdjustSaturation and AdjustContrastv2: colours of images, red, green and blue in the last axis.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "namesake/base/pool.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

template <class T>
using Pixel = std::array<T, 3>;

/// Hue in [0, 1), saturation, value.
template <class T>
Pixel<T> to_hsv(const Pixel<T>& rgb) {
  const T r = rgb[0], g = rgb[1], b = rgb[2];
  const T value = std::max({r, g, b}), range = value - std::min({r, g, b});
  if (!(range > 0)) return {T(0), T(0), value};
  const T sixth = 1 / (6 * range);
  T hue = r == value ? sixth * (g - b) : g == value ? sixth * (b - r) + T(2) / 6 : sixth * (r - g) + T(4) / 6;
  if (hue < 0) hue += 1;
  return {hue, value > 0 ? range / value : T(0), value};
}
/// The pixel of this hue whose channels lie between `low` and `high`.
template <class T>
Pixel<T> of_hue(T hue, T low, T high) {
  const T six = hue * 6;
  const auto channel = [&](T amount) { return low + (high - low) * std::clamp(amount, T(0), T(1)); };
  return {channel(std::abs(six - 3) - 1), channel(2 - std::abs(six - 2)), channel(2 - std::abs(six - 4))};
}
template <class T>
Pixel<T> to_rgb(const Pixel<T>& hsv) {
  return of_hue(hsv[0], (1 - hsv[1]) * hsv[2], hsv[2]);
}

/// Calls change(pixel) for each pixel of input 0.
template <class Change>
void each_pixel(const KernelContext& c, Change change) {
  with_floating(c.op, c.inputs[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* in = c.inputs[0].raw_as<T>();
    T* out = c.outputs[0].raw_as<T>();
    for (std::int64_t i = 0; i < c.inputs[0].size(); i += 3) {
      const Pixel<T> changed = change(Pixel<T>{in[i], in[i + 1], in[i + 2]});
      std::copy_n(changed.begin(), 3, out + i);
    }
  });
}
void hsv_kernel(const KernelContext& c) {
  each_pixel(c, [](const auto& pixel) { return to_hsv(pixel); });
}
void rgb_kernel(const KernelContext& c) {
  each_pixel(c, [](const auto& pixel) { return to_rgb(pixel); });
}
void hue_kernel(const KernelContext& c) {
  const float delta = *c.inputs[1].raw_as<float>();
  each_pixel(c, [&](const auto& pixel) {
    using T = typename std::decay_t<decltype(pixel)>::value_type;
    const T hue = to_hsv(pixel)[0] + static_cast<T>(delta);
    const auto [low, high] = std::minmax({pixel[0], pixel[1], pixel[2]});  // as they are, also outside of 0 to 1
    return of_hue<T>(hue - std::floor(hue), low, high);
  });
}
void saturation_kernel(const KernelContext& c) {
  const float scale = *c.inputs[1].raw_as<float>();
  each_pixel(c, [&](const auto& pixel) {
    using T = typename std::decay_t<decltype(pixel)>::value_type;
    auto hsv = to_hsv(pixel);
    hsv[1] = std::clamp<T>(hsv[1] * static_cast<T>(scale), 0, 1);
    return to_rgb(hsv);
  });
}

/// Away from the mean of each image's channel.
void contrast_kernel(const KernelContext& c) {
  const Tensor& x = c.inputs[0];
  if (x.size() == 0) return;
  const float factor = *c.inputs[1].raw_as<float>();
  const std::int64_t channels = x.shape().back(), pixels = x.shape()[x.rank() - 2] * x.shape()[x.rank() - 3];
  with_floating(c.op, x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::vector<double, base::PoolAllocator<double>> totals(static_cast<std::size_t>(channels));
    for (std::int64_t image = 0; image < x.size(); image += pixels * channels) {
      const T* in = x.raw_as<T>() + image;
      T* out = c.outputs[0].raw_as<T>() + image;
      std::fill(totals.begin(), totals.end(), 0.0);
      for (std::int64_t i = 0; i < pixels * channels; ++i) totals[static_cast<std::size_t>(i % channels)] += static_cast<double>(in[i]);
      for (std::int64_t i = 0; i < pixels * channels; ++i) {
        const T mean = static_cast<T>(totals[static_cast<std::size_t>(i % channels)] / static_cast<double>(pixels));
        out[i] = (in[i] - mean) * static_cast<T>(factor) + mean;
      }
    }
  });
}

void check_scalar(const InferContext& c) {
  check_rank(c, 1, 0);
  if (c.inputs[1].dtype() != DType::kFloat32) throw_mismatch(c.op, c.inputs, fmt::format("{} needs a float32 number.", c.op.name));
}
void infer_colors(const InferContext& c) {
  const Shape& shape = c.inputs[0].shape();
  if (shape.known_rank() && (shape.rank() == 0 || (shape.back() != 3 && shape.back() != Shape::kOpen)))
    throw_mismatch(c.op, c.inputs, fmt::format("{} needs three channels in the last axis.", c.op.name));
  if (c.inputs.size() > 1) check_scalar(c);
  infer_floating_as_input(c);
}
void infer_contrast(const InferContext& c) {
  const Shape& shape = c.inputs[0].shape();
  if (shape.known_rank() && shape.rank() < 3) throw_mismatch(c.op, c.inputs, "AdjustContrastv2 needs images.", "rank 3 or more");
  check_scalar(c);
  infer_floating_as_input(c);
}

constexpr std::string_view kNamesImages[] = {"images"};
constexpr std::string_view kNamesDelta[] = {"images", "delta"};
constexpr std::string_view kNamesScale[] = {"images", "scale"};
constexpr std::string_view kNamesFactor[] = {"images", "contrast_factor"};
constexpr OpRecord color_record(std::string_view name, std::span<const std::string_view> inputs, void (*infer)(const InferContext&),
                                void (*kernel)(const KernelContext&)) {
  return {.name = name, .input_names = inputs, .output_names = kNamesOutput, .types = kTypeT, .infer = infer, .kernel = kernel};
}

}  // namespace

constinit const OpRecord kRGBToHSV = color_record("RGBToHSV", kNamesImages, infer_colors, hsv_kernel);
constinit const OpRecord kHSVToRGB = color_record("HSVToRGB", kNamesImages, infer_colors, rgb_kernel);
constinit const OpRecord kAdjustHue = color_record("AdjustHue", kNamesDelta, infer_colors, hue_kernel);
constinit const OpRecord kAdjustSaturation = color_record("AdjustSaturation", kNamesScale, infer_colors, saturation_kernel);
constinit const OpRecord kAdjustContrastv2 = color_record("AdjustContrastv2", kNamesFactor, infer_contrast, contrast_kernel);

}  // namespace namesake::ops
