// The records of SpaceToDepth and DepthToSpace: squares of pixels as channels, and back.
#include <fmt/format.h>

#include <utility>

#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/window.h"

namespace namesake::ops {
namespace {

enum Slot : std::size_t { kBlockSlot, kFormatSlot };

template <bool kToDepth>
void infer_space(const InferContext& c) {
  check_rank(c, 0, 4);
  const std::int64_t block = c.attrs.integer(kBlockSlot), format = c.attrs.integer(kFormatSlot);
  if (block < 2) throw_invalid(c.op, fmt::format("{} needs blocks of 2 or more.", c.op.name), "block_size >= 2", std::to_string(block));
  const Shape& x = c.inputs[0].shape();
  Shape out = {Shape::kOpen, Shape::kOpen, Shape::kOpen, Shape::kOpen};
  if (x.known_rank()) {
    const ImageAxes axes(format);
    out = x;
    const auto divide = [&](int axis, std::int64_t by) {
      if (x[axis] < 0) return;
      if (x[axis] % by != 0) throw_mismatch(c.op, c.inputs, fmt::format("{}: {} is not a multiple of {}.", c.op.name, x[axis], by));
      out.set(axis, x[axis] / by);
    };
    const auto multiply = [&](int axis, std::int64_t by) {
      if (x[axis] >= 0) out.set(axis, x[axis] * by);
    };
    for (const int axis : {axes.height, axes.width}) kToDepth ? divide(axis, block) : multiply(axis, block);
    kToDepth ? multiply(axes.channels, block * block) : divide(axes.channels, block * block);
  }
  c.outputs[0] = {c.inputs[0].dtype(), out};
}

// The offset of a pixel's channel in images of this format.
struct Places {
  std::int64_t format, height, width, channels;
  Places(std::int64_t word, const Shape& shape)
      : format(word), height(shape[ImageAxes(word).height]), width(shape[ImageAxes(word).width]), channels(shape[ImageAxes(word).channels]) {}
  [[nodiscard]] std::int64_t operator()(std::int64_t n, std::int64_t y, std::int64_t x, std::int64_t c) const {
    return format == kNchw ? ((n * channels + c) * height + y) * width + x : ((n * height + y) * width + x) * channels + c;
  }
};

template <bool kToDepth>
void space_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  const std::int64_t block = c.attrs.integer(kBlockSlot), format = c.attrs.integer(kFormatSlot);
  // Wide images have more pixels, deep ones more channels.
  const Places wide(format, (kToDepth ? in : out).shape()), deep(format, (kToDepth ? out : in).shape());
  with_width(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (std::int64_t n = 0; n < in.shape()[0]; ++n) {
      for (std::int64_t y = 0; y < wide.height; ++y) {
        for (std::int64_t x = 0; x < wide.width; ++x) {
          for (std::int64_t k = 0; k < wide.channels; ++k) {
            const std::int64_t channel = ((y % block) * block + x % block) * wide.channels + k;
            std::int64_t to = deep(n, y / block, x / block, channel), from = wide(n, y, x, k);
            if (!kToDepth) std::swap(to, from);
            out.raw_as<T>()[to] = in.raw_as<T>()[from];
          }
        }
      }
    }
  });
}
template <bool kToDepth>
void gradient_space(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kToDepth ? kDepthToSpace : kSpaceToDepth, c.output_gradients[0], c.attrs);
}

constexpr AttrDef kAttrsSpace[] = {{.name = "block_size", .kind = AttrKind::kInt},
                                   {.name = "data_format", .kind = AttrKind::kWord, .fallback = kNhwc, .words = kFormatWords}};

}  // namespace

constinit const OpRecord kSpaceToDepth = {.name = "SpaceToDepth",
                                          .input_names = kNamesInput,
                                          .output_names = kNamesOutput,
                                          .attrs = kAttrsSpace,
                                          .types = kTypeT,
                                          .infer = infer_space<true>,
                                          .kernel = space_kernel<true>,
                                          .gradient = gradient_space<true>};
constinit const OpRecord kDepthToSpace = {.name = "DepthToSpace",
                                          .input_names = kNamesInput,
                                          .output_names = kNamesOutput,
                                          .attrs = kAttrsSpace,
                                          .types = kTypeT,
                                          .infer = infer_space<false>,
                                          .kernel = space_kernel<false>,
                                          .gradient = gradient_space<false>};

}  // namespace namesake::ops
