// LRN, local response normalization: x / (bias + alpha * the sum of squares of the channels around) ^ beta; and its gradient.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "namesake/base/pool.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

enum Slot : std::size_t { kRadius, kBias, kAlpha, kBeta };

void infer_lrn(const InferContext& c) {
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    check_rank(c, i, 4);
    check_same_dtype(c, 0, i);
    if (!c.inputs[i].shape().compatible_with(c.inputs[0].shape())) throw_mismatch(c.op, c.inputs, fmt::format("{} needs images of one shape.", c.op.name));
  }
  if (c.attrs.integer(kRadius) < 0) throw_invalid(c.op, fmt::format("{} needs a radius of 0 or more.", c.op.name));
  infer_floating_as_input(c);
}

/// bias + alpha * the sum of squares, for each channel of a pixel.
template <class T>
void norms_of(const Attrs& attrs, const T* in, std::int64_t channels, double* norms) {
  const std::int64_t radius = std::min(attrs.integer(kRadius), channels);
  for (std::int64_t k = 0; k < channels; ++k) {
    double squares = 0;
    for (std::int64_t i = std::max<std::int64_t>(0, k - radius); i <= std::min(channels - 1, k + radius); ++i) squares += static_cast<double>(in[i]) * static_cast<double>(in[i]);
    norms[k] = attrs.real(kBias) + attrs.real(kAlpha) * squares;
  }
}
/// Calls visit(place of a pixel's first channel, its norms).
template <class T, class Visit>
void each_pixel(const KernelContext& c, const Tensor& x, Visit visit) {
  if (x.size() == 0) return;
  const std::int64_t channels = x.shape().back();
  std::vector<double, base::PoolAllocator<double>> norms(static_cast<std::size_t>(channels));
  for (std::int64_t at = 0; at < x.size(); at += channels) {
    norms_of(c.attrs, x.raw_as<T>() + at, channels, norms.data());
    visit(at, norms.data());
  }
}
void lrn_kernel(const KernelContext& c) {
  const Tensor& x = c.inputs[0];
  with_floating(c.op, x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_pixel<T>(c, x, [&](std::int64_t at, const double* norms) {
      for (std::int64_t k = 0; k < x.shape().back(); ++k)
        c.outputs[0].raw_as<T>()[at + k] = static_cast<T>(static_cast<double>(x.raw_as<T>()[at + k]) * std::pow(norms[k], -c.attrs.real(kBeta)));
    });
  });
}
// input_grads, input_image, output_image.
void lrn_grad_kernel(const KernelContext& c) {
  const Tensor& x = c.inputs[1];
  const std::int64_t channels = x.shape().back(), radius = std::min(c.attrs.integer(kRadius), channels);
  const double factor = 2 * c.attrs.real(kAlpha) * c.attrs.real(kBeta);
  with_floating(c.op, x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_pixel<T>(c, x, [&](std::int64_t at, const double* norms) {
      const T *g = c.inputs[0].raw_as<T>() + at, *in = x.raw_as<T>() + at, *out = c.inputs[2].raw_as<T>() + at;
      for (std::int64_t k = 0; k < channels; ++k) {
        double around = 0;
        for (std::int64_t i = std::max<std::int64_t>(0, k - radius); i <= std::min(channels - 1, k + radius); ++i)
          around += static_cast<double>(g[i]) * static_cast<double>(out[i]) / norms[i];
        c.outputs[0].raw_as<T>()[at + k] = static_cast<T>(static_cast<double>(g[k]) * std::pow(norms[k], -c.attrs.real(kBeta)) - factor * static_cast<double>(in[k]) * around);
      }
    });
  });
}
void gradient_lrn(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kLRNGrad, c.output_gradients[0], c.inputs[0], c.outputs[0], c.attrs);
}

constexpr AttrDef kAttrsLrn[] = {{.name = "depth_radius", .kind = AttrKind::kInt, .fallback = 5},
                                 {.name = "bias", .kind = AttrKind::kFloat, .fallback = std::bit_cast<std::int64_t>(1.0)},
                                 {.name = "alpha", .kind = AttrKind::kFloat, .fallback = std::bit_cast<std::int64_t>(1.0)},
                                 {.name = "beta", .kind = AttrKind::kFloat, .fallback = std::bit_cast<std::int64_t>(0.5)}};
constexpr std::string_view kNamesGrad[] = {"input_grads", "input_image", "output_image"};

}  // namespace

constinit const OpRecord kLRN = {.name = "LRN",
                                 .input_names = kNamesInput,
                                 .output_names = kNamesOutput,
                                 .attrs = kAttrsLrn,
                                 .types = kTypeT,
                                 .infer = infer_lrn,
                                 .kernel = lrn_kernel,
                                 .gradient = gradient_lrn};
constinit const OpRecord kLRNGrad = {.name = "LRNGrad",
                                     .input_names = kNamesGrad,
                                     .output_names = kNamesOutput,
                                     .attrs = kAttrsLrn,
                                     .types = kTypeT,
                                     .infer = infer_lrn,
                                     .kernel = lrn_grad_kernel};

}  // namespace namesake::ops
